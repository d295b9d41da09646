"""Shading scenes: saved, computed, refreshed, deleted; hands end their tasks where they must end in a certain way."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from natives import key_with
from rig import Hands, House, Tenant, client_of, found_tenant, good, open_app, open_house
from scenes import BY_TABLE, DRAWN, GCR, RAW, SCENE, STAND_IN, TRACKER, complete_scene

from gnomon.core.errors import NotFound
from gnomon.core.ports import Holding
from gnomon.core.retry import Failed
from gnomon.core.task import Status, Task, TaskError

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house in which no scene is computed, unless by hand."""
    opened = open_house(tmp_path / "data", STAND_IN)
    yield opened
    await opened.store.close()


async def saved(ours: Tenant, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = await ours.post("/shadingscenes", {**SCENE, **changes})
    return made


async def computed(ours: Tenant, hands: Hands, **changes: Any) -> Task:
    await saved(ours)
    return await complete_scene(hands, await hands.claim(), **changes)


async def refused(sent: httpx.Response, status: int = 422) -> list[dict[str, Any]]:
    assert sent.status_code == status, sent.text
    detail = sent.json()["detail"]
    return detail if isinstance(detail, list) else [{"loc": [], "msg": detail, "type": ""}]


async def test_a_scene_is_saved_and_queued(ours: Tenant) -> None:
    made = await saved(ours)
    scene = await ours.get("/shadingscenes/1")
    assert made == {
        "shadingSceneId": 1,
        "globalShadingSceneId": scene["globalShadingSceneId"],
        "taskId": 1,
        "task_id": 1,
        "status": "processing",
        "taskDetails": {"taskId": 1, "executionMode": "async_queued"},
    }
    assert scene["sceneJson"] == SCENE["sceneJson"]
    assert (scene["name"], scene["sceneSource"], scene["status"]) == ("Two rows", "api-json", "pending")
    (row,) = await ours.get("/shadingscenes")
    assert "sceneJson" not in row
    assert {key: scene[key] for key in row} == row
    task = await ours.get("/tasks/1")
    assert task["taskType"] == "shading_scene_create"


@pytest.mark.parametrize("word", ["shading_scene_create", "shading", "shading_scene"])
async def test_tasks_are_found_by_either_word(ours: Tenant, word: str) -> None:
    await saved(ours)
    assert (await ours.get(f"/tasks?task_type={word}"))["total"] == 1
    assert (await ours.get("/tasks?task_type=energy_model"))["total"] == 0


async def test_the_finished_task_names_the_scene(ours: Tenant, hands: Hands) -> None:
    await computed(ours, hands)
    assert (await ours.get("/tasks/1"))["resultData"] == {"shadingSceneId": 1}


async def test_a_large_scene_is_given_back_as_it_was_sent(ours: Tenant, hands: Hands) -> None:
    table = SCENE["sceneJson"]["tableList"][0]
    tables = [
        {**table, "tableHash": f"t{n}", "ypoints": [y + 8 * n for y in table["ypoints"]]} for n in range(400)
    ]
    await saved(ours, sceneJson={"tableList": tables})
    assert (await ours.get("/shadingscenes/1"))["sceneJson"] == {"tableList": tables}
    drawn = await ours.get("/shadingscenes/1/viewer")
    assert (drawn["status"], len(drawn["tables"]), drawn["shading"]) == ("pending", 400, None)
    assert drawn["tables"][3]["corners"][0] == [0.0, 24.0, 0.5]
    await complete_scene(hands, await hands.claim())
    assert (await ours.get("/shadingscenes/1"))["sceneJson"] == {"gcrProperties": GCR, "tableList": tables}


async def test_trackers_may_be_spelled_as_in_the_form(ours: Tenant) -> None:
    await saved(ours, sceneJson={"tableList": [TRACKER]}, trackingParameters={"gcr": 0.4, "axis_tilt": 2})
    assert (await ours.get("/shadingscenes/1"))["trackingParameters"] == {"gcr": 0.4, "axisTilt": 2}


@pytest.mark.parametrize(
    ("body", "place", "words"),
    [
        ({"name": None}, "name", "not empty"),
        ({"name": " "}, "name", "not empty"),
        ({"name": 3}, "name", "string"),
        ({"sceneJson": None}, "sceneJson", "/shadingscenes/import"),
        ({"sceneJson": [1]}, "sceneJson", "object"),
        ({"sceneJson": {"tableList": [{"outline": [[0, 0, 0]]}]}}, "sceneJson", "outline"),
        ({"sceneSource": 1}, "sceneSource", "string"),
        ({"trackingParameters": []}, "trackingParameters", "object"),
        ({"trackingParameters": {"gcr": 7}}, "trackingParameters", "gcr"),
        ({"trackingParameters": {"axis_tilt": 1, "axisTilt": 2}}, "trackingParameters", "one of them"),
        ({"shadingTable": {}}, "shadingTable", "not both"),
    ],
)
async def test_what_is_wrong_is_named(ours: Tenant, body: dict[str, Any], place: str, words: str) -> None:
    complaints = await refused(await ours.client.post("/shadingscenes", json={**SCENE, **body}))
    assert any(item["loc"][:2] == ["body", place] and words in item["msg"] for item in complaints), complaints
    assert await ours.get("/shadingscenes") == []


@pytest.mark.parametrize("body", [[], "scene", 3])
async def test_a_scene_is_an_object(ours: Tenant, body: Any) -> None:
    await refused(await ours.client.post("/shadingscenes", json=body))


async def test_unknown_keys_are_told(ours: Tenant) -> None:
    made = await saved(ours, colour="red")
    assert made["warnings"][0].startswith("colour: not known")


async def test_a_repeated_create_is_answered_again(ours: Tenant) -> None:
    key = {"Idempotency-Key": "one"}
    first = await ours.client.post("/shadingscenes", json=SCENE, headers=key)
    again = await ours.client.post("/shadingscenes", json=SCENE, headers=key)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(await ours.get("/shadingscenes")) == 1
    await ours.delete("/shadingscenes/1")
    assert (await ours.client.post("/shadingscenes", json=SCENE, headers=key)).status_code == 404


async def test_a_table_that_was_computed_elsewhere_needs_no_run(ours: Tenant) -> None:
    table = {
        "azimuth": [90, 270],
        "elevation": [10, 50],
        "directShare": [[0.5, 0.1], [0.4, 0.0]],
        "affectedDiodes": [[1, 0.3], [0.9, 0]],
        "skyShare": 0.05,
    }
    body = {"name": "T", "shadingTable": table}
    made = await ours.post("/shadingscenes", body)
    assert (made["status"], made["taskId"]) == ("completed", None)
    results = await ours.get("/shadingscenes/1/results")
    assert results["sun_positions"][1] == {
        "azimuth": 90,
        "elevation": 50,
        "directShading": 0.1,
        "affectedDiodes": 0.3,
    }
    assert results["metadata"]["skyShare"] == 0.05
    envelope = await ours.get("/shadingscenes/1/results?includeStatus=true")
    assert (envelope["status"], envelope["results"]) == ("completed", results)
    assert (await ours.get("/shadingscenes/1?returnshading=true"))["shading"] == results
    (complaint,) = await refused(await ours.client.post("/shadingscenes/1/refresh"))
    assert "nothing to compute" in complaint["msg"]
    await ours.delete("/shadingscenes/1")


async def test_results_are_pending_then_there(ours: Tenant, hands: Hands, house: House) -> None:
    await saved(ours)
    pending = await ours.get("/shadingscenes/1/results")
    assert (pending["status"], pending["results"], pending["taskStatus"]) == ("pending", None, "queued")
    assert pending["expectedPositions"] == 0
    task = await hands.claim()
    await hands.report(task, 50.0, "casting")
    running = await ours.get("/shadingscenes/1/results?includeStatus=true")
    assert (running["status"], running["progress"], running["stage"]) == ("running", 50.0, "casting")
    assert (await ours.get("/shadingscenes/1/results"))["status"] == "pending"
    assert (await ours.client.get("/shadingscenes/1/gcr")).status_code == 404
    await complete_scene(hands, task)
    assert await ours.get("/shadingscenes/1/results") == RAW
    done = await ours.get("/shadingscenes/1/results?includeStatus=true")
    assert done == {
        "status": "completed",
        "results": RAW,
        "shadingSceneId": 1,
        "taskId": 1,
        "taskStatus": "completed",
        "progress": 100.0,
        "stage": done["stage"],
        "error": None,
        "completedPositions": 6,
        "runningPositions": 0,
        "failedPositions": 0,
        "expectedPositions": 6,
        "remainingPositions": 0,
    }
    assert await ours.get("/shadingscenes/1/gcr") == GCR


async def test_positions_are_counted_while_it_runs(ours: Tenant, hands: Hands) -> None:
    await saved(ours)
    task = await hands.claim()
    await hands.say(task, {"positions": {"expected": 200}})
    await hands.report(task, 25.0, "casting")
    told = await ours.get("/shadingscenes/1/results?includeStatus=true")
    counted = {key: value for key, value in told.items() if key.endswith("Positions")}
    assert counted == {
        "completedPositions": 50,
        "runningPositions": 150,
        "failedPositions": 0,
        "expectedPositions": 200,
        "remainingPositions": 150,
    }


async def test_a_failed_computation_says_why(ours: Tenant, hands: Hands) -> None:
    await saved(ours)
    await hands.end(
        await hands.claim(), Failed(error=TaskError(code="bad_scene", message="Table 3 has no area."))
    )
    for query in ("", "?includeStatus=true"):
        told = await ours.get(f"/shadingscenes/1/results{query}")
        assert (told["status"], told["results"], told["error"]) == ("failed", None, "Table 3 has no area.")
    (row,) = await ours.get("/shadingscenes")
    assert (row["status"], row["errorMessage"]) == ("failed", "Table 3 has no area.")
    (why,) = await refused(await ours.client.get("/shadingscenes/1/gcr"), 404)
    assert "no area" in why["msg"]


async def test_tables_in_no_rows_have_no_ratio(ours: Tenant, hands: Hands) -> None:
    await computed(ours, hands, gcrProperties=None)
    (why,) = await refused(await ours.client.get("/shadingscenes/1/gcr"), 404)
    assert "no rows" in why["msg"]


async def test_old_flags(ours: Tenant, hands: Hands) -> None:
    flags = "?returnshading=true&returntableshading=true&returnmodel=true"
    await saved(ours)
    before = await ours.get(f"/shadingscenes/1{flags}")
    assert (before["shading"], before["tableShading"], before["model"]) == (None, None, None)
    tracking = {"gcr": 0.4}
    await complete_scene(hands, await hands.claim(), tracking=tracking)
    after = await ours.get(f"/shadingscenes/1{flags}")
    assert (after["shading"], after["tableShading"]) == (RAW, BY_TABLE)
    assert after["model"] == {**DRAWN, "trackerReference": {"tracking": tracking, "gcrProperties": GCR}}
    assert after["trackingParameters"] == tracking
    assert after["sceneJson"]["gcrProperties"] == GCR
    assert after["warnings"] == ["told by the run"]
    plain = await ours.get("/shadingscenes/1")
    assert plain.keys().isdisjoint({"shading", "tableShading", "model"})


async def test_refresh_runs_again(ours: Tenant, hands: Hands) -> None:
    await computed(ours, hands)
    again = await ours.post("/shadingscenes/1/refresh")
    assert (again["shadingSceneId"], again["taskId"], again["status"]) == (1, 2, "processing")
    assert (await ours.get("/shadingscenes/1/results"))["status"] == "pending"
    assert (await ours.client.get("/shadingscenes/1/gcr")).status_code == 404
    await complete_scene(hands, await hands.claim())
    assert await ours.get("/shadingscenes/1/results") == RAW


async def test_refresh_replaces_what_is_queued(ours: Tenant) -> None:
    await saved(ours)
    again = await ours.post("/shadingscenes/1/refresh")
    assert again["taskId"] == 2
    assert (await ours.get("/tasks/1"))["status"] == "cancelled"
    assert (await ours.get("/tasks/2"))["status"] == "queued"


async def test_refresh_replaces_what_is_running(ours: Tenant, hands: Hands) -> None:
    await saved(ours)
    task = await hands.claim()
    asked = asyncio.create_task(ours.client.post("/shadingscenes/1/refresh"))
    await stopping(hands, task)
    await complete_scene(hands, task)  # too late: what it gives is dropped
    assert good(await asked)["taskId"] == 2
    assert (await ours.get("/shadingscenes/1/results"))["status"] == "pending"


async def test_a_refresh_that_is_sent_again_stops_nothing(ours: Tenant) -> None:
    await saved(ours)
    key = {"Idempotency-Key": "r"}
    first = good(await ours.client.post("/shadingscenes/1/refresh", headers=key))
    again = await ours.client.post("/shadingscenes/1/refresh", headers=key)
    assert good(again) == first
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await ours.get("/tasks/2"))["status"] == "queued"


