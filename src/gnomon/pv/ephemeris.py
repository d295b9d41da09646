r"""Where the sun stands as seen from the middle of the Earth: the slow part of the solar position algorithm.

Its series are summed at 0 h of each day, for all sites at once. Every term A cos(B + C t) is evaluated
directly once in 32 days; between, it turns at its even rate, cos(p + q) = cos p cos q - sin p sin q, so that
a year's sum is two small matrix products. No term is left out.

References
----------
Reda and Andreas (2004), Solar position algorithm for solar radiation applications, Solar Energy 76, 577-589,
DOI 10.1016/j.solener.2003.12.003; corrigendum 2007, Solar Energy 81, 838, DOI 10.1016/j.solener.2007.01.003.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gnomon.pv.arrays import FloatArray
from gnomon.pv.spa_terms import ARGUMENTS, DISTANCE, LATITUDE, LONGITUDE, NUTATION, Terms

DAY = 86400.0
J2000 = 10957.5
"""Days from 1970-01-01 0 h to 2000-01-01 12 h."""
_CENTURY = 36525.0
_STRIDE = 32  # days from one direct sum to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class _Harmonics:
    """Groups of terms amplitude cos(phase(t)), the group at place k multiplied by t**k, t in centuries.

    Attributes
    ----------
    edges
        Where each group begins, and the end of the last.
    amplitude
        Of each term; shape (k,).
    phase
        Coefficients of 1, t, t**2, t**3 in each term's phase [rad]; shape (4, k).
    turn
        Cosine and sine of each term's turn in 0 to 31 days, in rows by turns; shape (2 k, 32).
    """

    edges: tuple[int, ...]
    amplitude: FloatArray
    phase: FloatArray
    turn: FloatArray

    def sum(self, century: FloatArray) -> FloatArray:
        """Return the sum for centuries since J2000 a day apart, a whole number of strides of them."""
        powers = np.vander(century[::_STRIDE], 4, increasing=True)
        phase = powers @ self.phase
        waves = np.empty((*phase.shape, 2))
        np.multiply(np.cos(phase), self.amplitude, out=waves[..., 0])
        np.multiply(np.sin(phase), -self.amplitude, out=waves[..., 1])
        waves = waves.reshape(len(phase), -1)
        total = np.zeros_like(century)
        for first, end in zip(self.edges[-2::-1], self.edges[:0:-1], strict=True):
            of_group = waves[:, 2 * first : 2 * end] @ self.turn[2 * first : 2 * end]
            total = total * century + of_group.ravel()
        return total


def _harmonics(groups: list[tuple[FloatArray, FloatArray]]) -> _Harmonics:
    """Join groups of (amplitudes of shape (k,), phases of shape (4, k))."""
    phase = np.hstack([each for _, each in groups])
    turned = np.outer(phase[1] / _CENTURY, np.arange(_STRIDE))
    return _Harmonics(
        edges=(0, *np.cumsum([len(amplitude) for amplitude, _ in groups]).tolist()),
        amplitude=np.concatenate([amplitude for amplitude, _ in groups]),
        phase=phase,
        turn=np.stack((np.cos(turned), np.sin(turned)), axis=1).reshape(-1, _STRIDE),
    )


def _planetary(table: tuple[Terms, ...]) -> _Harmonics:
    """Return a table of the Earth's orbit, made from millennia to centuries [rad or AU]."""
    groups = []
    for power, terms in enumerate(table):
        amplitude, phase, rate = np.array(terms, dtype=np.float64).T
        still = np.zeros_like(phase)
        groups.append((amplitude / (1e8 * 10.0**power), np.stack((phase, rate / 10.0, still, still))))
    return _harmonics(groups)


def _nutation(*, column: int, lag: float) -> _Harmonics:
    """Return the nutation [degrees]: (a + b t) cos(angle - lag), a and b from two columns of the table."""
    terms = np.array(NUTATION, dtype=np.float64)
    angle = np.radians(np.array(ARGUMENTS).T @ terms[:, :5].T)
    angle[0] -= lag
    amplitudes = terms[:, column : column + 2].T / 36e6
    return _harmonics([(each[each != 0], angle[:, each != 0]) for each in amplitudes])


_LONGITUDE, _LATITUDE, _DISTANCE = (_planetary(table) for table in (LONGITUDE, LATITUDE, DISTANCE))
_IN_LONGITUDE, _IN_OBLIQUITY = _nutation(column=5, lag=np.pi / 2), _nutation(column=7, lag=0.0)


