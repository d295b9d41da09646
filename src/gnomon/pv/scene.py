"""Near shading that was computed beforehand: shares of light and of diodes lost by position of the sun.

A scene knows its objects; the model of a block's year only reads its table. The table's JSON form:

    {"azimuth": [...], "elevation": [...], "directShare": [[...]], "affectedDiodes": [[...]],
     "skyShare": 0.03, "groundShare": 0.5}

Degrees, one row of shares per azimuth and in it one share per elevation; every share is a loss, 0 to 1. Where modules
turn with the sun their view turns too: skyShare and groundShare may then have rows as directShare has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import NoReturn, TypeAlias

import numpy as np

from gnomon.pv import shading
from gnomon.pv.arrays import FloatArray, FloatLike, IntArray
from gnomon.pv.irradiance import aoi_projection

_FIELDS = {
    "azimuth": "azimuth",
    "elevation": "elevation",
    "directShare": "direct_share",
    "affectedDiodes": "affected_diodes",
    "skyShare": "sky_share",
    "groundShare": "ground_share",
}
# What the angles of a grid may be; 360 degrees is 0.
_AROUND = (0.0, float(np.nextafter(360.0, 0.0)))
_UPWARD = (-90.0, 90.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneTable:
    """What near objects take of a table of modules, by position of the sun; equal contents are equal.

    Attributes
    ----------
    azimuth
        Increasing, from 0 and below 360; k of them. [degrees]
    elevation
        Increasing, from -90 to 90; j of them. [degrees]
    direct_share
        Share of the beam that is lost, shape (k, j).
    affected_diodes
        Share of the bypass diodes' groups of cells with any shade on them, shape (k, j).
    sky_share, ground_share
        Share lost of an even sky's light and of the ground's, one or shape (k, j) for modules that turn with the
        sun; None when the scene does not say.
    """

    azimuth: tuple[float, ...] = field(compare=False)
    elevation: tuple[float, ...] = field(compare=False)
    direct_share: FloatArray = field(compare=False, repr=False)
    affected_diodes: FloatArray = field(compare=False, repr=False)
    sky_share: float | FloatArray | None = field(default=None, compare=False)
    ground_share: float | FloatArray | None = field(default=None, compare=False)
    # Arrays have no hash, and it would be slow: all contents count by this alone.
    digest: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        digest = blake2b(digest_size=16)
        for name, limits in (("azimuth", _AROUND), ("elevation", _UPWARD)):
            _check_grid(name, getattr(self, name), *limits)
            object.__setattr__(self, name, tuple(map(float, getattr(self, name))))
        digest.update(repr((self.azimuth, self.elevation)).encode())
        for name in ("direct_share", "affected_diodes"):
            self._freeze(name, np.array(getattr(self, name), dtype=np.float64), digest)
        for name in ("sky_share", "ground_share"):
            share = getattr(self, name)
            if isinstance(share, np.ndarray) and share.ndim:
                self._freeze(name, np.array(share, dtype=np.float64), digest)
                continue
            _check_share(name, share)
            object.__setattr__(self, name, share if share is None else float(share))
            digest.update(repr(getattr(self, name)).encode())
        object.__setattr__(self, "digest", digest.digest())

    def _freeze(self, name: str, shares: FloatArray, digest: blake2b) -> None:
        _check_shares(name, shares, (len(self.azimuth), len(self.elevation)))
        shares.setflags(write=False)
        object.__setattr__(self, name, shares)
        digest.update(shares.tobytes())


def shares_lost(table: SceneTable, zenith: FloatArray, azimuth: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the share of the beam and of the diodes lost at positions of the sun, straight between points.

    The table closes around the compass; above its highest and below its lowest elevation its edge holds.

    Parameters
    ----------
    zenith, azimuth
        Apparent zenith of the sun and its azimuth clockwise from north. [degrees]
    """
    cell = _cell_of(table, zenith, azimuth)
    return _between(_padded(table, "direct_share"), *cell), _between(_padded(table, "affected_diodes"), *cell)


def views_lost(
    table: SceneTable, zenith: FloatArray, azimuth: FloatArray
) -> tuple[FloatLike | None, FloatLike | None]:
    """Return the shares of sky and ground that a scene says are lost, by the sun where modules turn with it.

    Parameters
    ----------
    zenith, azimuth
        As for `shares_lost`. [degrees]
    """
    said = {name: getattr(table, name) for name in ("sky_share", "ground_share")}
    turning = [name for name, share in said.items() if isinstance(share, np.ndarray)]
    if turning:
        cell = _cell_of(table, zenith, azimuth)
        said |= {name: _between(_padded(table, name), *cell) for name in turning}
    return said["sky_share"], said["ground_share"]


