"""The web socket of this door: the same frames by their internal names, and handshakes that are refused."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import websockets
from followed import Followed, following
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from gnomon.web.ids import shannon_id

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
    ],
)
async def test_a_handshake_is_refused_before_it_is_done(
    followed: Followed, path: str, query: str, key: str | None, status: int
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await listen(followed, query, path, **{"X-API-Key": key or followed.key})
    answer = refused.value.response
    assert answer.status_code == status
    assert answer.headers["X-Request-Id"].startswith("req_")
    assert list(json.loads(answer.body or b"")) == ["error"]


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


async def test_a_server_that_stops_says_come_back(followed: Followed) -> None:
    name = await followed.start()
    given = {"additional_headers": {"X-API-Key": followed.key}}
    async with websockets.connect(address(followed, f"workflow_id={shannon_id(name)}"), **given) as socket:
        await socket.recv()
        followed.house.hub.close()
        with pytest.raises(ConnectionClosedError, match="1012"):
            async for _ in socket:
                pass
