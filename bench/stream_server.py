"""The servers that `streams.py` measures, each with a side door through which it is told to make events.

    python bench/stream_server.py gnomon|bare FOLDER

`gnomon` is the server as `gnomon serve` runs it: its application, its settings, its protocol, its event loop. Beside
it, on the same loop, a generator holds tasks through the store and reports messages, as an engine does; each message
bears the nanosecond at which it was due. `bare` is the least that streams: an ASGI function and an asyncio.Queue for
each client, nothing stored, no key, no heartbeat.

The side door takes one JSON object a line and answers with one.
"""

import asyncio
import gc
import itertools
import json
import random
import socket
import sys
import time
from array import array
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import uvicorn
import uvloop

from gnomon.cli.log import set_up
from gnomon.cli.serve import _answer, _bind
from gnomon.core.ports import Claim, Finish, Holding, Report, Submit
from gnomon.core.retry import Done
from gnomon.core.service import House
from gnomon.core.task import NewTask, task_id
from gnomon.settings import Settings
from gnomon.wiring import open_server

KIND = "bench.stream"  # no workload has it, so that the engine leaves its tasks alone
CLAIMED_AT_ONCE = 500
# Set to 0, which is none: one client holds all streams here.
LIMITS = ("max_streams", "max_waits", "max_active", "rate_limit")


class Source(Protocol):
    """Where events come from."""

    async def make(self, count: int) -> Sequence[str]:
        """Make tasks and return their paths' ids."""

    async def tell(self, task: str, at: int) -> None:
        """Make one event of a task, due at that nanosecond."""

    async def end(self, task: str, at: int) -> None:
        """End a task."""


@dataclass(slots=True)
class Stored:
    """Tasks in our store, held by this generator."""

    house: House
    workspace: str
    held: dict[str, Holding] = field(default_factory=dict)

    async def make(self, count: int) -> Sequence[str]:
        now = self.house.clock.now()
        names = [task_id(now, self.house.clock.chance(80)) for _ in range(count)]
        new = (NewTask(id=name, workspace=self.workspace, kind=KIND, input={}) for name in names)
        await asyncio.gather(*(self.house.store.submit(Submit(task=task, now=now)) for task in new))
        for _ in range(0, count, CLAIMED_AT_ONCE):
            claim = Claim(
                worker="bench", kinds=(KIND,), limit=CLAIMED_AT_ONCE, now=now, lease=timedelta(days=1)
            )
            for task in await self.house.store.claim(claim):
                self.held[task.id] = Holding(task_id=task.id, fence=task.fence)
        return names

    async def tell(self, task: str, at: int) -> None:
        await self.say(task, {"due_ns": at})

    async def say(self, task: str, words: Any) -> None:
        report = Report(holding=self.held[task], now=self.house.clock.now(), messages=(words,))
        await self.house.store.report(report)

    async def end(self, task: str, at: int) -> None:
        ending = Done(result={"due_ns": at})
        await self.house.store.finish(
            Finish(holding=self.held.pop(task), now=self.house.clock.now(), ending=ending)
        )


@dataclass(slots=True)
class Bare:
    """Queues by task, and the ASGI function that reads them."""

    clients: dict[str, list[asyncio.Queue[bytes]]] = field(default_factory=lambda: defaultdict(list))
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def make(self, count: int) -> Sequence[str]:
        return [str(next(self.numbers)) for _ in range(count)]

    async def tell(self, task: str, at: int) -> None:
        body = {"type": "task.message", "task_id": task, "number": 3, "version": 3, "body": {"due_ns": at}}
        frame = b"id: 3\nevent: task.message\ndata: " + json.dumps(body).encode() + b"\n\n"
        for queue in self.clients[task]:
            queue.put_nowait(frame)

    async def end(self, task: str, at: int) -> None:
        await self.tell(task, at)

    async def app(self, scope: Any, _: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        _, _, task, *rest = scope["path"].split("/")
        if not rest:
            await send({"type": "http.response.start", "status": 304, "headers": [(b"etag", b'"2"')]})
            await send({"type": "http.response.body"})
            return
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self.clients[task].append(queue)
        head = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b": hi\n", "more_body": True})
        while True:
            await send({"type": "http.response.body", "body": await queue.get(), "more_body": True})


