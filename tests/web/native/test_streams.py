"""Streams at the native door: frames as browsers read them, cursors, filters, ends; and what is refused before."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rig import Hands, House, Tenant, client_of, open_app

from gnomon.core.access import KeyRole
from gnomon.core.ports import Holding, Report
from gnomon.core.retry import Done
from gnomon.web.sse import Pace, frame, one_line

ORDER = {"kind": "pvsyst_component", "input": {"blob": "0" * 64, "filename": "a.pan", "as": "module"}}


@dataclass(frozen=True)
class Frame:
    """One dispatched event, as the specification of EventSource reads it."""

    id: str
    event: str
    data: str
    retry: str | None


def frames_of(text: str) -> list[Frame]:
    """Read a stream as the specification says: lines end with CR, LF or both, and a blank line dispatches."""
    found, last_id, fields = [], "", {}
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        else:
            last_id = fields.get("id", last_id)
            if "data" in fields:
                found.append(Frame(last_id, fields["event"], fields["data"], fields.get("retry")))
            fields = {}
    return found


@pytest.fixture
async def client(house: House, app: Any, ours: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    quick = open_app(house, pace=Pace(heartbeat=0.05))
    async with client_of(quick, **{"X-API-Key": ours.founded.keys[KeyRole.API]}) as client:
        client.base_url = httpx.URL("http://gnomon.test/gnomon/v1")
        yield client


async def submit(client: httpx.AsyncClient) -> str:
    return str((await client.post("/tasks", json=ORDER)).json()["id"])


async def heard(house: House, task_id: str) -> None:
    """Wait until somebody listens to the task."""
    async with asyncio.timeout(10):
        while not house.hub.is_heard(task_id):  # noqa: ASYNC110  the hub tells nobody that somebody came
            await asyncio.sleep(0.001)


async def ended(client: httpx.AsyncClient, hands: Hands) -> str:
    task_id = await submit(client)
    claimed = await hands.claim()
    await hands.report(claimed, 50, "half")
    await hands.end(claimed, Done(result={"n": 1}))
    return task_id


async def test_a_stream_tells_the_log_and_proves_it(client: httpx.AsyncClient, hands: Hands) -> None:
    task_id = await ended(client, hands)
    answer = await client.get(f"/tasks/{task_id}/stream")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache, no-transform"
    assert answer.headers["x-accel-buffering"] == "no"
    *told, end = frames_of(answer.text)
    events = (await client.get(f"/tasks/{task_id}/events")).json()["events"]
    assert [json.loads(frame.data) for frame in told] == events
    assert [frame.id for frame in told] == ["1", "2", "3", "4"]
    assert [frame.event for frame in told] == [event["type"] for event in events]
    assert told[0].retry is not None
    assert {frame.retry for frame in (*told[1:], end)} == {None}
    digest = hashlib.sha256("".join(f"{frame.data}\n" for frame in told).encode()).hexdigest()
    closing = json.loads(end.data)
    assert (end.event, end.id) == ("stream.end", "4")
    assert (closing["count"], closing["version"], closing["from"]) == (4, 4, 1)
    assert closing["digest"] == f"sha256:{digest}"


async def test_what_is_told_live_is_told_as_from_the_log(client: httpx.AsyncClient, hands: Hands) -> None:
    task_id = await submit(client)
    live = asyncio.create_task(client.get(f"/tasks/{task_id}/stream"))
    await heard(hands.house, task_id)
    claimed = await hands.claim()
    for number in range(200):
        await hands.report(claimed, number / 4, "on")
    await hands.end(claimed, Done(result={"n": 1}))
    later = await client.get(f"/tasks/{task_id}/stream")
    assert [replace(f, retry=None) for f in frames_of((await live).text)] == [
        replace(f, retry=None) for f in frames_of(later.text)
    ]
    assert hands.house.hub.waiting == 0


async def test_silence_is_broken_by_comments_of_one_line(client: httpx.AsyncClient, hands: Hands) -> None:
    task_id = await submit(client)
    live = asyncio.create_task(client.get(f"/tasks/{task_id}/stream"))
    await heard(hands.house, task_id)
    await asyncio.sleep(0.3)
    await client.post(f"/tasks/{task_id}/cancel")
    text = (await live).text
    assert ": hb\n" in text
    assert ": hb\n\n" not in text
    assert [frame.event for frame in frames_of(text)] == ["task.queued", "task.cancelled", "stream.end"]


@pytest.mark.parametrize(
    ("query", "header", "first"),
    [
        ("?after=1", None, 2),
        ("?last_event_id=2", None, 3),
        ("?after=1&last_event_id=3", None, 4),
        ("?after=1&last_event_id=2", "3", 4),
        ("?after=3", "", 4),
        ("?last_event_id=0&after=3", None, 1),
        ("?after=3", "0", 1),
    ],
)
async def test_a_stream_goes_on_after_the_cursor(
    client: httpx.AsyncClient, hands: Hands, query: str, header: str | None, first: int
) -> None:
    task_id = await ended(client, hands)
    headers = {} if header is None else {"Last-Event-ID": header}
    told = frames_of((await client.get(f"/tasks/{task_id}/stream{query}", headers=headers)).text)
    assert told[0].id == str(first)


async def test_who_knows_all_is_told_to_stay_away(client: httpx.AsyncClient, hands: Hands) -> None:
    task_id = await ended(client, hands)
    answer = await client.get(f"/tasks/{task_id}/stream", headers={"Last-Event-ID": "4"})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/tasks/tsk_none/stream", {}, 404),
        ("/tasks/{id}/stream?after=99", {}, 409),
        ("/tasks/{id}/stream?after=x", {}, 422),
        ("/tasks/{id}/stream?after=-1", {}, 422),
        ("/tasks/{id}/stream?after=1&after=2", {}, 422),
        ("/tasks/{id}/stream?types=task.nonsense", {}, 422),
        ("/tasks/{id}/stream?types=", {}, 422),
        ("/tasks/{id}/stream?type=task.started", {}, 422),
        ("/tasks/{id}/stream", {"Last-Event-ID": "four"}, 422),
        ("/tasks/{id}/stream?after=x", {"Last-Event-ID": "3"}, 422),
        ("/tasks/{id}/stream", {"Last-Event-ID": "9" * 40}, 422),
        ("/tasks/{id}/stream", {"X-API-Key": "none"}, 401),
    ],
)
async def test_what_is_wrong_is_said_before_the_stream(
    client: httpx.AsyncClient, hands: Hands, path: str, headers: dict[str, str], status: int
) -> None:
    task_id = await ended(client, hands)
    answer = await client.get(path.format(id=task_id), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert hands.house.hub.waiting == 0


async def test_a_filter_leaves_out_and_may_move_the_cursor(client: httpx.AsyncClient, hands: Hands) -> None:
    task_id = await ended(client, hands)
    address = f"/tasks/{task_id}/stream?types=task.started,task.queued"
    plain = (await client.get(address)).text
    assert [frame.id for frame in frames_of(plain)] == ["1", "2", "4"]
    moved = (await client.get(f"{address}&cursor_frames=1")).text
    assert "\nid: 4\n\nid: 4\nevent: stream.end\n" in moved


async def test_events_are_streamed_to_who_accepts_a_stream(client: httpx.AsyncClient, hands: Hands) -> None:
    task_id = await ended(client, hands)
    answer = await client.get(f"/tasks/{task_id}/events?after=3", headers={"Accept": "text/event-stream"})
    assert [frame.event for frame in frames_of(answer.text)] == ["task.completed", "stream.end"]


async def test_a_stream_ends_when_its_life_is_over(house: House, client: httpx.AsyncClient) -> None:
    brief = open_app(house, pace=Pace(heartbeat=0.05, longest=0.2))
    task_id = await submit(client)
    async with client_of(brief, **dict(client.headers)) as listener:
        answer = await listener.get(f"http://gnomon.test/gnomon/v1/tasks/{task_id}/stream")
    assert [frame.event for frame in frames_of(answer.text)] == ["task.queued"]


async def test_a_server_that_leaves_ends_its_streams_and_opens_none(
    house: House, client: httpx.AsyncClient
) -> None:
    task_id = await submit(client)
    live = asyncio.create_task(client.get(f"/tasks/{task_id}/stream"))
    await heard(house, task_id)
    house.hub.close()
    assert "stream.end" not in (await live).text
    refused = await client.get(f"/tasks/{task_id}/stream")
    assert refused.status_code == 503
    assert refused.headers["retry-after"]


async def test_a_revoked_key_ends_its_streams(house: House, client: httpx.AsyncClient) -> None:
    made = (await client.post("/keys", json={"name": "short", "scopes": ["read"]})).json()
    task_id = await submit(client)
    live = asyncio.create_task(client.get(f"/tasks/{task_id}/stream", headers={"X-API-Key": made["secret"]}))
    await heard(house, task_id)
    await client.delete(f"/keys/{made['id']}")
    answer = await asyncio.wait_for(live, 5)
    assert "stream.end" not in answer.text


async def test_a_ticket_opens_one_stream(client: httpx.AsyncClient, hands: Hands) -> None:
    task_id = await ended(client, hands)
    stream = (await client.post(f"/tasks/{task_id}/stream-tickets")).json()
    address = f"/tasks/{task_id}/stream?ticket={stream['ticket']}"
    bare = {name: value for name, value in client.headers.items() if name != "x-api-key"}
    client.headers = httpx.Headers(bare)
    for wrong in ("&after=x", "&types=task.nonsense", "&tickets=1"):
        assert (await client.get(f"{address}{wrong}")).status_code == 422
    assert (await client.get(address, headers={"Last-Event-ID": "four"})).status_code == 422
    assert (await client.get(address)).status_code == 200, "what was refused has not used it up"
    assert (await client.get(address)).status_code == 401


async def test_words_of_a_workload_make_no_second_field(
    client: httpx.AsyncClient, hands: Hands, house: House
) -> None:
    task_id = await submit(client)
    claimed = await hands.claim()
    nasty = "a\r\nid: 77\n\nevent: x\ndata: y\u2028data: z\u2029\x85\x0b\x00 ü"
    holding = Holding(task_id=claimed.id, fence=claimed.fence)
    words = {"text": nasty, nasty: 2**80}
    await house.store.report(Report(holding=holding, now=house.clock.now(), messages=(words,)))
    await hands.end(claimed, Done(result=None))
    text = (await client.get(f"/tasks/{task_id}/stream")).text
    told = frames_of(text)
    assert [frame.id for frame in told] == ["1", "2", "3", "4", "4"]
    assert json.loads(told[2].data)["body"] == {"text": nasty, nasty: 2**80}
    assert len(text.splitlines()) == text.count("\n"), "no other line end is left for lax readers"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_any_json_is_one_field(value: Any) -> None:
    text = frame("task.message", one_line(value), 3).decode()
    (told,) = frames_of(text)
    assert (told.id, told.event) == ("3", "task.message")
    assert json.loads(told.data) == value
    assert len(text.splitlines()) == 4
