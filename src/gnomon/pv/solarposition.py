r"""Where the sun stands: the solar position algorithm with its slow part taken once per day.

The sun's right ascension, declination and distance change smoothly over a day, the rotation of the Earth
is a straight line. So the long series of the algorithm are summed at 0 h of each day, for all sites at once,
and each time step costs a four-point Lagrange interpolation, one rotation and the refraction. The
interpolation adds less than 1e-6 degrees to the full algorithm.

References
----------
Reda and Andreas (2004), Solar position algorithm for solar radiation applications, Solar Energy 76, 577-589,
DOI 10.1016/j.solener.2003.12.003; corrigendum 2007, Solar Energy 81, 838, DOI 10.1016/j.solener.2007.01.003.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gnomon.pv.arrays import FloatArray, FloatLike
from gnomon.pv.spa_terms import DISTANCE, LATITUDE, LONGITUDE, NUTATION, Terms
from gnomon.pv.weather import Site

_DAY = 86400.0
_J2000 = 10957.5  # days from 1970-01-01 0 h to 2000-01-01 12 h
_EARTH_RADIUS = 6378140.0
_POLE_RATIO = 0.99664719
_SUN_RADIUS = 0.26667
_TEMPERATURE = 12.0
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
    ascension, declination, distance = interpolate_daily(time)
    hour_angle = np.radians(_mean_sidereal_time(time / _DAY - _J2000) + site.longitude - ascension)
    declination, latitude = np.radians(declination), np.radians(site.latitude)
    outward, upward = _observer(latitude, site.altitude)
    parallax = np.sin(np.radians(8.794 / 3600.0)) / distance
    meridian = np.cos(declination) * np.cos(hour_angle) - outward * parallax
    west = np.cos(declination) * np.sin(hour_angle)
    pole = np.sin(declination) - upward * parallax
    up = meridian * np.cos(latitude) + pole * np.sin(latitude)
    south = meridian * np.sin(latitude) - pole * np.cos(latitude)
    elevation = np.degrees(np.arctan2(up, np.hypot(south, west)))
    apparent = elevation + refraction(elevation, standard_pressure(site.altitude))
    return Sun(
        site=site,
        zenith=90.0 - elevation,
        apparent_zenith=90.0 - apparent,
        azimuth=(np.degrees(np.arctan2(west, south)) + 180.0) % 360.0,
        dni_extra=SOLAR_CONSTANT / distance**2,
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
    lift = density * 1.02 / (60.0 * np.tan(np.radians(seen + 10.3 / (seen + 5.11))))
    return np.where(elevation >= -(_SUN_RADIUS + horizon_refraction), lift, 0.0)


def standard_pressure(altitude: float) -> float:
    """Return the pressure of the standard atmosphere [Pa] at an altitude [m] (ISO 2533:1975)."""
    return float(100.0 * ((44331.514 - altitude) / 11880.516) ** (1 / 0.1902632))


def interpolate_daily(time: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return right ascension less the equation of the equinoxes, declination [degrees], distance [AU]."""
    day = np.floor(time / _DAY).astype(np.int64)
    first, last = int(day.min()) - 1, int(day.max()) + 2
    table, start = daily_table(first, last - first + 1), day - first
    s = time / _DAY - day
    weights = (
        -s * (s - 1) * (s - 2) / 6,
        (s + 1) * (s - 1) * (s - 2) / 2,
        -(s + 1) * s * (s - 2) / 2,
        (s + 1) * s * (s - 1) / 6,
    )
    at = sum(weight * table[:, start + offset] for offset, weight in enumerate(weights, start=-1))
    assert isinstance(at, np.ndarray)
    return at[0], at[1], at[2]


def delta_t(year: FloatArray) -> FloatArray:
    """Return terrestrial time less universal time [s] for decimal years 1920 to 2150.

    Polynomials of Espenak and Meeus (2006), Five Millennium Canon of Solar Eclipses, NASA/TP-2006-214141.
    """
    pieces: list[tuple[int, int, tuple[float, ...]]] = [
        (1941, 1920, (21.20, 0.84493, -0.076100, 0.0020936)),
        (1961, 1950, (29.07, 0.407, -1 / 233, 1 / 2547)),
        (1986, 1975, (45.45, 1.067, -1 / 260, -1 / 718)),
        (2005, 2000, (63.86, 0.3345, -0.060374, 0.0017275, 0.000651814, 0.00002373599)),
        (2050, 2000, (62.92, 0.32217, 0.005589)),
        (2151, 1820, (-20.0 - 0.5628 * 330, 0.5628, 0.0032)),
    ]
    if year.min() < 1920 or year.max() >= 2151:
        raise ValueError(
            f"time: years {year.min():.0f} to {year.max():.0f}; the sun is known for 1920 to 2150"
        )
    values = [np.polynomial.Polynomial(terms)(year - origin) for _, origin, terms in pieces]
    return np.select([year < end for end, _, _ in pieces], values)


