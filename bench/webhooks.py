"""Webhooks: deliveries a second to a receiver on this machine, and what dead receivers cost a healthy one.

    python bench/webhooks.py [rate dead] [--count 5000] [--seconds 20] [--endpoints 1 16]

The sender is the server as `gnomon serve` runs it: deliveries are written with the events they bring, signed, sent
and recorded, each attempt on the disk. The receiver is this process. Deliveries pile up while their endpoint is
disabled, and what is timed is how they go when it is enabled: from the first to the last that arrives, and until the
last is recorded. Beside it stands Huey on SQLite, whose tasks do the same POSTs.
"""

import argparse
import asyncio
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import uvloop
from standardwebhooks import Webhook
from stream_client import percentile

TRADES = """
import time

from gnomon.core.workload import Workload


def block(task_input, ctx):
    while True:
        ctx.checkpoint()
        time.sleep(0.1)


def nothing(task_input, ctx):
    return None


WORKLOADS = (Workload(kind="bench.nothing", run=nothing), Workload(kind="bench.block", run=block))
"""
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
KEPT = 20
"""Messages of a run whose signatures are verified afterwards."""
OPTIONS = {
    "--webhook-http": (),
    "--webhook-allow": ("127.0.0.0/8",),
    "--max-active": ("0",),
    "--max-endpoints": ("0",),
    "--rate-limit": ("0",),
}
"""What lets a server send to this machine, and lets one client ask for so much."""


@dataclass(slots=True)
class Sink:
    """What a receiver has received."""

    delay: float = 0.0
    ids: set[bytes] = field(default_factory=set)
    first: float = 0.0
    last: float = 0.0
    ages: list[float] = field(default_factory=list)
    kept: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    requests: int = 0

    def take(self, head: bytes, body: bytes) -> None:
        now = time.time()
        fields = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:])
        headers = {name.lower(): value for name, value in fields.items()}
        self.requests += 1
        self.ids.add(headers["webhook-id"].encode())
        self.first = self.first or now
        self.last = now
        self.ages.append(now - datetime.fromisoformat(json.loads(body)["timestamp"]).timestamp())
        if len(self.kept) < KEPT:
            self.kept.append((headers, body))

    def verify(self, secret: str) -> None:
        """Verify the signatures of what was kept, as a receiver does."""
        for headers, body in self.kept:
            Webhook(secret).verify(body, headers)


