import asyncio
from typing import Any

import pytest
from rig import Hands, House, Tenant, client_of, good, open_app
from sent import block, energy_model, weather

from gnomon.core.retry import Failed, Lost
from gnomon.core.task import Task, TaskError

BASE = {
    "date",
    "arraySTCDCPower",
    "arrayDCPower",
    "inverterOutACPower",
    "gridACPower",
    "poiACPower",
}
SECTIONS = {
    "title",
    "energyYieldSummary",
    "locationSummary",
    "plantSummary",
    "losses",
    "blockSummary",
    "settings",
    "monthlySummary",
}


async def run_to(house: House, hands: Hands, post: Any, blocks: int = 1) -> Any:
    """Send a request that waits, complete its task, and return the answer."""
    waiting = asyncio.create_task(post)
    await hands.complete(await claimed(house, hands), blocks)
    return await waiting


async def claimed(house: House, hands: Hands) -> Task:
    assert await house.hub.work_bell.wait(10)
    return await hands.claim()


class TestEnvelopes:
    async def test_queued_is_as_the_contract_shows_it(self, site: Tenant) -> None:
        assert await site.post("/energymodels?async=true", energy_model()) == {
            "result": "success",
            "message": "Energy model queued for processing",
            "energyModelId": 1,
            "revision": "v0001",
            "taskDetails": {
                "taskId": 1,
                "executionMode": "async_queued",
                "warnings": ["blocks[0].array is deprecated; use dcInputs"],
            },
        }

    async def test_queued_names_the_project(self, site: Tenant) -> None:
        project = await site.post("/projects", {"name": "P", "locationId": 1})
        body = energy_model(projectId=1)
        del body["locationId"]
        queued = await site.post("/energymodels?async=true", body)
        assert (queued["projectId"], queued["globalProjectId"]) == (1, project["globalProjectId"])

    async def test_completed_is_as_the_contract_shows_it(
        self, house: House, site: Tenant, hands: Hands
    ) -> None:
        told = await run_to(house, hands, site.post("/energymodels", energy_model()))
        assert (told["result"], told["message"]) == ("success", "Energy model completed")
        assert (told["energyModelId"], told["revision"]) == (1, "v0001")
        assert told["globalEnergyModelId"].isdigit()
        details = told["taskDetails"]
        assert set(details) == {
            "message", "taskId", "schemaMode", "executionMode", "calculationTime", "createdAtUtc", "warnings",
            "normalizationWarnings",
        }  # fmt: skip
        assert (details["taskId"], details["executionMode"]) == (1, "sync_in_process")
        assert details["schemaMode"] == "legacy"
        assert details["warnings"] == ["blocks[0].array is deprecated; use dcInputs", "from the workload"]
        assert told.keys() >= SECTIONS
        assert not {"timeSeries", "blockTimeSeries"} & told.keys()
        assert told["energyYieldSummary"]["annualProductionMWh"] == 412.5
        assert told["annualProductionMWh"] == 412.5

    async def test_warnings_are_told_wherever_the_run_is(
        self, house: House, site: Tenant, hands: Hands
    ) -> None:
        array, run = "blocks[0].array is deprecated; use dcInputs", "from the workload"
        body = energy_model(blockQuery=True, blockQueryIndex=0)
        queued = await site.post("/energymodels?async=true", body)
        assert queued["taskDetails"]["warnings"][-1] == array
        assert "'blockQuery' is deprecated; use output.blockIndex." in queued["taskDetails"]["warnings"]
        for expected in ([array], [array, run]):
            for include in ("", "?include=inputs", "?include=summary,fulltimeseries"):
                shown = await site.get(f"/energymodels/1{include}")
                assert shown["warnings"] == expected
                assert shown["taskDetails"] == {"taskId": 1, "warnings": expected}
            if expected == [array]:
                await hands.complete(await hands.claim())
        edited = await site.put("/energymodels/1", energy_model())
        assert edited["taskDetails"]["warnings"] == [array]
        draft = await site.get("/energymodels/1")
        assert (draft["warnings"], draft["taskDetails"]) == ([array], {"taskId": None, "warnings": [array]})
        rerun = await site.post("/energymodels/1/run?async=true")
        assert rerun["taskDetails"]["warnings"] == [array]

    async def test_wait_that_is_outlasted_answers_queued(self, house: House, site: Tenant) -> None:
        hasty = client_of(open_app(house, sync_wait=0.0), **dict(site.client.headers))
        told = good(await hasty.post("/energymodels", json=energy_model()))
        assert told["taskDetails"]["executionMode"] == "async_queued"
        again = await hasty.post("/energymodels/1/run")
        assert again.status_code == 409

    @pytest.mark.parametrize(
        ("ending", "status"),
        [
            (Failed(error=TaskError(code="invalid_input", message="no sun")), 422),
            (Failed(error=TaskError(code="crash", message="oh", retryable=True)), 500),
            (Lost(reason="The process vanished."), 500),
        ],
    )
    async def test_failure_is_no_success(
        self, house: House, site: Tenant, hands: Hands, ending: Any, status: int
    ) -> None:
        waiting = asyncio.create_task(site.client.post("/energymodels", json=energy_model()))
        task = await claimed(house, hands)
        while (task := await hands.end(task, ending)).status.is_active:
            house.clock.shift += (task.run_at or house.clock.now()) - house.clock.now()  # type: ignore[attr-defined]
            await house.store.sweep(house.clock.now())
            task = await hands.claim()
        answered = await waiting
        assert answered.status_code == status
        told = answered.json()
        assert isinstance(told["detail"], str)
        assert (told["energyModelId"], told["taskDetails"]["taskId"]) == (1, 1)
        assert (await site.get("/energymodels/1"))["status"] == "failed"

    async def test_cancelled_while_waited_for(self, house: House, site: Tenant) -> None:
        waiting = asyncio.create_task(site.client.post("/energymodels", json=energy_model()))
        assert await house.hub.work_bell.wait(10)
        await site.post("/tasks/1/cancel")
        assert (await waiting).status_code == 409


