"""A whole engine on a store, and short words to use it."""

import asyncio
import json
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import randbits

from engine_trades import WORKLOADS

from gnomon.core.hub import Hub
from gnomon.core.ports import Submit
from gnomon.core.task import NewTask, Status, task_id
from gnomon.engine.embedded import EmbeddedEngine
from gnomon.engine.registry import gather
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault

PATIENCE = 20.0
GRACE = 0.6
VAULT = KeyVault(b"e" * 32)


class WallClock:
    step = timedelta(0)
    """How far somebody has set the clock forward."""

    def now(self):
        return datetime.now(UTC) + self.step

    def chance(self, bits):
        return randbits(bits)


@dataclass
class Shop:
    store: SqliteStore
    hub: Hub
    engine: EmbeddedEngine
    folder: Path
    clock: WallClock
    fifos: int = 0

    async def submit(
        self, kind, order=None, *, max_attempts=3, max_lost=3, deadline=None, secrets=None, **fields
    ):
        now = self.clock.now()
        if secrets is not None:
            fields["sealed"] = VAULT.seal(json.dumps(secrets).encode())
        new = NewTask(
            id=task_id(now, randbits(80)),
            workspace="w",
            kind=kind,
            input=order or {},
            max_attempts=max_attempts,
            max_lost=max_lost,
            deadline_at=now + timedelta(seconds=deadline) if deadline else None,
            **fields,
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

    async def answer(self, task, key, value):
        return await self.store.answer("w", task.id, key, value, self.clock.now())

    async def pause(self, task):
        return await self.store.pause("w", task.id, self.clock.now())

    async def resume(self, task):
        return await self.store.resume("w", task.id, self.clock.now())

    async def tell(self, task, message):
        return await self.store.tell("w", task.id, message, None, self.clock.now())

    async def until_it_is(self, task, status):
        return await self.until(task, lambda task: task.status is status)

    async def events(self, task):
        return [
            (event.type.value, event.body) for event in await self.store.list_events("w", task.id, 0, 1000)
        ]


async def read_line(fd):
    """Wait for a line on a fifo that was opened before its writer; the mark's pid comes last."""
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
async def open_shop(folder, between=lambda store: store, workloads=WORKLOADS, **options):
    hub, clock = Hub(), WallClock()
    store = SqliteStore.open(folder / "gnomon-data", hub)
    settings = {"worker": "test", "cpu_slots": 2, "grace": timedelta(seconds=GRACE), "vault": VAULT} | options
    engine = EmbeddedEngine(between(store), hub, gather(workloads), clock, **settings)
    await engine.start()
    try:
        yield Shop(store=store, hub=hub, engine=engine, folder=folder, clock=clock)
    finally:
        await engine.stop()
        await store.close()


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def gone(pid, patience=5.0):
    """Wait until the process has ended; the kernel tells through a descriptor of the process."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    loop.add_reader(fd, lambda: ended.done() or ended.set_result(True))
    try:
        async with asyncio.timeout(patience):
            return await ended
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(fd)
        os.close(fd)