async def stopping(hands: Hands, task: Task) -> None:
    """Wait until a cancel has reached the task."""
    with hands.house.hub.subscribe(task.id) as changes:
        present = await hands.house.store.glance(task.workspace, task.id)
        while present.status is not Status.CANCELLING:
            changed = await changes.next(10)
            assert changed is not None
            present = changed


class TestImport:
    async def send(
        self, ours: Tenant, filename: str = "a.dae", content: bytes = b"<COLLADA/>", **fields: str
    ) -> Any:
        files = {"file": (filename, content, "application/octet-stream")}
        return await ours.client.post("/shadingscenes/import", data={"name": "S", **fields}, files=files)

    async def test_a_placeholder_comes_first(self, ours: Tenant, house: House) -> None:
        made = good(
            await self.send(ours, file_type="pvc", read_diodes="false", gcr="0.4", back_tracking="TRUE")
        )
        assert (made["shadingSceneId"], made["taskId"], made["status"]) == (1, 1, "processing")
        scene = await ours.get("/shadingscenes/1")
        assert scene["sceneJson"] is None
        assert (scene["name"], scene["fileName"], scene["fileType"]) == ("S", "a.dae", "pvc")
        assert scene["trackingParameters"] == {"gcr": 0.4, "backTracking": True}
        drawn = await ours.get("/shadingscenes/1/viewer")
        assert (drawn["tables"], drawn["shading"]) == ([], None)

    async def test_what_was_read_is_shown(self, ours: Tenant, hands: Hands) -> None:
        good(await self.send(ours))
        scene = (await hands.house.store.put_blob(b'{"tableList":[]}')).sha256
        await complete_scene(hands, await hands.claim(), scene=scene)
        assert (await ours.get("/shadingscenes/1"))["sceneJson"] == {"tableList": [], "gcrProperties": GCR}

    @pytest.mark.parametrize(
        ("filename", "asked", "read", "is_told"),
        [
            ("x.dae", "pvc", "pvc", False),
            ("X.SHD", "pvc", "shd", True),
            ("scene.dae", "shd", "shd", False),
            ("x.shd", "SHD", "shd", False),
            ("x.xml", "pvc", "pvc", False),
            ("x.SHD", None, "shd", True),
        ],
    )
    async def test_file_types(
        self, ours: Tenant, filename: str, asked: str | None, read: str, is_told: bool
    ) -> None:
        made = good(await self.send(ours, filename, **({"file_type": asked} if asked else {})))
        assert (await ours.get("/shadingscenes/1"))["fileType"] == read
        assert ("warnings" in made) is is_told

    @pytest.mark.parametrize(
        ("field", "text", "words"),
        [
            ("name", "  ", "name"),
            ("file_type", "obj", "pvc"),
            ("read_diodes", "yes", "true or false"),
            ("gcr", "0.1", "0.15 to 0.9"),
            ("gcr", "nan", "0.15 to 0.9"),
            ("gcr", "a", "0.15 to 0.9"),
            ("azimuth", "north", "-360 to 360"),
            ("axis_tilt", "90", "-89 to 89"),
            ("max_angle", "91", "0 to 90"),
            ("terrain_aware", "2", "true or false"),
            ("terrain_aware_diode_threshold", "1.5", "0 to 1"),
            ("terrain_aware_method", "by magic", "terrain"),
            ("axisTilt", "3", "axis_tilt"),
        ],
    )
    async def test_fields_are_checked(self, ours: Tenant, field: str, text: str, words: str) -> None:
        complaints = await refused(await self.send(ours, **{field: text}))
        assert [item["loc"] for item in complaints] == [["body", field]]
        assert words in complaints[0]["msg"]
        assert await ours.get("/shadingscenes") == []

    async def test_file_and_name_are_needed(self, ours: Tenant) -> None:
        (complaint,) = await refused(await self.send(ours, content=b" \n"))
        assert (complaint["loc"], "empty" in complaint["msg"]) == (["body", "file"], True)
        file = {"file": ("a.dae", b"x")}
        (complaint,) = await refused(await ours.client.post("/shadingscenes/import", files=file))
        assert complaint["loc"] == ["body", "name"]
        other = {"files": ("a.dae", b"x")}
        sent = await ours.client.post("/shadingscenes/import", data={"name": "S"}, files=other)
        await refused(sent)
        assert (await ours.client.post("/shadingscenes/import", json={})).status_code == 415

    async def test_sent_again_in_another_form(self, ours: Tenant) -> None:
        ours.client.headers["Idempotency-Key"] = "k"
        assert good(await self.send(ours)) == good(await self.send(ours))
        await refused(await self.send(ours, gcr="0.3"))
        del ours.client.headers["Idempotency-Key"]
        assert len(await ours.get("/shadingscenes")) == 1


