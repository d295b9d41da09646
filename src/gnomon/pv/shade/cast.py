"""Shadows on all tables of a scene, for many positions of the sun."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gnomon.pv.arrays import BoolArray, FloatArray
from gnomon.pv.shade.frame import Frame, frame_of, towards_sun, turned
from gnomon.pv.shade.shadow import incidence, is_lit, losses
from gnomon.pv.shade.tables import Obstructions, Tables
from gnomon.pv.shade.tracker import Tracking, rotations

# The sun's height, as a sine, from which on it is above the horizon.
_LEVEL = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What n tables lose at p positions of the sun, each of shape (p, n).

    Attributes
    ----------
    direct
        Share of the front's beam that is lost. Where no beam reaches the plane of the front (the sun stands behind
        it, in it, or not above the horizon) the front is dark: 1.
    diodes
        Share of the groups of cells with shade on them; 1 where the front is dark.
    incidence
        Cosine of the angle of incidence on the front, 0 where it is dark.
    rotation
        Of trackers, 0 for other tables. [degrees]
    """

    direct: FloatArray
    diodes: FloatArray
    incidence: FloatArray
    rotation: FloatArray


def cast(
    tables: Tables,
    obstructions: Obstructions,
    tracking: Tracking | None,
    zenith: FloatArray,
    azimuth: FloatArray,
    *,
    progress: Callable[[int], None] | None = None,
) -> Shares:
    """Return what tables lose at positions of the sun, trackers turned for each of them.

    Parameters
    ----------
    tracking
        How trackers turn; None: as `Tracking` does without being told.
    zenith, azimuth
        Of the sun, shape (p,). [degrees]
    progress
        Called with the number of positions done, after each.
    """
    frame, shape = frame_of(tables, obstructions), (len(zenith), len(tables))
    rotation = rotations(tables, tracking or Tracking(), zenith, azimuth)
    shares = Shares(
        direct=np.ones(shape), diodes=np.ones(shape), incidence=np.zeros(shape), rotation=rotation
    )
    for position, sun in enumerate(towards_sun(zenith, azimuth)):
        if sun[2] > _LEVEL:
            _cast_one(frame, turned(frame, rotation[position]), sun, shares, position)
        if progress is not None:
            progress(position + 1)
    return shares


def direct_lost(
    frame: Frame, corners: FloatArray, sun: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return the share of the light from a direction that tables lose, its cosine of incidence, and who is lit."""
    cosine = incidence(corners, frame.front, sun)
    lost, _ = losses(corners, frame.obstructions, cosine, sun)
    return lost, cosine, is_lit(cosine)


def _cast_one(frame: Frame, corners: FloatArray, sun: FloatArray, shares: Shares, position: int) -> None:
    cosine = incidence(corners, frame.front, sun)
    lit = is_lit(cosine)
    direct, diodes = losses(corners, frame.obstructions, cosine, sun, (frame.groups, frame.strings))
    shares.direct[position] = np.where(lit, direct, 1.0)
    shares.diodes[position] = np.where(lit, diodes, 1.0)
    shares.incidence[position] = np.where(lit, cosine, 0.0)
