"""Spectral mismatch and water in the air against pvlib, and their limits."""

from typing import get_args

import numpy as np
import pvlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv import spectrum
from gnomon.pv.spectrum import Technology

TECHNOLOGIES = get_args(Technology)


def test_water_is_pvlib_s() -> None:
    temp, humidity = np.meshgrid(np.linspace(-50, 60, 111), np.linspace(0, 100, 41))
    expected = pvlib.atmosphere.gueymard94_pw(temp, humidity)
    found = spectrum.precipitable_water(temp, humidity)
    assert found == pytest.approx(expected, rel=1e-12, abs=0)
    assert found.max() > 8 > 1 > found.min() == 0.1


@pytest.mark.parametrize("technology", TECHNOLOGIES)
def test_the_factor_is_pvlib_s(technology: Technology) -> None:
    """Beyond both limits of the air mass and below that of water; above 8 cm pvlib has no number."""
    air, water = np.meshgrid(np.linspace(0.1, 40, 200), np.linspace(0, 8, 81))
    expected = pvlib.spectrum.spectral_factor_firstsolar(water, air, technology)
    found = spectrum.first_solar(air, water, technology)
    assert np.abs(found - expected).max() < 1e-12


@pytest.mark.parametrize("technology", TECHNOLOGIES)
def test_more_water_than_the_fit_knows_is_held(technology: Technology) -> None:
    air = np.array([1.0, 2.0, 5.0])
    at_limit = spectrum.first_solar(air, np.full(3, 8.0), technology)
    assert spectrum.first_solar(air, np.array([8.1, 12.0, 100.0]), technology).tolist() == at_limit.tolist()


@pytest.mark.parametrize("technology", TECHNOLOGIES)
def test_the_reference_spectrum_changes_little(technology: Technology) -> None:
    """AM 1.5 with 1.42 cm of water is the spectrum that modules are rated at."""
    factor = spectrum.first_solar(np.array([1.5]), np.array([1.42]), technology)
    assert factor[0] == pytest.approx(1, abs=0.03)


def test_cadmium_telluride_likes_water_more_than_silicon() -> None:
    """Water takes infrared, which counts in the reference but not for a wide band gap."""
    air, water = np.full(2, 1.5), np.array([0.5, 4.0])
    gain = {name: float(np.diff(spectrum.first_solar(air, water, name))[0]) for name in ("cdte", "monosi")}
    assert gain["cdte"] > 3 * gain["monosi"] > 0


@given(air=st.floats(0.5, 38), temp=st.floats(-40, 50), humidity=st.floats(0, 100))
def test_one_row_is_a_year_of_one(air: float, temp: float, humidity: float) -> None:
    water = spectrum.precipitable_water(np.array([temp, 10.0]), np.array([humidity, 50.0]))
    alone = spectrum.precipitable_water(np.array([temp]), np.array([humidity]))
    assert alone[0] == pytest.approx(water[0], rel=1e-14)
    factor = spectrum.first_solar(np.array([air]), alone, "multisi")
    assert 0.7 < factor[0] < 1.3
