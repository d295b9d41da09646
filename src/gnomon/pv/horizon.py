"""What far terrain hides: the sun's disk, part of the sky, the band along the horizon, light on the ground.

Far means that all modules see the same profile. What rises above the level horizon counts as dark: of the
light that a slope sends back nothing is known, and it is little beside the sky that it hides.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Self

import numpy as np

from gnomon.pv.arrays import FloatArray, IntArray

SUN_RADIUS = 0.533 / 2  # degrees
# Height of the band of the Perez model's horizon term: Perez et al. (1987), 10.1016/S0038-092X(87)80031-2.
BAND = 6.5  # degrees
# Grid of the table that rows which move look their factors up in. [degrees]
_TILTS = np.linspace(0.0, 180.0, 61)
_AZIMUTHS = np.linspace(0.0, 360.0, 73)


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """A profile of far terrain, straight between its points and closed around the compass.

    Attributes
    ----------
    azimuth
        Clockwise from north, increasing, from 0 and below 360. [degrees]
    elevation
        Of the terrain above the level horizon; what lies below it hides nothing of the sky. [degrees]
    """

    azimuth: tuple[float, ...]
    elevation: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.azimuth) != len(self.elevation) or not self.azimuth:
            raise ValueError("horizon: give at least one point, as many azimuths as elevations")
        if not all(0 <= azimuth < 360 for azimuth in self.azimuth):
            raise ValueError("horizon azimuth: give 0 up to, not including, 360 degrees clockwise from north")
        if any(later <= earlier for earlier, later in pairwise(self.azimuth)):
            raise ValueError("horizon azimuth: the points must go round clockwise, each azimuth once")
        if not all(-90 <= elevation <= 90 for elevation in self.elevation):
            raise ValueError("horizon elevation: give -90 to 90 degrees above the level horizon")

    @classmethod
    def around(cls, points: Iterable[tuple[float, float]]) -> Self:
        """Return the horizon through points (azimuth, elevation) in any order and from any turn.

        Where two points share an azimuth, as -180 and 180 do, the higher one counts.
        """
        highest: dict[float, float] = {}
        for azimuth, elevation in points:
            turned = azimuth % 360.0 % 360.0  # the first leaves 360 of a tiny negative azimuth
            highest[turned] = max(elevation, highest.get(turned, elevation))
        return cls(azimuth=tuple(sorted(highest)), elevation=tuple(highest[key] for key in sorted(highest)))


def elevation_at(horizon: Horizon, azimuth: FloatArray) -> FloatArray:
    """Return the height of the horizon in directions of the compass [degrees]."""
    return np.interp(_turned(azimuth), *_closed(horizon))


def sun_share(horizon: Horizon, zenith: FloatArray, azimuth: FloatArray) -> FloatArray:
    """Return the share of the sun's disk above the horizon, 0 to 1: a factor for beam and circumsolar.

    The disk of 0.533 degrees is cut by a level edge at the horizon's height under its centre: with d the
    height of the centre over the edge in radii, ``1/2 + (d sqrt(1 - d^2) + arcsin d) / pi``.

    Parameters
    ----------
    zenith, azimuth
        Of the sun as it is seen, with refraction. [degrees]
    """
    above = ((90.0 - zenith) - elevation_at(horizon, azimuth)) / SUN_RADIUS
    share = (above > 0).astype(np.float64)
    cut = np.flatnonzero(np.abs(above) < 1.0)
    d = above[cut]
    share[cut] = 0.5 + (d * np.sqrt(1.0 - d * d) + np.arcsin(d)) / np.pi
    return share


@lru_cache(maxsize=1024)
def sky_factor(horizon: Horizon, surface_tilt: float, surface_azimuth: float) -> float:
    """Return the view factor of a plane to the open sky over that to a sky without terrain, 0 to 1.

    The integral of cos(aoi) over what the plane sees of the sky, in closed form over the elevation and by
    Gauss and Legendre over the azimuth between the points of the profile. A level plane under a horizon of
    one height h keeps cos(h)^2.

    Parameters
    ----------
    surface_tilt
        0 level, 90 upright, 180 face down. [degrees]
    surface_azimuth
        The plane faces this way, clockwise from north. [degrees]
    """
    whole = _whole_sky(np.array([surface_tilt]))
    return float(_factor(_hidden_sky(horizon, np.array([surface_tilt]), surface_azimuth), whole)[0])


def sky_factors(horizon: Horizon, surface_tilt: FloatArray, surface_azimuth: FloatArray) -> FloatArray:
    """Return `sky_factor` of planes that move: one tilt and azimuth per row.

    The view factor of what is hidden comes from a table of 3 degrees of tilt by 5 of azimuth, computed once
    per horizon and interpolated linearly: the factor of a plane that faces up is within 0.001 under
    horizons up to 45 degrees. Face down little sky is left, and what is hidden is within 0.0005 of the
    whole sky.
    """
    tilt, left = _cell(surface_tilt, _TILTS)
    azimuth, turn = _cell(_turned(surface_azimuth), _AZIMUTHS)
    width = len(_AZIMUTHS)
    table = _sky_table(horizon)
    place = tilt * width + azimuth
    low = table[place] + turn * (table[place + 1] - table[place])
    place += width
    high = table[place] + turn * (table[place + 1] - table[place])
    return _factor(low + left * (high - low), _whole_sky(surface_tilt))


@lru_cache(maxsize=1024)
def band_factor(horizon: Horizon, surface_azimuth: float) -> float:
    """Return the share that a plane still sees of the band along the horizon, 0 to 1.

    For the horizon term of Perez (F2), which comes from a band of 6.5 degrees: the mean over the azimuths
    before the plane, weighted by cos(aoi), of the share of the band's height that the terrain leaves. A
    thin band is seen alike at every tilt but level, where its term is zero.

    Parameters
    ----------
    surface_azimuth
        The plane faces this way, clockwise from north. [degrees]
    """
    points, weights = _directions(horizon, surface_azimuth)
    toward = np.maximum(np.cos(np.radians(points - surface_azimuth)), 0.0)
    hidden = np.clip(elevation_at(horizon, points) / BAND, 0.0, 1.0)
    return min(max(float(1.0 - (weights * toward) @ hidden / 2.0), 0.0), 1.0)


def band_factors(horizon: Horizon, surface_azimuth: FloatArray) -> FloatArray:
    """Return `band_factor` of planes that turn, by a table of 5 degrees of azimuth: within 0.001."""
    azimuth, turn = _cell(_turned(surface_azimuth), _AZIMUTHS)
    table = _band_table(horizon)
    return table[azimuth] + turn * (table[azimuth + 1] - table[azimuth])


def ground_factor(horizon: Horizon, ghi: FloatArray, dhi: FloatArray, visible: FloatArray) -> FloatArray:
    """Return the light on the ground before the plant over that of an open field, 0 to 1.

    The ground lies in the same hollow as the modules: it loses the beam while the sun is behind the terrain
    and what the terrain hides of the sky from a level plane,
    ``1 - ((ghi - dhi) (1 - visible) + dhi (1 - sky_factor)) / ghi``. So does CASSYS; PVsyst also weakens
    the albedo under a horizon and does not publish by what rule.

    Parameters
    ----------
    ghi, dhi
        Global and diffuse horizontal irradiance of the open field. [W/m2]
    visible
        Share of the sun's disk, from `sun_share`.
    """
    beam = np.maximum(ghi - dhi, 0.0) * (1.0 - visible)
    sky = dhi * (1.0 - sky_factor(horizon, 0.0, 0.0))
    return np.clip(1.0 - (beam + sky) / np.maximum(ghi, 1e-9), 0.0, 1.0)


@lru_cache(maxsize=64)
def _closed(horizon: Horizon) -> tuple[FloatArray, FloatArray]:
    """Return the profile with its last point before the first and its first behind the last."""
    azimuth, elevation = np.array(horizon.azimuth), np.array(horizon.elevation)
    round_about = np.concatenate((azimuth[-1:] - 360.0, azimuth, azimuth[:1] + 360.0))
    return round_about, np.concatenate((elevation[-1:], elevation, elevation[:1]))


def _directions(horizon: Horizon, surface_azimuth: float) -> tuple[FloatArray, FloatArray]:
    """Return azimuths [degrees] and weights [rad] once around for integrals that bend at the plane's sides."""
    sides = np.array([surface_azimuth - 90.0, surface_azimuth + 90.0]) % 360.0
    edges = np.unique(np.concatenate((_corners(horizon), sides)))
    points, weights = np.polynomial.legendre.leggauss(3)
    half = np.diff(edges)[:, None] / 2.0
    return (edges[:-1, None] + half * (1.0 + points)).ravel(), np.radians(half * weights).ravel()


