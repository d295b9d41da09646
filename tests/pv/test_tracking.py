"""Mounts that turn, against pvlib's tracker, and what a turning mount must obey."""

import itertools
from typing import Any

import numpy as np
import pvlib
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gnomon.pv import irradiance, shading, tracking
from gnomon.pv.sky import Sky, look_up
from gnomon.pv.solarposition import Sun
from gnomon.pv.weather import Weather

ANGLES = np.linspace(-60.0, 60.0, 121)


@pytest.fixture(scope="module")
def sky(weather: Weather, sun: Sun) -> Sky:
    return look_up(weather, sun)


def rotation(sun: Sun, **config: Any) -> tuple[np.ndarray, np.ndarray]:
    """Ours and pvlib's, while the sun is up."""
    up = sun.apparent_zenith <= 90
    zenith, azimuth = sun.apparent_zenith[up], sun.azimuth[up]
    expected = pvlib.tracking.singleaxis(zenith, azimuth, **config)["tracker_theta"]
    return tracking.singleaxis(zenith, azimuth, **config), expected


@pytest.mark.parametrize(
    ("axis_tilt", "axis_azimuth", "max_angle", "backtrack", "gcr", "cross_axis_tilt"),
    [
        *itertools.product((0.0, 8.0), (180.0, 163.0), (60.0, 90.0), (True, False), (0.3, 0.65), (0.0, 7.0)),
        (0.0, 0.0, 52.0, True, 0.4, -12.0),
        (-10.0, 180.0, 60.0, True, 0.4, 0.0),
        (30.0, 0.0, 180.0, True, 0.5, 0.0),
        (0.0, 90.0, 45.0, True, 0.9, 3.0),
        (5.0, 270.0, (-45.0, 60.0), True, 0.5, -3.0),
        (0.0, 180.0, (10.0, 50.0), False, 0.5, 0.0),
    ],
)
def test_a_year_is_pvlib_s(
    sun: Sun,
    axis_tilt: float,
    axis_azimuth: float,
    max_angle: tracking.MaxAngle,
    backtrack: bool,
    gcr: float,
    cross_axis_tilt: float,
) -> None:
    """The same equations: rounding only."""
    found, expected = rotation(
        sun,
        axis_tilt=axis_tilt,
        axis_azimuth=axis_azimuth,
        max_angle=max_angle,
        backtrack=backtrack,
        gcr=gcr,
        cross_axis_tilt=cross_axis_tilt,
    )
    assert np.abs(found - expected).max() < 1e-9


@settings(max_examples=60, deadline=None)
@given(
    axis_tilt=st.floats(-40, 40),
    axis_azimuth=st.floats(0, 360),
    max_angle=st.floats(0, 90),
    backtrack=st.booleans(),
    gcr=st.floats(0.05, 0.95),
    cross_axis_tilt=st.floats(-30, 30),
)
def test_any_tracker_s_year_is_pvlib_s(
    sun: Sun,
    axis_tilt: float,
    axis_azimuth: float,
    max_angle: float,
    backtrack: bool,
    gcr: float,
    cross_axis_tilt: float,
) -> None:
    """Rounding only; where turning back begins, the arc cosine at 1 makes of 1e-16 some 1e-6 degrees."""
    found, expected = rotation(
        sun,
        axis_tilt=axis_tilt,
        axis_azimuth=axis_azimuth,
        max_angle=max_angle,
        backtrack=backtrack,
        gcr=gcr,
        cross_axis_tilt=cross_axis_tilt,
    )
    off = np.abs(found - expected)
    assert off.max() < 5e-6
    assert np.mean(off < 1e-9) > 0.999


def test_with_the_sun_down_a_tracker_lies_as_level_as_it_can() -> None:
    zenith, azimuth = np.array([90.5, 120.0]), np.array([80.0, 300.0])
    assert tracking.singleaxis(zenith, azimuth).tolist() == [0, 0]
    assert tracking.singleaxis(zenith, azimuth, max_angle=(12.0, 50.0)).tolist() == [12, 12]


