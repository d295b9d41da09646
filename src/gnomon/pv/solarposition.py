r"""Where the sun stands: the solar position algorithm with its slow part taken once per day.

The sun's place among the stars changes smoothly over a day, and the Earth turns evenly. So the long series of
the algorithm are summed at 0 h of each day (`gnomon.pv.ephemeris`), the place as a vector is interpolated by
four-point Lagrange polynomials, and each time step costs one turn, two arc tangents and the refraction. The
interpolation adds less than 1e-6 degrees to the full algorithm.

References
----------
Reda and Andreas (2004), Solar position algorithm for solar radiation applications, Solar Energy 76, 577-589,
DOI 10.1016/j.solener.2003.12.003; corrigendum 2007, Solar Energy 81, 838, DOI 10.1016/j.solener.2007.01.003.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from gnomon.pv.arrays import FloatArray, IntArray
from gnomon.pv.ephemeris import DAY, J2000, daily_table, mean_sidereal_time
from gnomon.pv.weather import Site

_EARTH_RADIUS = 6378140.0
_POLE_RATIO = 0.99664719
# Sine of the sun's parallax at one astronomical unit.
_PARALLAX = float(np.sin(np.radians(8.794 / 3600.0)))
_SUN_RADIUS = 0.26667
_TEMPERATURE = 12.0
_RADIAN = 180.0 / np.pi
SOLAR_CONSTANT = 1361.0
"""Irradiance at one astronomical unit [W/m2] (Kopp and Lean 2011, DOI 10.1029/2010GL045777)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sun:
    """The sun at one site, arrays of shape (n,) for the moments it was asked for.

    Attributes
    ----------
    zenith, apparent_zenith
        Angle from the vertical, without and with refraction. [degrees]
    azimuth
        Clockwise from north. [degrees]
    dni_extra
        Irradiance outside the atmosphere, normal to the rays. [W/m2]
    """

    site: Site
    zenith: FloatArray
    apparent_zenith: FloatArray
    azimuth: FloatArray
    dni_extra: FloatArray


def sun_position(time: FloatArray, site: Site) -> Sun:
    """Return the sun's place in the sky of a site.

    The topocentric direction is the geocentric one less the observer's place on the Earth's spheroid, both
    in distances to the sun; this is the parallax correction of the algorithm written as vectors.

    Parameters
    ----------
    time
        Moments, seconds since 1970-01-01 UTC, in 1920 to 2150; shape (n,).
    site
        Latitude, longitude, altitude.
    """
    meridian, west, pole = turned_place(time, site.longitude)
    squared = meridian * meridian + west * west + pole * pole
    latitude = np.radians(site.latitude)
    cosine, sine = float(np.cos(latitude)), float(np.sin(latitude))
    outward, upward = _observer(latitude, site.altitude)
    meridian -= outward * _PARALLAX
    pole -= upward * _PARALLAX
    up = meridian * cosine + pole * sine
    south = meridian * sine - pole * cosine
    elevation = np.arctan2(up, np.sqrt(south * south + west * west)) * _RADIAN
    apparent = elevation + refraction(elevation, standard_pressure(site.altitude))
    azimuth = np.arctan2(west, south) * _RADIAN + 180.0
    azimuth[azimuth >= 360.0] = 0.0
    return Sun(
        site=site,
        zenith=90.0 - elevation,
        apparent_zenith=90.0 - apparent,
        azimuth=azimuth,
        dni_extra=SOLAR_CONSTANT / squared,
    )


