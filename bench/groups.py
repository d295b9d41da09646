"""What a group costs over HTTP: a poll of it as it grows, a thousand runs added, and what others wait meanwhile.

    python bench/groups.py [--members 100 1000 5000 20000]

One server, one group, one slot that is occupied, so that members are stored and stay queued. While each last thousand
is added, somebody else submits one task after another; the longest of those waits is what the batch costs others. Of
three thousands the one that disturbed others least is shown: what else the machine does is not the server's.
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

TRADES = """
import time

from gnomon.core.workload import Workload


def block(task_input, ctx):
    while True:
        ctx.checkpoint()
        time.sleep(0.1)


WORKLOADS = (Workload(kind="bench.block", run=block, input_schema={}),)
"""
POLLS = 200
SPEC = {"output_schema": {"type": "text", "description": "One line about the company."}}


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a server and yield its address."""
    (folder / "bench_trades.py").write_text(TRADES)
    command = (sys.executable, "-m", "gnomon.cli.main", "serve", "--data", str(folder / "data"), "--port", "0",
               "--workload", "bench_trades", "--processor", "*=bench.block", "--log-level", "warning",
               "--cpu-slots", "1")  # fmt: skip
    paths = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield found[0]
                break
        running.terminate()


class Caller:
    """One client of the server."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.made = 0
        self.group = ""

    async def begin(self) -> None:
        """Make the group."""
        answer = await self.client.post("/v1/tasks/groups", json={})
        self.group = f"/v1/tasks/groups/{answer.raise_for_status().json()['taskgroup_id']}"

    async def add(self, count: int) -> float:
        """Add runs and return the seconds it took."""
        rows = [{"input": {"company": f"Company {self.made + n}"}, "processor": "core"} for n in range(count)]
        content = json.dumps({"inputs": rows, "default_task_spec": SPEC}).encode()
        start = time.perf_counter()
        answer = await self.client.post(
            f"{self.group}/runs", content=content, headers={"content-type": "application/json"}
        )
        took = time.perf_counter() - start
        self.made += count
        assert answer.raise_for_status().json()["status"]["num_task_runs"] == self.made
        return took

    async def poll(self) -> Sequence[float]:
        """Ask how the group stands, and return the seconds that each answer took, sorted."""
        return sorted([await self._time("GET", self.group) for _ in range(POLLS)])

    async def submit_until(self, over: asyncio.Event) -> Sequence[float]:
        """Submit one task after another until it is over; return the seconds that each answer took."""
        waits = []
        while not over.is_set():
            waits.append(
                await self._time("POST", "/gnomon/v1/tasks", json={"kind": "bench.block", "input": 1})
            )
        return waits

    async def _time(self, method: str, path: str, **given: object) -> float:
        start = time.perf_counter()
        (await self.client.request(method, path, **given)).raise_for_status()  # type: ignore[arg-type]  # as httpx names them
        return time.perf_counter() - start


async def disturb(caller: Caller) -> tuple[float, float]:
    """Add a thousand while somebody submits; return the longest wait of those, and the seconds of the batch."""
    over = asyncio.Event()
    other = asyncio.create_task(caller.submit_until(over))
    await asyncio.sleep(0.2)
    took = await caller.add(1000)
    over.set()
    return max(await other), took


async def measure(address: str, key: str, sizes: Sequence[int]) -> None:
    """Print one row for each size."""
    async with httpx.AsyncClient(base_url=address, headers={"x-api-key": key}, timeout=60) as client:
        caller = Caller(client)
        await caller.begin()
        print(
            f"{'members':>8} {'poll p50 ms':>12} {'p99 ms':>8} {'add 1000 ms':>12} {'longest other wait ms':>22}"
        )
        for size in sizes:
            while caller.made < size:
                await caller.add(min(1000, size - caller.made))
            polls, made = await caller.poll(), caller.made
            longest, took = min([await disturb(caller) for _ in range(3)])
            p50, p99 = polls[POLLS // 2] * 1e3, polls[int(POLLS * 0.99)] * 1e3
            print(
                f"{made:>8} {p50:>12.2f} {p99:>8.2f} {took * 1e3:>12.0f} {longest * 1e3:>22.0f}", flush=True
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, nargs="+", default=[100, 1000, 5000, 20000])
    sizes = parser.parse_args().members
    with tempfile.TemporaryDirectory(prefix="gnomon-bench-") as name, server(Path(name)) as address:
        key = json.loads((Path(name) / "data" / "keys.json").read_text())["api_key"]
        asyncio.run(measure(address, key, sizes))


if __name__ == "__main__":
    main()
