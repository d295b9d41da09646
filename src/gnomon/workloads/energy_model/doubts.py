"""What looks wrong with a run's weather once the sun is known: told with rows, a value and the likely cause.

None of it stops a run, for a sky may do what no rule foresees.
"""

from collections.abc import Iterator
from math import pi

import numpy as np
import numpy.typing as npt

from gnomon.pv.arrays import FloatArray
from gnomon.pv.solarposition import Sun
from gnomon.pv.weather import Weather

_DARK, _MOST_DARK_ENERGY = 20.0, 0.03  # W/m2 with the sun down that twilight cannot give, and their share
_DIM, _STRONG = 10.0, 200.0  # W/m2: a peak no sky stays below, where this much arrives outside the air
_ABOVE_SKY, _HIGH_SUN = 1.5, 80.0  # times the irradiance outside the air, while the zenith is below [degrees]
_DIFFUSE_SLACK, _DIFFUSE_SLACK_SHARE = 10.0, 0.05  # what two sensors may differ [W/m2, of ghi]
_WELL_UP = 75.0  # zenith [degrees] below which the sun at mid-interval stands for the interval
_APART, _APART_SHARE = 30.0, 0.1  # what one row's light may miss its parts by [W/m2, of ghi]
_MOST_APART = 0.05  # share of the energy that such rows miss
_MOST_SHIFT = 30.0  # minutes; fog and afternoon clouds make less
_LEAST_DAYS = 60.0  # fewer days may be one-sided by chance


def weather_doubts(weather: Weather, sun: Sun) -> Iterator[str]:
    """Yield a line for each thing that looks wrong with the irradiance of a run."""
    outside = sun.dni_extra * np.maximum(np.cos(np.radians(sun.apparent_zenith)), 0.0)
    if outside.max() < _STRONG:
        return
    peak = weather.ghi.max()
    if peak < _DIM:
        cause = "no light at all?" if peak == 0 else "given in kW/m2?"
        yield f"weather ghi: peaks at {peak:g} W/m2 in {weather.ghi.size} rows; {cause}"
        return
    at_night = list(_night(weather, sun))
    yield from at_night or _shift(weather, outside)
    too_bright = (weather.ghi > _ABOVE_SKY * outside) & (sun.apparent_zenith < _HIGH_SUN)
    cause = f"above {_ABOVE_SKY:g} times the light outside the air; wrong unit, or rows at a wrong time?"
    yield from _told("ghi", too_bright, weather.ghi, cause)
    if weather.dhi is not None:
        most = (1 + _DIFFUSE_SLACK_SHARE) * weather.ghi + _DIFFUSE_SLACK
        yield from _told(
            "dhi", weather.dhi > most, weather.dhi, "above ghi; columns swapped, or a sensor at fault?"
        )
    yield from _beam(weather, sun)
    yield from _in_plane(weather, sun)


def _told(name: str, odd: npt.NDArray[np.bool_], values: FloatArray, cause: str) -> Iterator[str]:
    if odd.any():
        row = int(np.argmax(odd))
        yield f"weather {name}: {odd.sum()} rows, first row {row} ({values[row]:g} W/m2): {cause}"


def _beam(weather: Weather, sun: Sun) -> Iterator[str]:
    """Tell of a beam that no sun sends, or else of one that does not close the global light."""
    if weather.dni is None:
        return
    cause = "above the sun's own outside the air; wrong unit?"
    impossible = list(_told("dni", weather.dni > sun.dni_extra, weather.dni, cause))
    yield from impossible or _unclosed(weather, weather.dni, sun)


def _unclosed(weather: Weather, dni: FloatArray, sun: Sun) -> Iterator[str]:
    well_up = sun.apparent_zenith < _WELL_UP
    left = weather.ghi - dni * np.cos(np.radians(sun.apparent_zenith))
    apart = np.maximum(-left, 0.0) if weather.dhi is None else np.abs(left - weather.dhi)
    odd = well_up & (apart > _APART + _APART_SHARE * weather.ghi)
    if apart[odd].sum() > _MOST_APART * weather.ghi[well_up].sum():
        cause = (
            "ghi, dhi and dni cos(zenith) do not agree; a column of another kind, or rows at a wrong time?"
        )
        yield from _told("dni", odd, dni, cause)


def _in_plane(weather: Weather, sun: Sun) -> Iterator[str]:
    if weather.poa is None:
        return
    cause = f"above {_ABOVE_SKY:g} times the sun's own outside the air; wrong unit?"
    yield from _told("poa", weather.poa > _ABOVE_SKY * sun.dni_extra, weather.poa, cause)
    peak = weather.poa.max()
    if peak < _DIM:
        yield f"weather poa: peaks at {peak:g} W/m2 in {weather.poa.size} rows; in kW/m2, or not measured?"
    dark = (sun.apparent_zenith >= 90.0) & (weather.poa > _DARK)
    if weather.poa[dark].sum() > _MOST_DARK_ENERGY * weather.poa.sum():
        yield from _told(
            "poa", dark, weather.poa, "while the sun is down, and not used; rows at a wrong time?"
        )


def _night(weather: Weather, sun: Sun) -> Iterator[str]:
    dark = (sun.apparent_zenith >= 90.0) & (weather.ghi > _DARK)
    share = weather.ghi[dark].sum() / weather.ghi.sum()
    if share > _MOST_DARK_ENERGY:
        cause = (
            f"{100 * share:.0f} % of the energy comes while the sun is down; rows dated in local time, "
            "the sign of the longitude, or timestampLabel?"
        )
        yield from _told("ghi", dark, weather.ghi, cause)


def _shift(weather: Weather, outside: FloatArray) -> Iterator[str]:
    """Tell when the light's centre in the day lies far from the sun's, as the phase of their first harmonics."""
    if weather.ghi.size * weather.step < _LEAST_DAYS * 86400:
        return
    day = np.exp(2j * pi / 86400.0 * weather.time)
    minutes = float(np.angle((weather.ghi @ day) * np.conj(outside @ day))) * 720.0 / pi
    if abs(minutes) > _MOST_SHIFT:
        when = "after" if minutes > 0 else "before"
        yield (
            f"weather ghi: {weather.ghi.size} rows, their light is centred {abs(minutes):.0f} min {when} the sun's "
            "noon; timestampLabel, daylight saving time, or the wrong longitude?"
        )
