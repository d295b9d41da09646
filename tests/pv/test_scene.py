"""The table of a scene: its interpolation against pvlib's and the rows' formula, its JSON, its identity."""

import json
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator

from gnomon.pv import scene, shading
from gnomon.pv.irradiance import aoi_projection
from gnomon.pv.scene import SceneTable
from gnomon.pv.sky import look_up
from gnomon.pv.solarposition import Sun
from gnomon.pv.weather import Weather

ROWS = [(25.0, 180.0, 0.7), (35.0, 150.0, 0.6), (20.0, 90.0, 0.7), (60.0, 180.0, 0.5)]
SMALL: dict[str, Any] = {
    "azimuth": [0, 120, 240],
    "elevation": [0, 45],
    "directShare": [[0.3, 0.0], [0.6, 0.1], [0.9, 0.2]],
    "affectedDiodes": [[1, 0], [1, 0.5], [1, 0.5]],
    "skyShare": 0.05,
}


def _uneven(points: int = 9) -> SceneTable:
    draw = np.random.default_rng(5)
    azimuth, elevation = np.sort(draw.uniform(0, 360, points)), np.sort(draw.uniform(-5, 90, points - 1))
    return SceneTable(
        azimuth=tuple(azimuth.tolist()),
        elevation=tuple(elevation.tolist()),
        direct_share=draw.random((points, points - 1)),
        affected_diodes=draw.random((points, points - 1)),
    )


def test_between_its_points_it_is_scipy_s() -> None:
    table = _uneven()
    draw = np.random.default_rng(6)
    around = np.array([table.azimuth[-1] - 360, *table.azimuth, table.azimuth[0] + 360])
    azimuth, elevation = draw.uniform(0, 360, 500), draw.uniform(-10, 90, 500)
    held = np.clip(elevation, table.elevation[0], table.elevation[-1])
    for found, shares in zip(
        scene.shares_lost(table, 90 - elevation, azimuth),
        (table.direct_share, table.affected_diodes),
        strict=True,
    ):
        closed = np.concatenate((shares[-1:], shares, shares[:1]))
        expected = RegularGridInterpolator((around, table.elevation), closed)(
            np.stack((azimuth, held), axis=1)
        )
        assert found == pytest.approx(expected, abs=1e-12)


def test_at_its_points_and_around_the_compass() -> None:
    table = scene.from_json(SMALL)
    azimuth = np.array([0.0, 120.0, 240.0, 360.0, 300.0, -60.0, 60.0])
    direct, diodes = scene.shares_lost(table, np.full(7, 90.0), azimuth)
    assert direct == pytest.approx([0.3, 0.6, 0.9, 0.3, 0.6, 0.6, 0.45])
    assert diodes.tolist() == [1] * 7
    direct, diodes = scene.shares_lost(table, np.array([45.0, 0.0, 67.5, 95.0]), np.full(4, 240.0))
    assert direct == pytest.approx([0.2, 0.2, 0.55, 0.9])
    assert diodes == pytest.approx([0.5, 0.5, 0.75, 1])


@given(share=st.floats(0, 1), zenith=st.floats(0, 95), azimuth=st.floats(-360, 720))
def test_an_even_table_gives_its_value_exactly(share: float, zenith: float, azimuth: float) -> None:
    """To the last bit: a share above 1 would leave a beam below zero."""
    shares = np.full((3, 2), share)
    table = SceneTable(
        azimuth=(0.0, 100.0, 259.0), elevation=(1.0, 80.0), direct_share=shares, affected_diodes=shares
    )
    found = scene.shares_lost(table, np.array([zenith]), np.array([azimuth]))
    assert [share.tolist() for share in found] == [[share], [share]]


def test_one_direction_is_enough() -> None:
    table = SceneTable(
        azimuth=(10.0,), elevation=(30.0,), direct_share=np.full((1, 1), 0.2), affected_diodes=np.ones((1, 1))
    )
    direct, diodes = scene.shares_lost(table, np.array([0.0, 60, 59.5, 90]), np.array([0.0, 10, 200, 350]))
    assert direct.tolist() == [0.2] * 4
    assert diodes.tolist() == [1] * 4


