"""Waits at both doors: a key that is revoked meanwhile ends them, and what it waited for is not shown."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import httpx
import pytest
from natives import ORDER, client_for, client_with
from rig import Hands, House, Tenant
from sent import energy_model

from gnomon.core.access import ALL_SCOPES, KeyRole, Principal
from gnomon.core.retry import Asked, Done
from gnomon.core.service.access import revoke_key

SOON = 2.0
"""Seconds in which a wait by a revoked key is over."""


@pytest.fixture
async def client(app: Any, ours: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app, ours) as client:
        yield client


@pytest.fixture
async def guest(app: Any, client: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client whose key will be revoked."""
    key = (await client.post("/keys", json={"name": "guest", "scopes": ["read", "write", "hooks"]})).json()
    async with client_with(app, key["secret"]) as guest:
        guest.headers["x-key"] = key["id"]
        yield guest


async def revoked(client: httpx.AsyncClient, guest: httpx.AsyncClient) -> None:
    answer = await client.delete(f"/keys/{guest.headers['x-key']}")
    assert answer.is_success, answer.text


async def somebody_waits(house: House) -> None:
    async with asyncio.timeout(10):
        while not house.hub.waiting:  # noqa: ASYNC110  the hub tells nobody that somebody came
            await asyncio.sleep(0.001)


async def refused(waiting: Awaitable[httpx.Response]) -> None:
    answer = await asyncio.wait_for(waiting, SOON)
    assert answer.status_code == 401, answer.text
    assert "result" not in answer.text
    assert "tsk_" not in answer.text


@pytest.mark.parametrize("path", ["?after_version=1&wait=50", "/result?wait=50"])
async def test_a_wait_for_a_task_ends_with_its_key(
    client: httpx.AsyncClient, guest: httpx.AsyncClient, house: House, path: str
) -> None:
    task = (await client.post("/tasks", json=ORDER)).json()
    waiting = asyncio.create_task(guest.get(f"/tasks/{task['id']}{path}"))
    await somebody_waits(house)
    await revoked(client, guest)
    await refused(waiting)
    assert house.hub.waiting == 0


async def test_a_submission_that_waits_ends_with_its_key_and_its_task_stays(
    client: httpx.AsyncClient, guest: httpx.AsyncClient, house: House
) -> None:
    waiting = asyncio.create_task(guest.post("/tasks", json=ORDER, headers={"Prefer": "wait=50"}))
    await somebody_waits(house)
    await revoked(client, guest)
    await refused(waiting)
    (task,) = (await client.get("/tasks")).json()["tasks"]
    assert task["status"] == "queued"


async def test_a_pull_that_waits_ends_with_its_key(
    client: httpx.AsyncClient, guest: httpx.AsyncClient, house: House
) -> None:
    made = (await client.post("/webhook-endpoints", json={})).json()
    waiting = asyncio.create_task(guest.get(f"/webhook-endpoints/{made['id']}/messages?wait=50"))
    await somebody_waits(house)
    await revoked(client, guest)
    await refused(waiting)


async def test_what_comes_in_the_moment_of_the_revocation_is_not_shown(
    client: httpx.AsyncClient, guest: httpx.AsyncClient, house: House, hands: Hands
) -> None:
    task = (await client.post("/tasks", json=ORDER)).json()
    claimed = await hands.claim()
    waiting = asyncio.create_task(guest.get(f"/tasks/{task['id']}/result?wait=50"))
    await somebody_waits(house)
    # By the store's own verb nobody is told: only who is about to answer can notice.
    await house.store.end_key(
        claimed.workspace, guest.headers["x-key"], house.clock.now(), at=house.clock.now()
    )
    await hands.end(claimed, Done(result={"secret": 1}))
    await refused(waiting)