def turned_place(time: FloatArray, longitude: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the sun's place from the middle of the Earth, in a frame that turns with a meridian [AU].

    Its parts point to where the meridian crosses the equator, 90 degrees west of that, and to the north
    pole; each of shape (n,).
    """
    day, part, wanted = _by_day(time)
    first = int(day.min())
    nodes, weights = _nodes(first, int(day.max()) - first + 1, longitude), _lagrange(part)
    # Every day has the same fractions, or each moment its own.
    place = nodes @ weights if wanted else np.einsum("ink,kn->in", nodes[:, day - first], weights)
    turn = np.radians(360.98564736629) * part
    cosine, sine = np.cos(turn), np.sin(turn)
    meridian, west = place[0] * cosine - place[1] * sine, place[1] * cosine + place[0] * sine
    rows = wanted or slice(None)
    return meridian.ravel()[rows], west.ravel()[rows], place[2].ravel()[rows]


def _by_day(time: FloatArray) -> tuple[IntArray, FloatArray, slice | None]:
    """Split moments into days and fractions of a day.

    Even steps of which a day holds a whole number come back as the days touched, the fractions each of them
    has, and which of all these moments are wanted; others as one day and one fraction per moment.
    """
    day = np.floor(time / DAY)
    step = float(time[1] - time[0]) if time.size > 1 else 0.0
    a_day = round(DAY / step) if step > 0 else 0
    if a_day < 1 or a_day * step != DAY or not (np.diff(time) == step).all():
        return day.astype(np.int64), time / DAY - day, None
    skipped, rest = divmod(float(time[0] - day[0] * DAY), step)
    part = (rest + step * np.arange(a_day, dtype=np.float64)) / DAY
    return np.arange(day[0], day[-1] + 1, dtype=np.int64), part, slice(int(skipped), int(skipped) + time.size)


def _nodes(first: int, count: int, longitude: float) -> FloatArray:
    """Return the sun's place at 0 h of the day before, the day, and the two after, in the day's own frame.

    Shape (3, count, 4), the frame being that of the meridian at 0 h of the day.
    """
    table = sliding_window_view(daily_table(first - 1, count + 3), 4, axis=1)
    sidereal = mean_sidereal_time(np.arange(first, first + count, dtype=np.float64) - J2000)
    angle = np.radians(np.mod(sidereal, 360.0) + longitude)[:, None]
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.stack(
        (table[0] * cosine + table[1] * sine, table[0] * sine - table[1] * cosine, table[2]),
    )


def _lagrange(part: FloatArray) -> FloatArray:
    """Return the weights of values at -1, 0, 1, 2 for the value between 0 and 1, shape (4, n)."""
    before, after, last = part + 1.0, part - 1.0, part - 2.0
    return np.stack(
        (
            part * after * last / -6.0,
            before * after * last / 2.0,
            before * part * last / -2.0,
            before * part * after / 6.0,
        )
    )


def refraction(elevation: FloatArray, pressure: float, horizon_refraction: float = 0.5667) -> FloatArray:
    """Return the lift of the sun by the atmosphere [degrees], zero once its disk is below the horizon.

    Parameters
    ----------
    elevation
        True elevation. [degrees]
    pressure
        Of the air at the site. [Pa]
    horizon_refraction
        Lift at the horizon, which decides when the disk is gone. [degrees]
    """
    density = pressure / 101000.0 * 283.0 / (273.0 + _TEMPERATURE)
    # Held at the horizon, for the fitted curve has a pole far below it.
    seen = np.maximum(elevation, -1.0)
    lift = density * 1.02 / 60.0 / np.tan((seen + 10.3 / (seen + 5.11)) * (np.pi / 180.0))
    lifted: FloatArray = lift * (elevation >= -(_SUN_RADIUS + horizon_refraction))
    return lifted


def standard_pressure(altitude: float) -> float:
    """Return the pressure of the standard atmosphere [Pa] at an altitude [m] (ISO 2533:1975)."""
    return float(100.0 * ((44331.514 - altitude) / 11880.516) ** (1 / 0.1902632))


def _observer(latitude: float, altitude: float) -> tuple[float, float]:
    """Return the observer's distance from the axis and from the equator's plane in Earth radii."""
    reduced = np.arctan(_POLE_RATIO * np.tan(latitude))
    height = altitude / _EARTH_RADIUS
    outward = np.cos(reduced) + height * np.cos(latitude)
    upward = _POLE_RATIO * np.sin(reduced) + height * np.sin(latitude)
    return float(outward), float(upward)