@lru_cache(maxsize=64)
def _corners(horizon: Horizon) -> FloatArray:
    """Return where the profile bends or leaves the level horizon or the band, at most 5 degrees apart."""
    azimuth, elevation = _closed(horizon)
    corners = [azimuth % 360.0, _AZIMUTHS]
    for level in (0.0, BAND):
        i = np.flatnonzero((elevation[:-1] - level) * (elevation[1:] - level) < 0)
        share = (level - elevation[i]) / (elevation[i + 1] - elevation[i])
        corners.append((azimuth[i] + share * (azimuth[i + 1] - azimuth[i])) % 360.0)
    return np.unique(np.concatenate(corners))


def _hidden_sky(horizon: Horizon, surface_tilt: FloatArray, surface_azimuth: float) -> FloatArray:
    """Return the view factors of planes (k,) of one azimuth to the terrain above the level horizon.

    In one azimuth a plane sees the elevations e with ``up sin e + toward cos e > 0``: face up those above
    the line of its own plane, face down those below it. The integral of that over the sky from 0 to e is
    ``(up sin^2 e + toward (e + sin e cos e)) / 2``, and ``toward e / 2`` on the line.
    """
    points, weights = _directions(horizon, surface_azimuth)
    tilt = np.radians(surface_tilt)[:, None]
    up = np.cos(tilt)
    toward = np.sin(tilt) * np.cos(np.radians(points - surface_azimuth))
    line = np.maximum(np.arctan2(np.where(up > 0, -toward, toward), np.abs(up)), 0.0)
    at_line = toward * line
    terrain = np.radians(np.maximum(elevation_at(horizon, points), 0.0))
    sine = np.sin(terrain)
    below = up * (sine * sine) + toward * (terrain + sine * np.cos(terrain))
    face_up = np.where(terrain > line, below - at_line, 0.0)
    hidden: FloatArray = np.where(up > 0, face_up, np.where(terrain < line, below, at_line)) @ weights
    return hidden / (2.0 * np.pi)


