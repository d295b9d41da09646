import json

import numpy as np
import pytest
from scene_rows import rows

from gnomon.pv.shade import grid, scene_mean
from gnomon.pv.shade.cast import Shares
from gnomon.workloads.shading_scene import cast, viewer
from gnomon.workloads.shading_scene import grid as positions
from gnomon.workloads.shading_scene.canonical import read_scene
from gnomon.workloads.shading_scene.cast import Outcome, compute, together
from gnomon.workloads.shading_scene.fields import Notes
from gnomon.workloads.shading_scene.layout import Scene
from gnomon.workloads.shading_scene.share import Piece
from gnomon.workloads.shading_scene.tracking import TrackingOrder

SMALL = grid(azimuth_step=90.0, elevations=(5.0, 30.0, 60.0))
WALL = {"outline": [[-5, 0, 0], [-5, 20, 0], [-5, 20, 6], [-5, 0, 6]]}
HILL = {"kind": "terrain", "vertices": [[-9, -9, 0], [30, -9, 0], [0, 40, 0]], "faces": [[0, 1, 2]]}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> tuple[Scene, Outcome]:
    monkeypatch.setattr(cast, "DIRECTIONS", 60)
    monkeypatch.setattr(positions, "grid", lambda: SMALL)
    scene = read_scene({"tableList": rows(2, tilt=20), "obstructions": [WALL, HILL]}, Notes())
    assert scene is not None
    piece = Piece(positions=range(12), states=(0,))
    return scene, together(scene, [compute(scene, TrackingOrder(), piece, lambda _: None)])


def test_all_of_a_scene_is_told(drawn: tuple[Scene, Outcome]) -> None:
    told = viewer.viewer(*drawn, SMALL)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert [table["tableHash"] for table in told["tables"]] == ["0/0", "4/0"]
    assert told["tables"][0]["azimuth"] == pytest.approx(270)
    assert told["tables"][0]["tilt"] == pytest.approx(20)
    assert told["tables"][0]["center"] == pytest.approx([0, 10, 2])
    assert (len(told["obstructions"]["objects"]), len(told["obstructions"]["terrain"])) == (2, 1)
    assert len(told["shading"]["tables"]["directShading"]) == 2
    assert told["bounds"][0][1] == 0


def test_parts_are_left_out_when_not_wanted(drawn: tuple[Scene, Outcome]) -> None:
    told = viewer.viewer(*drawn, SMALL, geometry=False, obstructions=False, shading=False)
    assert not {"tables", "obstructions", "shading"} & set(told)
    assert "tables" not in viewer.viewer(*drawn, SMALL, aggregate="scene")["shading"]


def test_bins_choose_the_nearest_position(drawn: tuple[Scene, Outcome]) -> None:
    scene, outcome = drawn
    told = viewer.viewer(scene, outcome, SMALL, azimuth_bin=281, elevation_bin=3)["shading"]
    place = SMALL.azimuth.index(270.0) * 3
    assert told["tables"]["directShading"] == pytest.approx(outcome.direct[place].tolist(), abs=1e-4)
    # A wall of six metres before the first row, and the first row before the second.
    assert told["tables"]["directShading"][0] > 0.9
    around = viewer.viewer(scene, outcome, SMALL, azimuth_bin=359)["shading"]
    assert around["azimuthBin"] == 359
    mean = viewer.viewer(scene, outcome, SMALL)["shading"]["tables"]["directShading"]
    weight = outcome.incidence
    expected = (outcome.direct * weight).sum(axis=0) / weight.sum(axis=0)
    assert mean == pytest.approx(expected.tolist(), abs=1e-4)


def test_a_large_terrain_is_thinned(drawn: tuple[Scene, Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewer, "MOST_TRIANGLES", 2)
    told = viewer.viewer(*drawn, SMALL)["obstructions"]
    assert told["leftOut"] == 1
    assert len(told["objects"]) + len(told["terrain"]) == 2


def test_the_scene_as_a_whole_is_as_the_engine_means_it(drawn: tuple[Scene, Outcome]) -> None:
    _, outcome = drawn
    names = ("direct", "diodes", "incidence", "rotation")
    shares = Shares(**{name: getattr(outcome, name).astype(np.float64) for name in names})
    expected = scene_mean(SMALL, shares, outcome.area)
    for found, told in zip(viewer.scene_shares(outcome, SMALL), expected, strict=True):
        assert np.abs(found - told).max() < 1e-12
