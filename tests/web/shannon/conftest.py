"""The whole server with a trade behind its modes, and the vendor's clients of it, unmodified."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from rig import Tenant, client_of, open_app
from server import Serving, serving
from shannon import AsyncShannonClient, ShannonClient
from trades_of_tasks import TASK_TRADES

from gnomon.core.access import KeyRole
from gnomon.core.service import House
from gnomon.web.dialects.shannon.desk import ShannonOptions

OPTIONS = ShannonOptions(modes=("simple=give",))
Talk = Callable[[Callable[[Any], Any]], Awaitable[Any]]


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(tmp_path / "data", *TASK_TRADES, is_alone=True, shannon=OPTIONS) as server:
        yield server


@pytest.fixture
async def http(served: Serving) -> AsyncIterator[httpx.AsyncClient]:
    """Give a plain client with a key of the served workspace."""
    key = served.founded.keys[KeyRole.API]
    async with httpx.AsyncClient(base_url=served.address, headers={"X-API-Key": key}) as client:
        yield client


@pytest.fixture
async def client(served: Serving) -> AsyncIterator[AsyncShannonClient]:
    async with AsyncShannonClient(
        base_url=served.address, api_key=served.founded.keys[KeyRole.API]
    ) as client:
        yield client


@pytest.fixture(params=["sync", "async"])
async def talk(request: pytest.FixtureRequest, served: Serving) -> AsyncIterator[Talk]:
    """Give a function that lets each of the two clients say the same."""
    given = {"base_url": served.address, "api_key": served.founded.keys[KeyRole.API]}
    if request.param == "async":
        async with AsyncShannonClient(**given) as client:

            async def chatting(about: Callable[[Any], Any]) -> Any:
                return await about(client)

            yield chatting
        return
    with own_thread() as aside:
        plain = ShannonClient(**given)

        async def talking(about: Callable[[Any], Any]) -> Any:
            return await asyncio.get_running_loop().run_in_executor(aside, about, plain)

        yield talking
        await talking(lambda client: client.close())


@contextmanager
def own_thread() -> Iterator[ThreadPoolExecutor]:
    """Give a thread with an event loop of its own: the plain client uses the one it finds, and leaves it open."""
    loop = asyncio.new_event_loop()
    with ThreadPoolExecutor(1, initializer=asyncio.set_event_loop, initargs=(loop,)) as aside:
        yield aside
    loop.close()


@pytest.fixture
def app(house: House) -> Any:
    house.workloads.update({workload.kind: workload for workload in TASK_TRADES})  # type: ignore[attr-defined]  # the rig's is a dict
    return open_app(house, shannon=OPTIONS)


@pytest.fixture
async def door(app: Any, ours: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the door alone: nothing works on its tasks but the test's hands."""
    async with client_of(app, **{"X-API-Key": ours.founded.keys[KeyRole.API]}) as client:
        yield client
