"""The clients of `streams.py`: protocols that keep nothing but what they measure; and the server's process."""

import asyncio
import base64
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DUE = re.compile(rb'"due_ns": ?(\d+)')
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
AT_ONCE = 100
"""Connections that are being opened at the same time."""
SOCKET_HEADERS = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    f"Sec-WebSocket-Key: {base64.b64encode(b'sixteen bytes...').decode()}",
)
"""What makes a request one for a web socket."""
SPARE = 500
"""Descriptors that a server needs beside its connections."""


@dataclass(slots=True)
class Seen:
    """What all clients of one measurement have seen."""

    latencies: list[float] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    lost: int = 0
    last: int = 0
    """When the newest event was read, in nanoseconds."""

    def note(self, data: bytes) -> None:
        now = time.time_ns()
        for due in DUE.findall(data):
            self.latencies.append((now - int(due)) / 1e9)
            self.last = now


class Stream(asyncio.Protocol):
    """One client of one stream; it is read from the moment its head has come."""

    __slots__ = ("_opened", "_rest", "_seen", "request", "transport")

    def __init__(self, request: bytes, seen: Seen, opened: "asyncio.Future[None]") -> None:
        self.request = request
        self._seen = seen
        self._opened: asyncio.Future[None] | None = opened
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        self.transport: asyncio.Transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        if self._opened is not None:
            if not data.startswith((b"HTTP/1.1 200", b"HTTP/1.1 101")):
                self._seen.refused.append(data[:600])
            if not self._opened.done():
                self._opened.set_result(None)
            self._opened = None
        data = self._rest + data if self._rest else data
        cut = data.rfind(b"\n\n") + 1
        self._rest = data[cut:] if len(data) - cut < 4096 else b""
        self._seen.note(data[:cut])

    def connection_lost(self, error: Exception | None) -> None:
        self._seen.lost += 1
        if self._opened is not None and not self._opened.done():
            self._opened.set_exception(ConnectionError(f"closed before it was answered: {error}"))


class Asker(asyncio.Protocol):
    """One client of one kept connection: it reads whole answers, and asks again when told to."""

    __slots__ = ("_again", "_buffer", "_opened", "_seen", "answers", "request", "transport")

    def __init__(
        self, request: bytes, seen: Seen, again: Callable[[bytes], bool], opened: "asyncio.Future[None]"
    ) -> None:
        self.request = request
        self.answers = 0
        self._seen = seen
        self._again = again
        self._opened = opened
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport: asyncio.Transport = transport
        transport.write(self.request)
        self._opened.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = LENGTH.search(head)
        if length is not None and len(body) < int(length[1]) and b" 304 " not in head[:16]:
            return
        answer, self._buffer = self._buffer, b""
        self.answers += 1
        if head[9:10] not in b"23":
            self._seen.refused.append(answer[:600])
        self._seen.note(answer)
        if self._again(answer):
            self.transport.write(self.request)

    def connection_lost(self, _: Exception | None) -> None:
        self._seen.lost += 1


@dataclass(slots=True)
class Served:
    """A server in a process of its own, its side door, and what its process holds."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    key: str

    async def ask(self, do: str, **order: Any) -> Any:
        """Ask the side door."""
        self.writer.write(json.dumps({"do": do, **order}).encode() + b"\n")
        said = json.loads(await self.reader.readline())
        if "error" in said:
            raise RuntimeError(f"{self.name}: {said['error']}")
        return said

    def request(self, path: str, *headers: str) -> bytes:
        """Write a request for a path of the tasks."""
        return self.get(f"{'/gnomon/v1' if self.key else ''}/tasks/{path}", *headers)

    def get(self, path: str, *headers: str) -> bytes:
        """Write a request for any path."""
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", *headers]
        return "\r\n".join([*lines, *([f"X-API-Key: {self.key}"] if self.key else []), "", ""]).encode()

    def memory(self) -> tuple[int, int]:
        """Return the kilobytes that the process holds: in all, and without files."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        held, without_files = (int(re.findall(rf"{name}:\s+(\d+)", text)[0]) for name in ("VmRSS", "RssAnon"))
        return held, without_files

    def descriptors(self) -> int:
        """Count the open files of the process."""
        return sum(1 for _ in Path(f"/proc/{self.process.pid}/fd").iterdir())

    def seconds(self) -> float:
        """Return the processor time that the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start(name: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start one of the servers; what it complains of is left in the folder."""
    here = Path(__file__).parent / "stream_server.py"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "stderr.log").open("ab") as log:
        command = [sys.executable, str(here), name, str(folder)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)


@asynccontextmanager
async def served(name: str, folder: Path) -> AsyncIterator[Served]:
    """Run one of the servers."""
    with start(name, folder) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise SystemExit(f"{name} did not start:\n{(folder / 'stderr.log').read_text()}")
            ports = json.loads(line)
            reader, writer = await asyncio.open_connection("127.0.0.1", ports["door"], limit=2**24)
            keys = folder / "keys.json"
            key = json.loads(keys.read_text())["api_key"] if name == "gnomon" else ""
            yield Served(name, process, ports["port"], reader, writer, key)
            writer.close()
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


async def open_all(server: Served, requests: Sequence[bytes], seen: Seen) -> list[Stream]:
    """Open a stream for each request, some at a time, and wait until each has its head."""

    async def one(request: bytes) -> Stream:
        loop = asyncio.get_running_loop()
        async with turn:
            opened = loop.create_future()
            _, stream = await loop.create_connection(
                lambda: Stream(request, seen, opened), "127.0.0.1", server.port
            )
            await opened
            return stream

    turn = asyncio.Semaphore(AT_ONCE)
    streams = await asyncio.gather(*(one(request) for request in requests))
    refuse(server, seen)
    return streams


async def ask_all(
    server: Served, requests: Sequence[bytes], seen: Seen, again: Callable[[bytes], bool]
) -> list[Asker]:
    """Send each request over a connection of its own."""

    async def one(request: bytes) -> Asker:
        loop = asyncio.get_running_loop()
        async with turn:
            opened = loop.create_future()
            _, asker = await loop.create_connection(
                lambda: Asker(request, seen, again, opened), "127.0.0.1", server.port
            )
            await opened
            return asker

    turn = asyncio.Semaphore(AT_ONCE)
    return await asyncio.gather(*(one(request) for request in requests))


def refuse(server: Served, seen: Seen) -> None:
    """Stop when the server has refused somebody: what is measured would be something else."""
    if seen.refused:
        first = seen.refused[0].decode(errors="replace")
        raise SystemExit(f"{server.name} refused {len(seen.refused)} requests, the first with:\n{first}")


def close_all(clients: Sequence[Stream] | Sequence[Asker]) -> None:
    """Cut every connection."""
    for client in clients:
        client.transport.abort()


def check_limit(streams: int) -> None:
    """Raise this process's limit on descriptors, or say why so many streams cannot be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = streams + SPARE
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise SystemExit(
            f"{streams} streams need {needed} descriptors in the server and in the client, and a process may have "
            f"{hard} here. Raise it (ulimit -n {needed}), or measure fewer: --streams {max(hard - SPARE, 1)}."
        )
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def percentile(values: Sequence[float], share: float) -> float:
    """Return a percentile in milliseconds of sorted seconds."""
    return values[min(int(len(values) * share), len(values) - 1)] * 1e3 if values else float("nan")
