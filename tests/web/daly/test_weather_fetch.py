"""Weather that a provider has, by the contract's routes."""

import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from rig import Hands, Tenant, client_of, open_app
from sent import LOCATION, energy_model, weather
from server import serving

from gnomon.core.access import KeyRole
from gnomon.core.retry import Done, Failed
from gnomon.core.service import House
from gnomon.core.task import TaskError

# The provider on this machine is that of the workload's own tests.
sys.path.insert(0, str(Path(__file__).parents[2] / "workloads" / "support"))

from provider_stub import Stub, providing
from weather_shapes import as_bytes, pvgis_tmy

WISH = {"provider": "pvgis", "locationId": 1}


async def test_a_location_gets_its_weather(tmp_path: Path) -> None:
    pytest.importorskip("pvlib", reason="its readers are an extra")
    with providing(Stub(as_bytes(pvgis_tmy()))) as stub:
        told = {"weather_fetch": {"pvgis_url": stub.address}}
        async with serving(tmp_path / "data", sync_wait=25.0, told=told) as served:
            headers = {"Authorization": f"Bearer {served.founded.keys[KeyRole.API]}"}
            async with httpx.AsyncClient(base_url=served.address, headers=headers, timeout=30) as client:
                made = (await client.post("/locations", json=LOCATION)).json()
                key = {"Idempotency-Key": "once"}
                first = await client.post("/weatherdata/fetch", json=WISH, headers=key)
                again = await client.post("/weatherdata/fetch", json=WISH, headers=key)
                rows = (await client.get("/weatherdata")).json()
                record = (await client.get("/weatherdata/1")).json()
                task = (await client.get("/tasks/1")).json()
                other = await client.post(
                    "/weatherdata",
                    json={
                        "weatherDataSource": "PVGIS",
                        "globalLocationId": made["globalLocationId"],
                        "name": "Mine",
                    },
                )
                stub.body, stub.status = b'{"message": "Location over the sea."}', 400
                refused = await client.post("/weatherdata/fetch", json={**WISH, "year": 2010})
    assert first.status_code == 200, first.text
    row = first.json()
    assert (row["id"], row["locationId"], row["weatherDataSource"]) == (1, 1, "pvgis")
    assert "hours of 2025" in row["taskDetails"]["warnings"][-1]
    assert "ghi" not in row
    assert (again.json(), again.headers["idempotency-replayed"]) == (row, "true")
    assert (len(rows), len(record["ghi"]), len(record["date"])) == (1, 8760, 8760)
    assert record["timestampLabel"] == "middle"
    assert (task["taskType"], task["status"], task["resultData"]) == (
        "weather_fetch", "completed", {"weatherDataId": 1},
    )  # fmt: skip
    assert (other.json()["id"], other.json()["name"], other.json()["locationId"]) == (2, "Mine", 1)
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith("PVGIS answered 400: Location over the sea; change the place")
    assert refused.json()["taskDetails"]["status"] == "failed"
    assert [path for path, _ in stub.asked] == ["/tmy"] * 3
    assert stub.asked[0][1]["lat"] == "46.95000"


@pytest.fixture
async def hasty(house: House, ours: Tenant) -> Any:
    """Give a client whose requests wait for no task."""
    client = client_of(open_app(house, sync_wait=0.0), Authorization=ours.client.headers["Authorization"])
    yield client
    await client.aclose()


async def test_a_long_fetch_is_answered_by_its_task(
    house: House, ours: Tenant, hasty: httpx.AsyncClient, hands: Hands
) -> None:
    await ours.post("/locations", LOCATION)
    wish = {"provider": "pvgis", "lat": 46.95, "lng": 7.44, "dataset": "hourly", "year": 2020}
    answered = await hasty.post("/weatherdata/fetch", json=wish)
    assert (answered.status_code, answered.headers["retry-after"]) == (200, "5")
    assert answered.json() == {
        "result": "success",
        "message": "Weather fetch queued",
        "taskDetails": {"taskId": 1, "executionMode": "async_queued"},
    }
    task = await hands.claim()
    assert await house.store.get_input(ours.id, task.id) == {
        "provider": "pvgis", "latitude": 46.95, "longitude": 7.44, "dataset": "hourly", "year": 2020,
    }  # fmt: skip
    saved = await hands.save(task, "weather", weather(name="PVGIS 2020"))
    result = {"kind": "weather", "number": saved.number, "id": saved.id, "rows": 8760, "warnings": []}
    await hands.end(task, Done(result=result))
    assert (await ours.get("/tasks/1"))["resultData"] == {"weatherDataId": 1}


