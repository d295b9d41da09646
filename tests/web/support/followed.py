"""A served house whose tasks are worked on by hand, and the vendor's clients that follow them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from bounds import bounded
from loopback import on_loopback
from parallel import AsyncParallel, Parallel
from rig import House, open_app, open_house

from gnomon.core.access import ALL_SCOPES, KeyRole, Limits, Principal
from gnomon.core.group import Group, NewGroup
from gnomon.core.group import group_id as new_group_id
from gnomon.core.ports import AddMembers, Claim, Finish, Holding, Report, Submit
from gnomon.core.retry import Asked, Done, Ending, RetryPolicy
from gnomon.core.service.access import Founded, found_workspace
from gnomon.core.task import Json, NewTask, Task, task_id
from gnomon.core.workload import Workload
from gnomon.web.abort import SOCKET_OPTIONS, SocketProtocol, StreamProtocol
from gnomon.web.dialects.parallel.origin import Origin
from gnomon.web.ids import group_id, run_id
from gnomon.web.sse import Pace

KIND = "research"
ORIGIN = Origin(processor="pro")


def echo(given: Json, _: Any) -> Json:
    """Give back what was given: by hand, nobody runs it."""
    return given


RESEARCH = Workload(kind=KIND, run=echo)
ANSWER = {"type": "text", "content": "forty-two", "basis": [{"field": "output", "reasoning": "It adds up."}]}
OPTED_IN = {"parallel-beta": "events-sse-2025-07-24, action-required"}


@dataclass
class Followed:
    """One house, one tenant, and hands."""

    house: House
    founded: Founded
    address: str = ""
    held: dict[str, Holding] = field(default_factory=dict)

    @property
    def workspace(self) -> str:
        return self.founded.workspace.id

    @property
    def key(self) -> str:
        return self.founded.keys[KeyRole.API]

    @property
    def principal(self) -> Principal:
        return Principal(workspace=self.workspace, key_id="k", scopes=ALL_SCOPES)

    def new(self, **fields: Any) -> NewTask:
        now = self.house.clock.now()
        standard = {"kind": KIND, "input": "Why?", "origin": ORIGIN.write(), "wording": {"processor": "pro"}}
        name = task_id(now, self.house.clock.chance(80))
        return NewTask(id=name, workspace=self.workspace, **(standard | fields))

    async def submit(self, **fields: Any) -> str:
        """Store a run, and return its task's id."""
        stored = await self.house.store.submit(Submit(task=self.new(**fields), now=self.house.clock.now()))
        return stored.task.id

    async def claim(self, limit: int = 1) -> Sequence[Task]:
        now = self.house.clock.now()
        found: list[Task] = []
        while len(found) < limit:
            most = min(limit - len(found), 500)
            claim = Claim(worker="h", kinds=(KIND,), limit=most, now=now, lease=timedelta(hours=9))
            claimed = await self.house.store.claim(claim)
            if not claimed:
                break
            found += claimed
        for task in found:
            self.held[task.id] = Holding(task_id=task.id, fence=task.fence)
        return found

    async def start(self, **fields: Any) -> str:
        """Store a run and begin it."""
        name = await self.submit(**fields)
        await self.claim()
        return name

    async def say(self, name: str, *words: Json, progress: float | None = None) -> Task:
        report = Report(
            holding=self.held[name], now=self.house.clock.now(), progress=progress, messages=tuple(words)
        )
        return await self.house.store.report(report)

    async def end(self, name: str, ending: Ending | None = None) -> Task:
        finish = Finish(
            holding=self.held.pop(name),
            now=self.house.clock.now(),
            ending=ending or Done(result=ANSWER),
            policy=RetryPolicy(),
        )
        return await self.house.store.finish(finish)

    async def ask(self, name: str, key: str = "which") -> Task:
        return await self.end(name, Asked(key=key, question={"text": "Which one?"}))

    async def answer(self, name: str, key: str = "which") -> Task:
        return await self.house.store.answer(self.workspace, name, key, "this", self.house.clock.now())

    async def run(self, *words: Json) -> str:
        """Store a run and end it."""
        name = await self.start()
        await self.say(name, *words, progress=50)
        await self.end(name)
        return name

    async def group(self, size: int = 0) -> str:
        now = self.house.clock.now()
        name = new_group_id(now, self.house.clock.chance(80))
        await self.house.store.create_group(NewGroup(id=name, workspace=self.workspace), now)
        for first in range(0, size, 1000):
            await self.add(name, min(size - first, 1000))
        return name

    async def add(self, group: str, count: int, **fields: Any) -> Sequence[str]:
        now = self.house.clock.now()
        members = tuple(Submit(task=self.new(**fields), now=now) for _ in range(count))
        added = await self.house.store.add_members(
            AddMembers(workspace=self.workspace, group_id=group, members=members, now=now)
        )
        return added.task_ids

    async def look(self, group: str) -> Group:
        return await self.house.store.get_group(self.workspace, group)

    def sdk(self, *, is_strict: bool = False, **given: Any) -> Parallel:
        return Parallel(
            api_key=self.key,
            base_url=self.address,
            max_retries=0,
            _strict_response_validation=is_strict,
            **given,
        )

    def async_sdk(self, *, is_strict: bool = False, **given: Any) -> AsyncParallel:
        return AsyncParallel(
            api_key=self.key,
            base_url=self.address,
            max_retries=0,
            _strict_response_validation=is_strict,
            **given,
        )

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a path of the door, and read the answer to its end."""
        async with httpx.AsyncClient(base_url=self.address, headers={"x-api-key": self.key}) as client:
            return await client.get(f"/v1/tasks{path}", headers=headers, timeout=30)

    async def events(self, path: str, **headers: str) -> list[Any]:
        """Read a stream to its end."""
        answer = await self.get(path, **headers)
        assert answer.status_code == 200, answer.text
        return read(answer.text)

    async def read_until(
        self, path: str, sign: bytes, act: Callable[[], Awaitable[object]]
    ) -> httpx.Response:
        """Read a stream to its end, and do something as soon as a sign has come."""
        got, has_acted = b"", False
        async with (
            httpx.AsyncClient(base_url=self.address, headers={"x-api-key": self.key}, timeout=30) as client,
            client.stream("GET", f"/v1/tasks{path}") as answer,
        ):
            async for piece in answer.aiter_bytes():
                got += piece
                if sign in got and not has_acted:
                    has_acted = True
                    await act()
        assert has_acted
        return httpx.Response(answer.status_code, headers=answer.headers, content=got)

    async def heard(self, name: str, listeners: int = 1) -> None:
        """Wait until so many listen, and have been told how a task or a group stands."""
        hub, store = self.house.hub, self.house.store
        async with bounded(f"{listeners} to listen to {name}"):
            while not hub.is_heard(name) or hub.waiting < listeners:  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(0.001)
        # Who listens reads at once; what is asked of the same few threads later is answered later.
        await asyncio.gather(*(store.list_workspaces() for _ in range(2 * store.readers.count)))


def read(text: str) -> list[Any]:
    """Read the data of each frame, and see that the frame says what its data does."""
    found = []
    for part in text.split("\n\n"):
        lines = [line for line in part.split("\n") if line and line[0] != ":"]
        if lines:
            name, data = lines
            event = json.loads(data.removeprefix("data: "))
            assert name == f"event: {event['type']}"
            found.append(event)
    return found


def types(events: Iterable[Any]) -> list[str]:
    """Return the types of events, without what all of a run's have in common."""
    named = (event["type"] if isinstance(event, dict) else event.type for event in events)
    return [name.removeprefix("task_run.").removeprefix("progress_") for name in named]


