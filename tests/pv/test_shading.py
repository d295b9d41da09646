"""Rows in each other's light against pvlib's rows without end, and their limits."""

from collections.abc import Callable

import numpy as np
import pvlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv import shading
from gnomon.pv.arrays import FloatArray
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


@pytest.mark.parametrize(("axis_tilt", "axis_azimuth"), [(0.0, 180.0), (7.0, 180.0), (-12.0, 75.0)])
def test_projected_zenith_is_pvlib_s(sun: Sun, axis_tilt: float, axis_azimuth: float) -> None:
    """The same rotation of axes: rounding only."""
    expected = pvlib.shading.projected_solar_zenith_angle(
        sun.apparent_zenith, sun.azimuth, axis_tilt, axis_azimuth
    )
    found = shading.projected_solar_zenith(axis_azimuth + 90.0, sun.apparent_zenith, sun.azimuth, axis_tilt)
    assert np.abs((found - expected + 180.0) % 360.0 - 180.0).max() < 1e-9


@given(
    slope_tilt=st.floats(0, 45),
    slope_azimuth=st.floats(0, 360),
    axis_azimuth=st.floats(0, 360),
    axis_tilt=st.floats(-30, 30),
)
def test_cross_axis_tilt_is_pvlib_s(
    slope_tilt: float, slope_azimuth: float, axis_azimuth: float, axis_tilt: float
) -> None:
    expected = pvlib.tracking.calc_cross_axis_tilt(slope_azimuth, slope_tilt, axis_azimuth, axis_tilt)
    found = shading.cross_axis_tilt(slope_tilt, slope_azimuth, axis_azimuth, axis_tilt)
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_slope_to_the_west_tilts_towards_the_west() -> None:
    assert shading.cross_axis_tilt(10.0, 270.0, 180.0) == pytest.approx(10.0)
    assert shading.cross_axis_tilt(10.0, 180.0, 180.0, axis_tilt=10.0) == pytest.approx(0.0)


@pytest.mark.parametrize("slope", [0.0, 8.0, -15.0])
@pytest.mark.parametrize("axis_tilt", [0.0, 6.0])
def test_trackers_of_any_rotation_are_shaded_as_by_pvlib(sun: Sun, slope: float, axis_tilt: float) -> None:
    """Wherever the beam comes from before the modules; pvlib goes on behind them."""
    up = sun.apparent_zenith < 90
    zenith, azimuth = sun.apparent_zenith[up], sun.azimuth[up]
    across = shading.projected_solar_zenith(270.0, zenith, azimuth, axis_tilt)
    for theta in (across, np.clip(across, -50, 50), np.full_like(across, 20.0), across / 3):
        expected = pvlib.shading.shaded_fraction1d(
            zenith,
            azimuth,
            axis_azimuth=180,
            shaded_row_rotation=theta,
            axis_tilt=axis_tilt,
            collector_width=0.6,
            pitch=1,
            cross_axis_slope=slope,
        )
        lit = np.cos(np.radians(across - theta)) > 1e-6
        found = shading.shaded_fraction(theta, 0.6, across, slope)
        assert np.abs(found - expected)[lit].max() < 1e-9
        assert np.all(found[~lit] <= 1)
        assert found.max() > 0.3


def test_the_published_fractions_of_trackers_on_a_slope() -> None:
    """The examples of pvlib 0.16 for a slope of 7 degrees, here without the offset of the axis."""
    found = [
        shading.shaded_fraction(turn, 1.4 / 3, shading.projected_solar_zenith(270.0, *place), 7.0)[0]
        for turn, place in (
            (-30.0, (np.array([80.0]), np.array([90.0]))),
            (30.0, (np.array([80.0]), np.array([270.0]))),
        )
    ]
    # The offset of both axes is the same and drops out of the equations.
    assert found == pytest.approx([0.8242176864434579, 0.018002567182254348], abs=1e-12)


def test_shadows_climb_from_the_lower_edge() -> None:
    """The upright wall of height 1 is shaded as high as its share; a level one has no height."""
    shaded = np.array([0.0, 0.25, 1.0])
    assert shading.shadow_height(shaded, 90.0) == pytest.approx(shaded)
    assert shading.shadow_height(shaded, -30.0) == pytest.approx(shaded / 2)
    assert shading.shadow_height(shaded, np.array([0.0, 10.0, 40.0]), 10.0) == pytest.approx([0, 0, 0.5])


def mean_over_row(view: Callable[[float, float, FloatArray], FloatArray], tilt: float, gcr: float) -> float:
    """Gauss's rule over the row's width: exact to rounding for views this smooth."""
    points, weights = np.polynomial.legendre.leggauss(80)
    return float(view(tilt, gcr, (points + 1) / 2) @ weights / 2)


@pytest.mark.parametrize("gcr", [0.1, 0.3, 0.45, 0.8, 0.9])
@pytest.mark.parametrize("tilt", [0.0, 25.0, 60.0, 90.0, 130.0, 175.0])
def test_views_of_a_row_are_pvlib_s(tilt: float, gcr: float) -> None:
    """pvlib's closed form for the sky, and its point-wise views integrated over the row."""
    utils = pvlib.bifacial.utils
    assert shading.row_sky_view(tilt, gcr) == pytest.approx(utils.vf_row_sky_2d_integ(tilt, gcr), abs=1e-12)
    sky, ground = (
        mean_over_row(utils.vf_row_sky_2d, tilt, gcr),
        mean_over_row(utils.vf_row_ground_2d, tilt, gcr),
    )
    assert shading.row_sky_view(tilt, gcr) == pytest.approx(sky, abs=1e-9)
    assert shading.row_ground_view(tilt, gcr) == pytest.approx(ground, abs=1e-9)