def _whole_sky(surface_tilt: FloatArray) -> FloatArray:
    whole: FloatArray = (1.0 + np.cos(np.radians(surface_tilt))) / 2.0
    return whole


def _factor(hidden: FloatArray, whole: FloatArray) -> FloatArray:
    """Return what is left; a plane that faces straight down sees no sky, hidden or not."""
    return np.clip(1.0 - hidden / np.maximum(whole, 1e-9), 0.0, 1.0)


@lru_cache(maxsize=16)
def _sky_table(horizon: Horizon) -> FloatArray:
    """Return the view factors to the terrain over `_TILTS` and `_AZIMUTHS`, row by row in one dimension."""
    around = [_hidden_sky(horizon, _TILTS, azimuth % 360.0) for azimuth in _AZIMUTHS.tolist()]
    return np.stack(around, axis=1).ravel()


@lru_cache(maxsize=16)
def _band_table(horizon: Horizon) -> FloatArray:
    return np.array([band_factor(horizon, azimuth % 360.0) for azimuth in _AZIMUTHS.tolist()])


def _turned(azimuth: FloatArray) -> FloatArray:
    """Return azimuths of any turn as 0 to 360; several times faster than the remainder of a division."""
    return azimuth - 360.0 * np.floor(azimuth / 360.0)


def _cell(value: FloatArray, grid: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the cell of an even grid that each value lies in, and how far into it, 0 to 1."""
    place = value / (grid[1] - grid[0])
    cell: IntArray = np.minimum(place.astype(np.int64), len(grid) - 2)
    return cell, place - cell