@pytest.mark.parametrize("path", ["/energymodels?async=false", "/tasks/{number}/cancel"])
async def test_a_wait_at_the_other_door_ends_with_its_key(
    site: Tenant, house: House, hands: Hands, path: str
) -> None:
    made = await site.post("/energymodels", energy_model())
    number = made["taskDetails"]["taskId"]
    await hands.claim()
    waiting = asyncio.create_task(site.client.post(path.format(number=number), json=energy_model()))
    await somebody_waits(house)
    owner = Principal(workspace=site.id, key_id="owner", scopes=ALL_SCOPES)
    user = site.founded.keys[KeyRole.USER].split("_")[2]
    await revoke_key(house, owner, user, is_forced=True)
    answer = await asyncio.wait_for(waiting, SOON)
    assert answer.status_code == 401, answer.text
    assert "taskDetails" not in answer.text


async def test_the_watch_is_over_when_nobody_waits(client: httpx.AsyncClient, house: House) -> None:
    task = (await client.post("/tasks", json=ORDER)).json()
    waiting = asyncio.create_task(client.get(f"/tasks/{task['id']}/result?wait=50"))
    await somebody_waits(house)
    assert len(house.hub.on_access) == 1
    await client.post(f"/tasks/{task['id']}/cancel")
    assert (await waiting).status_code == 409
    assert house.hub.on_access == []


async def test_a_cursor_that_was_never_given_is_refused_on_every_channel(
    client: httpx.AsyncClient, house: House
) -> None:
    task = (await client.post("/tasks", json=ORDER)).json()
    hook = (await client.post("/webhook-endpoints", json={})).json()
    path = f"/tasks/{task['id']}"
    told = [await client.get(f"{path}/{channel}?after=99") for channel in ("events", "stream")]
    assert [answer.status_code for answer in told] == [409, 409]
    assert told[0].json()["detail"] == told[1].json()["detail"]
    assert "its last one is 1." in told[0].json()["detail"]
    pulled = await client.get(f"/webhook-endpoints/{hook['id']}/messages?after=1&wait=50")
    assert (pulled.status_code, "its last one is 0." in pulled.json()["detail"]) == (409, True)
    assert (await client.get(f"{path}/events?after=1")).json()["events"] == []


async def test_waits_end_when_an_answer_is_needed(
    client: httpx.AsyncClient, house: House, hands: Hands
) -> None:
    posting = asyncio.create_task(client.post("/tasks", json=ORDER, headers={"Prefer": "wait=50"}))
    await somebody_waits(house)
    claimed = await hands.claim()
    reading = asyncio.create_task(client.get(f"/tasks/{claimed.id}/result?wait=50"))
    await hands.end(claimed, Asked(key="colour", question={}))
    for waiting in (posting, reading):
        answer = await asyncio.wait_for(waiting, SOON)
        assert (answer.status_code, answer.json()["status"]) == (202, "waiting")
        assert answer.json()["question"]["key"] == "colour"
        assert 1 <= int(answer.headers["retry-after"]) <= 5


async def test_waits_end_when_the_task_is_set_aside(client: httpx.AsyncClient, house: House) -> None:
    task = (await client.post("/tasks", json=ORDER)).json()
    waiting = asyncio.create_task(client.get(f"/tasks/{task['id']}/result?wait=50"))
    await somebody_waits(house)
    await client.post(f"/tasks/{task['id']}/pause")
    answer = await asyncio.wait_for(waiting, SOON)
    assert (answer.status_code, answer.json()["status"]) == (202, "paused")
    again = await asyncio.wait_for(client.get(f"/tasks/{task['id']}/result?wait=50"), SOON)
    assert again.json() == answer.json()


@pytest.mark.parametrize(("asked", "granted"), [("600", "55"), ("-3", "0")])
async def test_what_is_granted_is_told(client: httpx.AsyncClient, asked: str, granted: str) -> None:
    task = (await client.post("/tasks", json=ORDER)).json()
    await client.post(f"/tasks/{task['id']}/pause")
    rerun = {"on_active": "enqueue", "input": ORDER["input"]}
    path = f"/tasks/{task['id']}/rerun"
    waiting = asyncio.create_task(client.post(path, json=rerun, headers={"Prefer": f"wait={asked}"}))
    async with asyncio.timeout(10):
        while len(tasks := (await client.get("/tasks")).json()["tasks"]) < 2:
            pass
    await client.post(f"/tasks/{tasks[0]['id']}/cancel")
    assert (await asyncio.wait_for(waiting, SOON)).headers["preference-applied"] == f"wait={granted}"
