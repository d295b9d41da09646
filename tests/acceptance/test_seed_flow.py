"""The seed pages' flow with plain requests: create, poll, edit, rerun in place; the same row all along."""

import time
from typing import Any

import httpx
import pytest

from .plant import example, furnish
from .server import Server, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    with running(tmp_path_factory.mktemp("seed") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> httpx.Client:
    with server.daly(timeout=60) as client:
        furnish(client)
        yield client


def post(client: httpx.Client, path: str, body: Any = None) -> Any:
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def poll(client: httpx.Client, task: int) -> dict[str, Any]:
    limit = time.monotonic() + 60
    seen = -1.0
    while True:
        record: dict[str, Any] = client.get(f"/tasks/{task}").raise_for_status().json()
        assert record["id"] == task
        assert record["taskType"] == "energy_model"
        assert record["progress"] >= seen
        seen = record["progress"]
        if record["status"] in {"completed", "failed", "cancelled"}:
            return record
        assert time.monotonic() < limit
        time.sleep(0.02)


def test_create_poll_edit_rerun_in_place(client: httpx.Client) -> None:
    queued = post(client, "/energymodels?async=true", example())
    number = queued["energyModelId"]
    assert queued["result"] == "success"
    assert queued["message"] == "Energy model queued for processing"
    assert queued["revision"] == "v0001"
    assert queued["taskDetails"]["executionMode"] == "async_queued"
    first = poll(client, queued["taskDetails"]["taskId"])
    assert (first["status"], first["progress"], first["errorType"], first["errorMessage"]) == (
        "completed",
        100.0,
        None,
        None,
    )
    energy = client.get(f"/energymodels/{number}").json()["annualProductionMWh"]
    assert energy > 0

    inputs = client.get(f"/energymodels/{number}?include=inputs").json()["inputs"]
    assert inputs["blocks"] == example()["blocks"]
    inputs["blocks"][0]["layout"]["tilt"] = 5
    edited = client.put(f"/energymodels/{number}", json=inputs)
    assert edited.status_code == 200, edited.text
    assert (edited.json()["status"], edited.json()["revision"]) == ("draft", "v0002")

    rerun = post(client, f"/energymodels/{number}/run?async=true")
    assert (rerun["energyModelId"], rerun["revision"]) == (number, "v0003")
    assert rerun["taskDetails"]["taskId"] != queued["taskDetails"]["taskId"]
    assert poll(client, rerun["taskDetails"]["taskId"])["status"] == "completed"
    assert client.get(f"/energymodels/{number}").json()["annualProductionMWh"] < energy
    assert [row["id"] for row in client.get("/energymodels").json()].count(number) == 1


def test_sync_is_the_default_and_its_shape_follows_the_output_flags(client: httpx.Client) -> None:
    done = post(client, "/energymodels", example())
    assert done["message"] == "Energy model completed"
    assert done["taskDetails"]["executionMode"] == "sync_in_process"
    assert set(done["timeSeries"]) == {
        "date", "arraySTCDCPower", "arrayDCPower", "inverterOutACPower", "gridACPower", "poiACPower"
    }  # fmt: skip
    assert {len(column) for column in done["timeSeries"].values()} == {8760}
    assert list(done["blockTimeSeries"]) == ["0"]


def test_a_missing_record_is_named(client: httpx.Client) -> None:
    body = example()
    body["blocks"][0]["inverterId"] = 99
    answer = client.post("/energymodels", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][-1] == "inverterId"


def test_another_workspaces_ids_are_not_needed_to_be_told_no(client: httpx.Client) -> None:
    assert client.get("/energymodels/9999").status_code == 404
