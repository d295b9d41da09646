"""Which trackers run beside each other, and how far apart their axes are.

Two trackers are neighbours when they point the same way within 20 degrees and parts of their lengths lie beside
each other. Their distance is that of their axes across the first one's, level and up, at both ends of the part
that they share.
"""

from dataclasses import dataclass

import numpy as np

from gnomon.pv.arrays import FloatArray, IntArray
from gnomon.pv.shade.candidate import expanded
from gnomon.pv.shade.frame import Frame

_ALIKE = float(np.cos(np.radians(20.0)))
# How many typical pitches away a neighbour may stand: the rows next to the next can shade over a dip.
_REACH = 3.2
_SHARED = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Pairs of trackers, each pair once; the second one lies to the right (``axis_azimuth + 90``) of the first.

    Attributes
    ----------
    left, right
        Numbers of the tables, shape (q,).
    level, rise
        From the left axis to the right one across it, level and upward off the axis, at both ends of the part that
        they share, shape (q, 2). [m]
    shared
        Length of that part. [m]
    """

    left: IntArray
    right: IntArray
    level: FloatArray
    rise: FloatArray
    shared: FloatArray


def neighbours(frame: Frame) -> Neighbours:
    """Return the pairs of trackers that stand beside each other."""
    trackers = np.flatnonzero(frame.is_tracker & (frame.length > 0) & (frame.width > 0))
    middle = frame.corners.mean(axis=1)
    pitch = _typical_pitch(frame, trackers, middle)
    if pitch is None:
        return _pairs(frame, trackers[:0], trackers[:0], middle)
    one, other = _within(frame, trackers, middle, _REACH * pitch)
    return _pairs(frame, one, other, middle)


def spacings(pairs: Neighbours, count: int) -> FloatArray:
    """Return for each table the level distance to its nearest neighbour's axis, NaN without one, (count,). [m]."""
    nearest = np.full(count, np.inf)
    distance = pairs.level.mean(axis=1)
    for side in (pairs.left, pairs.right):
        np.minimum.at(nearest, side, distance)
    return np.where(np.isfinite(nearest), nearest, np.nan)


def _typical_pitch(frame: Frame, trackers: IntArray, middle: FloatArray) -> float | None:
    """Return the median distance to the nearest tracker beside, looking farther until most have one."""
    reach = 4.0 * float(np.median(frame.width[trackers])) if len(trackers) else 0.0
    for _ in range(8):
        if not reach:
            break
        nearest = spacings(_pairs(frame, *_within(frame, trackers, middle, reach), middle), len(middle))[
            trackers
        ]
        if np.isfinite(nearest).sum() * 2 >= len(trackers):
            return float(np.nanmedian(nearest))
        reach *= 2.0
    return None


def _within(frame: Frame, trackers: IntArray, middle: FloatArray, reach: float) -> tuple[IntArray, IntArray]:
    """Return pairs of trackers of which the second may lie up to so far to the right of the first."""
    # Places across and along the common direction: what is near across is a range of a sorted list.
    main = frame.axes.along[trackers].mean(axis=0)
    main[2] = 0.0
    size = float(np.linalg.norm(main))
    main = main / size if size > 1e-9 else np.array([0.0, -1.0, 0.0])
    across = middle[trackers] @ np.array([main[1], -main[0], 0.0])
    along = middle[trackers] @ main
    # Tubes aside of the common direction lie nearer across than their distance says; half a length more is safe.
    lean = np.sqrt(np.clip(1.0 - (frame.axes.along[trackers] @ main) ** 2, 0.0, 1.0))
    slack = float((lean * frame.length[trackers]).max(initial=0.0))
    band = float(np.max(frame.length[trackers], initial=1.0)) + reach
    row = np.floor((along - along.min()) / band).astype(np.int64)
    found = []
    span = float(np.ptp(across)) + 2.0 * (reach + slack) + 1.0
    key = row * span + (across - across.min())
    order = np.argsort(key, kind="stable")
    for step in (-1, 0, 1):
        low = np.searchsorted(key[order], key + step * span - slack, "left")
        high = np.searchsorted(key[order], key + step * span + reach + slack, "right")
        one, place = expanded(low, np.maximum(low, high))
        found.append((trackers[one], trackers[order[place]]))
    one, other = (np.concatenate(side) for side in zip(*found, strict=True))
    return one[one != other], other[one != other]


def _pairs(frame: Frame, one: IntArray, other: IntArray, middle: FloatArray) -> Neighbours:
    axes = frame.axes
    alike = (axes.along[one] * axes.along[other]).sum(axis=1) > _ALIKE
    one, other = one[alike], other[alike]
    tube = _on_axis(frame, middle)
    apart = tube[other] - tube[one]
    along, right, up = axes.along[one], axes.right[one], axes.up[one]
    direction = np.stack([(axes.along[other] * part).sum(axis=1) for part in (along, right, up)])
    place = np.stack([(apart * part).sum(axis=1) for part in (along, right, up)])
    reach = frame.length[other] / 2.0 * direction[0]
    begin = np.maximum(place[0] - reach, -frame.length[one] / 2.0)
    end = np.minimum(place[0] + reach, frame.length[one] / 2.0)
    ends = (np.stack((begin, end), axis=1) - place[0][:, None]) / direction[0][:, None]
    level = place[1][:, None] + direction[1][:, None] * ends
    rise = place[2][:, None] + direction[2][:, None] * ends
    keep = (end - begin > _SHARED) & (level.min(axis=1) > 0.0)
    return Neighbours(
        left=one[keep], right=other[keep], level=level[keep], rise=rise[keep], shared=(end - begin)[keep]
    )


def _on_axis(frame: Frame, middle: FloatArray) -> FloatArray:
    """Return the points of the axes beside the middles of the tables."""
    arm = middle - frame.axes.point
    point: FloatArray = frame.axes.point + frame.axes.along * (arm * frame.axes.along).sum(
        axis=1, keepdims=True
    )
    return point