@lru_cache(maxsize=256)
def sky_share(table: SceneTable, surface_tilt: float, surface_azimuth: float) -> float:
    """Return the share that a plane at rest loses of an even sky: what the scene says, or else the table's mean.

    A direction of the sky is shaded as the sun there would be: the mean of `shares_lost` over the sky before
    the plane, weighted by cos(aoi). For rows without end this is their view factor, by reciprocity.
    """
    if isinstance(table.sky_share, float):
        return table.sky_share
    elevation, azimuth = np.meshgrid(np.arange(0.5, 90.0), np.arange(0.5, 360.0))
    zenith, azimuth = 90.0 - elevation.ravel(), azimuth.ravel()
    projection = aoi_projection(surface_tilt, surface_azimuth, zenith, azimuth)
    weight = np.maximum(projection, 0.0) * np.sin(np.radians(zenith))
    received = float(weight.sum())
    return float(weight @ shares_lost(table, zenith, azimuth)[0] / received) if received > 0 else 0.0


def scene_of_rows(
    surface_tilt: float,
    surface_azimuth: float,
    gcr: float,
    transverse_diodes: int,
    *,
    azimuth: Sequence[float] = tuple(range(0, 360, 5)),
    elevation: Sequence[float] = tuple(range(91)),
) -> SceneTable:
    """Return the table of fixed rows without end, as a scene of such rows would give it.

    The shares are `shading.shaded_fraction` at the grid's points. Between them the table is straight and the
    rows are not: weighted by a year's beam the error is under 0.0005 in the mean on the default grid of 5
    by 1 degrees, under 0.004 on one of 15 by 5. A shadow that reaches into a group of cells affects all of it, which
    makes steps: 0.01 and 0.02 on the same grids.

    Parameters
    ----------
    transverse_diodes
        Groups of cells, one over the other, across the width of a row.
    azimuth, elevation
        Grid of the table. [degrees]
    """
    if transverse_diodes < 1:
        raise ValueError(f"transverse_diodes: {transverse_diodes} across a row; give at least 1")
    around, upward = (grid.ravel() for grid in np.meshgrid(azimuth, elevation, indexing="ij"))
    # On the level itself the shadows of flat rows have no end; a hair above it they have.
    zenith = np.minimum(90.0 - upward, 89.99)
    across = shading.projected_solar_zenith(surface_azimuth, zenith, around)
    shaded = shading.shaded_fraction(surface_tilt, gcr, across).reshape(len(azimuth), len(elevation))
    cosine = float(np.cos(np.radians(surface_tilt)))
    return SceneTable(
        azimuth=tuple(map(float, azimuth)),
        elevation=tuple(map(float, elevation)),
        direct_share=shaded,
        affected_diodes=np.ceil(shaded * transverse_diodes - 1e-9) / transverse_diodes,
        sky_share=_view_lost(float(shading.row_sky_view(surface_tilt, gcr)), (1.0 + cosine) / 2.0),
        ground_share=_view_lost(float(shading.row_ground_view(surface_tilt, gcr)), (1.0 - cosine) / 2.0),
    )


def from_json(document: Mapping[str, object]) -> SceneTable:
    """Return the table of a JSON object; without ``affectedDiodes`` the beam's share stands for them.

    Raises
    ------
    ValueError
        It names the field and says what to give.
    """
    unknown = sorted(set(document) - set(_FIELDS))
    if unknown:
        raise ValueError(f"{unknown[0]}: no field of a scene table; its fields are {', '.join(_FIELDS)}")
    azimuth, elevation = (_numbers(name, document.get(name)) for name in ("azimuth", "elevation"))
    _check_grid("azimuth", azimuth, *_AROUND)
    _check_grid("elevation", elevation, *_UPWARD)
    shape = (len(azimuth), len(elevation))
    direct = _rows("directShare", document.get("directShare"), shape)
    diodes = document.get("affectedDiodes")
    return SceneTable(
        azimuth=azimuth,
        elevation=elevation,
        direct_share=direct,
        affected_diodes=direct if diodes is None else _rows("affectedDiodes", diodes, shape),
        sky_share=_view("skyShare", document.get("skyShare"), shape),
        ground_share=_view("groundShare", document.get("groundShare"), shape),
    )


def to_json(table: SceneTable) -> dict[str, object]:
    """Return the JSON object of a table, without the shares that it does not say."""
    values = {name: getattr(table, attribute) for name, attribute in _FIELDS.items()}
    return {name: np.asarray(value).tolist() for name, value in values.items() if value is not None}


def _view_lost(among: float, alone: float) -> float:
    """Return what view a row loses among others; a level one has no view of the ground to lose."""
    return min(max(1.0 - among / alone, 0.0), 1.0) if alone > 1e-12 else 0.0


