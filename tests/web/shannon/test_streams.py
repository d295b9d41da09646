"""Server-sent events of this door: frames and cursors, filters, ends, and what is refused before."""

import asyncio
import json
import logging
import random
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from followed import Followed, following
from rig import client_of, open_app

from gnomon.core.access import Limits
from gnomon.core.retry import Asked, Done, Failed
from gnomon.core.service.access import found_workspace
from gnomon.core.task import Json, TaskError
from gnomon.web.ids import shannon_id
from gnomon.web.sse import Pace

SSE = "/api/v1/stream/sse"


@dataclass(frozen=True)
class Heard:
    """One server-sent event."""

    id: str
    name: str
    data: str

    @property
    def json(self) -> Any:
        return json.loads(self.data)


def heard(text: str) -> list[Heard]:
    found = []
    for part in text.split("\n\n"):
        lines = [line for line in part.split("\n") if line and line[0] != ":"]
        if lines:
            id_, name, data = lines
            found.append(
                Heard(id_.removeprefix("id: "), name.removeprefix("event: "), data.removeprefix("data: "))
            )
    return found


def names(events: Sequence[Heard]) -> list[str]:
    return [event.name for event in events]


@pytest.fixture
async def followed(tmp_path: Path) -> AsyncIterator[Followed]:
    async with following(tmp_path / "data") as followed:
        yield followed


async def ask(followed: Followed, name: str, **headers: str) -> httpx.Response:
    return await asks(followed, {"workflow_id": shannon_id(name)}, **headers)


async def asks(followed: Followed, query: dict[str, str], **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=followed.address, headers={"x-api-key": followed.key}) as client:
        return await client.get(SSE, params=query, headers=headers, timeout=30)


async def test_a_task_is_told_to_its_end(followed: Followed) -> None:
    name = await followed.run({"kind": "search", "text": "Query: Why?"})
    answer = await ask(followed, name)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.text.startswith(": connected\n\n")
    told = heard(answer.text)
    assert names(told) == [
        "DATA_PROCESSING",
        "WORKFLOW_STARTED",
        "AGENT_STARTED",
        "PROGRESS",
        "TOOL_INVOKED",
        "thread.message.delta",
        "thread.message.completed",
        "AGENT_COMPLETED",
        "WORKFLOW_COMPLETED",
        "done",
    ]
    assert told[-1].data == "[DONE]"


async def sse(followed: Followed, name: str, **query: str) -> list[Heard]:
    answer = await asks(followed, {"workflow_id": shannon_id(name), **query})
    assert answer.status_code == 200, answer.text
    return heard(answer.text)


async def long_one(followed: Followed) -> str:
    """Store a task that has said much and has a long answer."""
    name = await followed.start()
    await followed.say(name, *({"kind": "plan", "text": f"word {n}"} for n in range(250)), progress=50)
    await followed.end(name, Done(result={"type": "text", "content": "Because. " * 100}))
    return name


async def test_any_cut_is_gone_on_from_without_a_gap_or_a_double(followed: Followed) -> None:
    name, chance = await long_one(followed), random.Random(7)
    whole = await sse(followed, name)
    assert len({event.id for event in whole}) == len(whole) > 260
    places = [*range(-12, 0), *(chance.randrange(len(whole)) for _ in range(188))]
    query = {"workflow_id": shannon_id(name)}
    async with httpx.AsyncClient(base_url=followed.address, headers={"x-api-key": followed.key}) as client:
        for cut in places:
            answer = await client.get(SSE, params={**query, "last_event_id": whole[cut].id}, timeout=30)
            assert heard(answer.text) == (whole[cut + 1 :] if cut != -1 else whole[-1:])