class TestTrackingInputs:
    PATH = "/shadingscenes/1/trackinginputs"

    async def test_defaults(self, ours: Tenant, house: House, hands: Hands) -> None:
        await computed(ours, hands)
        made = good(await ours.client.post(self.PATH, data={"gcr": "0.35"}))
        assert (made["trackingInputId"], made["shadingSceneId"]) == (1, 1)
        found = await house.store.resources.get(ours.id, "tracking_input", 1)
        assert found.document == {
            "shadingSceneId": 1,
            "gcr": 0.35,
            "azimuth": 0.0,
            "axisTilt": 0.0,
            "backTracking": True,
            "maxAngle": 60.0,
            "terrainAware": False,
        }
        assert (await ours.get("/tasks"))["total"] == 1
        assert await ours.get("/shadingscenes/1/results") == RAW

    async def test_a_refresh_takes_the_newest(self, ours: Tenant, house: House, hands: Hands) -> None:
        await computed(ours, hands)
        for gcr in ("0.3", "0.5"):
            good(await ours.client.post(self.PATH, data={"gcr": gcr, "max_angle": "45"}))
        await ours.post("/shadingscenes/1/refresh")
        task = await hands.claim()
        load = await house.store.load(Holding(task_id=task.id, fence=task.fence))
        assert [(pin.kind, pin.number, pin.document["gcr"]) for pin in load.references] == [
            ("tracking_input", 2, 0.5)
        ]

    @pytest.mark.parametrize(
        ("fields", "place", "words"),
        [
            ({}, "gcr", "missing"),
            ({"gcr": "0.95"}, "gcr", "0.15 to 0.9"),
            ({"gcr": "0.4", "max_angle": "-1"}, "max_angle", "0 to 90"),
            ({"gcr": "0.4", "back_tracking": ""}, "back_tracking", "true or false"),
            ({"gcr": "0.4", "terrain_aware_method": "magic"}, "terrain_aware_method", "magic"),
            ({"gcr": "0.4", "tilt": "1"}, "tilt", "not known"),
        ],
    )
    async def test_fields(self, ours: Tenant, fields: dict[str, str], place: str, words: str) -> None:
        await saved(ours)
        (complaint,) = await refused(await ours.client.post(self.PATH, data=fields, headers=FORM))
        assert complaint["loc"] == ["body", place]
        assert words in complaint["msg"]

    async def test_twice(self, ours: Tenant) -> None:
        await saved(ours)
        sent = await ours.client.post(self.PATH, content="gcr=0.3&gcr=0.4", headers=FORM)
        assert "once" in (await refused(sent))[0]["msg"]
        assert (await ours.client.post(self.PATH, json={"gcr": 0.4})).status_code == 415

    async def test_no_such_scene(self, ours: Tenant) -> None:
        assert (await ours.client.post(self.PATH, data={"gcr": "0.4"})).status_code == 404

    async def test_sent_again(self, ours: Tenant) -> None:
        await saved(ours)
        key = {"Idempotency-Key": "t"}
        first, again = [
            good(await ours.client.post(self.PATH, data={"gcr": "0.4"}, headers=key)) for _ in range(2)
        ]
        assert first == again


