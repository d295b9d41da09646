"""Every route and id of another workspace answers like one that nobody has; a new route needs a row here."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from natives import ORDER, client_for, client_with, key_with, operations, read_document, scope_of
from rig import Hands, House, Tenant, open_house
from shelved import ShelfLibrary, open_library

from gnomon.core.access import ALL_SCOPES
from gnomon.core.retry import Done

DOCUMENT = read_document()
OPERATIONS = operations(DOCUMENT)

UNKNOWN = {
    "task_id": "tsk_" + "0" * 26,
    "key_id": "0" * 12,
    "endpoint_id": "whe_" + "0" * 26,
    "delivery_id": "msg_" + "0" * 55,
    "key": "nobo",
    "group_id": "grp_" + "0" * 26,
    "session_id": "nobody-at-all",
    "schedule_id": "sch_" + "0" * 26,
    "document_id": "doc_" + "0" * 26,
}
"""An id of each kind that nobody has."""


@dataclass(frozen=True)
class Row:
    """How one operation is asked: what it is given, and what else may lead to somebody's records."""

    body: Any = None
    queries: tuple[str, ...] = ("",)
    headers: dict[str, str] = field(default_factory=dict)
    is_everybodys: bool = False
    """It takes no id of a workspace's record."""


SCHEDULE = {"name": "theirs", "cron": "0 0 1 1 *", "task": ORDER}