@lru_cache(maxsize=32)
def daily_table(first: int, count: int) -> FloatArray:
    """Return rows of right ascension, declination, distance at 0 h of ``count`` days since 1970."""
    days = np.arange(first, first + count, dtype=np.float64)
    table = np.vstack(_sun_at(days - _J2000))
    table[0] = np.unwrap(table[0], period=360.0)
    table.flags.writeable = False
    return table


def _sun_at(days: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sum the series of the algorithm (its sections 3.2 to 3.10) for days since J2000."""
    century = (days + delta_t(2000.0 + days / 365.25) / _DAY) / 36525.0
    distance = _series(DISTANCE, century / 10)
    longitude = np.degrees(_series(LONGITUDE, century / 10)) + 180.0
    latitude = np.radians(-np.degrees(_series(LATITUDE, century / 10)))
    in_longitude, in_obliquity = _nutation(century)
    obliquity = np.radians(_mean_obliquity(century / 1000) + in_obliquity)
    apparent = np.radians(longitude + in_longitude - 20.4898 / (3600.0 * distance))
    ascension = np.arctan2(
        np.sin(apparent) * np.cos(obliquity) - np.tan(latitude) * np.sin(obliquity), np.cos(apparent)
    )
    sine = np.sin(latitude) * np.cos(obliquity) + np.cos(latitude) * np.sin(obliquity) * np.sin(apparent)
    equinoxes = in_longitude * np.cos(obliquity)
    return np.degrees(ascension) - equinoxes, np.degrees(np.arcsin(sine)), distance


def _series(groups: tuple[Terms, ...], millennium: FloatArray) -> FloatArray:
    """Sum A cos(B + C t) t**k over the groups k of a table, in radians or astronomical units."""
    total = np.zeros_like(millennium)
    for power, terms in enumerate(groups):
        amplitude, phase, rate = np.array(terms).T
        total += millennium**power * (np.cos(phase + np.outer(millennium, rate)) @ amplitude)
    return total / 1e8


def _nutation(century: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the nutation in longitude and in obliquity [degrees]."""
    powers = np.vander(century, 4, increasing=True)
    # Moon's elongation, sun's anomaly, moon's anomaly, its argument of latitude, its ascending node.
    arguments = np.array(
        [
            (297.85036, 445267.111480, -0.0019142, 1 / 189474),
            (357.52772, 35999.050340, -0.0001603, -1 / 300000),
            (134.96298, 477198.867398, 0.0086972, 1 / 56250),
            (93.27191, 483202.017538, -0.0036825, 1 / 327270),
            (125.04452, -1934.136261, 0.0020708, 1 / 450000),
        ]
    )
    terms = np.array(NUTATION)
    angle = np.radians(powers @ arguments.T @ terms[:, :5].T)
    a, b, c, d = terms[:, 5:].T
    t = century[:, None]
    return ((a + b * t) * np.sin(angle)).sum(axis=1) / 36e6, ((c + d * t) * np.cos(angle)).sum(axis=1) / 36e6


def _mean_obliquity(ten_millennia: FloatArray) -> FloatArray:
    """Return the mean tilt of the Earth's axis to its path [degrees]."""
    terms = (84381.448, -4680.93, -1.55, 1999.25, -51.38, -249.67, -39.05, 7.12, 27.87, 5.79, 2.45)
    arcseconds: FloatArray = np.polynomial.Polynomial(terms)(ten_millennia * 10)
    return arcseconds / 3600.0


def _mean_sidereal_time(days: FloatArray) -> FloatArray:
    """Return the mean sidereal time at Greenwich [degrees], not folded, for days since J2000."""
    century = days / 36525.0
    return 280.46061837 + 360.98564736629 * days + 0.000387933 * century**2 - century**3 / 38710000.0


def _observer(latitude: FloatLike, altitude: float) -> tuple[FloatLike, FloatLike]:
    """Return the observer's distance from the axis and from the equator's plane in Earth radii."""
    reduced = np.arctan(_POLE_RATIO * np.tan(latitude))
    height = altitude / _EARTH_RADIUS
    outward = np.cos(reduced) + height * np.cos(latitude)
    upward = _POLE_RATIO * np.sin(reduced) + height * np.sin(latitude)
    return outward, upward
