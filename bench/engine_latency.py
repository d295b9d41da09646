"""From submit to start and to done through the embedded engine, beside the raw commit time of SQLite.

    python bench/engine_latency.py [--seconds 10] [--rate 20] [--folder DIR]

The workload does nothing, so what is measured is the house: two commits before the start (submit, claim), one after
the end, a frame each way through a child's pipe. The idle line is processor time of the server's process while
nothing is submitted.
"""

import argparse
import asyncio
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import randbits

from gnomon.core.hub import Hub
from gnomon.core.ports import Submit
from gnomon.core.task import NewTask, Status, task_id
from gnomon.core.workload import Context, Workload
from gnomon.engine.embedded import EmbeddedEngine
from gnomon.engine.registry import gather
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault


def do_nothing(order: dict[str, object], ctx: Context) -> None:
    """Return at once."""


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def chance(self, bits: int) -> int:
        return randbits(bits)


class Stopwatch:
    """Submits tasks and notes when the hub tells of their start and their end."""

    def __init__(self, store: SqliteStore, hub: Hub) -> None:
        self.store = store
        self.hub = hub
        self.started: list[float] = []
        self.done: list[float] = []

    async def submit(self) -> None:
        now = datetime.now(UTC)
        task = NewTask(id=task_id(now, randbits(80)), workspace="bench", kind="nothing", input={})
        with self.hub.subscribe(task.id) as news:
            begin = time.perf_counter()
            await self.store.submit(Submit(task=task, now=now))
            started = False
            while (seen := await news.next(60)) is not None and seen.status is not Status.COMPLETED:
                if seen.status is Status.RUNNING and not started:
                    started = True
                    self.started.append(time.perf_counter() - begin)
            self.done.append(time.perf_counter() - begin)

    async def at_rate(self, rate: float, seconds: float) -> None:
        begin, waiting = time.perf_counter(), set()
        for n in range(int(rate * seconds)):
            await asyncio.sleep(max(begin + n / rate - time.perf_counter(), 0))
            waiting.add(asyncio.create_task(self.submit()))
        await asyncio.gather(*waiting)

    async def flat_out(self, clients: int, seconds: float) -> float:
        end, count = time.perf_counter() + seconds, len(self.done)

        async def client() -> None:
            while time.perf_counter() < end:
                await self.submit()

        await asyncio.gather(*(client() for _ in range(clients)))
        return (len(self.done) - count) / seconds


def measure_commits(folder: Path, seconds: float) -> list[float]:
    """Time commits of one small row each, WAL and FULL."""
    times: list[float] = []
    with closing(sqlite3.connect(folder / "raw.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, body TEXT)")
        end = time.perf_counter() + seconds
        while (begin := time.perf_counter()) < end:
            connection.execute("INSERT INTO row (body) VALUES ('submit')")
            times.append(time.perf_counter() - begin)
    return times


def line(name: str, times: list[float]) -> str:
    times = sorted(times)
    p50, p99 = (times[int(len(times) * share)] * 1e3 for share in (0.5, 0.99))
    return f"{name:<28} n={len(times):<7} p50 {p50:8.2f} ms   p99 {p99:8.2f} ms"


async def measure(folder: Path, seconds: float, rate: float) -> None:
    print(line("raw SQLite commit", await asyncio.to_thread(measure_commits, folder, 2)))
    hub = Hub()
    store = SqliteStore.open(folder / "store", hub)
    workloads = gather([Workload(kind="nothing", run=do_nothing)])
    engine = EmbeddedEngine(
        store,
        hub,
        workloads,
        WallClock(),
        worker="bench",
        vault=KeyVault(bytes(32)),
        cpu_slots=2,
        lease=timedelta(seconds=30),
    )
    begin = time.perf_counter()
    await engine.start()
    print(f"engine ready after {(time.perf_counter() - begin) * 1e3:.0f} ms")
    watch = Stopwatch(store, hub)
    await watch.at_rate(rate, seconds)
    print(line(f"submit to start, {rate:g}/s", watch.started))
    print(line(f"submit to done, {rate:g}/s", watch.done))
    print(f"flat out, 16 clients, 2 slots: {await watch.flat_out(16, seconds):.0f} tasks/s")
    cpu = time.process_time()
    await asyncio.sleep(seconds)
    print(f"idle: {(time.process_time() - cpu) / seconds * 100:.3f} % of one processor")
    await engine.stop()
    await store.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        asyncio.run(measure(Path(folder), options.seconds, options.rate))


if __name__ == "__main__":
    from engine_latency import main as importable_main  # children import this module by its name

    importable_main()