def test_morning_is_negative_on_an_axis_to_the_south() -> None:
    zenith, azimuth = np.array([60.0, 10.0, 60.0]), np.array([90.0, 180.0, 270.0])
    found = tracking.singleaxis(zenith, azimuth, axis_azimuth=180.0, gcr=0.3)
    assert found == pytest.approx([-60, 0, 60])
    assert tracking.surface_orientation(found[::2], 0.0, 180.0)[1] == pytest.approx([90, 270])


@pytest.mark.parametrize("axis_tilt", [0.0, 6.0, -15.0, 90.0])
@pytest.mark.parametrize("axis_azimuth", [0.0, 95.0, 180.0, 347.0])
def test_orientation_is_pvlib_s(axis_tilt: float, axis_azimuth: float) -> None:
    theta = np.concatenate((ANGLES, [-170.0, -90.0, 90.0, 135.0]))
    expected = pvlib.tracking.calc_surface_orientation(theta, axis_tilt, axis_azimuth)
    tilt, azimuth = tracking.surface_orientation(theta, axis_tilt, axis_azimuth)
    assert np.abs(tilt - expected["surface_tilt"]).max() < 1e-9
    turn = (azimuth - expected["surface_azimuth"] + 180.0) % 360.0 - 180.0
    assert np.abs(turn).max() < 1e-9


@given(theta=st.floats(-90, 90), axis_tilt=st.floats(-60, 60), axis_azimuth=st.floats(0, 360))
def test_any_orientation_is_pvlib_s(theta: float, axis_tilt: float, axis_azimuth: float) -> None:
    """Below a hundredth of a degree pvlib's arc cosine has lost the digits that would be compared."""
    assume(np.cos(np.radians(theta)) * np.cos(np.radians(axis_tilt)) < 1 - 1e-8)
    expected = pvlib.tracking.calc_surface_orientation(theta, axis_tilt, axis_azimuth)
    tilt, azimuth = tracking.surface_orientation(theta, axis_tilt, axis_azimuth)
    assert tilt == pytest.approx(float(expected["surface_tilt"]), abs=1e-8)
    assert (azimuth - expected["surface_azimuth"][0] + 180.0) % 360.0 == pytest.approx(180.0, abs=1e-8)


def test_a_fixed_table_faces_what_it_was_built_to() -> None:
    assert tracking.surface_orientation(25.0, 0.0, 180.0 - 90.0) == pytest.approx((25.0, 180.0))
    tilt, azimuth = tracking.surface_orientation(25.0, 10.0, 90.0)
    assert np.cos(np.radians(tilt)) == pytest.approx(np.cos(np.radians(25)) * np.cos(np.radians(10)))
    assert 90 < float(azimuth) < 180  # the axis falls to the east and takes the table along


def test_a_level_axis_is_the_limit_of_an_inclined_one() -> None:
    level, nearly = (tracking.surface_orientation(ANGLES, tilt, 180.0) for tilt in (0.0, 1e-9))
    turned = ANGLES != 0
    assert nearly[0] == pytest.approx(level[0], abs=1e-8)
    assert np.asarray(nearly[1])[turned] == pytest.approx(np.asarray(level[1])[turned], abs=1e-6)


def test_one_row_equals_many(sun: Sun) -> None:
    up = np.flatnonzero(sun.apparent_zenith < 90)[::501]
    zenith, azimuth = sun.apparent_zenith[up], sun.azimuth[up]
    many = tracking.singleaxis(zenith, azimuth, axis_tilt=4.0, gcr=0.5, cross_axis_tilt=3.0)
    tilt, facing = tracking.surface_orientation(many, 4.0)
    for i in range(len(up)):
        alone = tracking.singleaxis(
            zenith[i : i + 1], azimuth[i : i + 1], axis_tilt=4.0, gcr=0.5, cross_axis_tilt=3.0
        )
        assert alone[0] == pytest.approx(many[i], abs=1e-11)
        expected = (np.asarray(tilt)[i], np.asarray(facing)[i])
        assert tracking.surface_orientation(float(many[i]), 4.0) == pytest.approx(expected)


