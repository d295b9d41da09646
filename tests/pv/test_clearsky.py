"""The sky without clouds against pvlib, and the haze read back from it."""

import numpy as np
import pvlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv import clearsky, irradiance
from gnomon.pv.solarposition import Sun, standard_pressure
from gnomon.pv.weather import Weather

ZENITH = np.linspace(0.0, 100.0, 401)
EXTRA = np.full(401, 1361.0)


def _airmass(altitude: float) -> np.ndarray:
    return irradiance.relative_airmass(ZENITH) * (standard_pressure(altitude) / 101325.0)


@pytest.mark.parametrize("altitude", [0.0, 491.0, 1800.0, 4000.0])
@pytest.mark.parametrize("turbidity", [1.0, 2.0, 3.0, 4.5, 8.0])
def test_is_pvlib_s(turbidity: float, altitude: float) -> None:
    """The same formula: rounding only."""
    airmass = _airmass(altitude)
    with np.errstate(divide="ignore", invalid="ignore"):  # below the horizon pvlib divides by zero
        expected = pvlib.clearsky.ineichen(ZENITH, airmass, turbidity, altitude, EXTRA)
    found = clearsky.ineichen(ZENITH, airmass, turbidity, altitude, EXTRA)
    for name in ("ghi", "dni", "dhi"):
        assert np.abs(getattr(found, name) - expected[name]).max() < 1e-9


def test_turbidity_by_row_is_that_of_each_row() -> None:
    turbidity = np.linspace(1.5, 7.0, 401)
    together = clearsky.ineichen(ZENITH, _airmass(200.0), turbidity, 200.0, EXTRA)
    for row in (0, 100, 250, 350):
        one = slice(row, row + 1)
        alone = clearsky.ineichen(ZENITH[one], _airmass(200.0)[one], float(turbidity[row]), 200.0, EXTRA[one])
        assert alone.ghi[0] == pytest.approx(together.ghi[row], rel=1e-14)
        assert alone.dni[0] == pytest.approx(together.dni[row], rel=1e-14)


@given(
    zenith=st.floats(0, 120),
    turbidity=st.floats(1, 10),
    altitude=st.floats(-100, 5000),
    extra=st.floats(1320, 1410),
)
def test_holds_for_every_sky(zenith: float, turbidity: float, altitude: float, extra: float) -> None:
    angle, outside = np.array([zenith]), np.array([extra])
    airmass = irradiance.relative_airmass(angle)
    sky = clearsky.ineichen(angle, airmass, turbidity, altitude, outside)
    cosine = max(np.cos(np.radians(zenith)), 0.0)
    assert sky.ghi[0] == pytest.approx(sky.dhi[0] + sky.dni[0] * cosine, abs=1e-9)
    assert 0 <= sky.ghi[0] <= extra * cosine
    assert 0 <= sky.dni[0] <= extra
    assert sky.dhi[0] >= -1e-9
    hazier = clearsky.ineichen(angle, airmass, turbidity + 1.0, altitude, outside)
    assert hazier.ghi[0] <= sky.ghi[0]
    if zenith > 90:
        assert sky.ghi[0] == sky.dni[0] == 0


@given(zenith=st.floats(0, 85), turbidity=st.floats(1, 9), altitude=st.floats(0, 4000))
def test_turbidity_is_read_back_from_the_beam(zenith: float, turbidity: float, altitude: float) -> None:
    airmass, extra = irradiance.relative_airmass(np.array([zenith])), np.array([1361.0])
    beam = clearsky.clear_beam(airmass, turbidity, altitude, extra)
    assert clearsky.turbidity_of(beam, airmass, altitude, extra)[0] == pytest.approx(turbidity, rel=1e-9)


def test_no_beam_tells_of_no_end_of_haze() -> None:
    told = clearsky.turbidity_of(np.zeros(1), np.ones(1), 0.0, np.array([1361.0]))
    assert np.isinf(told[0])


def test_the_air_is_that_of_the_clearest_row_within_reach() -> None:
    day = np.array([10, 10, 11, 12, 13, 14])
    turbidity = np.array([3.5, 9.0, 2.5, 6.0, 5.0, 4.0])
    strong, high = np.full(6, 600.0), np.full(6, 30.0)
    assert clearsky.turbidity_around(day, turbidity, strong, high, 0).tolist() == [3.5, 3.5, 2.5, 6, 5, 4]
    assert clearsky.turbidity_around(day, turbidity, strong, high, 1).tolist() == [2.5, 2.5, 2.5, 2.5, 4, 4]


def test_weak_beams_and_a_low_sun_tell_nothing() -> None:
    day, turbidity = np.array([0, 0, 0]), np.array([1.5, 1.6, 4.0])
    dni, zenith = np.array([20.0, 700.0, 700.0]), np.array([30.0, 85.0, 30.0])
    assert clearsky.turbidity_around(day, turbidity, dni, zenith).tolist() == [4, 4, 4]
    silent = clearsky.turbidity_around(day, turbidity, np.zeros(3), zenith)
    assert silent.tolist() == [clearsky.DEFAULT_TURBIDITY] * 3
    assert clearsky.turbidity_around(day[:0], turbidity[:0], dni[:0], zenith[:0]).shape == (0,)


def test_air_is_never_cleaner_than_clean() -> None:
    around = clearsky.turbidity_around(np.array([0]), np.array([0.4]), np.array([1100.0]), np.array([10.0]))
    assert around[0] == 1.0


def test_a_typical_year_stays_under_the_sky_its_own_beams_tell_of(weather: Weather, sun: Sun) -> None:
    assert weather.dni is not None
    up = np.flatnonzero((sun.apparent_zenith < 80) & (weather.dni > 50))
    altitude, extra = sun.site.altitude, sun.dni_extra[up]
    airmass = irradiance.relative_airmass(sun.apparent_zenith[up]) * (standard_pressure(altitude) / 101325)
    day = np.floor((weather.time[up] + 240 * sun.site.longitude) / 86400).astype(int)
    told = clearsky.turbidity_of(weather.dni[up], airmass, altitude, extra)
    around = clearsky.turbidity_around(day, told, weather.dni[up], sun.apparent_zenith[up])
    beam = clearsky.clear_beam(airmass, around, altitude, extra)
    assert (beam >= weather.dni[up] * (1 - 1e-12)).all()
    assert 2.0 < np.median(around) < 4.5
