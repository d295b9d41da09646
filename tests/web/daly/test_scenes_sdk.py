"""The twelve methods of the vendor's client about shading scenes, against the whole server, computing for real."""

import asyncio
import inspect
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import dalysdk.client
import pytest
from dalysdk import DalyClient
from dalysdk.exceptions import NotFoundError, ValidationError
from dalysdk.resources.shading_scenes import ShadingSceneResource
from scenes import SCENE, TRACKER
from server import Serving, serving

from gnomon.core.access import ALL_SCOPES, KeyRole, Principal
from gnomon.core.service.task import get_task, wait

METHODS = {
    *("list", "get", "create", "import_file", "create_from_json", "get_results", "get_results_status"),
    *("get_progress", "get_gcr", "refresh", "set_tracking_inputs", "delete"),
}
COLLADA = b"""<?xml version="1.0" encoding="utf-8"?>
<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
<asset><unit meter="1" name="m"/><up_axis>Z_UP</up_axis></asset>
<library_geometries>
<geometry id="Frame0"><mesh><source id="s"><float_array id="a" count="12">
0 0 0.5 20 0 0.5 20 3.464 2.5 0 3.464 2.5</float_array>
<technique_common><accessor source="#a" count="4" stride="3"/></technique_common></source>
<vertices id="v"><input semantic="POSITION" source="#s"/></vertices>
<polylist count="1"><input semantic="VERTEX" offset="0" source="#v"/><vcount>4</vcount><p>0 1 2 3</p></polylist>
<frame_parameters><module_width>0.98</module_width><module_height>1.98</module_height><module_x_spacing>0.02</module_x_spacing>
<module_y_spacing>0.02</module_y_spacing></frame_parameters></mesh></geometry>
</library_geometries>
<library_visual_scenes><visual_scene id="all">
<node id="PVcase" name="PVcase"><instance_geometry url="#Frame0"/></node>
</visual_scene></library_visual_scenes>
<scene><instance_visual_scene url="#all"/></scene></COLLADA>"""


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(tmp_path / "data") as server:
        yield server


def test_there_are_no_others() -> None:
    public = {name for name, _ in inspect.getmembers(ShadingSceneResource, inspect.isfunction)}
    assert {name for name in public if not name.startswith("_")} == METHODS


@pytest.mark.slow
async def test_every_method(served: Serving, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dalysdk.client, "DEFAULT_BASE_URL", served.address)
    path = tmp_path / "north.dae"
    path.write_bytes(COLLADA)
    principal = Principal(workspace=served.founded.workspace.id, key_id="test", scopes=ALL_SCOPES)
    loop = asyncio.get_running_loop()

    async def ended(number: int) -> None:
        task = await get_task(served.house, principal, number)
        assert (await wait(served.house, principal, task.id, 120)).status == "completed"

    def until_done(told: dict[str, Any]) -> None:
        asyncio.run_coroutine_threadsafe(ended(told["taskId"]), loop).result(130)

    keys = served.founded.keys

    def talk() -> None:
        with DalyClient(keys[KeyRole.WORKSPACE], keys[KeyRole.USER]) as client:
            about(client.shading_scenes, until_done, path)

    await asyncio.to_thread(talk)


def about(scenes: ShadingSceneResource, until_done: Callable[[dict[str, Any]], None], path: Path) -> None:
    from_json(scenes, until_done)
    with_trackers(scenes, until_done)
    from_files(scenes, until_done, path)
    assert [scene["id"] for scene in scenes.list()] == [1, 2, 3, 4]
    assert scenes.delete(1) == {"deleted": True}
    for ask in (scenes.get, scenes.get_results, scenes.refresh, scenes.delete):
        with pytest.raises(NotFoundError):
            ask(1)
    assert scenes.get_gcr(1) is None


def from_json(scenes: ShadingSceneResource, until_done: Callable[[dict[str, Any]], None]) -> None:
    made = scenes.create_from_json("Two rows", SCENE["sceneJson"])
    assert (made["shadingSceneId"], made["status"]) == (1, "processing")
    until_done(made)
    results = scenes.get_results(1)
    assert set(results) >= {"sun_positions", "metadata"}
    shares = {(p["azimuth"], p["elevation"]): p for p in results["sun_positions"]}
    low, high = shares[180.0, 5.0], shares[180.0, 60.0]
    assert 0 < low["directShading"] < 1
    assert high["directShading"] == 0
    envelope = scenes.get_results_status(1)
    assert (envelope["status"], envelope["results"]) == ("completed", results)
    assert scenes.get_results(1, include_status=True) == envelope
    progress = scenes.get_progress(1)
    assert progress["ready"] is True
    assert progress["completedPositions"] == progress["expectedPositions"] == len(results["sun_positions"])
    gcr = scenes.get_gcr(1)
    assert gcr is not None
    assert gcr["gcr"] == pytest.approx(4.0 / 7.0, abs=1e-3)
    scene = scenes.get(1)
    assert scene["sceneJson"] == {**SCENE["sceneJson"], "gcrProperties": gcr}
    with pytest.raises(ValidationError, match="outline"):
        scenes.create_from_json("Bad", {"tableList": [{"outline": []}]})


def with_trackers(scenes: ShadingSceneResource, until_done: Callable[[dict[str, Any]], None]) -> None:
    beside = {**TRACKER, "tableHash": "t2", "xpoints": [4.0, 6.0, 6.0, 4.0]}
    beside |= {"torqueTubePoint_1": [5.0, 0.0, 1.5], "torqueTubePoint_2": [5.0, 30.0, 1.5]}
    made = scenes.create_from_json(
        "Trackers",
        {"tableList": [TRACKER, beside]},
        scene_source="ours",
        tracking_parameters={"maxAngle": 50},
    )
    until_done(made)
    assert scenes.get(2)["trackingParameters"]["maxAngle"] == 50
    with pytest.raises(ValidationError, match="gcr"):
        scenes.set_tracking_inputs(2, gcr=2)
    told = scenes.set_tracking_inputs(2, gcr=0.4, max_angle=30, back_tracking=False)
    assert (told["trackingInputId"], told["shadingSceneId"]) == (1, 2)
    assert scenes.get(2)["trackingParameters"]["maxAngle"] == 50
    until_done(scenes.refresh(2))
    tracking = scenes.get(2)["trackingParameters"]
    assert (tracking["maxAngle"], tracking["backTracking"]) == (30, False)


def from_files(
    scenes: ShadingSceneResource, until_done: Callable[[dict[str, Any]], None], path: Path
) -> None:
    until_done(scenes.import_file("A file", file_path=path, file_type="pvc"))
    until_done(scenes.create("Again", file_obj=io.BytesIO(COLLADA), gcr=0.4, terrain_aware=False))
    assert scenes.get(3)["fileName"] == "north.dae"
    assert len(scenes.get(4)["sceneJson"]["tableList"]) == 1
    with pytest.raises(ValidationError, match="gcr"):
        scenes.import_file("Bad", file_path=path, gcr=3)
