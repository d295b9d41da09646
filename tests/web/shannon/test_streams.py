"""Server-sent events of this door: frames and cursors, filters, ends, and what is refused before."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from followed import Followed, following

from gnomon.web.ids import shannon_id

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