@pytest.mark.parametrize(
    ("grid", "beam_error", "diode_error"),
    [
        ({}, 0.0005, 0.01),
        ({"azimuth": range(0, 360, 15), "elevation": range(0, 91, 5)}, 0.004, 0.02),
    ],
    ids=["5 by 1", "15 by 5"],
)
@pytest.mark.parametrize(("tilt", "azimuth", "gcr"), ROWS)
def test_the_table_of_rows_is_the_rows(
    weather: Weather,
    sun: Sun,
    grid: dict[str, range],
    beam_error: float,
    diode_error: float,
    tilt: float,
    azimuth: float,
    gcr: float,
) -> None:
    """Over a year's beam in the plane, of which the rows take more than 2 % each."""
    sky = look_up(weather, sun)
    across = shading.projected_solar_zenith(azimuth, sky.zenith, sky.azimuth)
    expected = shading.shaded_fraction(tilt, gcr, across)
    beam = sky.dni * np.maximum(aoi_projection(tilt, azimuth, sky.zenith, sky.azimuth), 0)
    table = scene.scene_of_rows(tilt, azimuth, gcr, 3, **grid)
    direct, diodes = scene.shares_lost(table, sky.zenith, sky.azimuth)
    assert beam @ np.abs(direct - expected) < beam_error * beam.sum()
    steps = np.ceil(expected * 3 - 1e-9) / 3
    assert beam @ np.abs(diodes - steps) < diode_error * beam.sum()
    assert beam @ expected > 0.02 * beam.sum()


@pytest.mark.parametrize("transverse_diodes", [1, 2, 3, 6])
def test_a_touched_group_is_affected_whole(transverse_diodes: int) -> None:
    table = scene.scene_of_rows(25.0, 180.0, 0.5, transverse_diodes)
    groups = table.affected_diodes * transverse_diodes
    assert groups == pytest.approx(np.round(groups))
    assert (table.affected_diodes >= table.direct_share - 1e-9).all()
    assert (table.affected_diodes - table.direct_share < 1 / transverse_diodes).all()
    assert ((table.affected_diodes > 0) == (table.direct_share > 1e-9)).all()


@pytest.mark.parametrize(("tilt", "azimuth", "gcr"), ROWS)
def test_the_mean_over_the_sky_is_the_view_factor(tilt: float, azimuth: float, gcr: float) -> None:
    """Reciprocity: shading by direction and crossed strings are two ways to one number."""
    rows = scene.scene_of_rows(tilt, azimuth, gcr, 1)
    silent = SceneTable(
        azimuth=rows.azimuth,
        elevation=rows.elevation,
        direct_share=rows.direct_share,
        affected_diodes=rows.affected_diodes,
    )
    assert rows.sky_share is not None
    assert scene.sky_share(rows, tilt, azimuth) == rows.sky_share
    assert scene.sky_share(silent, tilt, azimuth) == pytest.approx(rows.sky_share, abs=2e-4)


def test_level_rows_shade_nothing() -> None:
    table = scene.scene_of_rows(0.0, 180.0, 0.5, 3)
    assert not table.direct_share.any()
    assert (table.sky_share, table.ground_share) == (0, 0)


def test_a_row_without_diodes_is_refused() -> None:
    with pytest.raises(ValueError, match="transverse_diodes"):
        scene.scene_of_rows(20.0, 180.0, 0.5, 0)


def test_equal_contents_are_equal() -> None:
    table, same = scene.from_json(SMALL), scene.from_json(json.loads(json.dumps(SMALL)))
    assert table == same
    assert hash(table) == hash(same)
    assert pickle.loads(pickle.dumps(table)) == table
    for change in (
        {"azimuth": [0, 120, 241]},
        {"elevation": [1, 45]},
        {"directShare": [[0.3, 0.0], [0.6, 0.1], [0.9, 0.21]]},
        {"affectedDiodes": [[1, 0], [1, 0.5], [1, 0.25]]},
        {"skyShare": 0.06},
        {"skyShare": None},
        {"groundShare": 0.05},
    ):
        assert scene.from_json({**SMALL, **change}) != table


