"""A post office on a real store and a real gate, with a clock that tests move and receivers that tests script."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from gnomon.core.delivery import Delivery, Endpoint, NewEndpoint
from gnomon.core.event import Event, EventType
from gnomon.core.hub import Hub
from gnomon.core.ports import DeliveryQuery, Submit
from gnomon.core.task import NewTask, Task, task_id
from gnomon.delivery.office import PostOffice
from gnomon.outbound.gate import Gate
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault

WORKSPACE = "wsp_1"
START = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECRETS = ["whsec_" + "A" * 43 + "=", "whsec_" + "B" * 42 + "A="]
FIRST = frozenset({EventType.QUEUED})
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Clock:
    """Stands still until it is moved; its chance repeats."""

    def __init__(self) -> None:
        self.time = START
        self._chance = random.Random(1)

    def now(self) -> datetime:
        return self.time

    def chance(self, bits: int) -> int:
        return self._chance.getrandbits(bits)


@dataclass
class Post:
    """What a receiver was sent."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


Answer = bytes | Callable[[Post], Awaitable[bytes | None]]


@dataclass
class Receiver:
    """Listens on this machine; `answer` may be changed while it does."""

    answer: Answer = OK
    port: int = 0
    posts: list[Post] = field(default_factory=list)
    came: asyncio.Condition = field(default_factory=asyncio.Condition)
    serving: set["asyncio.Task[None] | None"] = field(default_factory=set)
    """Nobody else holds the task of a connection whose answer never comes: it would be collected while it waits."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def expect(self, count: int) -> list[Post]:
        """Wait until so many posts have come, and give them."""
        async with asyncio.timeout(20), self.came:
            await self.came.wait_for(lambda: len(self.posts) >= count)
        return self.posts

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.add(task := asyncio.current_task())
        try:
            while True:
                post = await _read(reader)
                async with self.came:
                    self.posts.append(post)
                    self.came.notify_all()
                answer = self.answer if isinstance(self.answer, bytes) else await self.answer(post)
                if answer is None:
                    return
                writer.write(answer)
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()
            self.serving.discard(task)

    async def end(self) -> None:
        """End the connections whose answer never came."""
        open_ones = [task for task in self.serving if task is not None]
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Post:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip("\r\n").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Post(first.split(" ")[1], headers, await reader.readexactly(int(headers["content-length"])))


def body(task: Task, event: Event) -> bytes:
    """Write a body in the words of the tests."""
    return json.dumps(
        {"task": task.id, "status": task.status.value, "number": event.number, "ü": "é"}
    ).encode()


@dataclass
class Town:
    """Short words for what happens around a post office."""

    store: SqliteStore
    hub: Hub
    folder: Path
    clock: Clock = field(default_factory=Clock)
    vault: KeyVault = field(default_factory=lambda: KeyVault(bytes(32)))
    made: int = 0

    def office(self, timeout: float = 5, **options: Any) -> PostOffice:
        gate = Gate(allow=[ip_network("127.0.0.0/8")], is_http_allowed=True, timeout=timeout)
        given: dict[str, Any] = {
            "store": self.store,
            "gate": gate,
            "vault": self.vault,
            "clock": self.clock,
            "bell": self.hub.post_bell,
            "bodies": {"native": body},
            "timeout": timedelta(seconds=timeout),
        }
        return PostOffice(**(given | options))

    @asynccontextmanager
    async def open(self, **options: Any) -> AsyncIterator[PostOffice]:
        office = self.office(**options)
        await office.start()
        try:
            yield office
        finally:
            await office.stop()

    def later(self, **delta: float) -> None:
        """Let time pass, and the office notice it."""
        self.clock.time += timedelta(**delta)
        self.hub.post_bell.ring()

    async def endpoint(self, url: str, **fields: Any) -> Endpoint:
        self.made += 1
        given = {
            "id": f"whe_{self.made:026}",
            "workspace": WORKSPACE,
            "url": url,
            "sealed": self.vault.seal(SECRETS[0].encode()),
            "event_types": FIRST,
        }
        new = NewEndpoint(**(given | fields))
        return await self.store.create_endpoint(new, self.clock.now())

    async def submit(self, count: int = 1) -> list[Task]:
        tasks = []
        for _ in range(count):
            self.made += 1
            new = NewTask(id=task_id(START, self.made), workspace=WORKSPACE, kind="test", input={})
            tasks.append((await self.store.submit(Submit(task=new, now=self.clock.now()))).task)
        return tasks

    async def deliveries(self, endpoint: Endpoint) -> list[Delivery]:
        query = DeliveryQuery(workspace=WORKSPACE, endpoint_id=endpoint.id, limit=1000)
        return list((await self.store.list_deliveries(query)).records)

    async def settled(self, endpoint: Endpoint, until: Callable[[list[Delivery]], bool]) -> list[Delivery]:
        """Wait until the endpoint's deliveries stand as they should."""
        async with asyncio.timeout(20):
            while not until(found := await self.deliveries(endpoint)):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.005)
        return found


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """Give a store without an office."""
    hub = Hub()
    store = SqliteStore.open(tmp_path, hub)
    try:
        yield Town(store, hub, tmp_path)
    finally:
        await store.close()


@pytest.fixture
async def listen() -> AsyncIterator[Callable[..., Awaitable[Receiver]]]:
    """Give a way to open receivers, which end with the test."""
    servers: list[asyncio.Server] = []
    receivers: list[Receiver] = []

    async def open_one(answer: Answer = OK, host: str = "127.0.0.1") -> Receiver:
        receiver = Receiver(answer)
        server = await asyncio.start_server(receiver.serve, host, 0)
        servers.append(server)
        receivers.append(receiver)
        receiver.port = server.sockets[0].getsockname()[1]
        return receiver

    yield open_one
    for server in servers:
        server.close()
    for receiver in receivers:
        await receiver.end()
