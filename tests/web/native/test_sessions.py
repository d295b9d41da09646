"""Sessions over the native door: turns, pages, titles, totals, names that are used again."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from natives import ORDER, client_for
from rig import Hands, Tenant

from gnomon.core.retry import Done

TURN = {**ORDER, "session_id": "talk"}


@pytest.fixture
async def client(ours: Tenant, app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app, ours) as client:
        yield client


async def post(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await client.post("/tasks", json=TURN | more)
    assert answer.status_code == 202, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_tasks_of_a_session_are_its_turns(client: httpx.AsyncClient, hands: Hands) -> None:
    first, second = await post(client), await post(client)
    assert (first["session_id"], first["session_turn"], first["status"]) == ("talk", 1, "queued")
    assert (second["session_turn"], second["predecessor_id"], second["status"]) == (2, first["id"], "pending")
    await hands.end(await hands.claim(), Done(result="one"))
    session = (await client.get("/sessions/talk")).json()
    assert (session["size"], session["first_turn"], session["last_turn"]) == (2, 1, 2)
    assert (session["counts"]["completed"], session["counts"]["queued"], session["is_active"]) == (1, 1, True)
    assert session["usage"] == {
        "calls": 0,
        "input_tokens": 0,
        "output_tokens": 0,
        "cost_usd": 0.0,
        "engine": None,
    }
    page = (await client.get("/sessions/talk/tasks")).json()
    assert (page["session_id"], page["next"]) == ("talk", None)
    assert [(task["id"], task["result"]) for task in page["tasks"]] == [
        (first["id"], "one"),
        (second["id"], None),
    ]


async def test_turns_come_in_pages(client: httpx.AsyncClient) -> None:
    made = [await post(client) for _ in range(5)]
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        page = (await client.get(f"/sessions/talk/tasks?limit=2&after={after}")).json()
        seen += [task["id"] for task in page["tasks"]]
        after = page["next"]
    assert seen == [task["id"] for task in made]
    beyond = await client.get(f"/sessions/talk/tasks?after={2**53}")
    assert (beyond.status_code, beyond.json()["tasks"]) == (200, [])


async def test_tasks_are_found_by_their_session(client: httpx.AsyncClient) -> None:
    made = [await post(client, session_id=name) for name in ("a", "b", "a")]
    await client.post("/tasks", json=ORDER)
    found = (await client.get("/tasks?session_id=a")).json()["tasks"]
    assert [task["id"] for task in found] == [made[2]["id"], made[0]["id"]]
    found = (await client.get("/tasks?session_id=a&status=queued")).json()["tasks"]
    assert [task["id"] for task in found] == [made[0]["id"]]
    assert (await client.get("/tasks?session_id=c")).json()["tasks"] == []


async def test_members_of_a_group_may_be_turns(client: httpx.AsyncClient) -> None:
    group = (await client.post("/groups")).json()["id"]
    body = {"tasks": [TURN, ORDER, TURN]}
    added = (await client.post(f"/groups/{group}/tasks", json=body)).json()["task_ids"]
    turns = (await client.get("/sessions/talk/tasks")).json()["tasks"]
    assert [task["id"] for task in turns] == [added[0], added[2]]
    refused = await client.post(
        f"/groups/{group}/tasks", json={"tasks": [ORDER, {**ORDER, "session_id": ".."}]}
    )
    assert refused.json()["errors"][0]["pointer"] == "/tasks/1/session_id"


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "a/b", "ü", "x" * 129, 7])
async def test_what_cannot_name_a_session_is_refused(client: httpx.AsyncClient, name: Any) -> None:
    refused = await client.post("/tasks", json={**ORDER, "session_id": name})
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/session_id"]
    if name != 7:
        asked = await client.get("/tasks", params={"session_id": name})
        assert (asked.status_code, asked.json()["errors"][0]["parameter"]) == (422, "session_id")


@pytest.mark.parametrize("name", ["trun_0197d132f07b4d057274ec3683803d0e", "tgrp_" + "0" * 32, "a:b", "..a"])
async def test_a_session_keeps_its_clients_name(client: httpx.AsyncClient, name: str) -> None:
    made = await post(client, session_id=name)
    assert made["session_id"] == name
    assert (await client.get(f"/sessions/{name}")).json()["id"] == name
    assert (await client.get(f"/sessions/{name}/tasks")).json()["tasks"][0]["id"] == made["id"]


async def test_a_title_is_given(client: httpx.AsyncClient) -> None:
    await post(client)
    changed = await client.patch("/sessions/talk", json={"title": "  A\u0007 talk ", "context": {"n": 1}})
    assert (changed.status_code, changed.json()["title"], changed.json()["context"]) == (
        200,
        "A talk",
        {"n": 1},
    )
    read = (await client.get("/sessions/talk")).json()
    assert {name: read[name] for name in changed.json()} == changed.json()
    assert (await client.patch("/sessions/talk", json={})).json()["title"] == "A talk"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"title": ""}, "/title"),
        ({"title": " \n"}, "/title"),
        ({"title": "x" * 61}, "/title"),
        ({"title": None}, "/title"),
        ({"title": 7}, "/title"),
        ({"context": None}, "/context"),
        ({"context": [1]}, "/context"),
        ({"name": "x"}, "/name"),
    ],
)
async def test_another_change_is_refused(client: httpx.AsyncClient, change: Any, where: str) -> None:
    await post(client)
    refused = await client.patch("/sessions/talk", json=change)
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == [where]


async def test_sessions_are_listed_by_their_latest_change(client: httpx.AsyncClient) -> None:
    assert (await client.get("/sessions")).json() == {"sessions": [], "total": 0, "next": None}
    for name in ("a", "b", "c"):
        await post(client, session_id=name)
    await client.patch("/sessions/a", json={"title": "First"})
    page = (await client.get("/sessions?limit=2")).json()
    assert ([session["id"] for session in page["sessions"]], page["total"], page["next"]) == (
        ["a", "c"],
        3,
        2,
    )
    assert page["sessions"][0] == (await client.get("/sessions/a")).json()
    rest = (await client.get("/sessions?limit=2&offset=2")).json()
    assert ([session["id"] for session in rest["sessions"]], rest["next"]) == (["b"], None)
    assert (await client.get("/sessions?offset=9")).json() == {"sessions": [], "total": 3, "next": None}
    assert (await client.get("/sessions?limit=101")).status_code == 422


async def test_a_deleted_session_is_begun_anew(client: httpx.AsyncClient) -> None:
    old = await post(client)
    for _ in range(2):
        assert (await client.delete("/sessions/talk")).status_code == 204
    for path in ("/sessions/talk", "/sessions/talk/tasks"):
        assert (await client.get(path)).status_code == 404
    assert (await client.get("/sessions")).json()["total"] == 0
    assert (await client.get(f"/tasks/{old['id']}")).json()["session_id"] == "talk"
    new = await post(client)
    assert (new["session_turn"], new["predecessor_id"], new["status"]) == (2, None, "queued")
    turns = (await client.get("/sessions/talk/tasks?after=1")).json()["tasks"]
    assert [task["id"] for task in turns] == [new["id"]]
    session = (await client.get("/sessions/talk")).json()
    assert (session["first_turn"], session["size"]) == (2, 1)