async def test_a_number_alone_stands_for_all_of_its_event(followed: Followed) -> None:
    name = await long_one(followed)
    whole = await sse(followed, name)
    for number in ("0", "1", "2", "100"):
        rest = await sse(followed, name, last_event_id=number)
        assert rest == [event for event in whole if int(event.id.partition("-")[0]) > int(number)]
    for past in (whole[-1].id.partition("-")[0], "9999", "9999-3", "1700000000000-0"):
        assert await sse(followed, name, last_event_id=past) == whole[-1:]


async def test_the_header_wins_over_the_query(followed: Followed) -> None:
    name = await followed.run("Hm.")
    whole = await sse(followed, name)
    query = {"workflow_id": shannon_id(name), "last_event_id": "1"}
    answer = await asks(followed, query, **{"Last-Event-ID": whole[-3].id})
    assert heard(answer.text) == whole[-2:]
    assert heard((await asks(followed, query, **{"Last-Event-ID": ""})).text) == whole[1:]


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ("WORKFLOW_STARTED,PROGRESS", ["WORKFLOW_STARTED", "PROGRESS", "done"]),
        ("LLM_OUTPUT", ["thread.message.completed", "done"]),
        ("thread.message.completed", ["thread.message.completed", "done"]),
        ("STREAM_END", ["done"]),
        ("done", ["done"]),
        ("NO_SUCH_TYPE", ["done"]),
    ],
)
async def test_a_filter_goes_by_names_and_leaves_the_end(
    followed: Followed, types: str, expected: list[str]
) -> None:
    name = await followed.run("Hm.")
    assert names(await sse(followed, name, types=types)) == expected


async def test_what_is_told_live_is_told_as_from_the_log(followed: Followed) -> None:
    name = await followed.start()
    live = [asyncio.create_task(sse(followed, name)) for _ in range(3)]
    await followed.heard(name, 3)
    for number in range(100):
        await followed.say(name, f"word {number}", progress=number / 2)
    await followed.end(name)
    later = await sse(followed, name)
    assert [await each for each in live] == [later] * 3
    assert followed.house.hub.waiting == 0


ERROR = TaskError(code="stumbled", message="There was a stone in the way.")


async def test_a_failure_is_told_twice_and_ends(followed: Followed) -> None:
    name = await followed.start()
    await followed.end(name, Failed(error=ERROR))
    *_, error, failed, done = await sse(followed, name)
    assert (error.name, failed.name, done.name) == ("error", "WORKFLOW_FAILED", "done")
    assert error.json["type"] == "ERROR_OCCURRED"
    assert error.json["message"] == failed.json["message"] == ERROR.message


async def test_steering_and_questions_are_told(followed: Followed) -> None:
    name, store, clock = await followed.start(), followed.house.store, followed.house.clock
    question: Json = {"kind": "approval", "message": "Spend it?"}
    await followed.end(name, Asked(key="spend", question=question))
    await store.answer(followed.workspace, name, "spend", {"approved": False}, clock.now())
    await store.pause(followed.workspace, name, clock.now())
    await store.resume(followed.workspace, name, clock.now())
    await store.cancel(followed.workspace, name, clock.now())
    told = await sse(followed, name)
    assert names(told)[3:] == [
        *("APPROVAL_REQUESTED", "APPROVAL_DECISION"),
        *("workflow.paused", "workflow.resumed", "workflow.cancelled", "done"),
    ]
    requested = json.loads(told[3].json["message"])
    assert (requested["approval_id"], requested["message"]) == ("spend", "Spend it?")
    assert told[4].json["payload"] == {"approval_id": "spend", "approved": False}
    assert set(told[5].json) == {"workflow_id", "agent_id", "message", "timestamp"}


