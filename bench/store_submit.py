"""Durable submits per second through the store, beside the raw commit rate of SQLite on the same folder.

    python bench/store_submit.py [--seconds 3] [--rows 200000] [--folder DIR]

Each line is one measurement of the same length; the ratio compares it with the raw rate that was measured right
before it, because the speed of an fsync swings with what else the machine does.
"""

import argparse
import asyncio
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from gnomon.core.hub import Hub
from gnomon.core.ports import Submit
from gnomon.core.task import NewTask, task_id
from gnomon.store.sqlite import SqliteStore

INPUT = {"latitude": 48.1, "longitude": 11.6, "modules": [{"count": 24, "tilt": 30.0}] * 4}


def measure_commits(folder: Path, seconds: float) -> float:
    """Count commits of one small row each, WAL and FULL, by one thread that does nothing else."""
    path = folder / "raw.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, body TEXT)")
        count, end = 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            connection.execute("INSERT INTO row (body) VALUES ('submit')")
            count += 1
    return count / seconds


class Submitters:
    """Clients that submit one task after another, each waiting for its answer."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.made = 0

    async def submit(self) -> None:
        self.made += 1
        now = datetime.now(UTC)
        task = NewTask(id=task_id(now, self.made), workspace="bench", kind="bench", input=INPUT)
        await self.store.submit(Submit(task=task, now=now))

    async def measure(self, count: int, seconds: float) -> tuple[float, float]:
        """Return submits per second, and the 99th percentile of their latency in milliseconds."""
        latencies: list[float] = []
        end = time.perf_counter() + seconds

        async def client() -> None:
            while (start := time.perf_counter()) < end:
                await self.submit()
                latencies.append(time.perf_counter() - start)

        start = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(count)))
        rate = len(latencies) / (time.perf_counter() - start)
        return rate, sorted(latencies)[int(len(latencies) * 0.99)] * 1000

    async def fill(self, rows: int) -> None:
        """Submit until the table has that many rows."""
        while self.made < rows:
            await asyncio.gather(*(self.submit() for _ in range(min(1000, rows - self.made))))


async def compare(folder: Path, seconds: float, rows: int) -> None:
    """Print the table."""
    store = SqliteStore.open(folder, Hub())
    submitters = Submitters(store)
    print(
        f"{'rows':>9} {'submitters':>10} {'raw commits/s':>14} {'submits/s':>10} {'ratio':>6} {'p99 ms':>7}"
    )
    for size in (0, rows // 10, rows):
        await submitters.fill(size)
        for count in (1, 16, 200):
            before = submitters.made
            raw = await asyncio.to_thread(measure_commits, folder, seconds / 2)
            rate, p99 = await submitters.measure(count, seconds)
            print(
                f"{before:>9} {count:>10} {raw:>14.0f} {rate:>10.0f} {rate / raw:>6.2f} {p99:>7.1f}",
                flush=True,
            )
    await store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument(
        "--folder", type=Path, default=None, help="where to make the stores; on the disk to measure"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        asyncio.run(compare(Path(folder), arguments.seconds, arguments.rows))


if __name__ == "__main__":
    main()
