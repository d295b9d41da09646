"""Rows in each other's light against pvlib's rows without end, and their limits."""

import numpy as np
import pvlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv import shading
from gnomon.pv.solarposition import Sun

TILT, GCR = st.floats(0, 90), st.floats(0.1, 0.9)


@pytest.mark.parametrize(("tilt", "azimuth", "gcr"), [(20, 180, 0.5), (38.8, 180, 0.3), (10, 95, 0.8)])
def test_shaded_fraction_is_pvlib_s(sun: Sun, tilt: float, azimuth: float, gcr: float) -> None:
    """The same plane geometry; pvlib wants the row's axis and rotation, which is the negative tilt here."""
    up = sun.apparent_zenith < 89
    zenith, sun_azimuth = sun.apparent_zenith[up], sun.azimuth[up]
    expected = pvlib.shading.shaded_fraction1d(
        zenith,
        sun_azimuth,
        axis_azimuth=azimuth - 90,
        shaded_row_rotation=tilt,
        collector_width=1,
        pitch=1 / gcr,
    )
    across = shading.projected_solar_zenith(azimuth, zenith, sun_azimuth)
    found = shading.shaded_fraction(tilt, gcr, across)
    lit = np.cos(np.radians(across - tilt)) > 1e-6
    assert np.abs(found - expected)[lit].max() < 1e-9
    assert found.max() > 0.1


@pytest.mark.parametrize(("tilt", "gcr"), [(0.0, 0.3), (25.0, 0.45), (60.0, 0.8), (90.0, 0.5)])
def test_sky_view_is_the_integral_over_the_row(tilt: float, gcr: float) -> None:
    """pvlib integrates the sky's wedge point by point; its trapezium rule is good to about 1e-6 here."""
    x = np.linspace(0, 1, 20001)
    expected = np.trapezoid(pvlib.bifacial.utils.vf_row_sky_2d(tilt, gcr, x), x)
    assert shading.row_sky_view(tilt, gcr) == pytest.approx(expected, abs=1e-6)


@given(tilt=TILT, gcr=GCR)
def test_views_are_shares_of_what_there_is(tilt: float, gcr: float) -> None:
    sky, ground = shading.row_sky_view(tilt, gcr), shading.row_ground_view(tilt, gcr)
    assert 0 <= sky <= 1 + 1e-12
    assert -1e-12 <= ground <= 1
    assert sky + ground <= 1 + 1e-12
    assert -1e-12 <= shading.ground_sky_view(tilt, gcr) <= 1 + 1e-12


@given(tilt=TILT)
def test_far_rows_see_open_sky_and_ground(tilt: float) -> None:
    cosine = np.cos(np.radians(tilt))
    assert shading.row_sky_view(tilt, 1e-5) == pytest.approx((1 + cosine) / 2, abs=1e-5)
    assert shading.row_ground_view(tilt, 1e-5) == pytest.approx((1 - cosine) / 2, abs=1e-5)
    assert shading.ground_sky_view(tilt, 1e-5) == pytest.approx(1, abs=1e-4)
    assert shading.ground_lit_fraction(tilt, 1e-5, np.array([30.0]))[0] == pytest.approx(1, abs=1e-4)


def test_upright_rows_cast_shadows_of_plain_trigonometry() -> None:
    """Height 1, pitch 2: at 26.565 degrees of elevation the shadow just reaches the next foot."""
    zenith = np.array([0.0, 63.4349, 70.0, 89.9])
    found = shading.shaded_fraction(90.0, 0.5, zenith)
    assert found[:2] == pytest.approx([0, 0], abs=1e-6)
    assert found[2] == pytest.approx(1 - 2 / np.tan(np.radians(70.0)))
    assert found[3] > 0.99


def test_level_tables_shade_nothing_but_the_ground() -> None:
    angles = np.array([-60.0, 0.0, 60.0])
    assert shading.shaded_fraction(0.0, 0.4, angles).tolist() == [0, 0, 0]
    assert shading.ground_lit_fraction(0.0, 0.4, angles) == pytest.approx([0.6, 0.6, 0.6])
    assert shading.ground_sky_view(0.0, 0.4) == pytest.approx(0.6)
