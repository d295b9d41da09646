"""Trackers on uneven ground: who their neighbours are, and what turning back by them leaves."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shaded_scenes import NOTHING, chosen, moved

from gnomon.pv import shading
from gnomon.pv import tracking as course
from gnomon.pv.shade import Tables, Tracking, cast, rotations, spacing, table_rows

ZENITH, AZIMUTH = (
    part.ravel() for part in np.meshgrid([50.0, 65.0, 75.0, 82.0], [70.0, 90.0, 115.0, 240.0, 270.0])
)


def _field(seed: int, rough: float, rows: int = 9, groups: int = 3) -> Tables:
    """North-south trackers, 40 m long, in two rows of columns, each end on ground that rises and falls."""
    flat = table_rows(
        0, 270, 0.4, rows=rows, length=40.0, width=2.0, is_tracker=True, transverse_diodes=groups
    )
    draw = np.random.default_rng(seed)
    heights = np.cumsum(draw.uniform(-rough, rough, (rows, 2)), axis=0)
    corners = flat.corners.copy()
    # The axis runs south from corner 0 to 1.
    corners[:, [0, 3], 2] += heights[:, :1]
    corners[:, [1, 2], 2] += heights[:, 1:]
    ends = corners[:, [0, 3]].mean(axis=1), corners[:, [1, 2]].mean(axis=1)
    return replace(flat, corners=corners, axis_point=ends[0], axis_vector=ends[1] - ends[0])


def _lost(tables: Tables, **how: Any) -> np.ndarray:
    found = cast(tables, NOTHING, Tracking(**how), ZENITH, AZIMUTH)
    return np.where(found.incidence > 0, found.direct, 0.0)


@pytest.mark.parametrize("turn", [0.0, 35.0, 90.0])
@pytest.mark.parametrize("flip", [False, True])
def test_spacing_is_found_at_any_azimuth_and_either_way_round(turn: float, flip: bool) -> None:
    rows = moved(
        table_rows(0, 270, 0.4, rows=5, length=30, width=2, is_tracker=True, axis_tilt=3), turn, [5e5, 4e6, 7]
    )
    if flip:
        rows = replace(rows, axis_vector=rows.axis_vector * np.where(np.arange(5) % 2, -1.0, 1.0)[:, None])
    found = spacing(rows)
    assert found is not None
    assert found.gcr == pytest.approx(0.4, abs=1e-6)
    assert found.pitch == pytest.approx(5.0, abs=1e-6)
    assert found.width == pytest.approx(2.0, abs=1e-6)
    assert abs(found.axis_tilt) == pytest.approx(3.0, abs=1e-6)


def test_spacing_of_one_tracker_and_of_none() -> None:
    assert spacing(table_rows(20, 180, 0.4, rows=3, length=30)) is None
    lone = spacing(table_rows(0, 270, 0.4, rows=1, length=30, is_tracker=True))
    assert lone is not None
    assert lone.gcr is None
    assert lone.width == pytest.approx(1.0)


def test_tables_in_line_are_no_neighbours() -> None:
    """Two columns end to end: only those beside each other count."""
    one = table_rows(0, 270, 0.4, rows=4, length=30, width=2, is_tracker=True)
    other = moved(one, 0.0, [0, 30.5, 0])
    names = ("corners", "is_tracker", "axis_point", "axis_vector", "transverse_diodes", "strings_per_length")
    both = Tables(**{name: np.concatenate((getattr(one, name), getattr(other, name))) for name in names})
    found = spacing(both)
    assert found is not None
    assert found.pitch == pytest.approx(5.0)


@pytest.mark.parametrize("slope", [-6.0, 3.0, 8.0])
def test_on_an_even_slope_it_is_the_formula_for_slopes(slope: float) -> None:
    """Anderson and Mikofski with the slope's own tilt; all rows alike, also the outer ones."""
    rows = table_rows(0, 270, 0.45, rows=7, length=5000, is_tracker=True, cross_axis_tilt=slope)
    across = shading.projected_solar_zenith(270, ZENITH, AZIMUTH)
    expected = course.follow(across, max_angle=80, gcr=0.45, cross_axis_tilt=slope)
    found = rotations(rows, Tracking(max_angle=80, terrain_aware=True), ZENITH, AZIMUTH)
    above = np.abs(across - slope) < 87.0
    assert found[above, 3] == pytest.approx(expected[above], abs=1e-6)


@given(seed=st.integers(0, 2**32 - 1), rough=st.floats(0.05, 0.5))
@settings(max_examples=12, deadline=None)
def test_on_uneven_ground_neighbours_leave_each_other_the_sun(seed: int, rough: float) -> None:
    """By a gcr alone rows shade each other; by their real heights next to nothing is left."""
    field = _field(seed, rough)
    plain, aware = _lost(field), _lost(field, terrain_aware=True, max_angle=90.0)
    assert aware.mean() <= 0.2 * plain.mean() + 1e-3
    assert aware.max() < 0.08


def test_one_rotation_for_all_leaves_as_little() -> None:
    field = _field(3, 0.3)
    common = _lost(field, terrain_aware=True, method="common", max_angle=90.0)
    assert common.max() < 0.08
    assert common.mean() < 0.2 * _lost(field).mean()


def test_a_threshold_of_diodes_gives_light_for_shade() -> None:
    """One of four groups may be touched: trackers turn back less, and lose no more than that on the whole."""
    field = _field(5, 0.3, groups=4)
    how = Tracking(terrain_aware=True, diode_threshold=0.25, max_angle=90.0)
    found = cast(field, NOTHING, how, ZENITH, AZIMUTH)
    strict = cast(field, NOTHING, replace(how, diode_threshold=0.0), ZENITH, AZIMUTH)
    assert found.incidence.mean() > strict.incidence.mean()
    assert strict.direct[strict.incidence > 0].mean() < found.direct[found.incidence > 0].mean() < 0.25
    everything = rotations(field, replace(how, diode_threshold=1.0), ZENITH, AZIMUTH)
    assert everything == pytest.approx(
        rotations(field, Tracking(max_angle=90, backtrack=False), ZENITH, AZIMUTH)
    )


def test_the_order_of_trackers_changes_no_rotation() -> None:
    field = _field(8, 0.4)
    order = np.random.default_rng(0).permutation(len(field))
    how = Tracking(terrain_aware=True)
    one, two = rotations(field, how, ZENITH, AZIMUTH), rotations(chosen(field, order), how, ZENITH, AZIMUTH)
    assert two == pytest.approx(one[:, order], abs=1e-9)


@pytest.mark.parametrize(
    ("how", "complaint"),
    [
        ({"max_angle": 91}, "max_angle"),
        ({"gcr": 0}, "gcr"),
        ({"diode_threshold": 2}, "diode_threshold"),
        ({"method": "wild"}, "method: 'wild'; give one of balanced, common"),
    ],
)
def test_what_is_wrong_is_named(how: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Tracking(**how)