def test_contents_cannot_change() -> None:
    source = np.zeros((1, 1))
    table = SceneTable(azimuth=(0.0,), elevation=(0.0,), direct_share=source, affected_diodes=source)
    source[0, 0] = 1
    assert table.direct_share[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        table.direct_share[0, 0] = 1


def test_json_goes_there_and_back() -> None:
    table = scene.from_json(SMALL)
    document = scene.to_json(table)
    assert json.loads(json.dumps(document)) == SMALL
    assert scene.from_json(document) == table
    rows = scene.scene_of_rows(20.0, 180.0, 0.5, 3)
    assert scene.from_json(json.loads(json.dumps(scene.to_json(rows)))) == rows


def test_without_diodes_the_shade_stands_for_them() -> None:
    table = scene.from_json({name: value for name, value in SMALL.items() if name != "affectedDiodes"})
    assert table.affected_diodes.tolist() == SMALL["directShare"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"azimuth": None}, r"azimuth: give a list"),
        ({"azimuth": []}, r"azimuth: give at least one"),
        ({"azimuth": [0, 120, 360]}, r"azimuth: the grid leaves 0 to 360"),
        ({"azimuth": [0, 120, 120]}, r"azimuth: .* increase"),
        ({"azimuth": [0, "120", 240]}, r"azimuth\[1\]: '120' is no number"),
        ({"elevation": [0, 91]}, r"elevation: the grid leaves -90 to 90"),
        ({"elevation": [0, float("nan")]}, r"elevation: the grid leaves"),
        ({"directShare": None}, r"directShare: give 3 rows"),
        ({"directShare": [[0, 0]] * 2}, r"directShare: give 3 rows"),
        ({"directShare": [[0, 0], [0], [0, 0]]}, r"directShare\[1\]: 1 shares; give 2"),
        ({"directShare": [[0, 0], 0, [0, 0]]}, r"directShare\[1\]: give a list"),
        ({"directShare": [[0, 0], [0, True], [0, 0]]}, r"directShare\[1\]\[1\]: True is no number"),
        ({"directShare": [[0, 0], [0, 0], [0, 1.5]]}, r"directShare\[2\]\[1\]: 1.5 is no share"),
        ({"affectedDiodes": [[0, 0], [float("nan"), 0], [0, 0]]}, r"affectedDiodes\[1\]\[0\]: nan"),
        ({"skyShare": -0.1}, r"skyShare: -0.1 is no share"),
        ({"groundShare": "all"}, r"groundShare: 'all' is no number"),
        ({"sunPositions": []}, r"sunPositions: no field .* directShare"),
    ],
)
def test_a_bad_document_is_named(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        scene.from_json({**SMALL, **change})


def test_a_bad_record_is_named() -> None:
    shares = np.zeros((1, 2))
    with pytest.raises(ValueError, match="affected_diodes: shape"):
        SceneTable(azimuth=(0.0,), elevation=(0.0, 1.0), direct_share=shares, affected_diodes=shares.T)
    with pytest.raises(ValueError, match="ground_share"):
        SceneTable(
            azimuth=(0.0,), elevation=(0.0, 1.0), direct_share=shares, affected_diodes=shares, ground_share=2
        )


def test_one_row_is_a_year_of_one() -> None:
    table = _uneven()
    zenith, azimuth = np.linspace(0, 89, 40), np.linspace(0, 359, 40)
    direct, diodes = scene.shares_lost(table, zenith, azimuth)
    for i in range(40):
        alone = scene.shares_lost(table, zenith[i : i + 1], azimuth[i : i + 1])
        assert (alone[0][0], alone[1][0]) == (direct[i], diodes[i])


TURNING = {**SMALL, "skyShare": [[0.1, 0.0], [0.2, 0.0], [0.3, 0.0]], "groundShare": [[1, 0.5]] * 3}


def test_views_that_turn_with_the_sun_are_straight_between_points() -> None:
    table = scene.from_json(TURNING)
    zenith, azimuth = np.array([90.0, 45.0, 67.5, 95.0]), np.array([0.0, 60.0, 180.0, 300.0])
    of_sky, of_ground = scene.views_lost(table, zenith, azimuth)
    assert of_sky == pytest.approx([0.1, 0.0, 0.125, 0.2])
    assert of_ground == pytest.approx([1, 0.5, 0.75, 1])
    still = scene.views_lost(scene.from_json(SMALL), zenith, azimuth)
    assert still == (0.05, None)


def test_views_that_turn_survive_json_and_count() -> None:
    table = scene.from_json(TURNING)
    assert scene.to_json(table)["skyShare"] == TURNING["skyShare"]
    assert scene.from_json(json.loads(json.dumps(scene.to_json(table)))) == table
    assert scene.from_json({**TURNING, "groundShare": [[1, 0.5], [1, 0.5], [1, 0.4]]}) != table
    assert not np.asarray(table.sky_share).flags.writeable


@pytest.mark.parametrize(
    ("share", "words"),
    [
        ([[0.1, 0], [0.2, 0]], "skyShare: give 3 rows of shares"),
        ([[0.1], [0.2], [0.3]], r"skyShare\[0\]: 1 shares; give 2"),
        ([[0.1, 0], [0.2, 2], [0.3, 0]], r"skyShare\[1\]\[1\]: 2.0 is no share"),
    ],
)
def test_views_of_another_grid_are_refused(share: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        scene.from_json({**SMALL, "skyShare": share})