def run_path(name: str) -> str:
    return f"/runs/{run_id(name)}/events"


def group_path(name: str, noun: str = "events") -> str:
    return f"/groups/{group_id(name)}/{noun}"


@asynccontextmanager
async def worked(folder: Path, identifier: str = "ours") -> AsyncIterator[Followed]:
    """Open a folder that nobody serves."""
    house = open_house(folder, RESEARCH)
    try:
        yield Followed(house, await found_workspace(house, identifier))
    finally:
        await house.store.close()


@asynccontextmanager
async def following(
    folder: Path, *, identifier: str = "ours", pace: Pace | None = None, limits: Limits | None = None
) -> AsyncIterator[Followed]:
    """Serve a folder as the command does."""
    async with worked(folder, identifier) as followed:
        followed.house = replace(followed.house, limits=limits or followed.house.limits)
        app = open_app(followed.house, pace=pace or Pace(heartbeat=0.05))
        async with listening(followed.house, app) as followed.address:
            yield followed


@asynccontextmanager
async def listening(house: House, app: Any) -> AsyncIterator[str]:
    served: dict[str, Any] = {"http": StreamProtocol, "ws": SocketProtocol, **SOCKET_OPTIONS}
    async with on_loopback(app, **served, timeout_graceful_shutdown=5) as address:
        try:
            yield address
        finally:
            house.hub.close()