@pytest.mark.parametrize("slope", [0.0, 9.0, -9.0])
def test_turning_back_leaves_no_shade(sun: Sun, slope: float) -> None:
    """On a slope too, as long as the sun stands above it; without turning back there is shade."""
    up = sun.apparent_zenith < 90
    projected = shading.projected_solar_zenith(270.0, sun.apparent_zenith[up], sun.azimuth[up])
    projected = projected[np.cos(np.radians(projected - slope)) > 1e-4]
    for backtrack in (True, False):
        theta = tracking.follow(
            projected, max_angle=60.0, backtrack=backtrack, gcr=0.5, cross_axis_tilt=slope
        )
        shaded = shading.shaded_fraction(theta, 0.5, projected, slope)
        assert (shaded.max() <= 1e-9) == backtrack
    assert shaded.max() > 0.3


@given(
    projected=st.floats(-89.9, 89.9),
    gcr=st.floats(0.05, 0.95),
    slope=st.floats(-20, 20),
    max_angle=st.floats(20, 90),
)
def test_no_tracker_that_can_lie_along_the_slope_is_shaded(
    projected: float, gcr: float, slope: float, max_angle: float
) -> None:
    assume(abs(projected - slope) < 89.99)
    sun = np.array([projected])
    theta = tracking.follow(sun, max_angle=max_angle, gcr=gcr, cross_axis_tilt=slope)
    assert shading.shaded_fraction(theta, gcr, sun, slope)[0] <= 1e-9


def test_a_tracker_that_cannot_lie_along_the_slope_is_shaded() -> None:
    sun = np.array([-60.0])
    assert tracking.follow(sun, max_angle=5.0, gcr=0.5, cross_axis_tilt=20.0)[0] == 5.0
    assert shading.shaded_fraction(np.array([5.0]), 0.5, sun, 20.0)[0] > 0.1


def test_wind_sends_a_tracker_to_its_stow_angle() -> None:
    theta, wind = np.array([50.0, 50.0, 50.0]), np.array([10.0, 15.0, 22.0])
    assert tracking.stow(theta, wind, threshold=15.0).tolist() == [50, 0, 0]
    assert tracking.stow(theta, wind, threshold=15.0, stow_angle=-30.0).tolist() == [50, -30, -30]
    assert tracking.stow(theta, wind, threshold=15.0, stow_angle=70.0, max_angle=52.0).tolist() == [
        50,
        52,
        52,
    ]


def test_cloud_lays_a_tracker_level() -> None:
    theta, ghi = np.full(4, 40.0), np.array([100.0, 100.0, 100.0, 0.0])
    dhi = np.array([80.0, 95.0, 100.0, 0.0])
    assert tracking.flatten(theta, ghi, dhi).tolist() == [40, 0, 0, 0]
    assert tracking.flatten(theta, ghi, dhi, threshold=0.8).tolist() == [0, 0, 0, 0]
    assert tracking.flatten(theta, ghi, dhi, max_angle=(8.0, 60.0)).tolist() == [40, 8, 8, 8]


@pytest.mark.parametrize("zenith", [20.0, 45.0, 70.0])
def test_the_break_even_of_a_uniform_sky(zenith: float) -> None:
    """Square to the sun or level: 2 / (2 + cos z), derived by hand for black ground."""
    share = 2.0 / (2.0 + np.cos(np.radians(zenith))) + np.array([-1e-6, 1e-6])
    ghi = np.full(2, 100.0)
    dni = (1.0 - share) * ghi / np.cos(np.radians(zenith))
    sun = shading.sun_across(270.0, np.full(2, zenith), np.full(2, 270.0))
    found = tracking.flatten_where_brighter(
        np.full(2, zenith), sun, ghi=ghi, dhi=share * ghi, dni=dni, albedo=0.0
    )
    assert found.tolist() == [zenith, 0.0]


