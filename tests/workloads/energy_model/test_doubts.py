"""What looks wrong with a weather: a year of even skies at a place, spoilt in one way each."""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
import pytest

from gnomon.pv.solarposition import sun_position
from gnomon.pv.weather import Site, Weather
from gnomon.workloads.energy_model.doubts import weather_doubts

START = 1_735_689_600  # the first hour of 2025
SITES = {
    "Bern": Site(latitude=46.95, longitude=7.44),
    "Phoenix": Site(latitude=33.4, longitude=-112.0),
    "Sydney": Site(latitude=-33.9, longitude=151.2),
    "Tromso": Site(latitude=69.6, longitude=18.9),
}


@functools.cache
def even(site: Site, rows: int = 8760) -> Weather:
    """Return seven tenths of the light outside the air, a third of it diffuse."""
    label = START + 3600 * np.arange(rows)
    time = label + 1800.0
    sun = sun_position(time, site)
    ghi = 0.7 * sun.dni_extra * np.maximum(np.cos(np.radians(sun.zenith)), 0)
    calm = np.zeros(rows)
    return Weather(time=time, label=label, step=3600.0, ghi=ghi, dhi=ghi / 3, temp_air=calm, wind_speed=calm)


def doubts(weather: Weather, site: Site) -> list[str]:
    return list(weather_doubts(weather, sun_position(weather.time, site)))


@pytest.mark.parametrize("name", SITES)
def test_an_even_year_raises_no_doubt(name: str) -> None:
    assert doubts(even(SITES[name]), SITES[name]) == []


def later(hours: float) -> Callable[[Weather], Weather]:
    return lambda weather: dataclasses.replace(weather, time=weather.time + 3600 * hours)


def times(**factors: float) -> Callable[[Weather], Weather]:
    return lambda weather: dataclasses.replace(
        weather, **{name: factor * getattr(weather, name) for name, factor in factors.items()}
    )


def with_beam(factor: float, **changes: None) -> Callable[[Weather], Weather]:
    def spoil(weather: Weather) -> Weather:
        sun = sun_position(weather.time, SITES["Bern"])
        return dataclasses.replace(weather, dni=factor * 0.7 * 2 / 3 * sun.dni_extra, **changes)

    return spoil


def in_plane(factor: float, *, always: float = 0.0) -> Callable[[Weather], Weather]:
    return lambda weather: dataclasses.replace(weather, poa=factor * weather.ghi + always)


SPOILT: list[tuple[str, Callable[[Weather], Weather], list[str]]] = [
    ("Bern", later(1), ["centred 60 min after the sun's noon; timestampLabel"]),
    ("Bern", later(-1), ["centred 60 min before the sun's noon; timestampLabel"]),
    ("Bern", later(0.4), []),
    ("Phoenix", later(-7), ["while the sun is down; rows dated in local time", "times the light outside"]),
    ("Sydney", later(10), ["while the sun is down; rows dated in local time", "times the light outside"]),
    ("Bern", times(ghi=1e-3, dhi=1e-3), ["given in kW/m2?"]),
    ("Bern", times(ghi=0, dhi=0), ["peaks at 0 W/m2 in 8760 rows; no light at all?"]),
    ("Bern", times(ghi=2.3), ["above 1.5 times the light outside the air"]),
    ("Bern", times(ghi=1 / 3, dhi=3), ["above ghi; columns swapped"]),
    ("Tromso", later(1), ["centred 60 min after"]),
    ("Bern", with_beam(1.0), []),
    ("Bern", with_beam(2.2), ["above the sun's own outside the air"]),
    ("Bern", with_beam(0.4), ["ghi, dhi and dni cos(zenith) do not agree"]),
    ("Bern", with_beam(0.4, dhi=None), []),
    ("Bern", with_beam(1.8, dhi=None), ["ghi, dhi and dni cos(zenith) do not agree"]),
    ("Bern", in_plane(1.2), []),
    ("Bern", in_plane(3), ["weather poa: "]),
    ("Bern", in_plane(1e-3), ["poa: peaks at"]),
    ("Bern", in_plane(0, always=100), ["while the sun is down, and not used"]),
]


@pytest.mark.parametrize(("name", "spoil", "expected"), SPOILT)
def test_what_spoils_a_year_is_told(
    name: str, spoil: Callable[[Weather], Weather], expected: list[str]
) -> None:
    told = doubts(spoil(even(SITES[name])), SITES[name])
    assert len(told) == len(expected)
    assert all(words in line for words, line in zip(expected, told, strict=True))


def test_a_doubt_counts_its_rows_and_shows_the_first() -> None:
    weather = even(SITES["Bern"])
    dhi = weather.dhi.copy() if weather.dhi is not None else weather.ghi
    dhi[[11, 13]] = 900.0
    (told,) = doubts(dataclasses.replace(weather, dhi=dhi), SITES["Bern"])
    assert told.startswith("weather dhi: 2 rows, first row 11 (900 W/m2): ")


def test_few_days_tell_no_shift_and_a_night_tells_nothing() -> None:
    site = SITES["Bern"]
    assert doubts(later(1)(even(site, 24 * 50)), site) == []
    assert doubts(times(ghi=0, dhi=0)(even(site, 4)), site) == []
