"""A request that is sent again, with a key or with the word that it is a retry, makes nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from natives import ORDER, client_for, key_with
from rig import Hands, House, Tenant
from sent import LOCATION, weather

from gnomon.core.access import ALL_SCOPES
from gnomon.core.ports import GUESS_HOLDS, Reservation
from gnomon.core.retry import Done

FIRST, SECOND = {"x-stainless-retry-count": "0"}, {"x-stainless-retry-count": "1"}
OTHER = {**ORDER, "input": {**ORDER["input"], "filename": "b.pan"}}


@pytest.fixture
async def client(app: Any, ours: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app, ours) as client:
        yield client


async def post(client: httpx.AsyncClient, body: Any = ORDER, **headers: str) -> httpx.Response:
    answer = await client.post("/tasks", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer


async def count(client: httpx.AsyncClient) -> int:
    return len((await client.get("/tasks")).json()["tasks"])


async def test_sixty_four_at_once_make_one_task(client: httpx.AsyncClient, house: House) -> None:
    answers = await asyncio.gather(*(post(client, **{"Idempotency-Key": "k"}) for _ in range(64)))
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert await count(client) == 1
    assert len(house.in_flight) == 0


async def test_a_replay_shows_the_task_as_it_was_first_answered(
    client: httpx.AsyncClient, hands: Hands
) -> None:
    first = await post(client, **{"Idempotency-Key": "k"})
    claimed = await hands.claim()
    await hands.report(claimed, 50, "half")
    await hands.end(claimed, Done(result={"n": 1}))
    again = await post(client, **{"Idempotency-Key": '"k"'})
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    waited = await client.post("/tasks", json=ORDER, headers={"Idempotency-Key": "k", "Prefer": "wait=5"})
    assert (waited.status_code, waited.json()["status"]) == (200, "completed")


async def test_a_key_belongs_to_one_request(client: httpx.AsyncClient) -> None:
    task = (await post(client, **{"Idempotency-Key": "k"})).json()
    for path, body in (("/tasks", OTHER), (f"/tasks/{task['id']}/rerun", {})):
        answer = await client.post(path, json=body, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_key_that_is_at_work_for_long_is_busy(
    client: httpx.AsyncClient, house: House, ours: Tenant
) -> None:
    house.in_flight._patience = 0.05
    kept = Reservation(key="k", fingerprint="f")
    async with house.in_flight.hold(ours.id, kept):
        busy = await client.post("/tasks", json=ORDER, headers={"Idempotency-Key": "k"})
        assert (busy.status_code, busy.headers["retry-after"]) == (409, "1")
        assert (await client.get("/idempotency-keys/k")).status_code == 409
        await post(client, **{"Idempotency-Key": "another"})
    await post(client, **{"Idempotency-Key": "k"})


async def test_a_rerun_is_repeated_safely_too(client: httpx.AsyncClient, hands: Hands) -> None:
    task = (await post(client)).json()
    await hands.end(await hands.claim(), Done(result={}))
    path, key = f"/tasks/{task['id']}/rerun", {"Idempotency-Key": "again"}
    first, second = [await client.post(path, headers=key) for _ in range(2)]
    assert (first.status_code, second.content) == (202, first.content)
    assert await count(client) == 2


class TestWithoutAKey:
    async def test_a_retry_finds_what_the_first_try_has_made(self, client: httpx.AsyncClient) -> None:
        first, retry = await post(client, **FIRST), await post(client, **SECOND)
        assert retry.content == first.content
        assert retry.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers
        assert await count(client) == 1

    async def test_a_retry_of_what_never_came_makes_it(self, client: httpx.AsyncClient) -> None:
        tries = [await post(client, **{"x-stainless-retry-count": str(n)}) for n in (1, 2)]
        assert tries[0].content == tries[1].content
        assert await count(client) == 1

    async def test_two_first_tries_are_both_meant(self, client: httpx.AsyncClient) -> None:
        made = [(await post(client, **FIRST)).json()["id"] for _ in range(2)]
        assert len(set(made)) == 2
        found = [(await post(client, **SECOND)).json()["id"] for _ in range(3)]
        assert found[:2] == made[::-1]
        assert found[2] not in made

    async def test_equal_ones_at_once_are_all_meant(self, client: httpx.AsyncClient, house: House) -> None:
        for number in ("0", "1", "2"):
            tries = (post(client, **{"x-stainless-retry-count": number}) for _ in range(16))
            answers = await asyncio.gather(*tries)
            assert len({answer.json()["id"] for answer in answers}) == 16
        assert await count(client) == 16
        assert len(house.in_flight) == 0

    async def test_another_key_is_another_client(
        self, client: httpx.AsyncClient, house: House, ours: Tenant
    ) -> None:
        first = await post(client, **FIRST)
        other = {"X-API-Key": await key_with(house, ours, ALL_SCOPES)}
        second = await post(client, **SECOND, **other)
        assert second.json()["id"] != first.json()["id"]
        assert (await post(client, **SECOND)).content == first.content

    async def test_a_retried_rerun_that_expects_a_revision_finds_what_it_has_made(
        self, client: httpx.AsyncClient, hands: Hands
    ) -> None:
        task = (await post(client, **FIRST)).json()
        await hands.end(await hands.claim(), Done(result={}))
        path, expects = f"/tasks/{task['id']}/rerun", {"If-Match": '"1"'}
        tries = [await client.post(path, headers={**headers, **expects}) for headers in (FIRST, SECOND)]
        assert [answer.status_code for answer in tries] == [202, 202]
        assert tries[1].content == tries[0].content

    @pytest.mark.parametrize("count_", ["", "-1", "x", "1e3", "9" * 20])
    async def test_a_count_that_is_none_changes_nothing(self, client: httpx.AsyncClient, count_: str) -> None:
        made = {(await post(client, **{"x-stainless-retry-count": count_})).json()["id"] for _ in range(2)}
        assert len(made) == 2

    async def test_another_body_is_another_request(self, client: httpx.AsyncClient) -> None:
        await post(client, **FIRST)
        await post(client, OTHER, **SECOND)
        assert await count(client) == 2

    async def test_a_guess_does_not_hold_for_ever(self, client: httpx.AsyncClient, house: House) -> None:
        await post(client, **FIRST)
        house.clock.shift = GUESS_HOLDS + timedelta(seconds=1)  # type: ignore[attr-defined]  # the rig's clock
        assert "idempotency-replayed" not in (await post(client, **SECOND)).headers
        assert await count(client) == 2

    async def test_a_key_outweighs_the_count(self, client: httpx.AsyncClient) -> None:
        made = [await post(client, **{**FIRST, "Idempotency-Key": key}) for key in ("a", "b")]
        assert made[0].json()["id"] != made[1].json()["id"]

    async def test_workspaces_do_not_meet(self, client: httpx.AsyncClient, app: Any, theirs: Tenant) -> None:
        mine = await post(client, **FIRST)
        async with client_for(app, theirs) as other:
            made = await post(other, **SECOND)
        assert made.json()["id"] != mine.json()["id"]
        assert "idempotency-replayed" not in made.headers

    async def test_the_daly_door_knows_it_too(self, ours: Tenant) -> None:
        body = LOCATION
        first, retry = [
            await ours.client.post("/locations", json=body, headers=headers) for headers in (FIRST, SECOND)
        ]
        assert (first.status_code, retry.json()) == (200, first.json())
        assert retry.headers["idempotency-replayed"] == "true"
        assert len(await ours.get("/locations")) == 1

    async def test_each_of_equal_locations_has_its_own_weather(self, ours: Tenant) -> None:
        body = {**LOCATION, "weatherData": weather()}
        made = []
        for headers in (FIRST, FIRST, SECOND, SECOND):
            answer = await ours.client.post("/locations", json=body, headers=headers)
            made.append(answer.json()["id"])
        assert sorted(made) == [1, 1, 2, 2]
        records = await ours.get("/weatherdata")
        assert sorted(record["locationId"] for record in records) == [1, 2]


class TestDidItLand:
    async def test_a_task(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/idempotency-keys/k%20%2F%3F")).status_code == 404
        task = (await post(client, **{"Idempotency-Key": "k /?"})).json()
        found = (await client.get("/idempotency-keys/k%20%2F%3F")).json()
        assert found.pop("created_at").endswith("Z")
        made = {
            "task_id": task["id"],
            "version": 1,
            "group_id": None,
            "schedule_id": None,
            "resource_id": None,
        }
        assert found == {"key": "k /?", **made}

    async def test_a_group_and_what_was_added_to_it(self, client: httpx.AsyncClient) -> None:
        group = (await client.post("/groups", json={}, headers={"Idempotency-Key": "g"})).json()
        batch = {"tasks": [ORDER, ORDER]}
        added = await client.post(
            f"/groups/{group['id']}/tasks", json=batch, headers={"Idempotency-Key": "a"}
        )
        assert added.status_code == 202
        for key in "ga":
            found = (await client.get(f"/idempotency-keys/{key}")).json()
            del found["created_at"]
            made = {
                "task_id": None,
                "version": 2,
                "group_id": group["id"],
                "schedule_id": None,
                "resource_id": None,
            }
            assert found == {"key": key, **made}

    async def test_a_resource(self, client: httpx.AsyncClient, ours: Tenant) -> None:
        await ours.client.post("/locations", json=LOCATION, headers={"Idempotency-Key": "p"})
        found = (await client.get("/idempotency-keys/p")).json()
        assert found["task_id"] is None
        assert found["resource_id"]

    async def test_nobody_elses(self, client: httpx.AsyncClient, app: Any, theirs: Tenant) -> None:
        await post(client, **{"Idempotency-Key": "k"})
        async with client_for(app, theirs) as other:
            assert (await other.get("/idempotency-keys/k")).status_code == 404

    async def test_a_submitter_without_the_scope_to_read_gets_its_replay(
        self, app: Any, house: House, ours: Tenant
    ) -> None:
        key = await key_with(house, ours, frozenset({"write"}))
        async with client_for(app, ours) as client:
            client.headers["X-API-Key"] = key
            first, again = [await post(client, **{"Idempotency-Key": "k"}) for _ in range(2)]
            assert first.content == again.content
            assert (await client.get("/idempotency-keys/k")).status_code == 403
