import asyncio
from typing import Any

import pytest
from rig import Hands, House, Tenant, client_of, open_app
from sent import LOCATION, energy_model, weather

from gnomon.core.retry import Done, Failed
from gnomon.core.task import TaskError
from gnomon.web.dialects.daly.nouns import COMPONENT_FILE


async def test_location_tells_its_zone(ours: Tenant) -> None:
    made = await ours.post("/locations", {"name": "A", "lat": 33.4, "lng": -112.0, "elevation": 340})
    assert made["id"] == 1
    assert made["globalLocationId"].isdigit()
    assert (made["timeZone"], made["timeZoneName"]) == (-7, "America/Phoenix")
    assert (made["latitude"], made["longitude"]) == (33.4, -112.0)
    assert made.pop("warnings") == ["lat and lng are deprecated; use latitude and longitude"]
    assert await ours.get("/locations/1") == made
    assert await ours.get("/locations") == [made]


async def test_ids_are_the_houses_own(ours: Tenant) -> None:
    made = await ours.post("/locations", {**LOCATION, "id": 99, "createdAt": "x", "globalLocationId": "1"})
    assert made["id"] == 1
    assert made["createdAt"] != "x"
    assert made["globalLocationId"] != "1"


async def test_deleted_is_gone_and_its_number_with_it(ours: Tenant) -> None:
    await ours.post("/locations", LOCATION)
    assert await ours.delete("/locations/1") == {"deleted": True}
    for answered in (await ours.client.get("/locations/1"), await ours.client.delete("/locations/1")):
        assert answered.status_code == 404
        assert answered.json() == {"detail": "There is no such location."}
    assert (await ours.post("/locations", LOCATION))["id"] == 2


@pytest.mark.parametrize("number", ["0", "-1", "9" * 18, "9" * 30])
async def test_numbers_that_no_record_has_are_not_found(ours: Tenant, number: str) -> None:
    for path in ("/locations", "/energymodels", "/tasks", "/workflows"):
        assert (await ours.client.get(f"{path}/{number}")).status_code == 404


async def test_number_that_is_none_is_complained_of(ours: Tenant) -> None:
    answered = await ours.client.get("/locations/first")
    assert answered.status_code == 422
    assert answered.json()["detail"][0]["loc"] == ["path", "number"]
    assert set(answered.json()["detail"][0]) == {"loc", "msg", "type"}


async def test_bad_location_names_the_field(ours: Tenant) -> None:
    answered = await ours.client.post("/locations", json={"name": "A", "latitude": 91, "longitude": 0})
    assert answered.status_code == 422
    assert ["body", "latitude"] in [item["loc"] for item in answered.json()["detail"]]


async def test_nested_weather_becomes_a_linked_record(ours: Tenant) -> None:
    made = await ours.post("/locations", {**LOCATION, "weatherData": weather()})
    assert "weatherData" not in made
    (row,) = await ours.get("/weatherdata")
    assert row["locationId"] == made["id"]
    assert row["globalLocationId"] == made["globalLocationId"]


async def test_bad_nested_weather_saves_nothing(ours: Tenant) -> None:
    answered = await ours.client.post("/locations", json={**LOCATION, "weatherData": {"ghi": [1]}})
    assert answered.status_code == 422
    assert await ours.get("/locations") == []


async def test_weather_comes_back_as_it_was_sent(house: House, ours: Tenant) -> None:
    await ours.post("/locations", LOCATION)
    sent = weather(name="year", locationId=1)
    made = await ours.post("/weatherdata", sent)
    assert "ghi" not in made
    assert await ours.get("/weatherdata") == [made]
    whole = await ours.get("/weatherdata/1")
    assert {key: whole[key] for key in sent} == sent
    stored = await house.store.resources.get(ours.id, "weather", 1)
    assert set(stored.document["ghi"]) == {"$blob"}


async def test_semantically_bad_weather_is_400(ours: Tenant) -> None:
    answered = await ours.client.post("/weatherdata", json=weather(ghi=[1.0]))
    assert answered.status_code == 400
    assert isinstance(answered.json()["detail"], list)