class TestDelete:
    async def test_everything_goes(self, ours: Tenant, house: House, hands: Hands) -> None:
        await computed(ours, hands)
        await saved(ours)
        for number in (1, 2, 1):
            good(await ours.client.post(f"/shadingscenes/{number}/trackinginputs", data={"gcr": "0.4"}))
        assert await ours.delete("/shadingscenes/1") == {"deleted": True}
        for path in ("", "/results", "/gcr", "/viewer"):
            assert (await ours.client.get(f"/shadingscenes/1{path}")).status_code == 404
        assert (await ours.client.delete("/shadingscenes/1")).status_code == 404
        assert [scene["id"] for scene in await ours.get("/shadingscenes")] == [2]
        left = [await exists(house, ours, "tracking_input", number) for number in (1, 2, 3)]
        assert left == [False, True, False]

    async def test_what_is_queued_is_cancelled(self, ours: Tenant) -> None:
        await saved(ours)
        assert await ours.delete("/shadingscenes/1") == {"deleted": True}
        assert (await ours.get("/tasks/1"))["status"] == "cancelled"

    async def test_what_is_running_is_dropped(self, ours: Tenant, hands: Hands) -> None:
        await saved(ours)
        task = await hands.claim()
        asked = asyncio.create_task(ours.client.delete("/shadingscenes/1"))
        await stopping(hands, task)
        await complete_scene(hands, task)
        assert good(await asked) == {"deleted": True}
        assert not (await ours.get("/tasks/1"))["resultData"]


