"""What HTTP costs: durable submits per second through three doors, beside a bare uvicorn application and raw commits.

    python bench/http_submit.py [--seconds 3]

Every row is measured in this one run, on this one machine, with the load generator in a process of its own. Compare
rows, not machines. The doors take turns, and the bodies of their requests are of one size.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.pool import Pool
from pathlib import Path

import httpx

SIZE = 64
"""Bytes of a request's body: blanks after the document."""
BARE = """
async def app(scope, receive, send):
    body = (await receive())["body"]
    answer = b'{"id": "tsk_0", "echo": %d}' % len(body)
    head = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 202, "headers": head})
    await send({"type": "http.response.body", "body": answer})
"""
TRADES = """
import time

from gnomon.core.workload import Workload


def nothing(task_input, ctx):
    return None


def block(task_input, ctx):
    while True:
        ctx.checkpoint()
        time.sleep(0.1)


WORKLOADS = (Workload(kind="bench.nothing", run=nothing), Workload(kind="bench.block", run=block))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where to post what."""

    path: str
    body: Mapping[str, object]

    def request(self, key: str) -> bytes:
        """Write the whole request once."""
        lines = [
            f"POST {self.path} HTTP/1.1",
            "Host: localhost",
            "Content-Type: application/json",
            f"Content-Length: {SIZE}",
            *([f"X-API-Key: {key}"] if key else []),
        ]
        return "\r\n".join([*lines, "", json.dumps(self.body).ljust(SIZE)]).encode()


NATIVE = Door(path="/gnomon/v1/tasks", body={"kind": "bench.nothing", "input": {"n": 1}})
PARALLEL = Door(path="/v1/tasks/runs", body={"processor": "lite", "input": {"n": 1}})
SHANNON = Door(path="/api/v1/tasks", body={"mode": "simple", "query": "What is it?"})


async def post_for(seconds: float, port: int, connections: int, request: bytes) -> tuple[int, list[float]]:
    """Post over kept-alive connections until the time is up; return how many, and each one's seconds."""
    end = time.perf_counter() + seconds
    took: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            start = time.perf_counter()
            writer.write(request)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert b" 20" in answer[:16], answer
            length = re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)
            assert length is not None
            await reader.readexactly(int(length[1]))
            took.append(time.perf_counter() - start)
        writer.close()

    start = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    return round(len(took) / (time.perf_counter() - start)), sorted(took)


def load(seconds: float, port: int, connections: int, request: bytes) -> tuple[int, float, float]:
    """Run the load in this process and return posts per second, p50 and p99 in milliseconds."""
    rate, took = asyncio.run(post_for(seconds, port, connections, request))
    return rate, took[len(took) // 2] * 1e3, took[int(len(took) * 0.99)] * 1e3


def raw_commits(folder: Path, seconds: float) -> int:
    """Commit one small row at a time, WAL and FULL, as the floor."""
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (a, b);")
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        connection.execute("INSERT INTO t VALUES (?, ?)", (count, "x" * 200))
        count += 1
    connection.close()
    return round(count / seconds)


@contextmanager
def process(*command: str, folder: Path) -> Iterator[int]:
    """Run a server and yield the port that it says it listens on."""
    paths = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                yield int(found[1])
                break
        running.terminate()


def block(port: int, key: str) -> None:
    """Occupy the only slot, so that what is posted from now on is stored and not run."""
    body = json.dumps({"kind": "bench.block", "input": {}}).encode()
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{port}/gnomon/v1/tasks"
    answer = httpx.post(url, content=body, headers=headers).raise_for_status().json()
    while httpx.get(f"{url}/{answer['id']}", headers=headers).json()["status"] != "running":
        time.sleep(0.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Measures, and remembers what was measured first: what the others are compared with."""

    pool: Pool
    seconds: float
    first: dict[int, int] = field(default_factory=dict)

    def measure(self, port: int, key: str, doors: Mapping[str, Door]) -> None:
        """Print one row for each door and number of connections; all but the first are compared with that, too."""
        for connections in (1, 16, 64):
            other = None
            for name, door in doors.items():
                rate = self._row(f"{name:<32} {connections:>3}", port, connections, door.request(key), other)
                other = other or rate

    def _row(self, name: str, port: int, connections: int, request: bytes, other: int | None) -> int:
        rate, p50, p99 = self.pool.apply(load, (self.seconds, port, connections, request))
        ratio = rate / self.first.setdefault(connections, rate)
        beside = "" if other is None else f"  {rate / other:5.2f} of native"
        times = f"p50 {p50:6.2f} ms  p99 {p99:6.2f} ms  {ratio:5.2f} of bare{beside}"
        print(f"{name} connections {rate:>7} posts/s  {times}", flush=True)
        return rate


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    seconds = parser.parse_args().seconds
    folder = Path(tempfile.mkdtemp(prefix="gnomon-bench-"))
    (folder / "bare.py").write_text(BARE)
    (folder / "bench_trades.py").write_text(TRADES)
    uvicorn = (
        sys.executable,
        "-m",
        "uvicorn",
        "bare:app",
        "--port",
        "0",
        "--lifespan",
        "off",
        "--no-access-log",
    )
    gnomon = (sys.executable, "-m", "gnomon.cli.main", "serve", "--data", str(folder / "data"), "--port", "0",
              "--workload", "bench_trades", "--processor", "*=bench.nothing", "--mode", "*=bench.nothing",
              "--log-level", "warning", "--cpu-slots", "1")  # fmt: skip
    print(f"raw SQLite, one row a commit, WAL FULL: {raw_commits(folder, seconds):>7} commits/s")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        bench = Bench(pool=pool, seconds=seconds)
        with process(*uvicorn, folder=folder) as port:
            bench.measure(port, "", {"bare uvicorn, no store": NATIVE})
        with process(*gnomon, folder=folder) as port:
            key = json.loads((folder / "data" / "keys.json").read_text())["api_key"]
            for which in ("run too", "stored only"):
                if which == "stored only":
                    block(port, key)
                doors = {"native": NATIVE, "Parallel": PARALLEL, "Shannon": SHANNON}
                bench.measure(port, key, {f"{name}, tasks {which}": door for name, door in doors.items()})


if __name__ == "__main__":
    main()