@pytest.mark.parametrize("tilt", [5.0, 40.0, 90.0])
def test_views_of_the_ground_are_pvlib_s_sums_over_rows(tilt: float) -> None:
    """pvlib adds up a number of rows to both sides of any height: what lies beyond is below 1e-4 here."""
    utils = pvlib.bifacial.utils
    ground = utils.vf_row_ground_2d_integ(tilt, 0.4, max_rows=400)
    assert shading.row_ground_view(tilt, 0.4) == pytest.approx(ground, abs=1e-4)
    sky = utils.vf_ground_sky_2d_integ(tilt, 0.4, height=1.5, pitch=3.0, max_rows=400)
    assert shading.ground_sky_view(tilt, 0.4) == pytest.approx(float(np.squeeze(sky)), abs=1e-4)


def test_lit_ground_is_pvlib_s(sun: Sun) -> None:
    up = sun.apparent_zenith < 85
    across = shading.projected_solar_zenith(270.0, sun.apparent_zenith[up], sun.azimuth[up])
    for theta in (np.clip(across, -55, 55), np.full_like(across, 30.0)):
        expected = pvlib.bifacial.utils._unshaded_ground_fraction(theta, across, 0.5, max_rows=30)
        assert np.abs(shading.ground_lit_fraction(theta, 0.5, across) - expected).max() < 1e-9


@given(rotation=st.floats(-80, 80), gcr=GCR, slope=st.floats(-30, 30))
def test_a_slope_is_a_level_field_seen_leaning(rotation: float, gcr: float, slope: float) -> None:
    """Drawn with coordinates: crossed strings and shadows between points of rows that climb the slope."""
    turn, lean = np.radians(rotation), np.radians(slope)
    step = np.array([-1.0, np.tan(lean)]) / gcr  # to the row uphill of a slope that falls to the right
    half = np.array([np.cos(turn), -np.sin(turn)]) / 2  # the edge to the right sinks
    if rotation < slope:  # the face looks the other way: its neighbour is the row to the other side
        step, half = -step, -half
    top, bottom, before = -half, half, -half - step
    sky = (1.0 + np.hypot(*step) - np.hypot(*(before - bottom))) / 2.0
    assert shading.row_sky_view(rotation, gcr, slope) == pytest.approx(sky, abs=1e-9)
    ground = (1.0 + np.hypot(*step) - np.hypot(*(bottom - step - top))) / 2.0
    assert shading.row_ground_view(rotation, gcr, slope) == pytest.approx(ground, abs=1e-9)


@given(rotation=st.floats(-90, 90), gcr=GCR, slope=st.floats(-30, 30))
def test_light_between_rows_and_ground_goes_both_ways(rotation: float, gcr: float, slope: float) -> None:
    """Reciprocity and closure: what the ground does not see of the sky are the faces and backs of rows."""
    cover = gcr * np.cos(np.radians(slope))
    face = shading.row_ground_view(rotation, gcr, slope)
    back = shading.row_ground_view(rotation + 180.0, gcr, slope)
    assert shading.ground_sky_view(rotation, gcr, slope) == pytest.approx(
        1 - cover * (face + back), abs=1e-12
    )


@given(rotation=st.floats(-90, 90), gcr=GCR, slope=st.floats(-20, 20), sun=st.floats(-85, 85))
def test_many_rotations_are_each_alone(rotation: float, gcr: float, slope: float, sun: float) -> None:
    turns, suns = np.array([rotation, 10.0, -rotation]), np.array([sun, 30.0, sun])
    for view in (shading.row_sky_view, shading.row_ground_view, shading.ground_sky_view):
        many = np.asarray(view(turns, gcr, slope))
        assert many.tolist() == pytest.approx([view(float(turn), gcr, slope) for turn in turns], abs=1e-14)
    for share in (shading.shaded_fraction, shading.ground_lit_fraction):
        alone = [share(float(turns[i]), gcr, suns[i : i + 1], slope)[0] for i in range(3)]
        assert share(turns, gcr, suns, slope).tolist() == pytest.approx(alone, abs=1e-9)


@given(rotation=st.floats(-89, 89), sun=st.floats(-85, 85))
def test_both_directions_are_alike(rotation: float, sun: float) -> None:
    there = shading.shaded_fraction(rotation, 0.5, np.array([sun]), 6.0)
    assert there == pytest.approx(shading.shaded_fraction(-rotation, 0.5, np.array([-sun]), -6.0), abs=1e-12)


def test_the_last_row_of_all_is_alone() -> None:
    """No neighbours, exactly: gcr 0."""
    turns = np.array([0.0, 35.0, 90.0, 150.0])
    cosine = np.cos(np.radians(turns))
    assert shading.row_sky_view(turns, 0.0) == pytest.approx((1 + cosine) / 2, abs=1e-15)
    assert shading.row_ground_view(turns, 0.0) == pytest.approx((1 - cosine) / 2, abs=1e-15)
    assert shading.ground_sky_view(turns, 0.0) == pytest.approx(1.0)
    assert shading.ground_lit_fraction(turns, 0.0, np.zeros(4)).tolist() == [1, 1, 1, 1]


def test_a_sun_behind_the_hill_lights_nothing() -> None:
    behind = np.array([-85.0])
    assert shading.shaded_fraction(-20.0, 0.4, behind, 10.0)[0] == 1
    assert shading.ground_lit_fraction(-20.0, 0.4, behind, 10.0)[0] == 0


def test_a_row_that_shows_the_sun_its_back_has_no_beam_to_shade() -> None:
    assert shading.shaded_fraction(20.0, 0.4, np.array([-75.0, -85.0]), 10.0).tolist() == [0, 0]


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