async def exists(house: House, tenant: Tenant, kind: str, number: int) -> bool:
    try:
        await house.store.resources.get(tenant.id, kind, number)
    except NotFound:
        return False
    return True


async def test_a_computation_that_does_not_end_is_told(house: House, hands: Hands) -> None:
    app = open_app(house, cancel_wait=0.05)
    ours = await found_tenant(house, app, "impatient")
    await saved(ours)
    await hands.claim()
    answered = await ours.client.post("/shadingscenes/1/refresh")
    assert answered.status_code == 503
    assert int(answered.headers["Retry-After"]) >= 1
    answered = await ours.client.delete("/shadingscenes/1")
    assert (answered.status_code, answered.json()["taskId"]) == (409, 1)
    await ours.client.aclose()


class TestViewer:
    async def see(self, ours: Tenant, query: str = "") -> Any:
        return await ours.get(f"/shadingscenes/1/viewer?{query}")

    async def test_without_bins_it_is_what_was_stored(self, ours: Tenant, hands: Hands) -> None:
        await computed(ours, hands)
        seen = await self.see(ours)
        assert {key: seen[key] for key in DRAWN} == DRAWN
        assert (seen["shadingSceneId"], seen["name"], seen["status"]) == (1, "Two rows", "completed")

    async def test_one_position(self, ours: Tenant, hands: Hands) -> None:
        await computed(ours, hands)
        shading = (await self.see(ours, "azimuth_bin=300&elevation_bin=90"))["shading"]
        assert (shading["azimuthBin"], shading["elevationBin"]) == (270, 40)
        assert shading["tables"] == {
            "directShading": [0.3125, 0.6875],
            "affectedDiodes": [0.625, 1.0],
            "skyShading": [0.1, 0.5],
            "rotation": [12.5, 27.5],
        }
        assert shading["scene"] == {
            "directShading": pytest.approx((3 * 0.3125 + 0.6875) / 4, abs=1e-4),
            "affectedDiodes": pytest.approx((3 * 0.625 + 1) / 4, abs=1e-4),
            "skyShading": 0.2,
        }

    async def test_what_has_no_beam_loses_all_and_counts_for_nothing(
        self, ours: Tenant, hands: Hands
    ) -> None:
        await computed(ours, hands)
        shading = (await self.see(ours, "azimuth_bin=90&elevation_bin=10"))["shading"]
        assert shading["tables"]["directShading"] == [0.0, 1.0]
        assert (shading["scene"]["directShading"], shading["scene"]["affectedDiodes"]) == (0.0, 0.0)

    async def test_means_over_an_axis(self, ours: Tenant, hands: Hands) -> None:
        await computed(ours, hands)
        shading = (await self.see(ours, "elevation_bin=10"))["shading"]
        assert (shading["azimuthBin"], shading["elevationBin"]) == (None, 10)
        assert shading["tables"]["directShading"] == [0.125, 0.5625]
        assert "rotation" not in shading["tables"]

    @pytest.mark.parametrize(("azimuth", "nearest"), [(0, 90), (1, 90), (181, 180), (359, 270), (360, 90)])
    async def test_the_compass_is_round(self, ours: Tenant, hands: Hands, azimuth: int, nearest: int) -> None:
        await computed(ours, hands)
        assert (await self.see(ours, f"azimuth_bin={azimuth}"))["shading"]["azimuthBin"] == nearest

    @pytest.mark.parametrize("query", ["", "&azimuth_bin=90", "&azimuth_bin=90&elevation_bin=10"])
    async def test_of_the_scene_alone(self, ours: Tenant, hands: Hands, query: str) -> None:
        await computed(ours, hands)
        shading = (await self.see(ours, f"aggregate=scene{query}"))["shading"]
        assert shading["aggregate"] == "scene"
        assert set(shading) == {"aggregate", "azimuthBin", "elevationBin", "scene"}

    @pytest.mark.parametrize("left_out", ["geometry", "obstructions", "shading"])
    async def test_parts_may_be_left_out(self, ours: Tenant, hands: Hands, left_out: str) -> None:
        await computed(ours, hands)
        seen = await ours.get(f"/shadingscenes/1/viewer?include_{left_out}=false")
        assert ("tables" in seen) is (left_out != "geometry")
        assert ("obstructions" in seen) is (left_out != "obstructions")
        assert (seen["shading"] is None) is (left_out == "shading")

    @pytest.mark.parametrize(
        "query", ["aggregate=row", "azimuth_bin=400", "elevation_bin=x", "include_geometry=maybe"]
    )
    async def test_parameters_are_checked(self, ours: Tenant, query: str) -> None:
        await saved(ours)
        (complaint,) = await refused(await ours.client.get(f"/shadingscenes/1/viewer?{query}"))
        assert complaint["loc"] == ["query", query.partition("=")[0]]

    async def test_nothing_of_the_house_is_in_it(self, ours: Tenant, hands: Hands) -> None:
        task = await computed(ours, hands)
        text = json.dumps(await ours.get("/shadingscenes/1/viewer"))
        for name in (task.id, ours.id, task.result["shares"], task.result["viewer"]):
            assert name not in text