async def test_weather_of_no_location_is_not_found(ours: Tenant) -> None:
    for named in ({"locationId": 7}, {"globalLocationId": "123"}, {"globalLocationId": 7}):
        answered = await ours.client.post("/weatherdata", json=weather(24, **named))
        assert answered.status_code == 404


async def test_nobody_reads_a_blob_by_its_name(ours: Tenant, theirs: Tenant) -> None:
    await theirs.post("/weatherdata", weather())
    name = {"$blob": "0" * 64}
    for path, body in (
        ("/weatherdata", weather(ghi=name)),
        ("/energymodels", energy_model(weatherData=name)),
        ("/modules/json", {"name": "A", "properties": {"curve": [name]}}),
        ("/locations", {**LOCATION, "farShading": {"deep": name}}),
    ):
        answered = await ours.client.post(path, json=body)
        assert answered.status_code in (400, 422), path
        (item,) = answered.json()["detail"]
        assert (item["loc"][-1], item["type"]) == ("$blob", "reserved")


async def test_repeated_request_makes_one_record(ours: Tenant) -> None:
    bodies = {
        "/locations": {**LOCATION, "weatherData": weather(24, date=[3600000 * hour for hour in range(24)])},
        "/projects": {"name": "P", "locationId": 1},
        "/weatherdata": weather(),
    }
    for path, body in bodies.items():
        key = {"Idempotency-Key": f"for {path}"}
        first, again = [await ours.client.post(path, json=body, headers=key) for _ in range(2)]
        assert first.status_code == again.status_code == 200
        assert first.json() == again.json()
        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"
        other = await ours.client.post(path, json={**body, "name": "other"}, headers=key)
        assert other.status_code == 422
    assert len(await ours.get("/locations")) == 1
    assert len(await ours.get("/weatherdata")) == 2
    placed = {"name": "W", **weather(), "locationId": 1}
    for path, body in (("/projects", bodies["/projects"]), ("/weatherdata", placed)):
        for _ in range(2):
            key = {"Idempotency-Key": f"for {path}" if path == "/projects" else "placed"}
            answered = await ours.client.post(path, json=body, headers=key)
            assert answered.status_code == 200, answered.text
            if path == "/weatherdata":
                await ours.client.delete("/locations/1")
    assert answered.headers["idempotency-replayed"] == "true"
    again = await ours.client.post(
        "/projects", json=bodies["/projects"], headers={"Idempotency-Key": "for /projects"}
    )
    assert again.status_code == 200
    await ours.delete("/projects/1")
    gone = await ours.client.post(
        "/projects", json=bodies["/projects"], headers={"Idempotency-Key": "for /projects"}
    )
    assert gone.status_code == 404


class TestProjects:
    async def test_knows_its_location_by_both_ids(self, ours: Tenant) -> None:
        location = await ours.post("/locations", LOCATION)
        by_number = await ours.post("/projects", {"name": "P", "locationId": 1, "status": "operating"})
        by_id = await ours.post(
            "/projects", {"name": "Q", "globalLocationId": int(location["globalLocationId"])}
        )
        for made in (by_number, by_id):
            assert made["locationId"] == 1
            assert made["globalLocationId"] == location["globalLocationId"]
        assert await ours.get("/projects/1") == by_number
        assert [row["id"] for row in await ours.get("/projects")] == [1, 2]

    async def test_refuses_two_locations(self, ours: Tenant) -> None:
        for _ in range(2):
            location = await ours.post("/locations", LOCATION)
        body = {"name": "P", "locationId": 1, "globalLocationId": location["globalLocationId"]}
        answered = await ours.client.post("/projects", json=body)
        assert answered.status_code == 422

    async def test_needs_a_location(self, ours: Tenant) -> None:
        assert (await ours.client.post("/projects", json={"name": "P"})).status_code == 422
        assert (await ours.client.post("/projects", json={"name": "P", "locationId": 1})).status_code == 404

    async def test_is_changed_in_part(self, ours: Tenant) -> None:
        await ours.post("/locations", LOCATION)
        await ours.post("/projects", {"name": "P", "locationId": 1})
        changed = await ours.put("/projects/1", {"status": "construction"})
        assert (changed["name"], changed["status"], changed["locationId"]) == ("P", "construction", 1)
        assert (await ours.client.put("/projects/1", json={"status": "gone"})).status_code == 422
        assert (await ours.client.put("/projects/1", json={"locationId": 9})).status_code == 404
        assert (await ours.client.put("/projects/2", json={})).status_code == 404