async def test_of_a_trimmed_log_the_rest_is_told_after_a_warning(followed: Followed) -> None:
    name = await long_one(followed)
    whole = await sse(followed, name)
    await followed.house.store.trim_events(followed.house.clock.now() + timedelta(days=1), 100)
    warning, *rest = await sse(followed, name)
    kept = int(rest[0].id.partition("-")[0])
    assert (warning.name, warning.id) == ("WARNING", f"{kept - 1}-0")
    assert warning.json["payload"] == {"first": 1, "last": kept - 1}
    assert rest == [event for event in whole if int(event.id.partition("-")[0]) >= kept]
    assert await sse(followed, name, last_event_id=warning.id) == rest
    assert await sse(followed, name, last_event_id=rest[1].id) == rest[2:]
    (late, *others) = await sse(followed, name, last_event_id="5-0")
    assert late.json["payload"]["last"] == kept - 1
    assert others == rest


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ({"workflow_id": "task_00000000000000000000000000"}, 404, "Task not found"),
        ({"workflow_id": "nonsense"}, 404, "Task not found"),
        ({"workflow_id": "a/b"}, 400, "Invalid or missing workflow_id"),
        ({"workflow_id": ""}, 400, "Invalid or missing workflow_id"),
        ({}, 400, "Invalid or missing workflow_id"),
        ({"workflow_id": "a", "last_event_id": "x"}, 400, "Invalid last_event_id"),
        ({"workflow_id": "a", "last_event_id": "-1"}, 400, "Invalid last_event_id"),
    ],
)
async def test_what_is_wrong_is_said_before_the_stream(
    followed: Followed, query: dict[str, str], status: int, error: str
) -> None:
    answer = await asks(followed, query)
    assert (answer.status_code, answer.json()) == (status, {"error": error})


async def test_a_cursor_that_was_never_given_is_refused_as_long_as_more_may_come(followed: Followed) -> None:
    name = await followed.start()
    answer = await asks(followed, {"workflow_id": shannon_id(name), "last_event_id": "99-0"})
    assert answer.status_code == 409
    assert shannon_id(name) in answer.json()["error"]


async def test_a_foreign_task_is_none(followed: Followed) -> None:
    name = await followed.run("Hm.")
    other = await found_workspace(followed.house, "theirs")
    foreign = replace(followed, founded=other)
    unknown = await asks(foreign, {"workflow_id": "task_00000000000000000000000000"})
    for path in (
        SSE,
        f"/api/v1/tasks/{shannon_id(name)}/events",
        f"/api/v1/tasks/{shannon_id(name)}/timeline",
    ):
        async with httpx.AsyncClient(base_url=foreign.address, headers={"x-api-key": foreign.key}) as client:
            answer = await client.get(path, params={"workflow_id": shannon_id(name)})
        assert (answer.status_code, answer.content) == (404, unknown.content)


