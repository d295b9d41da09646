"""The vendor's own client, unmodified, against the whole server; only its default address is set."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import dalysdk.client
import httpx
import pytest
from dalysdk import BatchRunner, DalyClient
from dalysdk.exceptions import AuthenticationError, ConflictError, NotFoundError, ValidationError
from sent import LOCATION, block, energy_model, weather
from server import Serving, serving

from gnomon.core.access import KeyRole
from gnomon.web.dialects.daly import examples
from gnomon.workloads.pvsyst_import.component import read

BASE = {"date", "arraySTCDCPower", "arrayDCPower", "inverterOutACPower", "gridACPower", "poiACPower"}
Talk = Callable[[Callable[[DalyClient], None]], Any]


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(tmp_path / "data") as server:
        yield server


@pytest.fixture
def talk(served: Serving, monkeypatch: pytest.MonkeyPatch) -> Talk:
    """Give a function that runs a talk with the client in a thread: the client is synchronous."""
    monkeypatch.setattr(dalysdk.client, "DEFAULT_BASE_URL", served.address)
    keys = served.founded.keys

    async def talking(about: Callable[[DalyClient], None]) -> None:
        def go() -> None:
            with DalyClient(keys[KeyRole.WORKSPACE], keys[KeyRole.USER]) as client:
                about(client)

        await asyncio.to_thread(go)

    return talking


def stock(client: DalyClient, pan: Path, ond: Path) -> None:
    """Save location, weather, module and inverter 1."""
    client.locations.create(LOCATION)
    client.weather_data.create(weather(locationId=1))
    client.modules.create_from_file(pan)
    client.inverters.create_from_file(ond)


async def test_saved_nouns(talk: Talk, pan: Path, ond: Path) -> None:
    def about(client: DalyClient) -> None:
        location = client.locations.create(LOCATION)
        assert client.locations.get(location["id"]) == location
        assert client.locations.list() == [location]

        sent = weather(locationId=location["id"])
        record = client.weather_data.create(sent)
        assert client.weather_data.get(record["id"])["ghi"] == sent["ghi"]
        assert client.weather_data.list() == [record]

        module = client.modules.create_from_file(pan)
        inverter = client.inverters.create_from_file(file_obj=io.BytesIO(ond.read_bytes()))
        for shelf, made, path, kind in (
            (client.modules, module, pan, "module"),
            (client.inverters, inverter, ond, "inverter"),
        ):
            document = read(path.read_bytes(), kind, path.name)
            assert made["model"] == document["model"]
            assert made["properties"] == document["properties"]
            again = shelf.create_json({k: v for k, v in document.items() if k != "model"})
            assert again["id"] == 2
            assert [row["id"] for row in shelf.list()] == [1, 2]
            assert shelf.delete(2) == {"deleted": True}
            with pytest.raises(ValidationError):
                shelf.create_json({"name": "A", "properties": {}, "other": 1})
            with pytest.raises(ValidationError, match="file"):
                shelf.create_from_file(file_obj=io.BytesIO(b"no component"))

        project = client.projects.create({"name": "P", "locationId": location["id"]})
        assert client.projects.get(project["id"]) == project
        assert client.projects.update(project["id"], {"status": "archived"})["status"] == "archived"
        assert [row["id"] for row in client.projects.list()] == [1]
        for shelf in (client.projects, client.weather_data, client.locations):
            assert shelf.delete(1) == {"deleted": True}
            with pytest.raises(NotFoundError):
                shelf.get(1)

    await talk(about)


async def test_all_kinds_of_blocks(talk: Talk, pan: Path, ond: Path) -> None:
    tracker = {"arrayType": "tracker", "gcr": 0.4, "azimuth": 180, "axisTilt": 0}
    moving = {**tracker, "backTracking": True, "maxAngle": 60}
    platform = {"arrayType": "rotationalFloating", "gcr": 0.4, "tilt": 10, "maxAngle": 90}
    rows = {"nearShading": "unlimited", "electricalImpact": True, "transverseDiodes": 3, "farShading": True}
    strings = {"moduleId": 1, "stringLength": 26, "stringCount": 9}
    inputs = [{"dcInputId": name, "shareWeight": 1, **strings} for name in ("a", "b")]
    horizon = {"farShadingElevationAngles": [5, 10, 15, 20]}

    def about(client: DalyClient) -> None:
        stock(client, pan, ond)
        blocks = [
            block(layout=moving, shading=rows),
            block(layout=platform),
            {key: value for key, value in block(dcInputs=inputs).items() if key not in ("array", "moduleId")},
        ]
        settings = {
            "windStow": True,
            "irradianceOptimization": True,
            "dcInputPowerSharingPolicy": "manual_weighted",
        }
        told = client.energy_models.create(
            energy_model(*blocks, location={**LOCATION, "farShading": horizon}, locationId=None)
            | {"settings": settings, "weatherData": weather(), "output": {"irradianceLossDetail": True}}
        )
        assert told["taskDetails"]["schemaMode"] == "hybrid"
        assert [each["inputs"][0]["mount"] for each in told["blockSummary"]] == [
            *("tracker", "rotationalFloating", "fixed")
        ]
        steps = {step["name"]: step for step in told["losses"]["irradianceLossDetail"]["steps"]}
        assert steps["GlobHrz"]["value"] > 0
        assert len(steps["GlobHrz"]["monthly"]) == 12
        lacking = energy_model(block(shading={"nearShading": "octavia", "shadingSceneId": 7}))
        with pytest.raises(ValidationError, match="There is no shading scene 7"):
            client.energy_models.create(lacking)

    await talk(about)


async def test_energy_models_tasks_and_workflows(talk: Talk, pan: Path, ond: Path) -> None:
    def about(client: DalyClient) -> None:
        stock(client, pan, ond)
        told = client.energy_models.create(energy_model(output={"timeSeries": True}))
        assert told["taskDetails"]["executionMode"] == "sync_in_process"
        number, yearly = told["energyModelId"], told["annualProductionMWh"]
        assert yearly > 10
        assert set(told["timeSeries"]) == BASE
        assert sum(told["timeSeries"]["poiACPower"]) / 1e3 == pytest.approx(yearly, rel=1e-12)
        assert len(told["timeSeries"]["date"]) == 8760
        local = told["localTime"]
        assert len(local["dateLocal"]) == 8760
        assert [local["dateLocal"][0], local["dateLocal"][-1]] == [local["first"], local["last"]]

        row = client.energy_models.get(number)
        assert row["annualProductionMWh"] == yearly
        assert client.energy_models.list(include="summary") == [row]
        full = client.energy_models.get(number, include=["summary", "fulltimeseries", "blocktimeseries"])
        of_block, of_plant = full["blockTimeSeries"]["0"]["gridACPower"], full["timeSeries"]["gridACPower"]
        assert of_block == pytest.approx(of_plant, rel=1e-6)
        assert full["timeSeries"].keys() > BASE

        inputs = client.energy_models.get_with_inputs(number)["inputs"]
        inputs["blocks"][0]["acSystem"]["numberOfInverters"] = 2
        edited = client.energy_models.update(number, inputs)
        assert (edited["status"], edited["revision"]) == ("draft", "v0002")
        again = client.energy_models.run_saved(number)
        assert (again["energyModelId"], again["revision"]) == (number, "v0003")
        assert again["annualProductionMWh"] == pytest.approx(2 * yearly, rel=1e-9)

        task = client.tasks.get(again["taskDetails"]["taskId"])
        assert (task["status"], task["resultData"]) == ("completed", {"energyModelId": number})
        listed = client.tasks.list(status="completed", task_type="energy_model", page_size=1)
        assert (listed["total"], listed["tasks"]) == (2, [task])
        assert client.workflows.get(task["id"]) == {"workflow": task, "tasks": []}

        with pytest.raises(ValidationError, match="missing_reference"):
            client.energy_models.create(energy_model(locationId=5))
        assert client.energy_models.delete(number) == {"deleted": True}
        with pytest.raises(NotFoundError):
            client.energy_models.run_saved(number)

    await talk(about)


async def test_large_plant_is_shared_and_shows_no_children(talk: Talk, pan: Path, ond: Path) -> None:
    def about(client: DalyClient) -> None:
        stock(client, pan, ond)
        blocks = [block(acSystem={"numberOfInverters": n}) for n in range(1, 121)]
        told = client.energy_models.create(
            energy_model(*blocks, output={"blockResults": True, "blockIndex": 7})
        )
        assert list(told["blockTimeSeries"]) == ["7"]
        assert len(told["blockSummary"]) == 120
        assert client.tasks.list()["total"] == 3
        flow = client.workflows.get(told["taskDetails"]["taskId"])
        assert flow["tasks"] == []

    await talk(about)


async def test_examples_of_the_document_give_energy(talk: Talk) -> None:
    def about(client: DalyClient) -> None:
        client.locations.create(examples.LOCATION)
        client.weather_data.create(examples.WEATHER)
        client.modules.create_json(examples.MODULE)
        client.inverters.create_json(examples.INVERTER)
        told = client.energy_models.create(examples.ENERGY_MODEL)
        assert told["annualProductionMWh"] > 0
        of_block, of_plant = told["blockTimeSeries"]["0"]["gridACPower"], told["timeSeries"]["gridACPower"]
        assert of_block == pytest.approx(of_plant, rel=1e-6)
        assert told["title"] == "Site A, fixed tilt"

    await talk(about)


async def test_legacy_calls_and_query(talk: Talk, pan: Path, ond: Path) -> None:
    def about(client: DalyClient) -> None:
        stock(client, pan, ond)
        body = energy_model(block(), block(acSystem={"numberOfInverters": 2}))
        ok, told = client.run_energy_model(body, block_results=True, block_results_index=1)
        assert ok
        assert list(told["blockTimeSeries"]) == ["1"]
        assert any("blockresults" in warning for warning in told["taskDetails"]["warnings"])
        ok, told = client.run_energy_model({**body, "blocks": []})
        assert not ok
        assert isinstance(told["detail"], list)

        hours = 48
        series = weather(hours, date=[1767225600000 + 3600000 * hour for hour in range(hours)])
        place = {"latitude": 46.95, "longitude": 7.44, "elevation": 540, "timeZone": 1}
        told = client.energy_models.query(energy_model(output={"timeSeries": True}), series, location=place)
        assert told["timeSeries"]["date"] == series["date"]

    await talk(about)


async def test_batch(talk: Talk, pan: Path, ond: Path) -> None:
    def about(client: DalyClient) -> None:
        stock(client, pan, ond)
        batch = BatchRunner(client)
        batch.submit_many([(name, energy_model(name=name)) for name in ("A", "B", "C")], parallel=True)
        batch.wait(timeout=20, poll_interval=0.01)
        assert len(batch.completed) == 3
        for result in batch.results():
            assert (
                result["data"]["summary"]["annualProductionMWh"] == result["data"]["annualProductionMWh"] > 0
            )

    await talk(about)


async def test_errors_are_the_clients_own(talk: Talk, served: Serving) -> None:
    def about(client: DalyClient) -> None:
        with pytest.raises(AuthenticationError):
            DalyClient("wk_wrong", "uk_wrong").locations.list()
        with pytest.raises(NotFoundError):
            client.tasks.get(99)
        with pytest.raises(ValidationError):
            client.tasks.list(status="done")
        # A token that is no longer good is renewed without the caller's noticing.
        client._auth._token = "stale"
        client._auth._token_expiry = 1e12
        assert client.locations.list() == []

    await talk(about)


async def test_conflict_while_running(talk: Talk, served: Serving, pan: Path, ond: Path) -> None:
    def about(client: DalyClient) -> None:
        stock(client, pan, ond)
        path = f"{served.address}/energymodels?async=true"
        headers = {"Authorization": f"Bearer {client._auth.token}"}
        body = energy_model(*[block() for _ in range(400)])
        queued = httpx.post(path, json=body, headers=headers).raise_for_status().json()
        number, task = queued["energyModelId"], queued["taskDetails"]["taskId"]
        with pytest.raises(ConflictError, match=f"Task {task}"):
            client.energy_models.run_saved(number)
        cancelled = httpx.post(f"{served.address}/tasks/{task}/cancel", headers=headers, timeout=20)
        assert cancelled.json()["status"] == "cancelled"
        assert client.energy_models.get(number)["status"] == "cancelled"

    await talk(about)


@pytest.mark.slow
async def test_two_thousand_blocks(talk: Talk, pan: Path, ond: Path) -> None:
    def about(client: DalyClient) -> None:
        stock(client, pan, ond)
        date = [1_750_032_000_000 + 3_600_000 * row for row in range(48)]
        blocks = [block(acSystem={"numberOfInverters": 1 + n % 7}) for n in range(2000)]
        told = client.energy_models.create(
            energy_model(*blocks, weatherData=weather(48, date=date), output={"fullOutput": True})
        )
        assert [each["index"] for each in told["blockSummary"]] == list(range(2000))
        trees = [each["losses"]["energy"]["closing"]["value"] for each in told["blockSummary"]]
        assert sum(trees) == pytest.approx(told["losses"]["energy"]["closing"]["value"])

    await talk(about)