class TestSeries:
    async def ask(self, house: House, hands: Hands, site: Tenant, **output: Any) -> Any:
        body = energy_model(block(), block(), block(), output=output)
        return await run_to(house, hands, site.post("/energymodels", body), blocks=3)

    async def test_plant(self, house: House, hands: Hands, site: Tenant) -> None:
        for output in ({"timeSeries": True}, {"timeSeries": True, "fullTimeSeries": True}):
            told = await self.ask(house, hands, site, **output)
            assert set(told["timeSeries"]) == BASE
            assert told["timeSeries"]["date"] == [0, 3600000, 7200000]
            assert "blockTimeSeries" not in told

    async def test_blocks_keep_their_numbers(self, house: House, hands: Hands, site: Tenant) -> None:
        told = await self.ask(house, hands, site, blockResults=True)
        assert list(told["blockTimeSeries"]) == ["0", "1", "2"]
        told = await self.ask(house, hands, site, blockResults=True, blockIndex=1)
        assert list(told["blockTimeSeries"]) == ["1"]
        assert set(told["blockTimeSeries"]["1"]) == BASE
        assert told["blockTimeSeries"]["1"]["poiACPower"] == [2.0, 3.0, 4.0]
        assert "timeSeries" not in told

    async def test_losses_by_moment(self, house: House, hands: Hands, site: Tenant) -> None:
        told = await self.ask(house, hands, site, lossBreakdownTimestamps=True, blockIndex=2)
        assert told["blockTimeSeries"]["2"]["lossBreakdown"] == {"iam": [3.0, 4.0, 5.0]}

    async def test_annual_irradiance_detail(self, house: House, hands: Hands, site: Tenant) -> None:
        assert "irradianceLossDetail" not in (await self.ask(house, hands, site))["losses"]
        told = await self.ask(house, hands, site, irradianceLossDetail=True)
        assert told["losses"]["irradianceLossDetail"]["steps"]

    async def test_blocks_have_their_figures_and_inputs_and_on_request_their_losses(
        self, house: House, hands: Hands, site: Tenant
    ) -> None:
        plain = (await self.ask(house, hands, site))["blockSummary"]
        assert plain == [{"index": i, "acCapacitykW": 50.0 + i, "inputs": []} for i in range(3)]
        full = (await self.ask(house, hands, site, fullOutput=True))["blockSummary"]
        assert [each.pop("losses")["energy"]["closing"] for each in full] == [{"value": 1.0}] * 3
        assert full == plain

    async def test_old_selector_of_the_vendors_client(self, house: House, hands: Hands, site: Tenant) -> None:
        body = energy_model(block(), block(), blockQuery=True, blockQueryIndex=1)
        post = site.post("/energymodels?blockresults=true", body)
        told = await run_to(house, hands, post, blocks=2)
        assert list(told["blockTimeSeries"]) == ["1"]
        warnings = told["taskDetails"]["warnings"]
        assert [w for w in warnings if "blockQueryIndex" in w]
        assert [w for w in warnings if "blockresults" in w]


