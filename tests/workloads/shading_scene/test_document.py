import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.task import Json
from gnomon.workloads.shading_scene import RESOURCE_KINDS
from gnomon.workloads.shading_scene.document import (
    check_scene,
    check_tracking_input,
    needs_result,
    scene_of,
    warnings_of,
)

SQUARE = [[0, 0, 1], [10, 0, 1], [10, 2, 2], [0, 2, 2]]
TABLE = {"azimuth": [0, 90, 180, 270], "elevation": [0, 45], "directShare": [[1, 0]] * 4}
POINTS = {"xpoints": [0, 10, 10, 0], "ypoints": [0, 0, 2, 2], "zpoints": [1, 1, 2, 2]}
FILE = {"blob": "a" * 64, "filename": "s.dae", "type": "pvc", "readDiodes": True}


def scene(*tables: Json, **more: Json) -> dict[str, Any]:
    return {"name": "s", "sceneJson": {"tableList": list(tables) or [{"outline": SQUARE}], **more}}


@pytest.mark.parametrize(
    "document",
    [
        scene(),
        scene(POINTS),
        scene({**POINTS, "tableHash": "a", "tracker": True, "transverseDiodes": 2, "stringsPerLength": 1}),
        scene({"outline": [{"x": x, "y": y, "z": z} for x, y, z in SQUARE]}),
        scene({"outline": [*SQUARE, SQUARE[0]]}),
        scene(obstructions=[{"outline": SQUARE}, SQUARE, {"vertices": SQUARE, "faces": [[0, 1, 2, 3]]}]),
        scene(modelInputs={"diodesReadIn": True, "diffuseTableIndex": 0}, something=1),
        {**scene(), "trackingParameters": {"gcr": 0.4, "axis_tilt": 0}},
        {"name": "s", "file": FILE},
        {"name": "s", "shadingTable": TABLE},
        {"sceneJson": {"$blob": "a" * 64}},
    ],
)
def test_good_scenes(document: Json) -> None:
    assert check_scene(document) == []


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in POINTS.items() if name != key}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (3, "give a JSON object"),
        ({"name": "s"}, "give one of sceneJson, file, shadingTable"),
        ({**scene(), "file": FILE}, "not sceneJson and file"),
        ({"sceneJson": 3}, "sceneJson: give an object, not 3"),
        ({"sceneJson": {}}, "sceneJson.tableList: give a list of at least one table"),
        (scene(3), "sceneJson.tableList[0]: give an object"),
        (scene({"tableHash": "a"}), "sceneJson.tableList[0]: has no corners; give outline"),
        (scene(without("zpoints")), "sceneJson.tableList[0].zpoints: give the four corners' numbers"),
        (scene({**POINTS, "xpoints": [0, 10, 10]}), "tableList[0].xpoints: give the four corners"),
        (scene({**POINTS, "xpoints": [0, 10, 10, math.nan]}), "xpoints[3]: NaN is no coordinate"),
        (scene({**POINTS, "xpoints": [0, 10, 10, "a"]}), 'xpoints[3]: "a" is no coordinate'),
        (scene({"outline": [[0, 0, 0]] * 4}), "table-1 has no area"),
        (scene({"outline": [[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0]]}), "table-1 has no area"),
        (scene({"outline": [*SQUARE[:3], [0, 2, 7]]}), "stands 0.74 m off the plane"),
        (scene({"outline": [*SQUARE[:3], [0, 2]]}), "outline[3]: [0, 2] is no corner; give [x, y, z]"),
        (scene({**POINTS, "tracker": "yes"}), "tableList[0].tracker: give true or false"),
        (scene({**POINTS, "tracker": True, "torqueTubePoint_1": [1]}), "torqueTubePoint_1: give [x, y, z]"),
        (scene({**POINTS, "transverseDiodes": 1.5}), "transverseDiodes: 1.5 is no whole number"),
        (scene({**POINTS, "stringsPerLength": -1}), "stringsPerLength: -1 is out of range; give 0 to 1000"),
        (scene({**POINTS, "tableHash": []}), "tableList[0].tableHash: give a text"),
        (scene({**POINTS, "tableHash": "a"}, {**POINTS, "tableHash": "a"}), '"a" names table 0 already'),
        (
            scene({**POINTS, "xpoints": [0, 1e6, 1e6, 0]}),
            "the scene is 1000 km wide; give coordinates in metres",
        ),
        (scene(*[POINTS] * 20_001), "20001 tables; give at most 20000, and the rest in scenes of their own"),
        (scene(obstructions=3), "sceneJson.obstructions: give a list of"),
        (scene(obstructions=[{}]), "obstructions[0]: has fewer than three points"),
        (scene(obstructions=[{"vertices": SQUARE}]), "obstructions[0].faces: give a list of faces"),
        (scene(obstructions=[{"vertices": SQUARE, "faces": [[0, 1, 4]]}]), "[0, 1, 4] is no face"),
        (scene(obstructions=[{"outline": [[0, 0, 0], [1, 0, math.inf], [1, 1, 1]]}]), "is no point"),
        (scene(modelInputs={"diodesReadIn": 1}), "modelInputs.diodesReadIn: give true or false"),
        ({**scene(), "trackingParameters": {"gcr": 4}}, "trackingParameters.gcr: 4 is out of range"),
        ({**scene(), "trackingParameters": {"terrainAwareMethod": "x"}}, '"x" is not known; give'),
        ({"file": {**FILE, "type": "ifc"}}, 'file.type: "ifc" is not known; give pvc'),
        ({"file": {**FILE, "blob": "../x"}}, "file.blob: give the SHA-256 name"),
        (
            {"shadingTable": {**TABLE, "elevation": [45, 0]}},
            "elevation: the angles of the grid must increase",
        ),
        ({"shadingTable": {**TABLE, "azimuth": list(range(1000))}}, "1000 angles; give at most 721"),
    ],
)
def test_what_is_wrong_is_named_with_the_remedy(document: Json, words: str) -> None:
    found = check_scene(document)
    assert len(found) == 1, found
    assert words in found[0].message