ROWS: dict[tuple[str, str], Row] = {
    ("POST", "/tasks"): Row(body=ORDER, is_everybodys=True),
    ("GET", "/tasks"): Row(is_everybodys=True),
    ("GET", "/tasks/{task_id}"): Row(
        queries=("", "?after_version=1&wait=1", "?at_event=1", "?at_event=99"),
        headers={"If-None-Match": '"1"'},
    ),
    ("GET", "/tasks/{task_id}/result"): Row(queries=("", "?wait=1")),
    ("GET", "/tasks/{task_id}/input"): Row(),
    ("GET", "/tasks/{task_id}/events"): Row(queries=("", "?after=1", "?after=99")),
    ("GET", "/tasks/{task_id}/attempts"): Row(),
    ("GET", "/tasks/{task_id}/children"): Row(),
    ("POST", "/tasks/{task_id}/cancel"): Row(),
    ("POST", "/tasks/{task_id}/pause"): Row(),
    ("POST", "/tasks/{task_id}/resume"): Row(body={"reason": "mine"}),
    ("POST", "/tasks/{task_id}/messages"): Row(body={"message": {"text": "mine"}}),
    ("POST", "/tasks/{task_id}/input"): Row(body={"key": "a", "answer": 1}),
    ("POST", "/tasks/{task_id}/rerun"): Row(
        body={"input": ORDER["input"]}, headers={"If-Match": '"1"', "Idempotency-Key": "mine"}
    ),
    ("GET", "/tasks/{task_id}/revisions"): Row(),
    ("GET", "/tasks/{task_id}/diff"): Row(queries=("", "?from=1&to=1")),
    ("POST", "/tasks/{task_id}/stream-tickets"): Row(),
    ("GET", "/tasks/{task_id}/stream"): Row(queries=("", "?after=1"), headers={"Last-Event-ID": "1"}),
    ("GET", "/idempotency-keys/{key}"): Row(),
    ("GET", "/sessions"): Row(is_everybodys=True),
    ("GET", "/sessions/{session_id}"): Row(),
    ("GET", "/sessions/{session_id}/tasks"): Row(queries=("", "?after=1", "?after=99")),
    ("PATCH", "/sessions/{session_id}"): Row(body={"title": "Mine"}),
    ("DELETE", "/sessions/{session_id}"): Row(),
    ("POST", "/schedules"): Row(body=SCHEDULE, is_everybodys=True),
    ("GET", "/schedules"): Row(is_everybodys=True),
    ("GET", "/schedules/{schedule_id}"): Row(),
    ("PATCH", "/schedules/{schedule_id}"): Row(body={"name": "Mine"}),
    ("POST", "/schedules/{schedule_id}/pause"): Row(body={"reason": "mine"}),
    ("POST", "/schedules/{schedule_id}/resume"): Row(),
    ("DELETE", "/schedules/{schedule_id}"): Row(),
    ("GET", "/schedules/{schedule_id}/runs"): Row(queries=("", "?limit=1&offset=1")),
    ("POST", "/groups"): Row(body={}, is_everybodys=True),
    ("GET", "/groups/{group_id}"): Row(headers={"If-None-Match": '"1"'}),
    ("POST", "/groups/{group_id}/tasks"): Row(body={"tasks": [ORDER]}, headers={"Idempotency-Key": "new"}),
    ("GET", "/groups/{group_id}/tasks"): Row(queries=("", "?after=1", "?after=99", "?status=queued")),
    ("POST", "/groups/{group_id}/cancel"): Row(),
    ("GET", "/keys"): Row(is_everybodys=True),
    ("POST", "/keys"): Row(body={"name": "new", "scopes": ["keys"]}, is_everybodys=True),
    ("DELETE", "/keys/{key_id}"): Row(queries=("", "?force=true")),
    ("POST", "/keys/{key_id}/rotate"): Row(body={"overlap_seconds": 60}),
    ("GET", "/workspaces"): Row(is_everybodys=True),
    ("POST", "/workspaces"): Row(body={"identifier": "new"}, is_everybodys=True),
    ("GET", "/tasks/{task_id}/webhook-endpoints"): Row(),
    ("POST", "/webhook-endpoints"): Row(body={}, is_everybodys=True),
    ("GET", "/webhook-endpoints"): Row(is_everybodys=True),
    ("GET", "/webhook-endpoints/{endpoint_id}"): Row(),
    ("PATCH", "/webhook-endpoints/{endpoint_id}"): Row(body={"enabled": True}, headers={"If-Match": '"9"'}),
    ("DELETE", "/webhook-endpoints/{endpoint_id}"): Row(),
    ("POST", "/webhook-endpoints/{endpoint_id}/rotate-secret"): Row(),
    ("GET", "/webhook-secret"): Row(is_everybodys=True),
    ("POST", "/webhook-secret/rotate"): Row(is_everybodys=True),
    ("POST", "/webhook-endpoints/{endpoint_id}/test"): Row(),
    ("POST", "/webhook-endpoints/{endpoint_id}/redeliver"): Row(body={"after": 1}),
    ("GET", "/webhook-endpoints/{endpoint_id}/deliveries"): Row(queries=("", "?after=1", "?status=pending")),
    ("GET", "/webhook-endpoints/{endpoint_id}/messages"): Row(queries=("", "?after=1", "?after=9&wait=1")),
    ("GET", "/deliveries/{delivery_id}"): Row(),
    ("GET", "/deliveries/{delivery_id}/attempts"): Row(),
    ("POST", "/deliveries/{delivery_id}/redeliver"): Row(),
    ("GET", "/passages"): Row(queries=("?query=secret",), is_everybodys=True),
    ("GET", "/library"): Row(is_everybodys=True),
    ("GET", "/documents"): Row(is_everybodys=True),
    ("GET", "/documents/{document_id}"): Row(),
    ("GET", "/documents/{document_id}/text"): Row(queries=("", "?edition=1")),
    # Who knows a document's id, which cannot be guessed, holds the address of its page.
    ("GET", "/documents/{document_id}/page"): Row(is_everybodys=True),
    ("GET", "/workloads"): Row(is_everybodys=True),
    ("GET", "/workloads/{kind}"): Row(is_everybodys=True),
    ("GET", "/queue"): Row(is_everybodys=True),
    ("GET", "/health"): Row(is_everybodys=True),
}


@dataclass
class Neighbour:
    """Somebody else's workspace, with one record of every kind."""

    ids: dict[str, str]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    opened, library = open_house(tmp_path / "data"), open_library(tmp_path)
    yield replace(opened, library=library)
    library.shelf.close()
    await opened.store.close()


