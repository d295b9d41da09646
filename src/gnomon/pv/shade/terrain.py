"""Turning back on uneven ground: each tracker by its own neighbours, on their real heights.

In the plane across the axes a tracker of width w, turned by theta, shows the sun at the projected zenith p the half
width ``h = w/2 cos(p - theta)``. Two trackers whose axes stand ``D = |x cos p - y sin p|`` apart as the sun sees them
(the second one x to the right and y higher) do not shade each other as long as ``h_1 + h_2 <= D``. On level,
equal rows this is ``cos(p - theta) = cos(p) / gcr``, the formula of Anderson and Mikofski (2020),
DOI 10.2172/1660126.

All trackers begin at the sun, within their limits. In turns, every pair whose widths are too large for its distance
takes the excess from both alike, which satisfies all pairs; then every tracker takes back half of what its
tightest pair leaves over, until nothing to speak of is left. Where a share of diodes may be shaded, a pair may
overlap by as many whole groups of the tracker behind.
"""

import numpy as np

from gnomon.pv.arrays import FloatArray, IntArray
from gnomon.pv.shade.frame import Frame
from gnomon.pv.shade.neighbour import Neighbours, neighbours

_ROUNDS = 24
# Positions of the sun worked on together; it bounds memory, and what a round touches stays in the cache.
_AT_ONCE = 16
# What a tracker can still gain, as a share of its width, at which the rounds end.
_SETTLED = 1e-7


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
    width = frame.width[:, None]
    # Alike suns together: the higher ones ask for next to nothing.
    order = np.argsort(np.median(np.abs(projected[:, frame.is_tracker]), axis=1), kind="stable")
    for begin in range(0, len(order), _AT_ONCE):
        part = order[begin : begin + _AT_ONCE]
        across = np.ascontiguousarray(projected[part].T)
        sun = np.radians(across)
        wide = np.maximum(np.cos(sun - np.radians(theta[part].T)), 0.0)
        shown = _shown(pairs, sun, wide * width / 2.0, accepted)
        share = np.divide(2.0 * shown, width, out=np.zeros_like(shown), where=width > 0)
        if is_common:
            share = np.minimum(share[frame.is_tracker].min(axis=0), wide)
        back = np.degrees(np.arccos(np.clip(share, 0.0, 1.0)))
        turned = np.where(share < wide - 1e-12, across - np.copysign(back, across), theta[part].T)
        theta[part] = np.clip(turned, -max_angle, max_angle).T
    return theta


def _shown(pairs: Neighbours, sun: FloatArray, most: FloatArray, accepted: FloatArray) -> FloatArray:
    """Return the half widths that trackers may show the sun, at most so much, shape (n, p). [m]."""
    left, right = pairs.left, pairs.right
    cosine, sine = np.cos(sun)[left], np.sin(sun)[left]
    ends = zip(pairs.level.T[..., None], pairs.rise.T[..., None], strict=True)
    distance = np.minimum(*(np.abs(cosine * level - sine * rise) for level, rise in ends))
    # The one behind, seen from the sun, is left when the sun stands to the right.
    from_right, weight = sine > 0, np.maximum(1.0 - 2.0 * accepted, 0.0)[:, None]
    weights = np.where(from_right, weight[left], 1.0), np.where(from_right, 1.0, weight[right])
    # Who have room for all that both can show never bind.
    binds = (weights[0] * most[left] + weights[1] * most[right] > distance).any(axis=1)
    if not binds.any():
        return most
    return _settled(
        (left[binds], right[binds]), (weights[0][binds], weights[1][binds]), distance[binds], most
    )


def _settled(
    pairs: tuple[IntArray, IntArray],
    weights: tuple[FloatArray, FloatArray],
    distance: FloatArray,
    most: FloatArray,
) -> FloatArray:
    left, right = pairs
    total, sides = weights[0] + weights[1], [*_ranked(left), *_ranked(right)]
    bound = np.isin(np.arange(len(most)), np.concatenate(pairs))
    shown, settled = most.copy(), _SETTLED * float(most.max())
    for turn in range(_ROUNDS):
        spare = distance - weights[0] * shown[left] - weights[1] * shown[right]
        # First what is too much, shared by both; then what is left over, half of it to each.
        change = np.minimum(spare, 0.0) / total if turn == 0 else spare / total
        room = np.where(bound[:, None], np.full_like(shown, np.inf), 0.0)
        for table, pair in sides:
            room[table] = np.minimum(room[table], change[pair])
        before, shown = shown, np.clip(shown + room, 0.0, most)
        if turn and float(np.abs(shown - before).max()) < settled:
            break
    return shown


def _ranked(side: IntArray) -> list[tuple[IntArray, IntArray]]:
    """Return tables and a pair of each: first one pair of every table, then another of those that have more."""
    order = np.argsort(side, kind="stable")
    _, begin, count = np.unique(side[order], return_index=True, return_counts=True)
    rank = np.arange(len(side)) - np.repeat(begin, count)
    ranks = (order[rank == each] for each in range(int(count.max(initial=0))))
    return [(side[pair], pair) for pair in ranks]