class Receiver(asyncio.Protocol):
    """One kept connection of a sender."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.buffer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport: asyncio.Transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not found or length is None or len(body) < int(length[1]):
            return
        self.buffer = b""
        self.sink.take(head, body)
        if self.sink.delay:
            asyncio.get_running_loop().call_later(self.sink.delay, self.answer)
        else:
            self.answer()

    def answer(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")


class Deaf(asyncio.Protocol):
    """Takes connections and never answers."""


@asynccontextmanager
async def listening(protocol: Any) -> AsyncIterator[int]:
    """Listen on a free port."""
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, backlog=2048)
    async with server:
        yield server.sockets[0].getsockname()[1]


@contextmanager
def gnomon(folder: Path) -> Iterator[httpx.AsyncClient]:
    """Run the server and yield a client of its native API."""
    (folder / "bench_trades.py").write_text(TRADES)
    command = [sys.executable, "-m", "gnomon.cli.main", "serve", "--data", str(folder / "data"), "--port", "0",
               "--workload", "bench_trades", "--log-level", "error", "--cpu-slots", "1"]  # fmt: skip
    known = subprocess.run([*command[:4], "--help"], capture_output=True, text=True, check=True).stdout
    for option, value in OPTIONS.items():
        command += [option, *value] if option in known else []
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        try:
            assert running.stdout is not None
            port = next(
                m[1] for line in running.stdout if (m := re.search(r"http://127\.0\.0\.1:(\d+)", line))
            )
            key = json.loads((folder / "data" / "keys.json").read_text())["api_key"]
            yield httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}/gnomon/v1", headers={"X-API-Key": key}, timeout=60
            )
        finally:
            running.terminate()


async def post(client: httpx.AsyncClient, path: str, body: Any) -> Any:
    return (await client.post(path, json=body)).raise_for_status().json()


async def block(client: httpx.AsyncClient) -> None:
    """Occupy the only slot, so that what is posted from now on is stored and not run."""
    task = await post(client, "/tasks", {"kind": "bench.block", "input": {}})
    while (await client.get(f"/tasks/{task['id']}")).json()["status"] != "running":  # noqa: ASYNC110  over HTTP
        await asyncio.sleep(0.01)


async def submit(client: httpx.AsyncClient, count: int) -> None:
    """Submit tasks by several connections at once."""

    async def some(number: int) -> None:
        for _ in range(number):
            await post(client, "/tasks", {"kind": "bench.nothing", "input": {}})

    await asyncio.gather(*(some(count // 16 + (n < count % 16)) for n in range(16)))


async def all_delivered(client: httpx.AsyncClient, endpoints: Sequence[Any]) -> float:
    """Wait until no delivery is left to make; return when."""
    for endpoint in endpoints:
        path = f"/webhook-endpoints/{endpoint['id']}/deliveries"
        while (await client.get(path, params={"status": "pending", "limit": 1})).json()["deliveries"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return time.time()


async def rate_of_gnomon(options: argparse.Namespace, endpoints: int, delay: float) -> tuple[float, float]:
    """Return deliveries a second until the last has arrived, and until the last is recorded."""
    sink, count = Sink(delay=delay), options.count // endpoints
    folder = Path(tempfile.mkdtemp(prefix="gnomon-bench-", dir=options.folder))
    async with listening(lambda: Receiver(sink)) as port:
        with gnomon(folder) as client:
            await block(client)
            order = {"url": f"http://127.0.0.1:{port}/hook", "event_types": ["task.queued"]}
            made = [await post(client, "/webhook-endpoints", order) for _ in range(endpoints)]
            paths = [f"/webhook-endpoints/{endpoint['id']}" for endpoint in made]
            for path in paths:
                (await client.patch(path, json={"enabled": False})).raise_for_status()
            await submit(client, count)
            for path in paths:
                (await client.patch(path, json={"enabled": True})).raise_for_status()
            recorded = await all_delivered(client, made)
            await client.aclose()
    assert len(sink.ids) == count * endpoints, f"{len(sink.ids)} of {count * endpoints} arrived"
    if endpoints == 1:
        sink.verify(made[0]["secret"])
    return sink.requests / (sink.last - sink.first), sink.requests / (recorded - sink.first)


async def rate_of_huey(options: argparse.Namespace, workers: int, delay: float) -> tuple[float, float]:
    """Return the same for Huey."""
    sink, secret = Sink(delay=delay), "whsec_" + b64encode(secrets.token_bytes(32)).decode()
    folder = tempfile.mkdtemp(prefix="gnomon-bench-", dir=options.folder)
    script = str(Path(__file__).parent / "webhook_huey.py")
    async with listening(lambda: Receiver(sink)) as port:
        order = (folder, f"http://127.0.0.1:{port}/hook", secret, str(options.count), str(workers))
        running = await asyncio.create_subprocess_exec(
            sys.executable, script, *order, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert running.stdin is not None
        assert running.stdout is not None
        assert await running.stdout.readline() == b"ready\n"
        running.stdin.write(b"\n")
        assert await running.stdout.readline() == b"recorded\n"
        recorded = time.time()
        running.stdin.write(b"\n")
        await running.wait()
    assert len(sink.ids) == options.count, f"{len(sink.ids)} of {options.count} arrived"
    sink.verify(secret)
    return sink.requests / (sink.last - sink.first), sink.requests / (recorded - sink.first)


async def rate(options: argparse.Namespace) -> None:
    """Deliver a backlog to a receiver that answers at once, and to one that takes 20 ms."""
    print(f"\n{options.count} deliveries that had piled up\n")
    print("| | receiver answers after | deliveries/s | until recorded | of Huey's best |\n|" + " --- |" * 5)
    for delay in (0.0, 0.02):
        best = 0.0
        for workers in options.workers:
            sent, recorded = await rate_of_huey(options, workers, delay)
            best = max(best, recorded)
            cells = f"{delay * 1e3:.0f} ms | {sent:.0f} | {recorded:.0f}"
            print(f"| Huey, SQLite, {workers} threads | {cells} | {recorded / best:.2f} |", flush=True)
        for endpoints in options.endpoints:
            sent, recorded = await rate_of_gnomon(options, endpoints, delay)
            plural = "endpoint" if endpoints == 1 else "endpoints"
            cells = f"{delay * 1e3:.0f} ms | {sent:.0f} | {recorded:.0f} | {recorded / best:.2f}"
            print(f"| gnomon, {endpoints} {plural} | {cells} |", flush=True)


async def dead(options: argparse.Namespace) -> None:
    """Time what a healthy endpoint gets, alone and beside a hundred that take connections and never answer."""
    print(
        f"\none healthy endpoint, 5 events a second for {options.seconds:g} s; from the event to its arrival\n"
    )
    print("| beside it | p50 | p99 | worst | arrived |\n|" + " --- |" * 5)
    for others in (0, 100):
        sink = Sink()
        folder = Path(tempfile.mkdtemp(prefix="gnomon-bench-", dir=options.folder))
        async with listening(lambda sink=sink: Receiver(sink)) as port, listening(Deaf) as deaf:
            with gnomon(folder) as client:
                for target in [deaf] * others + [port]:
                    order = {"url": f"http://127.0.0.1:{target}/hook", "event_types": ["task.queued"]}
                    await post(client, "/webhook-endpoints", order)
                begin, count = time.perf_counter(), int(5 * options.seconds)
                for number in range(count):
                    await asyncio.sleep(max(begin + number / 5 - time.perf_counter(), 0))
                    await post(client, "/tasks", {"kind": "bench.nothing", "input": {}})
                end = time.perf_counter() + 30
                while len(sink.ids) < count and time.perf_counter() < end:  # noqa: ASYNC110  a protocol fills it
                    await asyncio.sleep(0.02)
                await client.aclose()
        ages = sorted(sink.ages)
        times = " | ".join(f"{percentile(ages, share):.1f} ms" for share in (0.5, 0.99, 1))
        print(f"| {others} dead ones | {times} | {len(sink.ids)} of {count} |", flush=True)


ROWS = {"rate": rate, "dead": dead}


async def measure(options: argparse.Namespace) -> None:
    for name in options.rows or ROWS:
        await ROWS[name](options)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", choices=[[], *ROWS], help="what to measure")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--endpoints", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--workers", type=int, nargs="+", default=[8, 32])
    parser.add_argument("--folder", type=Path)
    with asyncio.Runner(loop_factory=uvloop.Loop) as runner:
        runner.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
