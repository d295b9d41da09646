"""The web socket of this door: the same frames by their internal names, and handshakes that are refused."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from followed import Followed, following, listening
from rig import open_app
from shannon import AsyncShannonClient
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from gnomon.core.access import Limits
from gnomon.web.ids import shannon_id
from gnomon.web.sse import Pace

SOCKET = "/api/v1/stream/ws"


@pytest.fixture
async def followed(tmp_path: Path) -> AsyncIterator[Followed]:
    async with following(tmp_path / "data") as followed:
        yield followed


def address(followed: Followed, query: str, path: str = SOCKET) -> str:
    return f"{followed.address.replace('http', 'ws', 1)}{path}?{query}"


async def listen(followed: Followed, query: str, path: str = SOCKET, **headers: str) -> list[Any]:
    named = headers or {"X-API-Key": followed.key}
    async with websockets.connect(address(followed, query, path), additional_headers=named) as socket:
        told = [json.loads(text) async for text in socket]
        assert (socket.close_code, socket.close_reason) == (1000, "The stream is at its end.")
    return told


def types(told: list[Any]) -> list[str]:
    return [frame["type"] for frame in told]


async def test_a_task_is_told_by_internal_names(followed: Followed) -> None:
    name = await followed.run("Hm.")
    told = await listen(followed, f"workflow_id={shannon_id(name)}")
    assert types(told) == [
        "DATA_PROCESSING",
        "WORKFLOW_STARTED",
        "AGENT_STARTED",
        "PROGRESS",
        "AGENT_THINKING",
        "LLM_PARTIAL",
        "LLM_OUTPUT",
        "AGENT_COMPLETED",
        "WORKFLOW_COMPLETED",
        "STREAM_END",
    ]
    assert {frame["workflow_id"] for frame in told} == {shannon_id(name)}
    assert [frame["stream_id"] for frame in told][-5:] == ["5-0", "5-1", "5-2", "5-3", "5-4"]


async def test_it_goes_on_after_a_cursor_and_keeps_to_types(followed: Followed) -> None:
    name = await followed.run("Hm.")
    query = f"workflow_id={shannon_id(name)}"
    assert types(await listen(followed, f"{query}&last_event_id=5-1"))[0] == "AGENT_COMPLETED"
    assert types(await listen(followed, f"{query}&types=PROGRESS")) == ["PROGRESS", "STREAM_END"]
    assert types(await listen(followed, query, path=f"/shannon{SOCKET}"))[0] == "DATA_PROCESSING"


@pytest.mark.parametrize(
    ("path", "query", "key", "status"),
    [
        (SOCKET, "workflow_id=task_none", None, 404),
        (SOCKET, "", None, 400),
        (SOCKET, "workflow_id=a&last_event_id=b", None, 400),
        (SOCKET, "workflow_id=task_none", "api_0", 401),
        ("/api/v1/stream/sse", "workflow_id=task_none", None, 404),
        ("/api/v1/stream/ws/", "workflow_id=task_none", None, 404),
        ("/gnomon/v1/tasks", "", None, 404),
        ("/v1/tasks/runs", "", None, 404),
        ("/tasks", "", None, 404),
        ("/health", "", None, 404),
        ("/", "", None, 404),
        ("/api%2Fv1/stream/ws", "workflow_id=task_none", None, 404),
    ],
)
async def test_a_handshake_is_refused_before_it_is_done(
    followed: Followed, caplog: pytest.LogCaptureFixture, path: str, query: str, key: str | None, status: int
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await listen(followed, query, path, **{"X-API-Key": key or followed.key})
    answer = refused.value.response
    assert answer.status_code == status
    assert answer.headers["X-Request-Id"].startswith("req_")
    assert next(iter(json.loads(answer.body or b""))) == "error"
    assert caplog.text == ""


async def test_what_is_sent_is_thrown_away_and_too_much_ends_it(followed: Followed) -> None:
    name = await followed.start()
    given = {"additional_headers": {"X-API-Key": followed.key}}
    async with websockets.connect(address(followed, f"workflow_id={shannon_id(name)}"), **given) as socket:
        for _ in range(100):
            await socket.send("subscribe " * 100)
        await socket.send(b"\x00" * 100)
        await followed.end(name)
        assert json.loads([text async for text in socket][-1])["type"] == "STREAM_END"
    other = await followed.start()
    async with websockets.connect(address(followed, f"workflow_id={shannon_id(other)}"), **given) as socket:
        await socket.send("x" * 70_000)
        with pytest.raises(ConnectionClosedError, match="1009"):
            async for _ in socket:
                pass
    async with asyncio.timeout(5):
        while followed.house.hub.waiting:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.001)


async def test_a_credential_may_stand_in_the_address_and_is_not_logged(
    followed: Followed, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    name = shannon_id(await followed.run("Hm."))
    for given in ("api_key", "token"):
        query = f"workflow_id={name}&{given}={followed.key}"
        told = await listen(followed, query, **{"User-Agent": "a page", "Origin": "https://a.example"})
        assert types(told)[-1] == "STREAM_END"
    for wrong in ("", "&api_key=nothing"):
        with pytest.raises(InvalidStatus, match="401"):
            await listen(followed, f"workflow_id={name}{wrong}", Origin="https://a.example")
    ours = [record for record in caplog.records if not record.name.startswith("websockets.client")]
    assert followed.key not in "\n".join(str(record.__dict__) for record in ours)


async def test_without_keys_a_foreign_page_is_refused(followed: Followed) -> None:
    name = shannon_id(await followed.run("Hm."))
    app = open_app(followed.house, followed.workspace, require_key=False)
    async with listening(followed.house, app) as at:
        open_to_all = replace(followed, address=at)
        own = at.removeprefix("http://")
        for origin in ({}, {"Origin": f"http://{own}"}):
            told = await listen(open_to_all, f"workflow_id={name}", **{"User-Agent": "any", **origin})
            assert types(told)[-1] == "STREAM_END"
        for foreign in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            with pytest.raises(InvalidStatus, match="403"):
                await listen(open_to_all, f"workflow_id={name}", **foreign)


async def test_one_key_has_so_many_streams_and_so_many_requests(tmp_path: Path) -> None:
    async with following(tmp_path / "data", limits=Limits(streams=1, requests=3)) as followed:
        name = await followed.start()
        query, key = f"workflow_id={shannon_id(name)}", {"X-API-Key": followed.key}
        async with websockets.connect(address(followed, query), additional_headers=key) as opened:
            assert opened.response is not None
            assert opened.response.headers["RateLimit"].startswith('"requests";r=2')
            with pytest.raises(InvalidStatus, match="429"):
                await listen(followed, query)
            await followed.end(name)
            assert json.loads([text async for text in opened][-1])["type"] == "STREAM_END"
        await listen(followed, query)
        with pytest.raises(InvalidStatus, match="429"):
            await listen(followed, query)


async def test_a_socket_whose_life_or_right_is_over_is_told_so(tmp_path: Path) -> None:
    async with following(tmp_path / "data", pace=Pace(heartbeat=0.05, longest=0.3)) as followed:
        query = f"workflow_id={shannon_id(await followed.start())}"
        with pytest.raises(ConnectionClosedError, match="1012"):
            await listen(followed, query)
    async with following(tmp_path / "other") as followed:
        name = await followed.start()
        keys = f"{followed.address}/gnomon/v1/keys"
        async with httpx.AsyncClient(headers={"x-api-key": followed.key}) as client:
            made = (await client.post(keys, json={"name": "short", "scopes": ["read"]})).json()
            key = {"X-API-Key": made["secret"]}
            reading = asyncio.create_task(listen(followed, f"workflow_id={shannon_id(name)}", **key))
            await followed.heard(name)
            await client.delete(f"{keys}/{made['id']}")
        with pytest.raises(ConnectionClosedError, match="1008"):
            await reading


async def test_the_vendors_client_listens(followed: Followed) -> None:
    name = shannon_id(await followed.run("Hm."))
    async with AsyncShannonClient(base_url=followed.address, api_key=followed.key) as client:
        told = [event async for event in client.stream_ws(name)]
        assert [event.type for event in told][-2:] == ["WORKFLOW_COMPLETED", "STREAM_END"]
        same = [event async for event in client.stream(name)]
        assert [event.stream_id for event in same] == [event.stream_id for event in told]
        rest = [event async for event in client.stream_ws(name, last_event_id=told[3].id)]
        assert rest == told[4:]
        none = [event async for event in client.stream("task_00000000000000000000000000")]
        assert none == []


async def test_a_server_that_stops_says_come_back(followed: Followed) -> None:
    name = await followed.start()
    given = {"additional_headers": {"X-API-Key": followed.key}}
    async with websockets.connect(address(followed, f"workflow_id={shannon_id(name)}"), **given) as socket:
        await socket.recv()
        followed.house.hub.close()
        with pytest.raises(ConnectionClosedError, match="1012"):
            async for _ in socket:
                pass
