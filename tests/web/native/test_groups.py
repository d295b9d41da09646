"""Groups over the native door: made, filled all or none, counted, listed, cancelled."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from natives import BASE, ORDER, client_for, key_with
from rig import Hands, House, Tenant, open_app
from server import serving
from toys import TOYS

from gnomon.core.access import KeyRole
from gnomon.core.ports import GUESS_HOLDS
from gnomon.core.retry import Done
from gnomon.core.service.group import MOST_AT_ONCE
from gnomon.core.task import Status

NOWHERE = "grp_" + "0" * 26
BAD = {"kind": "energy_model", "input": {}}


@pytest.fixture
async def client(app: Any, ours: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app, ours) as client:
        yield client


async def create(client: httpx.AsyncClient, body: Any = None, **headers: str) -> Any:
    answer = await client.post("/groups", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/gnomon/v1/groups/{answer.json()['id']}"
    return answer.json()


async def add(client: httpx.AsyncClient, group: Any, *orders: Any, status: int = 202, **headers: str) -> Any:
    answer = await client.post(f"/groups/{group['id']}/tasks", json={"tasks": orders}, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


async def read(client: httpx.AsyncClient, group: Any, rest: str = "", status: int = 200) -> Any:
    answer = await client.get(f"/groups/{group['id']}{rest}")
    assert answer.status_code == status, answer.text
    return answer.json()


def standing(group: Any) -> dict[str, int]:
    assert list(group["counts"]) == list(map(str, Status))
    return {status: count for status, count in group["counts"].items() if count}


async def test_an_empty_group(client: httpx.AsyncClient) -> None:
    group = await create(client, {"metadata": {"batch": 7}})
    assert group["id"].startswith("grp_")
    assert (group["metadata"], group["version"], group["size"], group["is_active"]) == (
        {"batch": 7},
        0,
        0,
        False,
    )
    assert (await read(client, group), standing(group)) == (group, {})
    assert (await create(client))["metadata"] is None
    page = await read(client, group, "/tasks")
    assert page == {"group_id": group["id"], "version": 0, "tasks": [], "next": None}


async def test_members_are_counted_as_they_go_on(client: httpx.AsyncClient, hands: Hands) -> None:
    group = await create(client)
    added = await add(client, group, ORDER, {**ORDER, "metadata": {"line": 2}}, ORDER)
    assert (added["after"], len(added["task_ids"]), standing(added["group"])) == (0, 3, {"queued": 3})
    second = (await client.get(f"/tasks/{added['task_ids'][1]}")).json()
    assert (second["group_id"], second["group_number"], second["metadata"]) == (group["id"], 2, {"line": 2})
    claimed = await hands.claim()
    running = await read(client, group)
    assert (standing(running), running["is_active"], running["version"]) == (
        {"queued": 2, "running": 1},
        True,
        4,
    )
    await hands.end(claimed, Done(result={"n": 1}))
    for _ in range(2):
        await hands.end(await hands.claim(), Done(result=None))
    done = await read(client, group)
    assert (standing(done), done["is_active"], done["size"]) == ({"completed": 3}, False, 3)
    more = await add(client, group, ORDER)
    assert (more["after"], more["group"]["is_active"], more["group"]["size"]) == (done["version"], True, 4)


async def test_a_poll_that_finds_nothing_new_is_told_so(client: httpx.AsyncClient, hands: Hands) -> None:
    group = await create(client)
    await add(client, group, ORDER)
    first = await client.get(f"/groups/{group['id']}")
    assert (first.headers["etag"], first.headers["retry-after"]) == ('"1"', "1")
    known = {"If-None-Match": first.headers["etag"]}
    assert (await client.get(f"/groups/{group['id']}", headers=known)).status_code == 304
    await hands.end(await hands.claim(), Done(result=None))
    last = await client.get(f"/groups/{group['id']}", headers=known)
    assert (last.status_code, "retry-after" in last.headers) == (200, False)


async def test_members_are_listed_by_cursor(client: httpx.AsyncClient, hands: Hands) -> None:
    group = await create(client)
    ids = (await add(client, group, *[ORDER] * 5))["task_ids"]
    await hands.end(await hands.claim(), Done(result={"n": 1}))
    seen, after = [], 0
    while after is not None:
        page = await read(client, group, f"/tasks?limit=2&after={after}")
        seen += page["tasks"]
        after = page["next"]
    assert [task["id"] for task in seen] == ids
    assert seen[0]["result"] == {"n": 1}
    assert [task["group_number"] for task in seen] == [1, 2, 3, 4, 5]
    queued = await read(client, group, "/tasks?status=queued,running&limit=3")
    assert ([task["id"] for task in queued["tasks"]], queued["next"]) == (ids[1:4], 4)
    later = await add(client, group, ORDER)
    page = await read(client, group, f"/tasks?after={later['after']}")
    assert [task["id"] for task in page["tasks"]] == later["task_ids"]
    listed = (await client.get(f"/tasks?group_id={group['id']}&limit=2")).json()
    assert [task["id"] for task in listed["tasks"]] == [*later["task_ids"], ids[4]]


async def test_a_cursor_that_was_never_given_is_refused(client: httpx.AsyncClient) -> None:
    group = await create(client)
    await add(client, group, ORDER)
    assert (await read(client, group, "/tasks?after=2", 409))["code"] == "conflict"
    assert (await read(client, group, "/tasks?limit=0", 422))["errors"][0]["parameter"] == "limit"
    assert (await read(client, group, "/tasks?kind=a", 422))["errors"][0]["parameter"] == "kind"


async def test_all_or_none(client: httpx.AsyncClient) -> None:
    group = await create(client)
    told = await add(client, group, ORDER, BAD, ORDER, {"kind": "none"}, status=422)
    assert {tuple(fault["pointer"].split("/")[:3]) for fault in told["errors"]} == {
        ("", "tasks", "1"),
        ("", "tasks", "3"),
    }
    after = {**ORDER, "after": "tsk_" + "0" * 26}
    told = await add(client, group, ORDER, after, status=422)
    assert [fault["pointer"] for fault in told["errors"]] == ["/tasks/1/after"]
    told = await add(client, group, ORDER, {**ORDER, "webhooks": []}, status=422)
    assert [fault["pointer"] for fault in told["errors"]] == ["/tasks/1/webhooks"]
    assert (await read(client, group))["size"] == 0
    assert (await client.get("/tasks")).json()["tasks"] == []


async def test_faults_of_a_batch_are_told_up_to_a_hundred(client: httpx.AsyncClient) -> None:
    group = await create(client)
    for orders in ([{"kind": "none"}] * 200, [{"kind": 1}] * 200):
        told = await add(client, group, *orders, status=422)
        assert len(told["errors"]) == 100


@pytest.mark.parametrize("count", [0, MOST_AT_ONCE + 1])
async def test_a_batch_of_no_size(client: httpx.AsyncClient, count: int) -> None:
    told = await add(client, await create(client), *[ORDER] * count, status=422)
    assert [fault["pointer"] for fault in told["errors"]] == ["/tasks"]


async def test_the_largest_batch_is_added_in_its_order(client: httpx.AsyncClient) -> None:
    group = await create(client)
    orders = [{**ORDER, "metadata": {"line": n}} for n in range(MOST_AT_ONCE)]
    added = await add(client, group, *orders)
    assert (len(added["task_ids"]), standing(added["group"])) == (MOST_AT_ONCE, {"queued": MOST_AT_ONCE})
    (found,) = (await client.get(f"/tasks?group_id={group['id']}&metadata.line=617")).json()["tasks"]
    assert (found["id"], found["group_number"]) == (added["task_ids"][617], 618)


async def test_a_quota_refuses_the_whole_batch(client: httpx.AsyncClient, house: House, ours: Tenant) -> None:
    app = open_app(replace(house, limits=replace(house.limits, active_tasks=2)))
    async with client_for(app, ours) as limited:
        group = await create(limited)
        assert (await add(limited, group, *[ORDER] * 3, status=429))["code"] == "quota_exceeded"
        assert (await read(limited, group))["size"] == 0
        await add(limited, group, *[ORDER] * 2)


class TestRepeats:
    async def test_a_key_makes_one_group(self, client: httpx.AsyncClient) -> None:
        key = {"Idempotency-Key": "k"}
        made = await asyncio.gather(*(create(client, {"metadata": {"a": 1}}, **key) for _ in range(16)))
        assert len({group["id"] for group in made}) == 1
        await add(client, made[0], ORDER)
        assert (await create(client, {"metadata": {"a": 1}}, **key))["version"] == 1
        reused = await client.post("/groups", json={"metadata": {"a": 2}}, headers=key)
        assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")

    async def test_a_key_adds_once(self, client: httpx.AsyncClient) -> None:
        group = await create(client)
        first, *others = await asyncio.gather(
            *(
                client.post(
                    f"/groups/{group['id']}/tasks",
                    json={"tasks": [ORDER] * 3},
                    headers={"Idempotency-Key": "k"},
                )
                for _ in range(16)
            )
        )
        assert {tuple(answer.json()["task_ids"]) for answer in (first, *others)} == {
            tuple(first.json()["task_ids"])
        }
        replayed = [answer.headers.get("idempotency-replayed") for answer in (first, *others)]
        assert sorted(map(str, replayed)) == ["None", *["true"] * 15]
        assert (await read(client, group))["size"] == 3

    async def test_what_names_something_gone_is_replayed_all_the_same(
        self, client: httpx.AsyncClient, app: Any, ours: Tenant, house: House
    ) -> None:
        group = await create(client)
        added = await add(client, group, ORDER, **{"Idempotency-Key": "k"})
        workloads = {kind: w for kind, w in house.workloads.items() if kind != ORDER["kind"]}
        async with client_for(open_app(replace(house, workloads=workloads)), ours) as later:
            again = await add(later, group, ORDER, **{"Idempotency-Key": "k"})
        assert again["task_ids"] == added["task_ids"]

    async def test_a_client_that_counts_its_tries_adds_once(
        self, client: httpx.AsyncClient, house: Any
    ) -> None:
        first, retry = {"x-stainless-retry-count": "0"}, {"x-stainless-retry-count": "1"}
        group = await create(client, {}, **first)
        # Somebody else may have made a group by the same empty body; a repetition is not given that one.
        assert (await create(client, {}, **retry))["id"] != group["id"]
        added = await add(client, group, ORDER, **first)
        assert (await add(client, group, ORDER, **retry))["task_ids"] == added["task_ids"]
        house.clock.shift = GUESS_HOLDS + timedelta(seconds=1)
        assert (await add(client, group, ORDER, **retry))["task_ids"] != added["task_ids"]


class TestCancel:
    async def test_what_does_not_run_ends_at_once(self, client: httpx.AsyncClient, hands: Hands) -> None:
        group = await create(client)
        await add(client, group, *[ORDER] * 3)
        await hands.end(await hands.claim(), Done(result=None))
        ended = await client.post(f"/groups/{group['id']}/cancel")
        assert (ended.status_code, standing(ended.json())) == (200, {"completed": 1, "cancelled": 2})
        again = await client.post(f"/groups/{group['id']}/cancel")
        assert (again.status_code, again.json()) == (200, ended.json())

    async def test_what_runs_gives_way(self, client: httpx.AsyncClient, hands: Hands) -> None:
        group = await create(client)
        await add(client, group, *[ORDER] * 2)
        await hands.claim()
        asked = await client.post(f"/groups/{group['id']}/cancel")
        assert (asked.status_code, standing(asked.json())) == (202, {"cancelling": 1, "cancelled": 1})
        assert "retry-after" in asked.headers

    async def test_a_cancelled_group_may_grow(self, client: httpx.AsyncClient) -> None:
        group = await create(client)
        await add(client, group, ORDER)
        await client.post(f"/groups/{group['id']}/cancel")
        assert standing((await add(client, group, ORDER))["group"]) == {"cancelled": 1, "queued": 1}


async def test_there_is_no_such_group(client: httpx.AsyncClient) -> None:
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/tasks", None),
        ("POST", "/tasks", {"tasks": [ORDER]}),
        ("POST", "/cancel", None),
    ):
        answer = await client.request(method, f"/groups/{NOWHERE}{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_rerun_of_a_member_is_no_member(client: httpx.AsyncClient) -> None:
    group = await create(client)
    (member,) = (await add(client, group, ORDER))["task_ids"]
    await client.post(f"/groups/{group['id']}/cancel")
    again = (await client.post(f"/tasks/{member}/rerun")).json()
    assert (again["group_id"], again["group_number"]) == (None, None)
    assert (await read(client, group))["size"] == 1


async def test_a_key_that_may_not_cancel(app: Any, house: House, ours: Tenant) -> None:
    key = await key_with(house, ours, frozenset({"read", "write"}))
    async with client_for(app, ours) as client:
        client.headers["X-API-Key"] = key
        group = await create(client)
        assert (await client.post(f"/groups/{group['id']}/cancel")).status_code == 403


async def test_a_served_group_runs_to_its_end(tmp_path: Path) -> None:
    orders = [{"kind": "shout", "input": {"text": str(n)}} for n in range(40)]
    async with serving(tmp_path / "data", *TOYS, is_alone=True) as served:
        key = {"X-API-Key": served.founded.keys[KeyRole.API]}
        base = BASE.replace("http://gnomon.test", served.address)
        async with httpx.AsyncClient(base_url=base, headers=key, timeout=30) as client:
            group = await create(client)
            ids = (await add(client, group, *orders))["task_ids"]
            for task_id in ids:
                assert (await client.get(f"/tasks/{task_id}/result?wait=30")).status_code == 200
            done = await read(client, group)
            page = await read(client, group, "/tasks")
    assert (standing(done), done["is_active"]) == ({"completed": 40}, False)
    assert [task["result"]["text"] for task in page["tasks"]] == [f"{n}!" for n in range(40)]