@pytest.fixture
async def neighbour(theirs: Tenant, app: Any, hands: Hands, tmp_path: Path) -> Neighbour:
    library = hands.house.library
    assert isinstance(library, ShelfLibrary)
    library.put(theirs.id, tmp_path / "files", "theirs.txt", "This secret is theirs.")
    (document,) = (await library.list_documents(theirs.id)).records
    async with client_for(app, theirs) as client:
        hook = (await client.post("/webhook-endpoints", json={"url": "https://theirs.example/"})).json()
        task = (await client.post("/tasks", json=ORDER, headers={"Idempotency-Key": "mine"})).json()
        claimed = await hands.claim()
        await hands.report(claimed, 50, "half")
        await hands.end(claimed, Done(result={"secret": "theirs"}))
        assert (await client.get(f"/tasks/{task['id']}/result")).status_code == 200
        (key, *_) = (await client.get("/keys")).json()["keys"]
        group = (await client.post("/groups", json={"metadata": {"of": "theirs"}})).json()
        later = {"run_at": "2099-01-01T00:00:00Z"}
        member = {**ORDER, **later, "metadata": {"of": "theirs"}, "session_id": "their-session"}
        added = await client.post(f"/groups/{group['id']}/tasks", json={"tasks": [member]})
        assert added.status_code == 202
        schedule = (await client.post("/schedules", json=SCHEDULE)).json()
        sent = (await client.get(f"/webhook-endpoints/{hook['id']}/deliveries")).json()["deliveries"]
    made = {
        "task_id": task["id"],
        "key_id": key["id"],
        "endpoint_id": hook["id"],
        "delivery_id": sent[0]["id"],
        "key": "mine",
        "group_id": group["id"],
        "session_id": "their-session",
        "schedule_id": schedule["id"],
        "document_id": document.id,
    }
    return Neighbour(ids=made)


def test_every_operation_has_a_row() -> None:
    assert set(OPERATIONS) == set(ROWS)


@pytest.mark.parametrize(("method", "path"), [o for o in OPERATIONS if "{" in o[1]])
async def test_foreign_equals_unknown(
    ours: Tenant, neighbour: Neighbour, app: Any, method: str, path: str
) -> None:
    row = ROWS[method, path]
    if row.is_everybodys:
        return
    (name,) = re.findall(r"\{(\w+)\}", path)
    async with client_for(app, ours) as client:
        for query in row.queries:
            told = [
                await _ask(client, method, path.format(**{name: given}) + query, row)
                for given in (neighbour.ids[name], UNKNOWN[name])
            ]
            assert [answer.status_code for answer in told] == [404, 404], (path, query, told[0].text)
            plain = [
                answer.text.replace(given, "ID")
                for answer, given in zip(told, (neighbour.ids[name], UNKNOWN[name]), strict=True)
            ]
            assert plain[0] == plain[1]
            assert dict(told[0].headers) == dict(told[1].headers)
            assert "theirs" not in told[0].text


async def _ask(client: httpx.AsyncClient, method: str, path: str, row: Row) -> httpx.Response:
    headers = {"X-Request-Id": "same", **row.headers}
    return await client.request(method, path, json=row.body, headers=headers)


async def test_events_as_a_stream_are_not_shown_either(ours: Tenant, neighbour: Neighbour, app: Any) -> None:
    row = Row(headers={"Accept": "text/event-stream", "Last-Event-ID": "1"})
    async with client_for(app, ours) as client:
        told = await _ask(client, "GET", f"/tasks/{neighbour.ids['task_id']}/events", row)
    assert (told.status_code, told.json()["code"]) == (404, "not_found")


