"""Shading scenes in a run: their tables by result, the mean over some, what is handed to children, what differs."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_memory import MemoryContext, finish
from sample import block, energy_model, pin, references

from gnomon.core.workload import Failure, Pinned, Split
from gnomon.pv.scene import SceneTable, scene_of_rows, to_json
from gnomon.workloads.energy_model import WORKLOADS
from gnomon.workloads.energy_model.check import check_energy_model
from gnomon.workloads.energy_model.check import references as references_of
from gnomon.workloads.energy_model.scene import Scenes, scenes_of

AZIMUTH, ELEVATION = (0.0, 90.0, 180.0, 270.0), (0.0, 30.0, 90.0)
AREA = (10.0, 30.0, 20.0)
SHADING = {"nearShading": "octavia", "shadingSceneId": 7}


def result_of(ctx: MemoryContext, *, turning: bool = False, **changes: Any) -> dict[str, Any]:
    """Return what a run of a scene of three tables gives: in full shade, half of it, and free."""
    shape = (3, len(AZIMUTH), len(ELEVATION))
    direct = np.broadcast_to(np.array([1.0, 0.5, 0.0])[:, None, None], shape).astype(np.float32)
    views = np.broadcast_to(np.array([0.5, 0.25, 0.0])[:, None, None], shape).astype(np.float32)
    shares = {"direct": direct, "diodes": direct, "sky": views if turning else views[:, 0, 0]}
    shares |= {"ground": shares["sky"], "incidence": np.ones(shape, dtype=np.float32)}
    content = io.BytesIO()
    np.savez(content, azimuth=AZIMUTH, elevation=ELEVATION, area=np.array(AREA), **shares)
    whole = SceneTable(
        azimuth=AZIMUTH, elevation=ELEVATION, direct_share=direct[1], affected_diodes=direct[1], sky_share=0.2
    )
    return {
        "scene": None,
        "table": ctx.put(json.dumps(to_json(whole)).encode()),
        "shares": ctx.put(content.getvalue()),
        "tables": ["dark", "half", "free"],
        "gcrProperties": {"gcr": 0.4},
        "tracking": None,
        **changes,
    }


def computed(ctx: MemoryContext, document: dict[str, Any] | None = None, **changes: Any) -> Pinned:
    return Pinned(
        kind="shading_scene",
        number=7,
        id="7",
        revision=1,
        document={"name": "Rows", "sceneJson": document or scene_json()},
        task_id="tsk_scene",
        result=result_of(ctx, **changes),
    )


def scene_json(tilt: float = 25.0, *, tracker: bool = False) -> dict[str, Any]:
    """Return three tables that face south, 4 m by 2 m."""
    rise, run = 2 * np.sin(np.radians(tilt)), 2 * np.cos(np.radians(tilt))
    tables = [
        {
            "tableHash": name,
            "tracker": tracker,
            "outline": [[0, y, 1], [4, y, 1], [4, y + run, 1 + rise], [0, y + run, 1 + rise]],
            **({"torqueTubeVector": [0, -1, 0]} if tracker else {}),
        }
        for name, y in (("dark", 0.0), ("half", 5.0), ("free", 10.0))
    ]
    return {"tableList": tables}


def test_a_computed_scene_gives_its_table() -> None:
    ctx = MemoryContext()
    scenes = scenes_of([computed(ctx)], ctx.get)
    assert scenes.table(7).sky_share == 0.2
    assert scenes.table(7) is scenes.table(7)


@pytest.mark.parametrize("turning", [False, True])
@pytest.mark.parametrize(
    ("chosen", "direct", "view"),
    [
        (["dark"], 1.0, 0.5),
        ([2], 0.0, 0.0),
        (["dark", "half"], (10 + 15) / 40, (5 + 7.5) / 40),
        (["dark", 0, 1, "free", 2], 25 / 60, 12.5 / 60),
    ],
)
def test_chosen_tables_count_by_their_area(
    chosen: list[str | int], direct: float, view: float, turning: bool
) -> None:
    ctx = MemoryContext()
    table = scenes_of([computed(ctx, turning=turning)], ctx.get).table(7, chosen)
    assert np.asarray(table.direct_share) == pytest.approx(direct)
    assert np.asarray(table.affected_diodes) == pytest.approx(direct)
    assert np.asarray(table.sky_share) == pytest.approx(view)
    assert np.asarray(table.ground_share).shape == ((4, 3) if turning else ())


def test_hashes_of_many_tables_stand_apart() -> None:
    ctx = MemoryContext()
    names = ctx.put(json.dumps(["dark", "half", "free"]).encode())
    table = scenes_of([computed(ctx, tables=names)], ctx.get).table(7, ["free"])
    assert not np.any(table.direct_share)


def test_an_unknown_table_is_named_beside_known_ones() -> None:
    ctx = MemoryContext()
    scenes = scenes_of([computed(ctx), pin("shading_scene", 8, {"shadingTable": {}})], ctx.get)
    for chosen in ("gone", 3):
        with pytest.raises(Failure) as caught:
            scenes.table(7, [chosen])
        assert caught.value.message == (
            f"shading scene 7 has no table {json.dumps(chosen)}; it has 3: "
            '"dark", "half" or "free", or places from 0'
        )
    with pytest.raises(Failure, match="shading scene 8 is one table and has no others"):
        scenes.table(8, ["dark"])
    with pytest.raises(Failure, match="shading scene 9 is not known here"):
        scenes.table(9)


@pytest.mark.parametrize(
    ("mapped", "named"),
    [
        ({"a": 8}, [7, 8]),
        ({"a": {"shadingSceneId": 8, "tables": ["x", 0]}}, [7, 8]),
        ([{"dcInputId": "a", "shadingSceneId": 8, "tables": ["x"]}], [7, 8]),
        ({"a": {"tables": ["dark"]}}, [7]),
    ],
)
def test_inputs_may_have_tables_of_their_own(mapped: Any, named: list[int]) -> None:
    document = energy_model(with_input(shadingStringMap=mapped))
    assert check_energy_model(document) == []
    assert [each.number for each in references_of(document) if each.kind == "shading_scene"] == named


def with_input(**changes: Any) -> dict[str, Any]:
    inputs = [{"dcInputId": "a", "moduleId": 1, "stringLength": 26, "stringCount": 18}]
    return block(array=None, dcInputs=inputs, shading=SHADING, **changes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shading": {**SHADING, "shadingTables": []}}, "blocks[0].shading.shadingTables"),
        ({"shading": {**SHADING, "shadingTables": [-1]}}, "out of range"),
        (
            {"shading": {"nearShading": "unlimited", "shadingTables": [1]}},
            "shadingTables are tables of a scene",
        ),
        (
            {"shadingStringMap": {"a": {"shadingSceneId": 7, "tables": "x"}}},
            "dcInputId -> {shadingSceneId, tables}",
        ),
        ({"shadingStringMap": {"a": {}}}, "dcInputId -> {shadingSceneId, tables}"),
    ],
)
def test_what_names_no_tables_is_refused(change: dict[str, Any], words: str) -> None:
    messages = [each.message for each in check_energy_model(energy_model({**with_input(), **change}))]
    assert any(words in message for message in messages), messages


def test_tables_without_a_scene_are_refused() -> None:
    table = to_json(scene_of_rows(20, 180, 0.5, 3, azimuth=(0, 180), elevation=(0, 45)))
    shading = {"nearShading": "octavia", "sceneTable": table}
    given = {**with_input(shadingStringMap={"a": {"tables": ["x"]}}), "shading": shading}
    (complaint,) = check_energy_model(energy_model(given))
    assert "tables of which scene?" in complaint.message


def run(
    example_plant: Path, ctx: MemoryContext, scene: Pinned, *blocks: dict[str, Any], **changes: Any
) -> Any:
    ctx.references = [*references(example_plant), scene]
    return finish(WORKLOADS, "energy_model", energy_model(*blocks, **changes), ctx)


def test_the_tables_of_each_input_shade_it(example_plant: Path) -> None:
    ctx = MemoryContext()
    scene = computed(ctx)
    blocks = [with_input(shadingStringMap={"a": {"tables": [name]}}) for name in ("dark", "half", "free")]
    found = run(
        example_plant, ctx, scene, *blocks, with_input(), block(shading=SHADING | {"shadingTables": [2]})
    )
    dark, half, free, whole, third = (each["annual_energy_mwh"] for each in found["blocks"])
    assert dark < 0.6 * free
    assert dark < half < 0.9 * free
    assert half == pytest.approx(whole, rel=0.05)
    assert third == pytest.approx(free, rel=1e-9)


def test_children_get_each_table_once(example_plant: Path) -> None:
    """By name: a table would else stand in the part of every child, and one in place in each of its blocks."""
    ctx = MemoryContext()
    table = to_json(scene_of_rows(25, 180, 0.4, 3))
    inline = block(shading={"nearShading": "octavia", "sceneTable": table})
    saved = block(shading={"nearShading": "octavia", "shadingSceneId": 8})
    many = [*[inline] * 450, *[saved] * 450]
    ctx.references = [*references(example_plant), pin("shading_scene", 8, {"shadingTable": table})]
    outcome = WORKLOADS[0].run(energy_model(*many), ctx)
    assert isinstance(outcome, Split)
    for child in outcome.children:
        part = json.loads(ctx.get(child.input["work"]))
        assert "directShare" not in json.dumps(part["blocks"][:1] + part["blocks"][-1:])
        assert child.input["tables"]
        assert {*child.input["tables"]} >= {part["scenes"]["8"]["table"]}
        scenes = Scenes(part["scenes"], ctx.get)
        assert to_json(scenes.table(8)) == table


@pytest.mark.parametrize(
    ("layout", "document", "result", "notes"),
    [
        ({}, scene_json(25.0), {}, []),
        ({"tilt": 26.5, "azimuth": 184}, scene_json(25.0), {}, []),
        (
            {"tilt": 20},
            scene_json(25.0),
            {},
            ["layout.tilt: 20, but the tables of shading scene 7 stand at 25"],
        ),
        (
            {"azimuth": 90},
            scene_json(25.0),
            {},
            ["layout.azimuth: 90, but the tables of shading scene 7 face 180"],
        ),
        ({"gcr": 0.5}, scene_json(25.0), {}, ["layout.gcr: 0.5, but that of shading scene 7 is 0.4"]),
        (
            {},
            scene_json(0.0, tracker=True),
            {},
            ["layout.arrayType: fixed, but most tables of shading scene 7 turn"],
        ),
        (
            {"arrayType": "tracker", "azimuth": 90, "maxAngle": 45, "backTracking": False},
            scene_json(0.0, tracker=True),
            {"tracking": {"gcr": 0.4, "maxAngle": 60.0, "backTracking": True}},
            [
                "layout.azimuth: 90, but the axes of shading scene 7 lie along 0",
                "layout.maxAngle: 45, but the trackers of shading scene 7 turned to 60",
                "layout.backTracking: false, but the trackers of shading scene 7 turned back",
            ],
        ),
    ],
)
def test_layouts_that_differ_from_the_scene_are_told(
    example_plant: Path, layout: dict[str, Any], document: Any, result: dict[str, Any], notes: list[str]
) -> None:
    ctx = MemoryContext()
    given = block(shading=SHADING)
    given["layout"] |= layout
    told = run(example_plant, ctx, computed(ctx, document, **result), given)["warnings"]
    found = [note for note in told if "shading scene 7" in note]
    assert len(found) == len(notes), found
    for note, start in zip(found, notes, strict=True):
        assert note.startswith(f"blocks[0].{start}")


def test_stowed_trackers_leave_the_course_of_the_scene(example_plant: Path) -> None:
    ctx = MemoryContext()
    given = block(shading=SHADING)
    given["layout"] |= {"arrayType": "tracker", "maxAngle": 60, "backTracking": True}
    scene = computed(ctx, scene_json(0.0, tracker=True))
    told = run(example_plant, ctx, scene, given, settings={"windStow": True})["warnings"]
    assert any(note.startswith("settings.windStow: the shares of shading scene 7") for note in told)