class TestRefusals:
    @pytest.mark.parametrize(
        ("output", "field"),
        [
            ({"query": {}}, "query"),
            ({"lossBreakdownTimestamps": {"blocks": [0]}}, "lossBreakdownTimestamps"),
            ({"blockIndex": 0}, "blockIndex"),
            ({"timeSeries": 1}, "timeSeries"),
            ({"timeSeries": "true"}, "timeSeries"),
            ({"lossBreakdownTimestamps": "yes"}, "lossBreakdownTimestamps"),
            ({"blockIndex": 1, "blockResults": True}, "blockIndex"),
            ({"fullTimeSeries": True}, "fullTimeSeries"),
            ({"fullTimeSeries": True, "timeSeries": True, "blockResults": True}, "blockResults"),
        ],
    )
    async def test_output_flags(self, site: Tenant, output: dict[str, Any], field: str) -> None:
        answered = await site.client.post("/energymodels", json=energy_model(output=output))
        assert answered.status_code == 422
        assert ["body", "output", field] in [item["loc"] for item in answered.json()["detail"]]

    @pytest.mark.parametrize("name", ["summary", "fullresults", "debug_block"])
    async def test_removed_parameters(self, site: Tenant, name: str) -> None:
        for path in ("/energymodels", "/energymodels/1/run"):
            answered = await site.client.post(f"{path}?{name}=1", json=energy_model())
            assert answered.status_code == 422
            (item,) = answered.json()["detail"]
            assert item["loc"] == ["query", name]
            assert "include" in item["msg"] or "output.blockIndex" in item["msg"]

    @pytest.mark.parametrize(
        ("selector", "field"),
        [({"blockQuery": True}, "blockQueryIndex"), ({"blockQueryIndex": 0}, "blockQuery")],
    )
    async def test_half_a_selector(self, site: Tenant, selector: dict[str, Any], field: str) -> None:
        answered = await site.client.post("/energymodels", json=energy_model(**selector))
        assert answered.status_code == 422
        (item,) = answered.json()["detail"]
        assert item["loc"] == ["body", field]
        assert "output.blockIndex" in item["msg"]

    async def test_conflicting_selectors(self, site: Tenant) -> None:
        body = energy_model(
            block(),
            block(),
            blockQuery=True,
            blockQueryIndex=1,
            output={"blockResults": True, "blockIndex": 0},
        )
        assert (await site.client.post("/energymodels", json=body)).status_code == 422

    @pytest.mark.parametrize(
        "changes",
        [
            {"blocks": []},
            {"blocks": [{}]},
            {"location": {"latitude": 1, "longitude": 1}},
            {"locationId": None},
            {"blocks": [block(array=None)]},
            {"blocks": [block(layout=None)]},
        ],
    )
    async def test_incomplete_input(self, site: Tenant, changes: dict[str, Any]) -> None:
        answered = await site.client.post("/energymodels", json={**energy_model(), **changes})
        assert answered.status_code == 422
        assert all(item["loc"][0] == "body" for item in answered.json()["detail"])

    async def test_missing_reference_is_named_where_it_stands(self, site: Tenant) -> None:
        body = energy_model(block(), block(moduleId=7), locationId=9)
        answered = await site.client.post("/energymodels", json=body)
        assert answered.status_code == 422
        found = {(tuple(item["loc"]), item["type"]) for item in answered.json()["detail"]}
        assert found == {
            (("body", "locationId"), "missing_reference"),
            (("body", "blocks", 1, "moduleId"), "missing_reference"),
        }
        assert await site.get("/energymodels") == []

    async def test_unknown_include_and_async(self, site: Tenant) -> None:
        assert (await site.client.get("/energymodels/1?include=all")).status_code == 422
        assert (await site.client.get("/energymodels?include=all")).status_code == 422
        assert (await site.client.post("/energymodels?async=maybe", json={})).status_code == 422


