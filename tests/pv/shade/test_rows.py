"""Long rows against the geometry of rows without end, ours and pvlib's."""

from typing import Any

import numpy as np
import pvlib
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scenes import NOTHING

from gnomon.pv import scene, shading, tracking
from gnomon.pv.shade import Tracking, cast, grid, rotations, scene_mean, sky_views, table_rows
from gnomon.pv.shade.tables import areas

# So long that the ends of the rows are no thousandth, even where the sun runs along them.
LENGTH = 300_000.0


def _sky(least: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    zenith, azimuth = grid(15.0, (4.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0)).positions()
    keep = zenith <= 90.0 - least
    return zenith[keep], azimuth[keep]


@given(
    tilt=st.floats(0, 85),
    facing=st.floats(0, 360),
    gcr=st.floats(0.2, 0.9),
    axis_tilt=st.floats(-8, 8),
    slope=st.floats(-8, 8),
)
@example(tilt=0.0, facing=103.8, gcr=0.9, axis_tilt=0.0, slope=8.0)
@example(tilt=85.0, facing=5.294, gcr=0.2, axis_tilt=7.315, slope=8.0)
@settings(max_examples=8, deadline=None)
def test_fixed_rows_lose_what_rows_without_end_lose(
    tilt: float, facing: float, gcr: float, axis_tilt: float, slope: float
) -> None:
    """Also on slopes, along the rows and across; the sun stands above the slope's plane."""
    rows = table_rows(
        tilt,
        facing,
        gcr,
        rows=5,
        length=LENGTH,
        axis_tilt=axis_tilt,
        cross_axis_tilt=slope,
        transverse_diodes=4,
    )
    zenith, azimuth = _sky()
    across = shading.projected_solar_zenith(facing, zenith, azimuth, axis_tilt)
    found = cast(rows, NOTHING, None, zenith, azimuth)
    expected = shading.shaded_fraction(tilt, gcr, across, slope)
    # Two rows on either side of the middle one: level tables on a slope are shaded from behind too.
    along = np.abs(np.sin(np.radians(azimuth - facing)) * np.sin(np.radians(zenith)))
    counts = (found.incidence[:, 2] > 1e-3) & (np.abs(across - slope) < 86.0) & (along < 0.996)
    assert np.abs(found.direct[:, 2] - expected)[counts].max() < 1e-3
    reach = expected * 4
    steady = counts & (np.abs(reach - np.round(reach)) > 0.01)
    assert found.diodes[steady, 2] == pytest.approx(np.ceil(reach[steady]) / 4, abs=1e-9)


@pytest.mark.parametrize(("tilt", "facing", "gcr"), [(20, 180, 0.5), (38.8, 200, 0.7), (60, 95, 0.4)])
def test_fixed_rows_are_pvlib_s(tilt: float, facing: float, gcr: float) -> None:
    zenith, azimuth = _sky()
    rows = table_rows(tilt, facing, gcr, rows=3, length=LENGTH, width=3.0)
    found = cast(rows, NOTHING, None, zenith, azimuth)
    expected = pvlib.shading.shaded_fraction1d(
        zenith, azimuth, axis_azimuth=facing - 90, shaded_row_rotation=tilt, collector_width=3, pitch=3 / gcr
    )
    lit = found.incidence[:, 0] > 1e-3
    assert np.abs(found.direct[:, 0] - expected)[lit].max() < 1e-3
    assert expected[lit].max() > 0.5


@pytest.mark.parametrize(("axis_tilt", "slope"), [(0.0, 0.0), (4.0, 0.0), (0.0, 5.0), (-3.0, -6.0)])
def test_trackers_that_follow_the_sun_are_pvlib_s(axis_tilt: float, slope: float) -> None:
    zenith, azimuth = _sky(10.0)
    rows = table_rows(
        0,
        270,
        0.45,
        rows=7,
        length=LENGTH,
        width=2.0,
        is_tracker=True,
        axis_tilt=axis_tilt,
        cross_axis_tilt=slope,
    )
    found = cast(rows, NOTHING, Tracking(max_angle=55, backtrack=False), zenith, azimuth)
    across = shading.projected_solar_zenith(270, zenith, azimuth, axis_tilt)
    turned = tracking.follow(across, max_angle=55, backtrack=False)
    expected = pvlib.shading.shaded_fraction1d(
        zenith,
        azimuth,
        axis_azimuth=180,
        shaded_row_rotation=turned,
        collector_width=2,
        pitch=2 / 0.45,
        axis_tilt=axis_tilt,
        cross_axis_slope=slope,
    )
    counts = (np.abs(across) < 88) & (found.incidence[:, 3] > 1e-3)
    assert found.rotation[counts, 3] == pytest.approx(turned[counts], abs=1e-9)
    assert np.abs(found.direct[:, 3] - expected)[counts].max() < 1e-3
    assert expected[counts].max() > 0.3


@pytest.mark.parametrize(
    "how", [{"gcr": 0.4}, {}, {"terrain_aware": True}, {"terrain_aware": True, "method": "common"}]
)
def test_on_level_ground_turning_back_leaves_no_shade(how: dict[str, Any]) -> None:
    """By a given gcr, by the tables' own, and by each pair: the same rotations, those of `pv.tracking`."""
    zenith, azimuth = _sky()
    rows = table_rows(0, 270, 0.4, rows=7, length=LENGTH, is_tracker=True, transverse_diodes=3)
    found = cast(rows, NOTHING, Tracking(**how), zenith, azimuth)
    across = shading.projected_solar_zenith(270, zenith, azimuth)
    clear = np.abs(np.abs(across) - 90) > 1e-6
    expected = tracking.singleaxis(zenith, azimuth, max_angle=60, gcr=0.4)
    assert found.rotation[clear] == pytest.approx(np.tile(expected, (7, 1)).T[clear], abs=1e-6)
    lit = found.incidence > 1e-6
    assert found.direct[lit].max() < 1e-9
    assert found.diodes[lit].max() == 0.0


@pytest.mark.parametrize(("tilt", "gcr"), [(25.0, 0.5), (60.0, 0.6), (10.0, 0.4)])
def test_views_are_those_of_rows_without_end(tilt: float, gcr: float) -> None:
    """A row among many; of a flat one's small view of the ground less is asked."""
    rows = table_rows(tilt, 160, gcr, rows=21, length=LENGTH)
    found = sky_views(rows, NOTHING, directions=500)
    cosine = np.cos(np.radians(tilt))
    sky = 1.0 - shading.row_sky_view(tilt, gcr) / ((1 + cosine) / 2)
    ground = 1.0 - shading.row_ground_view(tilt, gcr) / ((1 - cosine) / 2)
    assert found.sky[0, 10] == pytest.approx(sky, abs=1e-3)
    assert found.ground[0, 10] == pytest.approx(ground, abs=2e-2)


def test_trackers_have_views_for_each_rotation() -> None:
    rows = table_rows(0, 270, 0.5, rows=21, length=LENGTH, is_tracker=True)
    found = sky_views(rows, NOTHING, (-50.0, 0.0, 50.0), directions=500)
    expected = [
        1 - shading.row_sky_view(t, 0.5) / ((1 + np.cos(np.radians(t))) / 2) for t in (-50.0, 0.0, 50.0)
    ]
    assert found.sky[:, 10] == pytest.approx(expected, abs=1e-3)
    sky, ground = found.at(np.array([[-50.0] * 21, [25.0] * 21, [80.0] * 21]))
    assert sky[:, 10] == pytest.approx([found.sky[0, 10], found.sky[1:, 10].mean(), found.sky[2, 10]])
    assert ground.shape == (3, 21)


def test_the_scene_s_mean_is_the_table_of_such_rows() -> None:
    """The middle rows of a scene, on the points of the grid at which their front is lit."""
    sun_grid = grid(30.0, (10.0, 20.0, 40.0, 60.0, 90.0))
    rows = table_rows(25, 180, 0.7, rows=3, length=LENGTH, transverse_diodes=3)
    shares = cast(rows, NOTHING, None, *sun_grid.positions())
    area = areas(rows) * np.array([1.0, 1.0, 0.0])
    direct, diodes = scene_mean(sun_grid, shares, area)
    table = scene.scene_of_rows(25, 180, 0.7, 3, azimuth=sun_grid.azimuth, elevation=sun_grid.elevation)
    lit = shares.incidence[:, 0].reshape(sun_grid.shape()) > 1e-3
    assert np.abs(direct - table.direct_share)[lit].max() < 1e-3
    assert np.abs(diodes - table.affected_diodes)[lit].max() < 1e-9
    # Where nothing is lit, what is near: no step at the edge of the light.
    assert direct[~lit].max() <= direct[lit].max()


def test_rotations_are_of_the_trackers_alone() -> None:
    rows = table_rows(20, 180, 0.5, rows=2, length=10)
    assert rotations(rows, Tracking(), np.array([50.0]), np.array([90.0])).tolist() == [[0.0, 0.0]]
    trackers = table_rows(0, 270, 0.5, rows=2, length=10, is_tracker=True)
    assert rotations(trackers, Tracking(), np.array([95.0]), np.array([90.0])).tolist() == [[0.0, 0.0]]
    assert (rotations(trackers, Tracking(), np.array([50.0]), np.array([250.0])) > 0).all()


@pytest.mark.parametrize("step", [0.0, -5.0, 7.0])
def test_a_step_that_does_not_divide_the_compass_is_refused(step: float) -> None:
    with pytest.raises(ValueError, match="azimuth_step"):
        grid(step)


@pytest.mark.parametrize("elevations", [(), (0.0, 5.0), (5.0, 5.0), (5.0, 91.0)])
def test_elevations_increase_above_the_horizon(elevations: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="elevations"):
        grid(10.0, elevations)