async def test_a_locations_zone_goes_along(
    house: House, ours: Tenant, hasty: httpx.AsyncClient, hands: Hands
) -> None:
    made = await ours.post("/locations", LOCATION)
    await hasty.post(
        "/weatherdata/fetch", json={"provider": "PVGIS", "globalLocationId": made["globalLocationId"]}
    )
    assert await house.store.get_input(ours.id, (await hands.claim()).id) == {
        "provider": "pvgis",
        "latitude": 46.95,
        "longitude": 7.44,
        "utcOffset": 1.0,
        "locationId": 1,
        "globalLocationId": made["globalLocationId"],
    }


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (TaskError(code="provider_refused", message="No such place."), 422),
        (TaskError(code="not_set_up", message="NSRDB wants a key."), 422),
        (TaskError(code="provider_answer", message="A web page."), 503),
        (TaskError(code="provider_unavailable", message="Not reached.", retryable=True), 503),
    ],
)
async def test_a_failure_is_told_with_its_task(
    house: House, ours: Tenant, hasty: httpx.AsyncClient, hands: Hands, error: TaskError, status: int
) -> None:
    await ours.post("/locations", LOCATION)
    key = {"Idempotency-Key": "k"}
    await hasty.post("/weatherdata/fetch", json=WISH, headers=key)
    task = await hands.claim()
    while (task := await hands.end(task, Failed(error=error))).status.is_active:
        house.clock.shift += (task.run_at or house.clock.now()) - house.clock.now()  # type: ignore[attr-defined]
        await house.store.sweep(house.clock.now())
        task = await hands.claim()
    answered = await hasty.post("/weatherdata/fetch", json=WISH, headers=key)
    assert answered.status_code == status
    assert (answered.json()["detail"], answered.json()["errorType"]) == (error.message, error.code)
    assert answered.json()["taskDetails"]["taskId"] == 1


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"provider": "nasa", "locationId": 1}, 400, "'nasa' is no provider of weather that is known here; "),
        ({"provider": 7, "locationId": 1}, 400, "7 is no provider"),
        ({"locationId": 1}, 400, "Give a provider; the providers are nsrdb, pvgis."),
        ({"provider": "pvgis"}, 400, "Say where: send 'locationId'"),
        ({"provider": "pvgis", "latitude": 46}, 400, "Say where"),
        ({**WISH, "latitude": 46, "longitude": 7}, 400, "either a location's id or coordinates"),
        ({"provider": "pvgis", "latitude": 95, "longitude": 7}, 400, "95 is greater than the maximum of 90"),
        ({**WISH, "dataset": "hourly"}, 400, "give the year of the hours"),
        ({**WISH, "cloud": 1}, 400, "cloud"),
        ({**WISH, "locationId": 9}, 404, "There is no such location."),
        ({**WISH, "locationId": "x"}, 422, "Give the location's id, an integer."),
        ([], 422, "object"),
    ],
)  # fmt: skip
async def test_what_cannot_be_asked_is_refused(ours: Tenant, body: Any, status: int, words: str) -> None:
    await ours.post("/locations", LOCATION)
    answered = await ours.client.post("/weatherdata/fetch", json=body)
    assert (answered.status_code, words in answered.text) == (status, True), answered.text
    assert (await ours.get("/tasks"))["tasks"] == []


async def test_a_record_that_names_an_unknown_provider_lists_the_known(ours: Tenant) -> None:
    answered = await ours.client.post("/weatherdata", json={"weatherDataSource": "solcast", "locationId": 1})
    assert answered.status_code == 400
    (told,) = answered.json()["detail"]
    assert told["loc"] == ["body", "weatherDataSource"]
    assert "the providers are nsrdb, pvgis" in told["msg"]


async def test_arrays_are_saved_whatever_their_source_is_called(ours: Tenant) -> None:
    made = await ours.post("/weatherdata", weather(weatherDataSource="solcast"))
    assert made["weatherDataSource"] == "solcast"
    assert (await ours.get("/tasks"))["tasks"] == []


async def test_anothers_location_is_not_found(ours: Tenant, theirs: Tenant) -> None:
    made = await theirs.post("/locations", LOCATION)
    wish = {"provider": "pvgis", "globalLocationId": made["globalLocationId"]}
    answered = await ours.client.post("/weatherdata/fetch", json=wish)
    assert answered.status_code == 404


async def test_a_run_says_how_weather_of_a_provider_comes(ours: Tenant) -> None:
    await ours.post("/locations", LOCATION)
    body = energy_model(weatherData={"weatherDataSource": "pvgis"})
    answered = await ours.client.post("/energymodels?async=true", json=body)
    assert answered.status_code == 422
    assert "POST /weatherdata/fetch" in answered.text


async def test_a_house_without_the_kind_says_so(house: House, ours: Tenant) -> None:
    del house.workloads["weather_fetch"]  # type: ignore[attr-defined]  # the rig's is a dict
    answered = await ours.client.post("/weatherdata/fetch", json=WISH)
    assert answered.status_code == 422
    assert "asks no providers of weather" in answered.text