class TestSaved:
    async def test_edit_and_run_in_place(self, house: House, site: Tenant, hands: Hands) -> None:
        await run_to(house, hands, site.post("/energymodels", energy_model()))
        before = await site.get("/energymodels/1?include=inputs")
        assert before["inputs"]["output"] == {"name": "Sample"}
        inputs = {**before["inputs"], "output": {"name": "Edited", "timeSeries": True}}
        edited = await site.put("/energymodels/1", inputs)
        assert (edited["status"], edited["revision"], edited["name"]) == ("draft", "v0002", "Edited")
        assert edited["inputs"]["output"] == inputs["output"]
        assert edited["annualProductionMWh"] is None
        assert edited["taskDetails"]["message"]
        shown = await site.get("/energymodels/1?include=summary,fulltimeseries")
        assert not {"title", "timeSeries"} & shown.keys()
        told = await run_to(house, hands, site.post("/energymodels/1/run"))
        assert (told["energyModelId"], told["revision"], told["taskDetails"]["taskId"]) == (1, "v0003", 2)
        assert "timeSeries" in told
        (row,) = await site.get("/energymodels?include=summary")
        assert (row["id"], row["status"], row["revision"]) == (1, "completed", "v0003")
        assert (row["annualProductionMWh"], row["capacityFactor"]) == (412.5, 0.25)
        assert not {"inputs", "title"} & row.keys()

    async def test_active_row_is_left_alone(self, site: Tenant, hands: Hands) -> None:
        await site.post("/energymodels?async=true", energy_model())
        for _ in range(2):
            for answered in (
                await site.client.put("/energymodels/1", json=energy_model()),
                await site.client.post("/energymodels/1/run"),
                await site.client.delete("/energymodels/1"),
            ):
                assert answered.status_code == 409
                assert "Task 1" in answered.json()["detail"]
                assert answered.json()["taskId"] == 1
                assert "tsk_" not in answered.text
                assert answered.headers["retry-after"] == "5"
            if (await site.get("/energymodels/1"))["status"] == "queued":
                await hands.claim()
        assert (await site.get("/energymodels/1"))["revision"] == "v0001"

    async def test_bad_edit_changes_nothing(self, house: House, site: Tenant, hands: Hands) -> None:
        await run_to(house, hands, site.post("/energymodels", energy_model()))
        for body in ({}, [], {**energy_model(), "blocks": []}, energy_model(locationId=9)):
            assert (await site.client.put("/energymodels/1", json=body)).status_code == 422
        shown = await site.get("/energymodels/1")
        assert (shown["revision"], shown["status"]) == ("v0001", "completed")
        assert (await site.client.put("/energymodels/2", json=energy_model())).status_code == 404

    async def test_detail_is_shaped_by_include_alone(self, house: House, site: Tenant, hands: Hands) -> None:
        body = energy_model(
            block(), block(), output={"timeSeries": True, "blockResults": True, "blockIndex": 1}
        )
        await run_to(house, hands, site.post("/energymodels", body), blocks=2)
        plain = await site.get("/energymodels/1")
        assert plain["summary"]["annualProductionMWh"] == plain["annualProductionMWh"] == 412.5
        assert not {"timeSeries", "blockTimeSeries", "inputs", "title"} & plain.keys()
        full = await site.get("/energymodels/1?include=summary%2Cfulltimeseries%2Cblocktimeseries")
        assert full.keys() >= SECTIONS | {"timeSeries", "blockTimeSeries"}
        assert set(full["timeSeries"]) == BASE | {"poaGlobal", "lossBreakdown"}
        assert list(full["blockTimeSeries"]) == ["0", "1"]
        assert [each["losses"]["energy"]["unit"] for each in full["blockSummary"]] == ["kWh", "kWh"]

    async def test_large_inline_weather_comes_back(self, house: House, site: Tenant) -> None:
        body = energy_model(weatherData=weather())
        await site.post("/energymodels?async=true", body)
        stored = await house.store.resources.get(site.id, "energy_model", 1)
        assert set(stored.document["weatherData"]) == {"$blob"}
        shown = await site.get("/energymodels/1?include=inputs")
        assert shown["inputs"]["weatherData"] == body["weatherData"]
        assert "inputs" not in (await site.get("/energymodels"))[0]

    @pytest.mark.parametrize(
        ("path", "loc"), [("/modules/1", ["blocks", 0, "moduleId"]), ("/locations/1", ["locationId"])]
    )
    async def test_rerun_says_what_was_deleted(
        self, site: Tenant, hands: Hands, path: str, loc: list[Any]
    ) -> None:
        await site.post("/energymodels?async=true", energy_model())
        await hands.complete(await hands.claim())
        await site.delete(path)
        answered = await site.client.post("/energymodels/1/run")
        assert answered.status_code == 422
        (item,) = answered.json()["detail"]
        assert item["loc"] == ["body", *loc]
        assert f"{path[1:-3]} 1 was deleted" in item["msg"]
        assert "new id" in item["msg"]

    async def test_rerun_says_what_a_project_lost(self, site: Tenant, hands: Hands) -> None:
        await site.post("/projects", {"name": "P", "locationId": 1})
        body = energy_model(projectId=1)
        del body["locationId"]
        await site.post("/energymodels?async=true", body)
        await hands.complete(await hands.claim())
        await site.delete("/locations/1")
        answered = await site.client.post("/energymodels/1/run")
        assert answered.json()["detail"][0]["loc"] == ["body", "projectId"]
        assert "project 1 refers to location 1, which was deleted" in answered.text

    async def test_delete(self, house: House, site: Tenant, hands: Hands) -> None:
        await run_to(house, hands, site.post("/energymodels", energy_model()))
        assert await site.delete("/energymodels/1") == {"deleted": True}
        assert (await site.client.get("/energymodels/1")).status_code == 404
        assert (await site.client.post("/energymodels/1/run")).status_code == 404


