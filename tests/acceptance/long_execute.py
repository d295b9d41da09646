"""One call of the vendor's `execute()` that waits for a run of half an hour and more, and what it took.

    python -m tests.acceptance.long_execute [--minutes 31] [--max-hold 3600] [--restarts 0]

The vendor holds a call for a result for 600 s, and its client breaks at the third 408 in a row: there, a run of more
than 30 minutes cannot be waited for in one call. This starts a server with a run that takes longer and lets the
client, unmodified but for hooks that count its requests, wait for it. Everything is printed at the end.
"""

import argparse
import resource
import socket
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from parallel import DefaultHttpxClient, Parallel

from .server import Server


@dataclass
class Exchange:
    """One request for the result: when it was sent, how long it was held, how it was answered."""

    sent_after: float
    retry: str
    status: int = 0
    lasted: float = 0.0


@dataclass
class Log:
    """What the client's connection saw."""

    begun: float = field(default_factory=time.monotonic)
    exchanges: list[Exchange] = field(default_factory=list)

    def sent(self, request: httpx.Request) -> None:
        """Note a request for a result."""
        if request.url.path.endswith("/result"):
            at = time.monotonic() - self.begun
            self.exchanges.append(Exchange(at, request.headers["x-stainless-retry-count"]))

    def answered(self, response: httpx.Response) -> None:
        """Note its answer."""
        if response.request.url.path.endswith("/result"):
            last = self.exchanges[-1]
            last.status = response.status_code
            last.lasted = time.monotonic() - self.begun - last.sent_after


@dataclass(frozen=True)
class Measured:
    """What one call of `execute()` came to."""

    output: Any
    wall: float
    """From the call to its return. [s]"""
    late: float
    """From the run's end in the server to the return. [s]"""
    exchanges: list[Exchange]
    server_cpu: float
    """Of the servers and their children. [s]"""
    server_memory: float
    """Of the largest process of them. [MB]"""


def measure(data: Path, *, minutes: float, max_hold: float, restarts: int = 0) -> Measured:
    """Run a server, and wait in one call for a run that takes so many minutes."""
    seconds, options = minutes * 60, ("--processor", "*=plod", "--max-hold", str(max_hold))
    server = Server(data, "--workload", "plodding", "--port", str(_free_port()), *options).start()
    try:
        restarting = threading.Thread(target=_restart, args=(server, restarts, seconds), daemon=True)
        restarting.start()
        output, wall, late, log = _execute(server, seconds)
        restarting.join()
    finally:
        server.stop()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Measured(
        output=output,
        wall=wall,
        late=late,
        exchanges=log.exchanges,
        server_cpu=used.ru_utime + used.ru_stime,
        server_memory=used.ru_maxrss / 1024,
    )


def _execute(server: Server, seconds: float) -> tuple[Any, float, float, Log]:
    log = Log()
    hooks: dict[str, list[Any]] = {"request": [log.sent], "response": [log.answered]}
    with (
        DefaultHttpxClient(event_hooks=hooks) as http,
        Parallel(api_key=server.keys()["api_key"], base_url=server.url, http_client=http) as client,
    ):
        result = client.task_run.execute(input={"seconds": seconds}, processor="ultra8x")
        now = datetime.now(UTC)
    ended = datetime.fromisoformat(str(result.run.modified_at))
    return result.output.content, time.monotonic() - log.begun, (now - ended).total_seconds(), log


def _restart(server: Server, times: int, seconds: float) -> None:
    """Stop the server and start it again, at even distances."""
    for _ in range(times):
        time.sleep(seconds / (times + 1))
        server.stop()
        server.start()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    """Measure and print."""
    flags = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    flags.add_argument("--minutes", type=float, default=31, help="how long the run takes")
    flags.add_argument("--max-hold", type=float, default=3600, help="longest hold of the server in seconds")
    flags.add_argument("--restarts", type=int, default=0, help="how often the server is restarted meanwhile")
    asked = flags.parse_args()
    begun = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), minutes=asked.minutes, max_hold=asked.max_hold, restarts=asked.restarts)
    write = sys.stdout.write
    write(f"execute() of parallel-web, begun {begun:%Y-%m-%d %H:%M:%S} UTC\n")
    write(f"  the run took        {found.output}\n")
    write(f"  execute() returned  after {found.wall:.2f} s, {found.late * 1000:.0f} ms after the run's end\n")
    for one in found.exchanges:
        told = one.status or "no answer"
        write(
            f"  GET result          at {one.sent_after:.2f} s, retry {one.retry}: {told} after {one.lasted:.2f} s\n"
        )
    write(f"  the server used     {found.server_cpu:.1f} s of CPU, {found.server_memory:.0f} MB at most\n")


if __name__ == "__main__":
    main()