@lru_cache(maxsize=32)
def daily_table(first: int, count: int) -> FloatArray:
    """Return the sun's place at 0 h UT of ``count`` days from day ``first`` since 1970, shape (3, count) [AU].

    Rows are the parts toward the mean equinox of the day, 90 degrees east of it along the equator, and toward the
    north pole: the frame in which Greenwich turns by the mean sidereal time.
    """
    days = np.arange(first, first + count, dtype=np.float64) - J2000
    # Two more days than asked for, so that the slope at the last one has neighbours on both sides.
    padded = days[0] - 1.0 + np.arange(-(-(count + 2) // _STRIDE) * _STRIDE)
    place = _place(padded / _CENTURY)
    slope = (place[:, 2 : count + 2] - place[:, :count]) / 2.0
    # The series run in terrestrial time, some 70 s ahead: a straight line from the day's own 0 h.
    table: FloatArray = place[:, 1 : count + 1] + slope * (delta_t(2000.0 + days / 365.25) / DAY)
    table.flags.writeable = False
    return table


def _place(century: FloatArray) -> FloatArray:
    """Return the sun's place for Julian ephemeris centuries a day apart (sections 3.2 to 3.10), shape (3, n)."""
    distance, in_longitude = _DISTANCE.sum(century), _IN_LONGITUDE.sum(century)
    obliquity = np.radians(_mean_obliquity(century / 100.0) + _IN_OBLIQUITY.sum(century))
    aberration = 20.4898 / (3600.0 * distance)
    longitude = _LONGITUDE.sum(century) + np.pi + np.radians(in_longitude - aberration)
    latitude = -_LATITUDE.sum(century)
    cosine, sine = np.cos(obliquity), np.sin(obliquity)
    in_plane, off_plane = distance * np.cos(latitude), distance * np.sin(latitude)
    along, across = in_plane * np.cos(longitude), in_plane * np.sin(longitude)
    east = across * cosine - off_plane * sine
    # From the true equinox back to the mean one, which sidereal time counts from.
    back = np.radians(in_longitude) * cosine
    ahead, aside = np.cos(back), np.sin(back)
    north = across * sine + off_plane * cosine
    return np.stack((along * ahead + east * aside, east * ahead - along * aside, north))


def _mean_obliquity(ten_millennia: FloatArray) -> FloatArray:
    """Return the mean tilt of the Earth's axis to its path [degrees]."""
    terms = (84381.448, -4680.93, -1.55, 1999.25, -51.38, -249.67, -39.05, 7.12, 27.87, 5.79, 2.45)
    arcseconds: FloatArray = np.polynomial.Polynomial(terms)(ten_millennia)
    return arcseconds / 3600.0


def delta_t(year: FloatArray) -> FloatArray:
    """Return terrestrial time less universal time [s] for decimal years 1920 to 2150.

    Polynomials of Espenak and Meeus (2006), Five Millennium Canon of Solar Eclipses, NASA/TP-2006-214141.
    """
    if year.min() < 1920 or year.max() >= 2151:
        raise ValueError(
            f"time: years {year.min():.0f} to {year.max():.0f}; the sun is known for 1920 to 2150"
        )
    pieces: list[tuple[int, int, int, tuple[float, ...]]] = [
        (1920, 1941, 1920, (21.20, 0.84493, -0.076100, 0.0020936)),
        (1941, 1961, 1950, (29.07, 0.407, -1 / 233, 1 / 2547)),
        (1961, 1986, 1975, (45.45, 1.067, -1 / 260, -1 / 718)),
        (1986, 2005, 2000, (63.86, 0.3345, -0.060374, 0.0017275, 0.000651814, 0.00002373599)),
        (2005, 2050, 2000, (62.92, 0.32217, 0.005589)),
        (2050, 2151, 1820, (-20.0 - 0.5628 * 330, 0.5628, 0.0032)),
    ]
    seconds = np.empty_like(year)
    for start, end, origin, terms in pieces:
        inside = (year >= start) & (year < end)
        if inside.any():
            seconds[inside] = np.polynomial.Polynomial(terms)(year[inside] - origin)
    return seconds


def mean_sidereal_time(days: FloatArray) -> FloatArray:
    """Return the mean sidereal time at Greenwich [degrees], not folded, for days since J2000."""
    century = days / _CENTURY
    return 280.46061837 + 360.98564736629 * days + century * century * (0.000387933 - century / 38710000.0)