class TestComponents:
    async def test_json_takes_no_other_key(self, ours: Tenant) -> None:
        body = {"name": "A", "properties": {}, "colour": "blue"}
        for path in ("/modules/json", "/inverters/json"):
            answered = await ours.client.post(path, json=body)
            assert answered.status_code == 400
            assert answered.json()["detail"][0]["loc"] == ["body", "colour"]

    async def test_json_is_checked_by_meaning(self, ours: Tenant) -> None:
        answered = await ours.client.post("/modules/json", json={"name": "A", "properties": {}})
        assert answered.status_code == 422

    async def test_saved_ones_are_shown(self, site: Tenant) -> None:
        for path in ("/modules", "/inverters"):
            (row,) = await site.get(path)
            assert row["model"] == row["name"]
            assert row["properties"]
            assert await site.get(f"{path}/1") == row

    async def test_file_becomes_a_record(self, house: House, ours: Tenant, hands: Hands) -> None:
        document = {"name": "From file", "model": "X", "properties": {}}
        answered = await self.upload(house, ours, hands, document)
        assert answered.status_code == 200
        assert (answered.json()["id"], answered.json()["model"]) == (1, "X")
        (task,) = (await ours.get(f"/tasks?task_type={COMPONENT_FILE}"))["tasks"]
        assert task["resultData"] == {"moduleId": 1}

    async def test_unreadable_file_is_422(self, house: House, ours: Tenant, hands: Hands) -> None:
        answered = await self.upload(house, ours, hands, None)
        assert answered.status_code == 422
        assert answered.json()["detail"] == [
            {"loc": ["body", "file"], "msg": "no module in there", "type": "invalid_file"}
        ]

    async def upload(self, house: House, ours: Tenant, hands: Hands, document: dict[str, Any] | None) -> Any:
        """Upload to a door that waits; the task is ended by the hands as soon as it is there."""
        post = asyncio.create_task(
            ours.client.post("/modules", files={"file": ("a.pan", b"PVObject_=pvModule")})
        )
        await house.hub.work_bell.wait(10)
        task = await hands.claim()
        if document is None:
            await hands.end(task, Failed(error=TaskError(code="invalid_file", message="no module in there")))
        else:
            saved = await hands.save(task, "module", document)
            await hands.end(task, Done(result={"kind": "module", "number": saved.number, "id": saved.id}))
        return await post

    async def test_slow_file_answers_with_its_task(self, house: House, ours: Tenant) -> None:
        hasty = client_of(open_app(house, sync_wait=0.0), **dict(ours.client.headers))
        answered = await hasty.post("/modules", files={"file": ("a.pan", b"PVObject_=pvModule")})
        assert answered.status_code == 503
        assert answered.headers["retry-after"] == "5"
        told = answered.json()
        assert told["taskDetails"] == {"taskId": 1, "status": "queued"}
        assert "GET /tasks/1" in told["detail"]
        assert "Idempotency-Key" in told["detail"]

    async def test_needs_one_file(self, ours: Tenant) -> None:
        assert (await ours.client.post("/modules", files={"other": ("a", b"x")})).status_code == 422
        two = [("file", ("a", b"x")), ("file", ("b", b"y"))]
        assert (await ours.client.post("/modules", files=two)).status_code == 422
        assert (await ours.client.post("/modules", json={})).status_code == 415
        broken = {"Content-Type": "multipart/form-data; boundary=x"}
        assert (await ours.client.post("/modules", content=b"?", headers=broken)).status_code in (400, 422)