async def test_lists_and_counts_hold_ones_own(ours: Tenant, neighbour: Neighbour, app: Any) -> None:
    async with client_for(app, ours) as client:
        members = f"?group_id={neighbour.ids['group_id']}"
        for query in ("", "?metadata.of=theirs", members, "?session_id=their-session"):
            assert (await client.get(f"/tasks{query}")).json() == {"tasks": [], "next": None}
        assert (await client.get("/sessions")).json() == {"sessions": [], "total": 0, "next": None}
        assert (await client.get("/schedules")).json() == {"schedules": [], "total": 0, "next": None}
        keys = (await client.get("/keys")).json()["keys"]
        assert neighbour.ids["key_id"] not in [key["id"] for key in keys]
        assert (await client.get("/webhook-endpoints")).json() == {"webhook_endpoints": [], "next": None}
        queue = (await client.get("/queue")).json()["kinds"]
        assert not any(count for kind in queue for count in kind["counts"].values())
        assert (await client.get("/documents")).json() == {"documents": [], "next": None}
        assert (await client.get("/passages?query=secret")).json()["passages"] == []
        assert not any((await client.get("/library")).json().values())


async def test_a_foreign_cursor_leads_to_ones_own(ours: Tenant, theirs: Tenant, app: Any) -> None:
    async with client_for(app, theirs) as client:
        for _ in range(3):
            await client.post("/tasks", json=ORDER)
        cursor = (await client.get("/tasks?limit=1")).json()["next"]
    async with client_for(app, ours) as client:
        mine = (await client.post("/tasks", json=ORDER)).json()["id"]
        assert (await client.get("/tasks", params={"cursor": cursor})).json()["tasks"] == []
        assert [task["id"] for task in (await client.get("/tasks")).json()["tasks"]] == [mine]


async def test_ones_own_key_of_a_repeatable_request_is_not_theirs(
    ours: Tenant, neighbour: Neighbour, app: Any
) -> None:
    async with client_for(app, ours) as client:
        made = await client.post("/tasks", json=ORDER, headers={"Idempotency-Key": "mine"})
    assert made.status_code == 202
    assert "idempotency-replayed" not in made.headers
    assert made.json()["id"] != neighbour.ids["task_id"]


async def test_a_session_of_the_same_name_is_ones_own(ours: Tenant, neighbour: Neighbour, app: Any) -> None:
    async with client_for(app, ours) as client:
        made = (await client.post("/tasks", json={**ORDER, "session_id": "their-session"})).json()
        assert (made["session_turn"], made["predecessor_id"]) == (1, None)
        turns = (await client.get("/sessions/their-session/tasks")).json()["tasks"]
    assert [turn["id"] for turn in turns] == [made["id"]]


async def test_a_task_comes_after_no_foreign_one(ours: Tenant, neighbour: Neighbour, app: Any) -> None:
    async with client_for(app, ours) as client:
        told = [
            await client.post("/tasks", json={**ORDER, "after": given}, headers={"X-Request-Id": "same"})
            for given in (neighbour.ids["task_id"], UNKNOWN["task_id"])
        ]
    assert [answer.status_code for answer in told] == [422, 422]
    assert told[0].text.replace(neighbour.ids["task_id"], "") == told[1].text.replace(UNKNOWN["task_id"], "")


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_a_key_needs_the_scope_and_no_other(
    ours: Tenant, house: House, app: Any, method: str, path: str
) -> None:
    scope, row = scope_of(DOCUMENT, method, path), ROWS[method, path]
    place = re.sub(r"\{\w+\}", "nothing", path)
    if scope is None:
        assert path in ("/health", "/documents/{document_id}/page")
        return
    keys = [await key_with(house, ours, scopes) for scopes in (ALL_SCOPES - {scope}, frozenset({scope}))]
    for key, may in zip(keys, (False, True), strict=True):
        async with client_with(app, key) as client:
            told = await client.request(method, place, json=row.body)
        assert (told.status_code != 403) == may, told.text
        assert may or told.json()["code"] == "forbidden"
    async with client_with(app, "nothing") as client:
        assert (await client.request(method, place, json=row.body)).status_code == 401
