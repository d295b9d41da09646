"""The sun against pvlib's full algorithm, and where it must be whatever the algorithm."""

import numpy as np
import pandas as pd
import pytest
from pvlib import solarposition as reference
from pvlib import spa

from gnomon.pv.ephemeris import delta_t
from gnomon.pv.solarposition import (
    SOLAR_CONSTANT,
    refraction,
    standard_pressure,
    sun_position,
)
from gnomon.pv.weather import Site

SITES = [
    Site(latitude=46.95, longitude=7.44, altitude=540),
    Site(latitude=-33.9, longitude=151.2),
    Site(latitude=0.0, longitude=-78.5, altitude=2800),
    Site(latitude=78.2, longitude=15.6),
    Site(latitude=-90, longitude=0, altitude=2835),
]


def _moments(count: int = 4000) -> np.ndarray:
    """Moments of 1950 to 2050 that share no rhythm with days or years."""
    return -631152000.0 + np.linspace(0, 1, count) * (2524608000.0 + 631152000.0 - 1)


def _angle_between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs((one - other + 180) % 360 - 180)


@pytest.mark.parametrize("site", SITES, ids=lambda site: f"{site.latitude}")
def test_agrees_with_the_full_algorithm(site: Site) -> None:
    """Two careful engines with the same time scale agree to 2e-6 degrees; asked for is 1e-4."""
    time = _moments()
    expected = reference.spa_python(
        pd.to_datetime(time.round(), unit="s", utc=True),
        site.latitude,
        site.longitude,
        altitude=site.altitude,
        pressure=standard_pressure(site.altitude),
        temperature=12,
        delta_t=None,
    )
    sun = sun_position(time.round(), site)
    assert np.abs(sun.zenith - expected["zenith"]).max() < 2e-6
    assert np.abs(sun.apparent_zenith - expected["apparent_zenith"]).max() < 2e-6
    azimuth = _angle_between(sun.azimuth, expected["azimuth"].to_numpy())
    assert (azimuth * np.sin(np.radians(sun.zenith))).max() < 2e-6


def test_agrees_with_the_published_example() -> None:
    """Reda and Andreas, appendix A.5: Golden, 17 October 2003, 12:30:30 at UTC-7, 820 hPa, delta T 67 s."""
    time = np.array([pd.Timestamp("2003-10-17T19:30:30Z").timestamp()])
    sun = sun_position(time, Site(latitude=39.742476, longitude=-105.1786, altitude=1830.14))
    lift = refraction(90 - sun.zenith, 82000.0) * (273 + 12) / (273 + 11)
    assert 90 - (90 - sun.zenith + lift) == pytest.approx(50.11162, abs=1e-4)
    assert sun.azimuth == pytest.approx(194.34024, abs=1e-4)


def test_distance_is_the_algorithm_s() -> None:
    time = _moments(500).round()
    expected = reference.nrel_earthsun_distance(pd.to_datetime(time, unit="s", utc=True), delta_t=None)
    distance = np.sqrt(SOLAR_CONSTANT / sun_position(time, SITES[0]).dni_extra)
    assert np.abs(distance - expected.to_numpy()).max() < 1e-7


def test_delta_t_is_the_published_one() -> None:
    year = np.arange(1920, 2150)
    assert np.abs(delta_t(year + 0.5 / 12) - spa.calculate_deltat(year, 1)).max() < 1e-9


@pytest.mark.parametrize("year", [1900, 2200])
def test_far_years_are_refused(year: int) -> None:
    moment = np.array([pd.Timestamp(f"{year}-06-01", tz="UTC").timestamp()])
    with pytest.raises(ValueError, match="1920 to 2150"):
        sun_position(moment, SITES[0])


@pytest.mark.parametrize(("step", "start"), [(3600.0, 1800.0), (300.0, 86250.0), (900.0, -36450.0)])
def test_even_steps_agree_with_the_full_algorithm(step: float, start: float) -> None:
    """A year in even steps goes another way, by the days, and comes to the same place."""
    site = SITES[1]
    time = 1.546e9 // 86400 * 86400 + start + step * np.arange(int(40 * 86400 / step))
    moments = pd.to_datetime(time, unit="s", utc=True)
    pressure = standard_pressure(site.altitude)
    expected = reference.spa_python(
        moments, site.latitude, site.longitude, pressure=pressure, temperature=12, delta_t=None
    )
    sun = sun_position(time, site)
    assert sun.zenith.shape == time.shape
    assert np.abs(sun.apparent_zenith - expected["apparent_zenith"]).max() < 2e-6
    assert _angle_between(sun.azimuth, expected["azimuth"].to_numpy()).max() < 2e-5


def test_moments_in_no_order_equal_a_row_of_hours() -> None:
    hours = 1.5e9 // 86400 * 86400 + 3600.0 * np.arange(240)
    shuffled = np.random.default_rng(1).permutation(240)
    in_order, in_none = sun_position(hours, SITES[0]), sun_position(hours[shuffled], SITES[0])
    assert in_none.azimuth == pytest.approx(in_order.azimuth[shuffled], abs=1e-9)
    assert in_none.apparent_zenith == pytest.approx(in_order.apparent_zenith[shuffled], abs=1e-9)
    assert in_none.dni_extra == pytest.approx(in_order.dni_extra[shuffled], rel=1e-12)


def test_one_moment_equals_many() -> None:
    time = _moments(50)
    together = sun_position(time, SITES[0])
    alone = np.concatenate([sun_position(time[i : i + 1], SITES[0]).apparent_zenith for i in range(50)])
    assert np.abs(together.apparent_zenith - alone).max() < 1e-7


def test_the_extraterrestrial_sun_varies_by_the_orbit() -> None:
    year = np.arange(365) * 86400.0
    dni_extra = sun_position(year, SITES[0]).dni_extra
    assert dni_extra.max() / SOLAR_CONSTANT == pytest.approx(1.0344, abs=5e-4)
    assert dni_extra.min() / SOLAR_CONSTANT == pytest.approx(0.9674, abs=5e-4)


def test_refraction_lifts_and_ends_below_the_horizon() -> None:
    lift = refraction(np.array([-90.0, -6.0, -1.0, 0.0, 10.0, 90.0]), 101325.0)
    assert lift[:3].tolist() == [0, 0, 0]
    assert 0.4 < lift[3] < 0.6
    assert 0 < lift[4] < 0.1
    assert abs(lift[5]) < 1e-4
