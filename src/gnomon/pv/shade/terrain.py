"""Turning back on uneven ground: each tracker by its own neighbours, on their real heights.

In the plane across the axes a tracker of width w, turned by theta, shows the sun at the projected zenith p the half
width ``h = w/2 cos(p - theta)``. Two trackers whose axes stand ``D = |x cos p - y sin p|`` apart as the sun sees them
(the second one x to the right and y higher) do not shade each other as long as ``h_1 + h_2 <= D``. On level,
equal rows this is ``cos(p - theta) = cos(p) / gcr``, the formula of Anderson and Mikofski (2020),
DOI 10.2172/1660126.

All trackers begin at the sun, within their limits. In turns, every pair whose widths are too large for its distance
takes the excess from both alike, which satisfies all pairs; then every tracker takes back half of what its
tightest pair leaves over, until nothing is left to take. Where a share of diodes may be shaded, a pair may overlap by
as many whole groups of the tracker behind.
"""

import numpy as np

from gnomon.pv.arrays import FloatArray, IntArray
from gnomon.pv.shade.frame import Frame
from gnomon.pv.shade.neighbour import Neighbours, neighbours

_ROUNDS = 24
# Positions of the sun worked on together; it bounds memory.
_AT_ONCE = 64


def terrain_rotations(
    frame: Frame, projected: FloatArray, *, max_angle: float, diode_threshold: float, is_common: bool
) -> FloatArray:
    """Return rotations at which neighbours do not shade each other, shape (p, n). [degrees].

    Parameters
    ----------
    projected
        The sun's zenith across each axis, shape (p, n). [degrees]
    max_angle
        Limit of the rotation to both sides. [degrees]
    diode_threshold
        Share of the groups of cells of a tracker on which shade is accepted.
    is_common
        Whether all trackers show the sun the same part of their widths.
    """
    pairs = neighbours(frame)
    theta = np.clip(projected, -max_angle, max_angle)
    if diode_threshold >= 1.0 or not len(pairs.left):
        return theta
    accepted = np.floor(diode_threshold * frame.groups + 1e-9) / frame.groups
    for begin in range(0, len(projected), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        sun = np.radians(projected[part])
        wide = np.maximum(np.cos(sun - np.radians(theta[part])), 0.0)
        shown = _shown(pairs, sun, wide * frame.width / 2.0, accepted)
        share = np.divide(2.0 * shown, frame.width, out=np.zeros_like(shown), where=frame.width > 0)
        if is_common:
            share = np.minimum(share[:, frame.is_tracker].min(axis=1, keepdims=True), wide)
        back = np.degrees(np.arccos(np.clip(share, 0.0, 1.0)))
        turned = projected[part] - np.copysign(back, projected[part])
        moves = share < wide - 1e-12
        theta[part] = np.clip(np.where(moves, turned, theta[part]), -max_angle, max_angle)
    return theta


def _shown(pairs: Neighbours, sun: FloatArray, most: FloatArray, accepted: FloatArray) -> FloatArray:
    """Return the half widths that trackers may show the sun, shape (p, n). [m]."""
    left, right = pairs.left, pairs.right
    across = sun[:, left]
    distance = np.abs(np.cos(across)[..., None] * pairs.level - np.sin(across)[..., None] * pairs.rise).min(
        axis=-1
    )
    # The one behind, seen from the sun, is left when the sun stands to the right.
    from_right = across > 0
    weight = np.maximum(1.0 - 2.0 * accepted, 0.0)
    weights = (
        np.where(from_right, weight[left], 1.0),
        np.where(from_right, 1.0, weight[right]),
    )
    total = weights[0] + weights[1]
    shown, sides = most.copy(), (_by_table(left), _by_table(right))
    for turn in range(_ROUNDS):
        spare = distance - weights[0] * shown[:, left] - weights[1] * shown[:, right]
        # First what is too much, shared by both; then what is left over, half of it to each.
        change = np.minimum(spare, 0.0) / total if turn == 0 else spare / total
        room = np.full_like(shown, np.inf)
        for order, begin, table in sides:
            tightest = np.minimum.reduceat(change[:, order], begin, axis=1)
            room[:, table] = np.minimum(room[:, table], tightest)
        shown = np.clip(shown + np.where(np.isfinite(room), room, 0.0), 0.0, most)
    return shown


def _by_table(side: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return the order of pairs by one of their tables, where each table's begin in it, and the tables."""
    order = np.argsort(side, kind="stable")
    table, begin = np.unique(side[order], return_index=True)
    return order, begin, table
