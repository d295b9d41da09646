"""Streams of the Shannon door on a real server: the vendor's client over restarts, cuts, a browser, many sockets."""

import asyncio
import json
import random
import select
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import websockets
from shannon import AsyncShannonClient, ShannonClient
from shannon.models import Event
from websockets.exceptions import ConnectionClosedError

from .server import Server, running
from .test_streams import HEARTBEAT, Stage, _resident, browsing, log_of, staged, talk

T = TypeVar("T")

SSE = "/api/v1/stream/sse"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Start a server that comes back to the same port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    options = ("--workload", "talk_trades", "--heartbeat", str(HEARTBEAT), "--log-level", "warning")
    with running(tmp_path / "data", *options, "--port", port) as server:
        yield server


class Heard(list[T]):
    """What has come so far; others wait for more of it."""

    def __init__(self) -> None:
        super().__init__()
        self._more = asyncio.Event()

    def hear(self, item: T) -> None:
        """Take in what comes."""
        self.append(item)
        self._more.set()

    async def reach(self, count: int, within: float) -> None:
        """Wait until that much has come."""
        async with asyncio.timeout(within):
            while len(self) < count:
                self._more.clear()
                await self._more.wait()


def shown(task_id: str) -> str:
    return task_id.replace("tsk_", "task_")


def facts(events: list[Event]) -> list[tuple[str | None, str, str]]:
    return [(event.stream_id, event.type, event.message) for event in events]


async def restart(server: Server, heard: Heard[Event], how: str, times: int, enough: Path) -> None:
    """End the server in the middle of what is heard, start it again, and let the work end a little later."""
    for _ in range(times):
        await heard.reach(len(heard) + 20, within=60)
        await asyncio.to_thread(server.kill if how == "kill -9" else server.stop)
        await asyncio.to_thread(server.start)
    await heard.reach(len(heard) + 20, within=60)
    await asyncio.to_thread(enough.touch)


@pytest.mark.parametrize(
    ("how", "times"),
    [
        ("kill -9", 1),
        pytest.param("kill -9", 3, marks=pytest.mark.slow),
        pytest.param("SIGTERM", 2, marks=pytest.mark.slow),
    ],
)
async def test_the_vendors_client_goes_on_over_restarts(
    server: Server, tmp_path: Path, how: str, times: int
) -> None:
    """The server ends in the middle of the stream; the client misses nothing and hears nothing twice."""
    task_id = talk(server, tmp_path / "enough")
    heard = Heard[Event]()
    async with AsyncShannonClient(base_url=server.url, api_key=server.keys()["api_key"]) as client:
        ending = asyncio.create_task(restart(server, heard, how, times, tmp_path / "enough"))
        async with asyncio.timeout(90):
            async for event in client.stream(shown(task_id)):
                heard.hear(event)
        await ending
        again = [event async for event in client.stream(shown(task_id))]
    assert facts(heard) == facts(again)
    assert (heard[-1].type, heard[-1].message) == ("done", "[DONE]")
    words = [event["body"]["text"] for event in log_of(server, task_id) if event["type"] == "task.message"]
    assert [event.message for event in heard if event.type == "AGENT_THINKING"] == words
    assert [event.type for event in heard].count("WORKFLOW_STARTED") == 1
    assert [event.type for event in heard].count("AGENT_STARTED") >= 1 + times


@pytest.mark.usefixtures("own_loop")
def test_the_plain_client_and_the_socket_hear_the_same(server: Server, tmp_path: Path) -> None:
    (tmp_path / "enough").touch()
    task_id = shown(talk(server, tmp_path / "enough"))
    with ShannonClient(base_url=server.url, api_key=server.keys()["api_key"]) as client:
        told = list(client.stream(task_id))
        internal = list(client.stream_ws(task_id))
        assert [event.stream_id for event in internal] == [event.stream_id for event in told]
        assert internal[-1].type == "STREAM_END"
        rest = list(client.stream_ws(task_id, last_event_id=internal[2].id, types=["WORKFLOW_COMPLETED"]))
        assert [event.type for event in rest] == ["WORKFLOW_COMPLETED", "STREAM_END"]
        listed = client.get_task_events(task_id)
        assert facts(listed) == [one for one in facts(internal) if one[1] != "LLM_PARTIAL"]
        timeline = client.get_task_timeline(task_id)
        types = [entry["type"] for entry in timeline["events"]]
        assert types == ["WF_STARTED", "ACT_COMPLETED", "WF_COMPLETED"]
        assert timeline["stats"] == {"total": 3, "mode": "summary"}


@dataclass
class Listener:
    """Pieces frames together from what arrives whole, and comes back with the id of the last one."""

    frames: list[str] = field(default_factory=list)
    last: str = ""

    async def listen(self, client: httpx.AsyncClient, task_id: str, most: float) -> None:
        """Listen until the end, or until that many bytes have come."""
        headers = {"Last-Event-ID": self.last} if self.last else {}
        held = b""
        async with client.stream("GET", SSE, params={"workflow_id": task_id}, headers=headers) as answer:
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
        lines = [line for line in frame.split("\n") if line[:1] != ":"]
        if lines and not (self.frames and self.frames[-1] == "\n".join(lines) and "event: done" in lines):
            self.last = lines[0].removeprefix("id: ")
            self.frames.append("\n".join(lines))