@dataclass(slots=True)
class SideDoor:
    """Does what the bench asks for, on the server's own loop."""

    source: Source
    tasks: Sequence[str] = ()
    took: "array[float]" = field(default_factory=lambda: array("d"))

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            order = json.loads(line)
            try:
                said = await getattr(self, "do_" + order.pop("do"))(**order)
            except Exception as error:  # noqa: BLE001  the bench shall read what went wrong
                said = {"error": repr(error)}
            writer.write(json.dumps(said).encode() + b"\n")
        writer.close()

    async def do_make(self, count: int) -> Any:
        """Make tasks; events are about these from now on."""
        self.tasks = await self.source.make(count)
        gc.collect()
        return {"tasks": self.tasks}

    async def do_events(self, rate: float, seconds: float) -> Any:
        """Make events of random tasks at a fixed rate, however late the loop is."""
        return await self._at_rate(rate, seconds, lambda: (self.source.tell, random.choice(self.tasks)))

    async def do_ends(self, rate: float, seconds: float) -> Any:
        """End random tasks at a fixed rate."""
        left = list(self.tasks)
        random.shuffle(left)
        return await self._at_rate(rate, seconds, lambda: (self.source.end, left.pop()))

    async def _at_rate(self, rate: float, seconds: float, draw: Callable[[], tuple[Any, str]]) -> Any:
        del self.took[:]
        begin, making = time.time_ns(), set[asyncio.Task[None]]()
        for number in range(int(rate * seconds)):
            due = begin + int(number / rate * 1e9)
            if (early := due - time.time_ns()) > 0:
                await asyncio.sleep(early / 1e9)
            verb, task = draw()
            making.add(made := asyncio.create_task(self._timed(verb, task, due)))
            made.add_done_callback(making.discard)
        await asyncio.gather(*making)
        return {"count": len(self.took), "stored": sorted(self.took)[int(len(self.took) * 0.99)]}

    async def _timed(self, verb: Any, task: str, due: int) -> None:
        await verb(task, due)
        self.took.append((time.time_ns() - due) / 1e9)

    async def do_fill(self, megabytes: int) -> Any:
        """Write so much into the log of a task that nobody follows: what the database caches is then in memory."""
        assert isinstance(self.source, Stored)
        (task,) = await self.source.make(1)
        for _ in range(5 * megabytes):
            await self.source.say(task, {"filler": "x" * 200_000})
        return {}

    async def do_one(self, task: str) -> Any:
        """Make one event of one task."""
        at = time.time_ns()
        await self.source.tell(task, at)
        return {"at": at}


def settings(folder: Path) -> Settings:
    """Return our settings, without limits of what one client may hold."""
    unlimited: dict[str, Any] = dict.fromkeys(LIMITS, 0)
    return Settings(data=folder, port=0, cpu_slots=1, log_level="warning", **unlimited)


async def run_gnomon(folder: Path) -> None:
    set_up("warning")
    chosen = settings(folder)
    with _bind(chosen.host, chosen.port) as sock:
        async with open_server(chosen) as opened:
            workspace = (await opened.house.store.list_workspaces())[0].id
            await announce(SideDoor(Stored(opened.house, workspace)), sock)
            await _answer(opened, sock, lambda: None)


async def run_bare() -> None:
    bare = Bare()
    config = uvicorn.Config(
        bare.app,
        interface="asgi3",
        lifespan="off",
        proxy_headers=False,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as sock:
        await announce(SideDoor(bare), sock)
        gc.collect()
        gc.freeze()
        await uvicorn.Server(config).serve(sockets=[sock])


async def announce(door: SideDoor, sock: socket.socket) -> None:
    """Open the side door and say where both doors are."""
    opened = await asyncio.start_server(door.answer, "127.0.0.1", 0, limit=2**24)
    ports = {"port": sock.getsockname()[1], "door": opened.sockets[0].getsockname()[1]}
    print(json.dumps(ports), flush=True)


def main() -> None:
    with asyncio.Runner(loop_factory=uvloop.Loop) as runner:
        runner.run(run_gnomon(Path(sys.argv[2])) if sys.argv[1] == "gnomon" else run_bare())


if __name__ == "__main__":
    main()