async def test_credentials_in_the_address_are_for_streams_and_never_logged(
    followed: Followed, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    name = shannon_id(await followed.run("Hm."))
    ticket_path = f"/gnomon/v1/tasks/{name}/stream-tickets"
    async with httpx.AsyncClient(base_url=followed.address) as client:
        for given in ("api_key", "token"):
            query = {"workflow_id": name, given: followed.key}
            assert (await client.get(SSE, params=query)).status_code == 200
            assert (await client.get(f"/api/v1/tasks/{name}", params=query)).status_code == 401
            assert (await client.get(f"/api/v1/tasks/{name}/events", params=query)).status_code == 401
            twice = await client.get(SSE, params=query, headers={"X-API-Key": "other"})
            assert (twice.status_code, list(twice.json())) == (400, ["error"])
            same = await client.get(SSE, params=query, headers={"X-API-Key": followed.key})
            assert same.status_code == 200
        wrong = await client.get(SSE, params={"workflow_id": name, "api_key": "api_nothing"})
        assert wrong.status_code == 401
        assert wrong.headers["WWW-Authenticate"] == 'Bearer realm="Shannon API"'
        made = (await client.post(ticket_path, headers={"X-API-Key": followed.key})).json()
        ticket = made["url"].partition("ticket=")[2]
        wasted = await client.get(SSE, params={"workflow_id": "", "ticket": ticket})
        assert wasted.status_code == 400
        once = {"workflow_id": name, "ticket": ticket}
        assert [(await client.get(SSE, params=once)).status_code for _ in range(2)] == [200, 401]
    written = "\n".join(str(record.__dict__) for record in caplog.records if "gnomon" in record.name)
    assert followed.key not in written
    assert ticket not in written


async def test_without_keys_a_foreign_page_is_refused(followed: Followed) -> None:
    name = await followed.run("Hm.")
    app = open_app(followed.house, followed.workspace, require_key=False)
    async with client_of(app, host="localhost:8080") as client:
        query = {"workflow_id": shannon_id(name)}
        assert (await client.get(SSE, params=query)).status_code == 200
        assert (await client.get(SSE, params={**query, "api_key": "any"})).status_code == 200
        foreign = await client.get(SSE, params=query, headers={"Origin": "https://evil.example"})
        assert (foreign.status_code, list(foreign.json())) == (403, ["error"])
        assert (await client.get(SSE, params=query, headers={"Host": "evil.example"})).status_code == 403


async def test_one_key_has_so_many_streams(tmp_path: Path) -> None:
    async with following(tmp_path / "data", limits=Limits(streams=1)) as followed:
        name = await followed.start()
        first = asyncio.create_task(sse(followed, name))
        await followed.heard(name)
        refused = await ask(followed, name)
        assert (refused.status_code, set(refused.json())) == (429, {"error", "message"})
        await followed.end(name)
        assert names(await first)[-1] == "done"
        assert (await ask(followed, name)).status_code == 200


async def broken(followed: Followed, name: str, key: str = "") -> str:
    """Read a stream that breaks off, and return what came of it."""
    got, query = b"", {"workflow_id": shannon_id(name)}
    headers = {"x-api-key": key or followed.key}
    async with httpx.AsyncClient(base_url=followed.address, headers=headers) as client:
        try:
            async with client.stream("GET", SSE, params=query, timeout=30) as answer:
                async for piece in answer.aiter_bytes():
                    got += piece
        except httpx.TransportError:
            return got.decode()
    raise AssertionError("It was ended cleanly.")


async def test_a_server_that_stops_breaks_the_stream_off(followed: Followed) -> None:
    name = await followed.start()
    reading = asyncio.create_task(broken(followed, name))
    await followed.heard(name)
    followed.house.hub.close()
    assert "done" not in names(heard(await reading))


async def test_a_stream_whose_life_is_over_breaks_off_and_says_that_it_lives_until_then(
    tmp_path: Path,
) -> None:
    async with following(tmp_path / "data", pace=Pace(heartbeat=0.05, longest=0.3)) as followed:
        text = await broken(followed, await followed.start())
    assert ": hb\n" in text
    assert ": hb\n\n" not in text
    assert "retry:" not in text


async def test_a_key_that_is_revoked_breaks_the_stream_off(followed: Followed) -> None:
    name = await followed.start()
    keys = f"{followed.address}/gnomon/v1/keys"
    async with httpx.AsyncClient(headers={"x-api-key": followed.key}) as client:
        made = (await client.post(keys, json={"name": "short", "scopes": ["read"]})).json()
        reading = asyncio.create_task(broken(followed, name, made["secret"]))
        await followed.heard(name)
        await client.delete(f"{keys}/{made['id']}")
    assert "done" not in names(heard(await reading))


async def test_who_takes_nothing_is_cut_and_holds_nothing_back(followed: Followed) -> None:
    name = await followed.start()
    await followed.say(name, *("x" * 30_000 for _ in range(400)))
    host, port = followed.address.removeprefix("http://").split(":")
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect((host, int(port)))
        path = f"{SSE}?workflow_id={shannon_id(name)}&api_key={followed.key}"
        reader.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        await followed.heard(name)
        async with asyncio.timeout(20):
            while followed.house.hub.waiting:  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(0.01)