async def test_200_cuts_at_any_byte_leave_no_gap_and_no_double(server: Server, tmp_path: Path) -> None:
    listeners, chance = [Listener() for _ in range(10)], random.Random(5)
    task_id = shown(talk(server, tmp_path / "enough"))
    headers = {"X-API-Key": server.keys()["api_key"]}

    async def be_cut(listener: Listener) -> None:
        for _ in range(200 // len(listeners)):
            await listener.listen(client, task_id, chance.choice([13, 60, 250, 700, 3000]))

    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as client:
        await asyncio.gather(*map(be_cut, listeners))
        (tmp_path / "enough").touch()
        await asyncio.gather(*(listener.listen(client, task_id, float("inf")) for listener in listeners))
        whole = Listener()
        await whole.listen(client, task_id, float("inf"))
    assert "event: done" in whole.frames[-1]
    for listener in listeners:
        assert listener.frames == whole.frames


async def test_a_server_that_stops_leaves_nobody_waiting(server: Server, tmp_path: Path) -> None:
    """Streams are broken off, sockets are told to come back, and one that takes nothing holds nothing up."""
    task_id = shown(talk(server, tmp_path / "enough", size=20_000, pause=0.05))
    key, codes = server.keys()["api_key"], []
    begun, broken = Heard[object](), 0

    def note(listener: object) -> None:
        if listener not in begun:
            begun.hear(listener)

    async def by_socket() -> None:
        address = (
            f"{server.url.replace('http', 'ws', 1)}/api/v1/stream/ws?workflow_id={task_id}&api_key={key}"
        )
        try:
            async with websockets.connect(address, max_size=None) as opened:
                async for _ in opened:
                    note(opened)
        except ConnectionClosedError as error:
            codes.append(error.rcvd.code if error.rcvd else 0)

    async def by_stream(client: httpx.AsyncClient) -> None:
        nonlocal broken
        try:
            async with client.stream("GET", SSE, params={"workflow_id": task_id}) as answer:
                async for _ in answer.aiter_bytes():
                    note(answer)
        except httpx.TransportError:
            broken += 1

    limits = httpx.Limits(max_connections=None)
    headers = {"X-API-Key": key}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30, limits=limits) as client:
        with mute(server, task_id):
            listening = [asyncio.create_task(by_socket()) for _ in range(100)]
            listening += [asyncio.create_task(by_stream(client)) for _ in range(50)]
            await begun.reach(150, within=30)
            begin = time.monotonic()
            assert await asyncio.to_thread(server.stop) == 0
            assert time.monotonic() - begin < 5
        await asyncio.gather(*listening)
    assert codes == [1012] * 100
    assert broken == 50


class mute:  # noqa: N801  a block, as a function would be
    """A socket that was opened by hand and takes nothing, for the length of a block."""

    def __init__(self, server: Server, task_id: str) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, port = server.url.removeprefix("http://").split(":")
        self._socket.connect((host, int(port)))
        head = [
            f"GET /api/v1/stream/ws?workflow_id={task_id} HTTP/1.1",
            f"Host: {host}",
            f"X-API-Key: {server.keys()['api_key']}",
            *("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"),
            *("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""),
        ]
        self._socket.sendall("\r\n".join(head).encode())

    def __enter__(self) -> socket.socket:
        return self._socket

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def test_a_socket_that_takes_nothing_is_cut_and_costs_no_memory(server: Server, tmp_path: Path) -> None:
    task_id = talk(server, tmp_path / "enough", size=20_000, at_once=20, most=2000)
    with server.native(timeout=60) as client:
        client.get(f"/tasks/{task_id}", params={"after_version": 2001, "wait": 50}).raise_for_status()
        before = _resident(server.pid)
        with mute(server, shown(task_id)) as reader:
            poll = select.poll()
            poll.register(reader, select.POLLHUP | select.POLLERR)
            assert poll.poll((3 * HEARTBEAT + 5) * 1000), "the reader was not cut"
        assert _resident(server.pid) - before < 20_000
        assert client.get(f"/tasks/{task_id}").json()["status"] == "running"
    (tmp_path / "enough").touch()


PAGE = """<!doctype html><script>
const source = new EventSource("/api/v1/stream/sse?workflow_id=TASK");
const told = {heard: [], opened: 0};
source.onopen = () => told.opened++;
for (const type of ["AGENT_THINKING", "WORKFLOW_STARTED", "thread.message.completed", "WORKFLOW_COMPLETED"])
  source.addEventListener(type, event => told.heard.push([event.lastEventId, type, JSON.parse(event.data)]));
source.addEventListener("done", event => {
  source.close();
  fetch("/report", {method: "POST", body: JSON.stringify({...told, done: event.data})});
});
</script>"""


async def test_a_browser_hears_all_over_a_restart(server: Server, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium on this machine")
    task_id = talk(server, tmp_path / "enough", pause=0.05)
    stage = Stage(server, PAGE.replace("TASK", shown(task_id)).encode(), door=b"GET /api/v1/stream/")
    async with staged(stage) as address:
        with browsing(browser, f"{address}/page", tmp_path / "profile"):
            await asyncio.sleep(3)
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
            await asyncio.sleep(4)
            (tmp_path / "enough").touch()
            told: dict[str, Any] = await asyncio.wait_for(stage.report, 60)
    assert (told["opened"] >= 2, told["done"]) == (True, "[DONE]")
    log = await asyncio.to_thread(log_of, server, task_id)
    words = [event["body"]["text"] for event in log if event["type"] == "task.message"]
    assert [data["message"] for _, type_, data in told["heard"] if type_ == "AGENT_THINKING"] == words
    assert [type_ for _, type_, _ in told["heard"]][-2:] == ["thread.message.completed", "WORKFLOW_COMPLETED"]
    assert json.loads(told["heard"][-2][2]["response"])["said"] >= 1