def test_complaints_are_counted_after_the_first_few() -> None:
    found = check_scene(scene(*[{"outline": 1}] * 40))
    assert len(found) == 26
    assert found[-1].message == "... and 15 more like these"


def test_a_tracking_input() -> None:
    good = {"shadingSceneId": 3, "gcr": 0.4, "azimuth": 0.0, "axisTilt": 0.0, "backTracking": True}
    assert check_tracking_input(good) == []
    assert [each.number for each in scene_of(good)] == [3]
    assert [each.loc for each in check_tracking_input({})] == [("shadingSceneId",), ("gcr",)]


def test_only_a_table_of_its_own_needs_no_run() -> None:
    assert needs_result(scene())
    assert needs_result({"file": FILE})
    assert not needs_result({"shadingTable": TABLE})
    assert [kind.kind for kind in RESOURCE_KINDS] == ["shading_scene", "tracking_input"]


def test_unknown_keys_are_told() -> None:
    assert warnings_of({**scene(), "colour": "red"}) == ["colour: kept, and not used"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=15,
)
KEYS = (
    *("tableHash", "tracker", "xpoints", "ypoints", "zpoints", "outline", "torqueTubePoint_1", "vertices"),
    *("torqueTubeVector", "transverseDiodes", "stringsPerLength", "faces", "blob", "type", "gcr", "azimuth"),
)
keys = st.sampled_from(KEYS)
objects = st.dictionaries(keys, json_values, max_size=4)
scenes = st.fixed_dictionaries(
    {},
    optional={
        "sceneJson": st.fixed_dictionaries(
            {"tableList": st.lists(objects | json_values, max_size=3)},
            optional={"obstructions": st.lists(objects)},
        ),
        "file": objects,
        "trackingParameters": objects,
        "shadingTable": objects,
    },
)


@given(json_values | scenes)
def test_no_json_makes_a_check_raise(value: Any) -> None:
    for check in (check_scene, check_tracking_input, scene_of):
        assert isinstance(check(value), list)
    assert needs_result(value) in (True, False)


finite = st.floats(-100, 100, allow_nan=False)
corner = st.tuples(finite, finite, finite).map(list)


@given(st.lists(corner, min_size=4, max_size=4), st.lists(st.lists(corner, max_size=6), max_size=2))
def test_any_four_corners_are_taken_or_refused(corners: Any, obstructions: Any) -> None:
    assert isinstance(check_scene(scene({"outline": corners}, obstructions=obstructions)), list)
