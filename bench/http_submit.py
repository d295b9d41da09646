"""What HTTP costs: durable submits per second over HTTP, beside a bare uvicorn application and raw SQLite commits.

    python bench/http_submit.py [--seconds 3]

Every row is measured in this one run, on this one machine, with the load generator in a process of its own. Compare
rows, not machines.
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
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.pool import Pool
from pathlib import Path

import httpx

BODY = json.dumps({"kind": "bench.nothing", "input": {"n": 1}}).encode()
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


async def post_for(seconds: float, port: int, connections: int, head: bytes) -> tuple[int, list[float]]:
    """Post over kept-alive connections until the time is up; return how many, and each one's seconds."""
    end = time.perf_counter() + seconds
    took: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            start = time.perf_counter()
            writer.write(head + BODY)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert b" 202 " in answer[:16], answer
            length = re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)
            assert length is not None
            await reader.readexactly(int(length[1]))
            took.append(time.perf_counter() - start)
        writer.close()

    start = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    return round(len(took) / (time.perf_counter() - start)), sorted(took)


def load(seconds: float, port: int, connections: int, head: bytes) -> tuple[int, float, float]:
    """Run the load in this process and return posts per second, p50 and p99 in milliseconds."""
    rate, took = asyncio.run(post_for(seconds, port, connections, head))
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
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                yield int(found[1])
                break
        running.terminate()


def head(path: str, key: str = "") -> bytes:
    """Write the request's head once."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(BODY)}",
    ]
    return "\r\n".join([*lines, *([f"X-API-Key: {key}"] if key else []), "", ""]).encode()


def block(port: int, key: str) -> None:
    """Occupy the only slot, so that what is posted from now on is stored and not run."""
    body = json.dumps({"kind": "bench.block", "input": {}}).encode()
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{port}/gnomon/v1/tasks"
    answer = httpx.post(url, content=body, headers=headers).raise_for_status().json()
    while httpx.get(f"{url}/{answer['id']}", headers=headers).json()["status"] != "running":
        time.sleep(0.01)


def measure(pool: Pool, name: str, port: int, key: str, seconds: float, bare: dict[int, int]) -> None:
    """Print one row for each number of connections; the first to be measured is what others are compared with."""
    for connections in (1, 16, 64):
        rate, p50, p99 = pool.apply(load, (seconds, port, connections, head("/gnomon/v1/tasks", key)))
        first = bare.setdefault(connections, rate)
        times = f"p50 {p50:6.2f} ms  p99 {p99:6.2f} ms  {rate / first:5.2f} of bare"
        print(f"{name:<24} {connections:>3} connections {rate:>7} posts/s  {times}")


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
              "--workload", "bench_trades", "--log-level", "warning", "--cpu-slots", "1")  # fmt: skip
    print(f"raw SQLite, one row a commit, WAL FULL: {raw_commits(folder, seconds):>7} commits/s")
    bare: dict[int, int] = {}
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        with process(*uvicorn, folder=folder) as port:
            measure(pool, "bare uvicorn, no store", port, "", seconds, bare)
        with process(*gnomon, folder=folder) as port:
            key = json.loads((folder / "data" / "keys.json").read_text())["api_key"]
            measure(pool, "gnomon, tasks run too", port, key, seconds, bare)
            block(port, key)
            measure(pool, "gnomon, stored only", port, key, seconds, bare)


if __name__ == "__main__":
    main()