def collected(theta: np.ndarray, sky: Sky, albedo: float, *, axis_tilt: float, perez: bool) -> np.ndarray:
    tilt, azimuth = tracking.surface_orientation(theta, axis_tilt, 180.0)
    projection = irradiance.aoi_projection(tilt, azimuth, sky.zenith, sky.azimuth)
    open_ground = irradiance.ground_diffuse(tilt, sky.ghi, albedo)
    seen = open_ground + sky.dni * np.maximum(projection, 0.0)
    if not perez:
        uniform: np.ndarray = seen + sky.dhi * (1.0 + np.cos(np.radians(tilt))) / 2.0
        return uniform
    diffuse = irradiance.perez(tilt, projection, sky.zenith, sky.dhi, sky.brightness)
    whole: np.ndarray = seen + diffuse.isotropic + diffuse.circumsolar + diffuse.horizon
    return whole


@pytest.mark.parametrize(("axis_tilt", "albedo"), [(0.0, 0.2), (12.0, 0.5), (40.0, 0.0)])
def test_choosing_the_brighter_never_loses(sky: Sky, axis_tilt: float, albedo: float) -> None:
    """And it finds all there is to gain between the two, in the model that it compares by."""
    theta = tracking.singleaxis(sky.zenith, sky.azimuth, axis_tilt=axis_tilt, max_angle=60.0, gcr=0.4)
    across = shading.sun_across(270.0, sky.zenith, sky.azimuth, axis_tilt)
    chosen = tracking.flatten_where_brighter(
        theta, across, ghi=sky.ghi, dhi=sky.dhi, dni=sky.dni, albedo=albedo, axis_tilt=axis_tilt
    )
    course, level, best = (
        collected(angle, sky, albedo, axis_tilt=axis_tilt, perez=False)
        for angle in (theta, np.zeros_like(theta), chosen)
    )
    assert best == pytest.approx(np.maximum(course, level), abs=1e-9)
    assert 1.002 < best.sum() / course.sum() < 1.02


@pytest.mark.parametrize("gcr", [0.3, 0.45])
def test_the_usual_share_gains_most_of_what_there_is(sky: Sky, gcr: float) -> None:
    """Under Perez's sky, against the better of the two in every row; what the constant's text claims."""
    theta = tracking.singleaxis(sky.zenith, sky.azimuth, max_angle=60.0, gcr=gcr)

    def yearly(angle: np.ndarray) -> float:
        return float(collected(angle, sky, 0.2, axis_tilt=0.0, perez=True).sum())

    both = [collected(angle, sky, 0.2, axis_tilt=0.0, perez=True) for angle in (theta, np.zeros_like(theta))]
    there_is = np.maximum(*both).sum() - both[0].sum()
    gain = {
        share: (yearly(tracking.flatten(theta, sky.ghi, sky.dhi, threshold=share)) - both[0].sum()) / there_is
        for share in (0.75, 0.8, 0.85, 0.9, tracking.DIFFUSE_SHARE, 0.98, 1.0)
    }
    assert max(gain, key=gain.__getitem__) == tracking.DIFFUSE_SHARE
    assert gain[tracking.DIFFUSE_SHARE] > 0.85
    assert gain[0.75] < 0 < gain[0.8]


def test_a_platform_follows_the_sun_within_its_band() -> None:
    sun = np.array([60.0, 120.0, 180.0, 239.0, 300.0])
    found = tracking.floating_azimuth(sun, central_azimuth=180.0, max_angle=60.0)
    assert found == pytest.approx([120, 120, 180, 239, 240])


def test_a_platform_that_faces_north_wraps_around() -> None:
    sun = np.array([350.0, 10.0, 80.0, 200.0, 170.0])
    found = tracking.floating_azimuth(sun, central_azimuth=0.0, max_angle=45.0)
    assert found == pytest.approx([350, 10, 45, 315, 45])


@given(sun=st.floats(0, 360), central=st.floats(-180, 540), band=st.floats(0, 180))
def test_a_platform_is_the_nearest_to_the_sun_in_its_band(sun: float, central: float, band: float) -> None:
    found = float(tracking.floating_azimuth(np.array([sun]), central_azimuth=central, max_angle=band)[0])

    def apart(one: float, other: float) -> float:
        return abs((one - other + 180.0) % 360.0 - 180.0)

    assert -1e-9 <= found <= 360
    assert apart(found, central) <= band + 1e-9
    reach = max(apart(sun, central) - band, 0.0)
    assert apart(found, sun) == pytest.approx(reach, abs=1e-9)
