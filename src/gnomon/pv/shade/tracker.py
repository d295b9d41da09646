"""How the trackers of a scene turn: towards the sun within their limits, and back where they would shade each other.

Rotations are those of `pv.tracking`: from the position in which the table's front looks up as far as its tube lets
it, positive towards ``axis_azimuth + 90``, where the axis is taken with the end that points to the south half of the
compass (or due east): positive is west on tubes that run north and south.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from gnomon.pv import tracking as course
from gnomon.pv.arrays import FloatArray
from gnomon.pv.shade.frame import Frame, frame_of, towards_sun
from gnomon.pv.shade.neighbour import neighbours, spacings
from gnomon.pv.shade.tables import NOTHING, Tables
from gnomon.pv.shade.terrain import terrain_rotations

TerrainMethod = Literal["balanced", "common"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """How trackers turn.

    Attributes
    ----------
    max_angle
        Largest rotation to both sides. [degrees]
    backtrack
        Whether to turn back so far that rows do not shade each other.
    gcr
        Width over the level distance of axes for turning back; None takes it from the tables (`spacing`).
    terrain_aware
        Whether each tracker turns back by its own neighbours on their real heights (`terrain`), not by ``gcr``.
    diode_threshold
        With ``terrain_aware``: share of a tracker's groups of cells on which shade is accepted.
    method
        With ``terrain_aware``: ``balanced`` gives each tracker its own rotation, ``common`` gives all of them the one
        that suits the tightest pair.
    """

    max_angle: float = 60.0
    backtrack: bool = True
    gcr: float | None = None
    terrain_aware: bool = False
    diode_threshold: float = 0.0
    method: TerrainMethod = "balanced"

    def __post_init__(self) -> None:
        if not 0 <= self.max_angle <= 90:
            raise ValueError(f"max_angle: {self.max_angle} is outside 0 to 90 degrees")
        if self.gcr is not None and not 0 < self.gcr < 1:
            raise ValueError(f"gcr: {self.gcr} is outside 0 to 1")
        if not 0 <= self.diode_threshold <= 1:
            raise ValueError(f"diode_threshold: {self.diode_threshold} is no share, 0 to 1")
        if self.method not in get_args(TerrainMethod):
            raise ValueError(f"method: {self.method!r}; give one of {', '.join(get_args(TerrainMethod))}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spacing:
    """How trackers stand: width over level distance of axes, both in m as medians, and the median slope of tubes.

    ``gcr`` and ``pitch`` are None without two trackers beside each other. ``axis_tilt`` is positive where tubes sink
    towards their southern (or eastern) end. [degrees]
    """

    gcr: float | None
    pitch: float | None
    width: float
    axis_tilt: float


def spacing(tables: Tables) -> Spacing | None:
    """Return how the trackers of a scene stand, None without trackers."""
    return _spacing(frame_of(tables, NOTHING))


def rotations(tables: Tables, tracking: Tracking, zenith: FloatArray, azimuth: FloatArray) -> FloatArray:
    """Return the rotation of each table at positions of the sun, 0 for those that stand, shape (p, n). [degrees].

    With the sun down trackers lie level.

    Parameters
    ----------
    zenith, azimuth
        Of the sun, shape (p,). [degrees]
    """
    frame = frame_of(tables, NOTHING)
    if not frame.is_tracker.any():
        return np.zeros((len(zenith), len(tables)))
    sun = towards_sun(zenith, azimuth)
    projected = np.degrees(np.arctan2(sun @ frame.axes.right.T, sun @ frame.axes.up.T))
    theta = _followed(frame, tracking, projected)
    turns = frame.is_tracker & (sun[:, 2:] > 1e-9)
    return np.where(turns, theta, 0.0)


def _followed(frame: Frame, tracking: Tracking, projected: FloatArray) -> FloatArray:
    if tracking.backtrack and tracking.terrain_aware:
        return terrain_rotations(
            frame,
            projected,
            max_angle=tracking.max_angle,
            diode_threshold=tracking.diode_threshold,
            is_common=tracking.method == "common",
        )
    gcr = tracking.gcr
    if tracking.backtrack and gcr is None:
        stands = _spacing(frame)
        gcr = stands.gcr if stands else None
    return course.follow(
        projected,
        max_angle=tracking.max_angle,
        backtrack=tracking.backtrack and gcr is not None,
        gcr=gcr or 1.0,
    )


def _spacing(frame: Frame) -> Spacing | None:
    turns = frame.is_tracker & (frame.length > 0) & (frame.width > 0)
    if not turns.any():
        return None
    distance = spacings(neighbours(frame), len(turns))
    paired = turns & np.isfinite(distance)
    return Spacing(
        gcr=float(np.median(frame.width[paired] / distance[paired])) if paired.any() else None,
        pitch=float(np.median(distance[paired])) if paired.any() else None,
        width=float(np.median(frame.width[turns])),
        axis_tilt=float(np.degrees(np.arcsin(np.clip(-np.median(frame.axes.along[turns, 2]), -1.0, 1.0)))),
    )
