"""What tables lose of an even sky and of the ground, by looking in many directions.

The share of the sky that a front loses is the mean of what it loses of a beam from each direction above the horizon,
weighted by the cosine of incidence; that of the ground the same below. The ground has no end and no height: what
stands in the way of a look downward hides ground, however deep below a hill it may stand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.pv.arrays import FloatArray
from gnomon.pv.shade.cast import direct_lost
from gnomon.pv.shade.frame import Frame, frame_of, turned
from gnomon.pv.shade.tables import Obstructions, Tables

_DIRECTIONS = 300
_GOLDEN = float(np.pi * (3.0 - np.sqrt(5.0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Shares of view lost in q states of the trackers by n tables.

    Attributes
    ----------
    rotation
        Of all trackers in each state, increasing, shape (q,); one state, 0, without trackers. [degrees]
    sky, ground
        Share lost of an even sky and of the ground, shape (q, n); 0 where a front sees none of it.
    """

    rotation: FloatArray
    sky: FloatArray
    ground: FloatArray

    def at(self, rotation: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return both shares at rotations of shape (p, n), straight between states. [degrees]."""
        if len(self.rotation) == 1:
            return np.broadcast_to(self.sky, rotation.shape), np.broadcast_to(self.ground, rotation.shape)
        place = np.interp(rotation, self.rotation, np.arange(len(self.rotation)))
        low = np.minimum(place.astype(np.int64), len(self.rotation) - 2)
        part, table = place - low, np.arange(self.sky.shape[1])
        sky, ground = (
            share[low, table] + part * (share[low + 1, table] - share[low, table])
            for share in (self.sky, self.ground)
        )
        return sky, ground


def sky_views(
    tables: Tables,
    obstructions: Obstructions,
    rotation_states: Sequence[float] = (-60.0, -45.0, -30.0, -15.0, 0.0, 15.0, 30.0, 45.0, 60.0),
    *,
    directions: int = _DIRECTIONS,
    progress: Callable[[float], None] | None = None,
) -> Views:
    """Return what tables lose of sky and ground, trackers all turned to each of the states.

    Parameters
    ----------
    rotation_states
        Increasing; without trackers one state is computed. [degrees]
    directions
        In which each table looks, over the whole sphere.
    progress
        Called with the share done, 0 to 1, after each direction of each state.
    """
    states = np.array(rotation_states if tables.is_tracker.any() else (0.0,), dtype=np.float64)
    if not len(states) or (np.diff(states) <= 0).any():
        raise ValueError("rotation_states: give at least one angle, increasing")
    frame = frame_of(tables, obstructions)
    rays = _sphere(directions)
    whole = len(states) * len(rays[0])
    found = []
    for place, state in enumerate(states):
        done = None if progress is None else _counted(progress, place * len(rays[0]), whole)
        found.append(_view(frame, turned(frame, np.full(len(tables), state)), rays, done))
    sky, ground = (np.stack(share) for share in zip(*found, strict=True))
    return Views(rotation=states, sky=sky, ground=ground)


def _counted(progress: Callable[[float], None], before: int, whole: int) -> Callable[[int], None]:
    return lambda number: progress((before + number) / whole)


def _view(
    frame: Frame,
    corners: FloatArray,
    rays: tuple[FloatArray, FloatArray],
    done: Callable[[int], None] | None,
) -> tuple[FloatArray, FloatArray]:
    seen, lost = np.zeros((2, len(corners))), np.zeros((2, len(corners)))
    for number, (ray, angle) in enumerate(zip(*rays, strict=True), 1):
        share, cosine, lit = direct_lost(frame, corners, ray)
        weight = np.where(lit, cosine * angle, 0.0)
        half = 0 if ray[2] > 0 else 1
        seen[half] += weight
        lost[half] += weight * share
        if done is not None:
            done(number)
    share = np.divide(lost, seen, out=np.zeros_like(lost), where=seen > 0)
    return share[0], share[1]


def _sphere(count: int) -> tuple[FloatArray, FloatArray]:
    """Return unit vectors and the solid angle that each stands for, symmetric in up and down.

    Circles at the heights of a Gauss rule, as many as there are directions on each; the golden angle between
    circles keeps them from lining up.
    """
    circles = max(round(np.sqrt(count / 2.0)), 1)
    node, weight = np.polynomial.legendre.leggauss(circles)
    height = np.repeat((node + 1.0) / 2.0, circles)
    turn = 2.0 * np.pi * (np.arange(circles) + 0.5) / circles + _GOLDEN * np.arange(circles)[:, None]
    around, level = turn.ravel(), np.sqrt(1.0 - height**2)
    above = np.stack((level * np.cos(around), level * np.sin(around), height), axis=-1)
    weights = np.tile(np.repeat(weight, circles), 2)
    return np.concatenate((above, above * [1.0, 1.0, -1.0])), weights