class TestPage:
    async def test_it_is_the_same_for_all_and_holds_nothing(
        self, app: Any, ours: Tenant, hands: Hands
    ) -> None:
        await computed(ours, hands)
        stranger = client_of(app)
        seen = await stranger.get("/shadingscenes/1/view")
        assert seen.status_code == 200
        assert seen.headers["content-type"] == "text/html; charset=utf-8"
        assert seen.content == (await stranger.get("/daly/shadingscenes/999/view")).content
        await stranger.aclose()

    async def test_it_loads_nothing_from_anywhere(self, ours: Tenant) -> None:
        page = await ours.client.get("/shadingscenes/1/view")
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'sha256-")
        assert "unsafe" not in policy
        assert "connect-src 'self'" in policy
        assert "//" not in "".join(line for line in page.text.split('"') if line.startswith(("http", "//")))
        for mark in (
            "http://",
            "https://",
            " src=",
            "@import",
            "url(",
            " style=",
            " onclick",
            "innerHTML",
            "eval(",
        ):
            assert mark not in page.text, mark
        assert page.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/shadingscenes"),
        ("POST", "/shadingscenes/import"),
        ("POST", "/shadingscenes/1/refresh"),
        ("POST", "/shadingscenes/1/trackinginputs"),
        ("DELETE", "/shadingscenes/1"),
    ],
)
async def test_writing_needs_the_scope(app: Any, house: House, ours: Tenant, method: str, path: str) -> None:
    await saved(ours)
    reader = client_of(app, **{"x-api-key": await key_with(house, ours, frozenset({"read"}))})
    assert (await reader.request(method, path)).status_code == 403
    good(await reader.get("/shadingscenes/1"))
    await reader.aclose()
    stranger = client_of(app)
    assert (await stranger.request(method, path)).status_code == 401
    await stranger.aclose()
