"""A whole engine on a store, and the words to use it."""

import os
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import randbits

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "trades")]

from engine_trades import WORKLOADS  # noqa: E402
from ledger import Ledger  # noqa: E402

from gnomon.core.hub import Hub  # noqa: E402
from gnomon.core.ports import Submit  # noqa: E402
from gnomon.core.task import NewTask, Status, task_id  # noqa: E402
from gnomon.engine.embedded import EmbeddedEngine  # noqa: E402
from gnomon.engine.registry import gather  # noqa: E402

PATIENCE = 20.0
GRACE = 0.6


class WallClock:
    def now(self):
        return datetime.now(UTC)

    def chance(self, bits):
        return randbits(bits)


@dataclass
class Shop:
    store: Ledger
    hub: Hub
    engine: EmbeddedEngine
    folder: Path
    clock: WallClock = field(default_factory=WallClock)
    fifos: int = 0

    async def submit(self, kind, order=None, *, max_attempts=3, max_lost=3, deadline=None):
        now = self.clock.now()
        new = NewTask(
            id=task_id(now, randbits(80)),
            workspace="w",
            kind=kind,
            input=order or {},
            max_attempts=max_attempts,
            max_lost=max_lost,
            deadline_at=now + timedelta(seconds=deadline) if deadline else None,
        )
        return (await self.store.submit(Submit(task=new, now=now))).task

    async def until(self, task, is_so=lambda task: task.status.is_terminal):
        """Wait for the task's record to be so."""
        with self.hub.subscribe(task.id) as news:
            found = await self.store.get_task("w", task.id)
            while not is_so(found):
                found = await news.next(PATIENCE)
                assert found is not None, "nothing happened in time"
        return await self.store.get_task("w", task.id)

    async def run(self, kind, order=None, **limits):
        return await self.until(await self.submit(kind, order, **limits))

    async def begin(self, kind, order=None, **limits):
        """Submit a task that marks its begin, wait for the mark, and return both."""
        self.fifos += 1
        path = self.folder / f"fifo{self.fifos}"
        os.mkfifo(path)
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        task = await self.submit(kind, {**(order or {}), "fifo": str(path)}, **limits)
        await self.until(task, lambda task: task.status is not Status.QUEUED)
        return task, await read_line(fd)

    async def cancel(self, task):
        return await self.store.cancel("w", task.id, self.clock.now())

    async def events(self, task):
        return [
            (event.type.value, event.body) for event in await self.store.list_events("w", task.id, 0, 1000)
        ]


async def read_line(fd):
    """Wait for a line on a fifo that was opened before its writer; the mark's pid comes last."""
    import asyncio

    loop = asyncio.get_running_loop()
    text = b""
    while not text.endswith(b"\n"):
        ready = loop.create_future()
        loop.add_reader(fd, lambda ready=ready: ready.done() or ready.set_result(None))
        async with asyncio.timeout(PATIENCE):
            await ready
        loop.remove_reader(fd)
        text += os.read(fd, 4096)
    os.close(fd)
    return int(text.split()[-1])


@asynccontextmanager
async def open_shop(folder, **options):
    hub = Hub()
    store = Ledger(hub)
    settings = {"worker": "test", "cpu_slots": 2, "grace": timedelta(seconds=GRACE)} | options
    engine = EmbeddedEngine(store, hub, gather(WORKLOADS), WallClock(), **settings)
    await engine.start()
    try:
        yield Shop(store=store, hub=hub, engine=engine, folder=folder)
    finally:
        await engine.stop()
        await store.close()


@pytest.fixture
async def shop(tmp_path):
    async with open_shop(tmp_path) as shop:
        yield shop
