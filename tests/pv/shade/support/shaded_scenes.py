"""Scenes of the tests, and a caster of rays that knows nothing of the engine."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gnomon.pv.arrays import BoolArray, FloatArray
from gnomon.pv.shade import Obstructions, Tables

NOTHING = Obstructions(triangles=np.empty((0, 3, 3)))


def tables_of(corners: npt.ArrayLike, *, groups: int = 1, strings: int = 1) -> Tables:
    """Return standing tables of corners of shape (n, 4, 3)."""
    places = np.asarray(corners, dtype=np.float64)
    count = len(places)
    return Tables(
        corners=places,
        is_tracker=np.zeros(count, dtype=bool),
        axis_point=np.zeros((count, 3)),
        axis_vector=np.zeros((count, 3)),
        transverse_diodes=np.full(count, groups),
        strings_per_length=np.full(count, strings),
    )


def table(
    middle: Sequence[float], length: float, width: float, tilt: float = 0.0, azimuth: float = 180.0
) -> FloatArray:
    """Return the corners of a table with a level axis that faces an azimuth."""
    facing, turn = np.radians(azimuth), np.radians(tilt)
    across = np.array([np.sin(facing), np.cos(facing), 0.0])
    axis = np.array([-np.cos(facing), np.sin(facing), 0.0]) * (length / 2.0)
    rise = (-across * np.cos(turn) + np.array([0.0, 0.0, np.sin(turn)])) * (width / 2.0)
    centre = np.asarray(middle, dtype=np.float64)
    return np.stack((centre - axis - rise, centre + axis - rise, centre + axis + rise, centre - axis + rise))


def moved(tables: Tables, turn: float, shift: Sequence[float]) -> Tables:
    """Return the scene turned clockwise by degrees, and shifted."""
    return replace(
        tables,
        corners=turned(tables.corners, turn) + np.asarray(shift),
        axis_point=turned(tables.axis_point, turn) + np.asarray(shift),
        axis_vector=turned(tables.axis_vector, turn),
    )


def turned(points: FloatArray, turn: float) -> FloatArray:
    """Return points turned clockwise about the vertical through the origin."""
    cosine, sine = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack((x * cosine + y * sine, y * cosine - x * sine, z), axis=-1)


def chosen(tables: Tables, order: npt.ArrayLike) -> Tables:
    """Return some of the tables, in an order."""
    names = ("corners", "is_tracker", "axis_point", "axis_vector", "transverse_diodes", "strings_per_length")
    return replace(tables, **{name: getattr(tables, name)[order] for name in names})


def sun_of(zenith: float, azimuth: float) -> FloatArray:
    down, around = np.radians(zenith), np.radians(azimuth)
    return np.array([np.sin(down) * np.sin(around), np.sin(down) * np.cos(around), np.cos(down)])


def traced(
    tables: FloatArray, triangles: FloatArray, sun: FloatArray, points: int = 40
) -> tuple[FloatArray, BoolArray]:
    """Return the shaded share of each table by rays from a grid of points on it, and each ray's fate, (n, points^2).

    Every ray is tried against every triangle, two to a table, by the method of Moeller and Trumbore (1997),
    DOI 10.1080/10867651.1997.10487468.
    """
    halves = np.concatenate((tables[:, [0, 1, 2]], tables[:, [0, 2, 3]]))
    owner = np.concatenate((np.arange(len(tables)), np.arange(len(tables)), np.full(len(triangles), -1)))
    middle = (np.arange(points) + 0.5) / points
    a, b = (part.ravel()[:, None] for part in np.meshgrid(middle, middle, indexing="ij"))
    fates = []
    for number, corners in enumerate(tables):
        start = corners[0] + a * (corners[1] - corners[0]) + b * (corners[3] - corners[0])
        met = np.zeros(len(start), dtype=bool)
        for whose, triangle in zip(owner, np.concatenate((halves, triangles)), strict=True):
            if whose != number:
                met |= _meets(start, sun, triangle)
        fates.append(met)
    fate = np.array(fates)
    return fate.mean(axis=1), fate


def _meets(start: FloatArray, sun: FloatArray, triangle: FloatArray) -> BoolArray:
    one, other = triangle[1] - triangle[0], triangle[2] - triangle[0]
    square = np.cross(sun, other)
    volume = float(one @ square)
    if abs(volume) < 1e-12:
        return np.zeros(len(start), dtype=bool)
    apart = start - triangle[0]
    u = apart @ square / volume
    across = np.cross(apart, one)
    v = across @ sun / volume
    t = across @ other / volume
    met: BoolArray = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 1e-7)
    return met