class TestRepeats:
    async def test_same_key_and_request_is_answered_again(
        self, house: House, site: Tenant, hands: Hands
    ) -> None:
        key = {"Idempotency-Key": '"one"'}
        first = await run_to(
            house, hands, site.client.post("/energymodels", json=energy_model(), headers=key)
        )
        again = await site.client.post("/energymodels", json=energy_model(), headers=key)
        assert again.json() == first.json()
        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"
        assert len(await site.get("/energymodels")) == 1

    async def test_replay_outlives_what_it_referred_to(
        self, house: House, site: Tenant, hands: Hands
    ) -> None:
        key, rerun = {"Idempotency-Key": "one"}, {"Idempotency-Key": "two"}
        path, again = "/energymodels?async=true", "/energymodels/1/run?async=true"
        first = good(await site.client.post(path, json=energy_model(), headers=key))
        await hands.complete(await hands.claim())
        second = good(await site.client.post(again, headers=rerun))
        await site.post("/projects", {"name": "P", "locationId": 1})
        await site.delete("/modules/1")
        for sent, headers, told in ((path, key, first), (again, rerun, second)):
            body = {"json": energy_model()} if sent == path else {}
            replayed = await site.client.post(sent, headers=headers, **body)  # type: ignore[arg-type]  # one member
            assert replayed.headers["idempotency-replayed"] == "true"
            assert replayed.json()["taskDetails"]["taskId"] == told["taskDetails"]["taskId"]

    async def test_another_request_under_the_key_is_refused(self, site: Tenant) -> None:
        key = {"Idempotency-Key": "one"}
        path = "/energymodels?async=true"
        await site.client.post(path, json=energy_model(), headers=key)
        for other in (
            await site.client.post(path, json=energy_model(name="B"), headers=key),
            await site.client.post("/energymodels?async=false", json=energy_model(), headers=key),
        ):
            assert other.status_code == 422
            assert "idempotency key" in other.json()["detail"]

    async def test_run_again_is_repeatable(self, house: House, site: Tenant, hands: Hands) -> None:
        await run_to(house, hands, site.post("/energymodels", energy_model()))
        key = {"Idempotency-Key": "run"}
        path = "/energymodels/1/run?async=true"
        told = [good(await site.client.post(path, headers=key)) for _ in range(2)]
        assert told[0] == told[1]
        assert told[0]["revision"] == "v0002"

    async def test_keys_of_two_workspaces_never_meet(self, site: Tenant, theirs: Tenant) -> None:
        key = {"Idempotency-Key": "one"}
        await site.client.post("/energymodels?async=true", json=energy_model(), headers=key)
        answered = await theirs.client.post("/energymodels?async=true", json=energy_model(), headers=key)
        assert answered.status_code == 422
        assert answered.json()["detail"][0]["type"] == "missing_reference"

    @pytest.mark.parametrize("key", ["", '""', "x" * 256])
    async def test_key_has_a_length(self, site: Tenant, key: str) -> None:
        answered = await site.client.post(
            "/energymodels", json=energy_model(), headers={"Idempotency-Key": key}
        )
        assert answered.status_code == 422
        assert answered.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]


async def test_a_row_of_the_list_is_what_the_detail_begins_with(
    site: Tenant, house: House, hands: Hands
) -> None:
    project = await site.post("/projects", {"name": "P", "locationId": 1})
    body = energy_model(projectId=1)
    del body["locationId"]
    await run_to(house, hands, site.post("/energymodels", body))
    await site.post("/energymodels?async=true", energy_model(name="Waits"))
    rows = await site.get("/energymodels")
    assert rows == [await site.get(f"/energymodels/{number}") for number in (1, 2)]
    assert rows[0]["summary"]["annualProductionMWh"] == rows[0]["annualProductionMWh"]
    assert [row["globalProjectId"] for row in rows] == [project["globalProjectId"], None]
    assert [row["annualProductionMWh"] is None for row in rows] == [False, True]
