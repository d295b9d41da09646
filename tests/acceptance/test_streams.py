"""Streams of a real server: cut at random, never read, open while it stops; and followed by a real browser."""

import asyncio
import contextlib
import hashlib
import json
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from .server import Server, running

FOLLOW = Path(__file__).parents[2] / "examples/browser/follow.js"
HEARTBEAT = 0.5
FAST = pytest.param(300, id="300 cuts")
ALL = pytest.param(10_000, id="10000 cuts", marks=pytest.mark.slow)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    options = ("--workload", "talk_trades", "--heartbeat", str(HEARTBEAT), "--log-level", "warning")
    with running(tmp_path / "data", *options) as server:
        yield server


def talk(server: Server, until: Path, **given: Any) -> str:
    with server.native() as client:
        order = {"kind": "test.talk", "input": {"until": str(until), **given}}
        return str(client.post("/tasks", json=order).raise_for_status().json()["id"])


def log_of(server: Server, task_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    with server.native() as client:
        while True:
            query = {"after": len(events), "limit": 1000}
            page = client.get(f"/tasks/{task_id}/events", params=query).raise_for_status().json()["events"]
            if not page:
                return events
            events += page


@dataclass
class Listener:
    """Pieces a log together from what arrives whole, and comes back with the number of the last event."""

    pieces: list[str] = field(default_factory=list)
    last: str = ""
    end: dict[str, Any] | None = None

    async def listen(self, client: httpx.AsyncClient, path: str, most: float) -> None:
        """Listen until the end, or until that many bytes have come."""
        headers = {"Last-Event-ID": self.last} if self.last else {}
        held = b""
        async with client.stream("GET", path, headers=headers) as answer:
            assert answer.status_code == 200
            async for chunk in answer.aiter_bytes():
                most -= len(chunk)
                held += chunk if most >= 0 else chunk[: int(most)]
                *frames, held = held.split(b"\n\n")
                for frame in frames:
                    self._take(frame.decode())
                if most <= 0:
                    return

    def _take(self, frame: str) -> None:
        fields = dict(line.split(": ", 1) for line in frame.split("\n") if line and line[0] != ":")
        if fields["event"] == "stream.end":
            self.end = json.loads(fields["data"])
        else:
            self.last = fields["id"]
            self.pieces.append(fields["data"])

    def verify(self, log: list[dict[str, Any]]) -> None:
        """Compare what was pieced together with the log, and its hash with the digest."""
        assert [json.loads(piece) for piece in self.pieces] == log
        assert self.end is not None
        assert (self.end["from"], self.end["count"], self.end["version"]) == (1, len(log), len(log))
        hashed = hashlib.sha256("".join(piece + "\n" for piece in self.pieces).encode()).hexdigest()
        assert self.end["digest"] == f"sha256:{hashed}"


@pytest.mark.parametrize("cuts", [FAST, ALL])
async def test_what_is_pieced_together_is_the_log(server: Server, tmp_path: Path, cuts: int) -> None:
    listeners = [Listener() for _ in range(20)]
    task_id = talk(server, tmp_path / "enough")
    chance = random.Random(cuts)
    headers = {"X-API-Key": server.keys()["api_key"]}
    path = f"/gnomon/v1/tasks/{task_id}/stream"

    async def be_cut(listener: Listener) -> None:
        for _ in range(cuts // len(listeners)):
            await listener.listen(client, path, chance.choice([1, 60, 250, 700, 3000]))

    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as client:
        await asyncio.gather(*map(be_cut, listeners))
        (tmp_path / "enough").touch()
        await asyncio.gather(*(listener.listen(client, path, float("inf")) for listener in listeners))
    log = log_of(server, task_id)
    for listener in listeners:
        listener.verify(log)


def test_who_never_reads_is_cut_and_costs_no_memory(server: Server, tmp_path: Path) -> None:
    task_id = talk(server, tmp_path / "enough", size=20_000, at_once=20, most=2000)
    host, port = server.url.removeprefix("http://").split(":")
    key = server.keys()["api_key"]
    with server.native(timeout=60) as client, socket.socket() as reader:
        client.get(f"/tasks/{task_id}", params={"after_version": 2001, "wait": 50}).raise_for_status()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect((host, int(port)))
        head = f"GET /gnomon/v1/tasks/{task_id}/stream HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\n\r\n"
        reader.sendall(head.encode())
        before = _resident(server.pid)
        poll = select.poll()
        poll.register(reader, select.POLLHUP | select.POLLERR)
        # Three heartbeats, and the time in which the buffers on the way are filled.
        assert poll.poll((3 * HEARTBEAT + 5) * 1000), "the reader was not cut"
        assert _resident(server.pid) - before < 20_000
        assert client.get(f"/tasks/{task_id}").json()["status"] == "running"
    (tmp_path / "enough").touch()


def _resident(pid: int) -> int:
    """Return the resident memory of a process in kB, without the files that it has mapped."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0])


async def test_a_server_that_stops_ends_its_streams_cleanly(server: Server, tmp_path: Path) -> None:
    task_id = talk(server, tmp_path / "enough", pause=0.2)
    listeners = [Listener() for _ in range(200)]
    headers = {"X-API-Key": server.keys()["api_key"]}
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30, limits=limits) as client:
        path = f"/gnomon/v1/tasks/{task_id}/stream"
        listening = [
            asyncio.create_task(listener.listen(client, path, float("inf"))) for listener in listeners
        ]
        async with asyncio.timeout(20):
            while not all(listener.pieces for listener in listeners):  # noqa: ASYNC110  no one tells
                await asyncio.sleep(0.05)
        begin = time.monotonic()
        assert await asyncio.to_thread(server.stop) == 0
        assert time.monotonic() - begin < 5
        await asyncio.gather(*listening)  # a response that was broken off would raise
    assert not any(listener.end for listener in listeners)


PAGE = """<!doctype html><script>
const source = new EventSource("/gnomon/v1/tasks/TASK/stream");
const told = {pieces: [], opened: 0, end: null};
source.onopen = () => told.opened++;
for (const type of TYPES) source.addEventListener(type, event => told.pieces.push(event.data));
source.addEventListener("stream.end", event => told.end = JSON.parse(event.data));
source.onerror = () => {
  if (source.readyState === EventSource.CLOSED)
    fetch("/report", {method: "POST", body: JSON.stringify(told)});
};
</script>"""


@dataclass
class Stage:
    """What stands before the server: gives the page, adds the key, and goes on when the server is away."""

    server: Server
    page: bytes
    report: "asyncio.Future[dict[str, Any]]" = field(default_factory=asyncio.Future)
    door: bytes = b"GET /gnomon"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET /page"):
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + self.page
                )
            elif head.startswith(b"POST /report"):
                length = int(head.lower().partition(b"content-length:")[2].split()[0])
                self.report.set_result(json.loads(await reader.readexactly(length)))
            elif head.startswith(self.door):
                await self._pass_on(head, writer)
            await writer.drain()
        writer.close()

    async def _pass_on(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        host, port = self.server.url.removeprefix("http://").split(":")
        first, rest = head.split(b"\r\n", 1)
        rest = rest.replace(b"Connection: keep-alive\r\n", b"")
        key = f"X-API-Key: {self.server.keys()['api_key']}\r\nConnection: close\r\n".encode()
        answers, asks = await asyncio.open_connection(host, int(port))
        try:
            asks.write(first + b"\r\n" + key + rest)
            while piece := await answers.read(65536):
                writer.write(piece)
                await writer.drain()
        finally:
            asks.close()


@asynccontextmanager
async def staged(stage: Stage) -> AsyncIterator[str]:
    listening = await asyncio.start_server(stage.serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


@contextmanager
def browsing(browser: str, address: str, profile: Path) -> Iterator[None]:
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += [f"--user-data-dir={profile}", "--remote-debugging-port=0", address]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


async def test_a_browser_survives_a_restart(server: Server, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium on this machine")
    task_id = talk(server, tmp_path / "enough", pause=0.05)
    types = ["queued", "started", "message", "requeued", "retrying", "completed"]
    page = PAGE.replace("TASK", task_id).replace("TYPES", json.dumps([f"task.{type_}" for type_ in types]))
    stage = Stage(server, page.encode())
    async with staged(stage) as address:
        with browsing(browser, f"{address}/page", tmp_path / "profile"):
            await asyncio.sleep(3)
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
            await asyncio.sleep(4)
            (tmp_path / "enough").touch()
            told = await asyncio.wait_for(stage.report, 60)
    assert told["opened"] >= 2
    listener = Listener(pieces=told["pieces"], end=told["end"])
    listener.verify(await asyncio.to_thread(log_of, server, task_id))


SITE = """<!doctype html><script type="module">
import { follow } from "/follow.js";
const told = {pieces: [], lines: 0, end: null, error: null};
async function askForStream() {
  const answer = await fetch("/ticket", {method: "POST"});
  if (answer.status === 503) return null;
  told.lines++;
  return (await answer.json()).url;
}
try {
  await follow(askForStream, (type, data) => type === "stream.end" ? told.end = data : told.pieces.push(data));
} catch (error) {
  told.error = String(error);
}
fetch("/report", {method: "POST", body: JSON.stringify(told)});
</script>"""


@dataclass
class Site:
    """Another site than the server's: its pages, and tickets from its own side, which holds the key."""

    server: Server | None = None
    task_id: str = ""
    report: "asyncio.Future[dict[str, Any]]" = field(default_factory=asyncio.Future)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int((head.lower().partition(b"content-length:")[2].split() or [b"0"])[0])
            body = await reader.readexactly(length)
            status, media, content = await self._answer(head.split()[1].decode(), body)
            writer.write(
                f"HTTP/1.1 {status} -\r\nContent-Type: {media}\r\nContent-Length: {len(content)}\r\n"
                "Connection: close\r\n\r\n".encode()
                + content
            )
            await writer.drain()
        writer.close()

    async def _answer(self, path: str, body: bytes) -> tuple[int, str, bytes]:
        if path == "/page":
            return 200, "text/html", SITE.encode()
        if path == "/follow.js":
            return 200, "text/javascript", FOLLOW.read_bytes()
        if path == "/ticket":
            return await self._ticket()
        if path == "/report":
            self.report.set_result(json.loads(body))
        return 404, "text/plain", b""

    async def _ticket(self) -> tuple[int, str, bytes]:
        assert self.server is not None
        headers = {"X-API-Key": self.server.keys()["api_key"]}
        url = f"{self.server.url}/gnomon/v1/tasks/{self.task_id}/stream-tickets"
        try:
            async with httpx.AsyncClient(headers=headers) as client:
                made = (await client.post(url)).raise_for_status().json()
        except httpx.HTTPError:
            return 503, "text/plain", b""
        return 200, "application/json", json.dumps({"url": self.server.url + made["url"]}).encode()


async def test_a_page_of_another_site_pieces_the_log_together_over_a_restart(tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium on this machine")
    site = Site()
    listening = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    async with listening:
        origin = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        options = ("--workload", "talk_trades", "--cors-origin", origin, "--log-level", "warning")
        with running(tmp_path / "data", *options) as server:
            site.server, site.task_id = server, talk(server, tmp_path / "enough", pause=0.05)
            with browsing(browser, f"{origin}/page", tmp_path / "profile"):
                await asyncio.sleep(3)
                await asyncio.to_thread(server.stop)
                await asyncio.to_thread(server.start)
                await asyncio.sleep(4)
                (tmp_path / "enough").touch()
                told = await asyncio.wait_for(site.report, 60)
            log = await asyncio.to_thread(log_of, server, site.task_id)
    assert told["error"] is None
    assert told["lines"] >= 2
    assert told["pieces"] == log
    assert told["end"]["version"] == len(log)