def _between(
    values: FloatArray, corners: tuple[IntArray, ...], turn: FloatArray, rise: FloatArray
) -> FloatArray:
    """Return what lies between four corners; equal corners give their value to the last bit."""
    low, low_up, high, high_up = (values[corner] for corner in corners)
    low += rise * (low_up - low)
    high += rise * (high_up - high)
    between: FloatArray = low + turn * (high - low)
    return between


_Cell: TypeAlias = tuple[tuple[IntArray, ...], FloatArray, FloatArray]


def _cell_of(table: SceneTable, zenith: FloatArray, azimuth: FloatArray) -> _Cell:
    """Return the corners of the cell around each position of the sun, and how far into it that lies."""
    around, upward = _axes(table)
    place, turn = _cell(azimuth - 360.0 * np.floor(azimuth / 360.0), around)
    row, rise = _cell(90.0 - zenith, upward)
    first = place * len(upward) + row
    return (first, first + 1, first + len(upward), first + len(upward) + 1), turn, rise


@lru_cache(maxsize=64)
def _axes(table: SceneTable) -> tuple[FloatArray, FloatArray]:
    """Return the grid closed around the compass; a single elevation stands twice."""
    azimuth, elevation = np.array(table.azimuth), np.array(table.elevation)
    around = np.concatenate((azimuth[-1:] - 360.0, azimuth, azimuth[:1] + 360.0))
    return around, elevation if len(elevation) > 1 else elevation + np.arange(2.0)


@lru_cache(maxsize=256)
def _padded(table: SceneTable, name: str) -> FloatArray:
    """Return shares on the grid of `_axes`, row by row in one dimension."""
    shares: FloatArray = getattr(table, name)
    twice = 1 if len(table.elevation) > 1 else 2
    return np.repeat(np.concatenate((shares[-1:], shares, shares[:1])), twice, axis=1).ravel()


def _cell(value: FloatArray, grid: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the cell of a grid that each value lies in, and how far into it: 0 or 1 beyond the edges."""
    place = np.interp(value, grid, np.arange(len(grid)))
    cell: IntArray = np.minimum(place.astype(np.int64), len(grid) - 2)
    return cell, place - cell


def _check_grid(name: str, grid: Sequence[float], low: float, high: float) -> None:
    if not grid:
        raise ValueError(f"{name}: give at least one angle of the grid")
    if not all(low <= angle <= high for angle in grid):
        raise ValueError(f"{name}: the grid leaves {low:.0f} to {high:.0f} degrees (360 is 0)")
    if any(later <= earlier for earlier, later in pairwise(grid)):
        raise ValueError(f"{name}: the angles of the grid must increase")


def _check_shares(name: str, shares: FloatArray, shape: tuple[int, int]) -> None:
    if shares.shape != shape:
        raise ValueError(
            f"{name}: shape {shares.shape}; give {shape[0]} rows, one per azimuth, of {shape[1]} elevations"
        )
    bad = ~((shares >= 0.0) & (shares <= 1.0))
    if bad.any():
        row, column = np.argwhere(bad)[0].tolist()
        raise ValueError(f"{name}[{row}][{column}]: {shares[row, column]} is no share lost, 0 to 1")


def _check_share(name: str, share: float | None) -> None:
    if share is not None and not 0.0 <= share <= 1.0:
        raise ValueError(f"{name}: {share} is no share lost, 0 to 1")


def _numbers(name: str, values: object) -> tuple[float, ...]:
    if not isinstance(values, list | tuple):
        return _refuse(f"{name}: give a list of numbers")
    return tuple(_number(f"{name}[{place}]", value) for place, value in enumerate(values))


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _refuse(f"{name}: {value!r} is no number")
    return float(value)


def _refuse(complaint: str) -> NoReturn:
    """Raise the error of a value that is wrong: to a reader of JSON a wrong type is no other fault."""
    raise ValueError(complaint)


def _rows(name: str, rows: object, shape: tuple[int, int]) -> FloatArray:
    if not isinstance(rows, list | tuple) or len(rows) != shape[0]:
        raise ValueError(f"{name}: give {shape[0]} rows of shares, one per azimuth")
    numbers = [_numbers(f"{name}[{place}]", row) for place, row in enumerate(rows)]
    for place, row in enumerate(numbers):
        if len(row) != shape[1]:
            raise ValueError(f"{name}[{place}]: {len(row)} shares; give {shape[1]}, one per elevation")
    shares = np.array(numbers)
    _check_shares(name, shares, shape)
    return shares


def _view(name: str, value: object, shape: tuple[int, int]) -> float | FloatArray | None:
    if isinstance(value, list | tuple):
        return _rows(name, value, shape)
    share = None if value is None else _number(name, value)
    _check_share(name, share)
    return share
