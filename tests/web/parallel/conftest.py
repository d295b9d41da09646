"""The whole server with trades behind its processors, and the vendor's clients of it, unmodified."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from parallel import AsyncParallel, Parallel
from runs_served import OPTIONS, Talk
from server import Serving, serving
from trades_of_runs import TRADES

from gnomon.core.access import KeyRole


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(tmp_path / "data", *TRADES, is_alone=True, parallel=OPTIONS) as server:
        yield server


@pytest.fixture
async def client(served: Serving) -> AsyncIterator[AsyncParallel]:
    key = served.founded.keys[KeyRole.API]
    async with AsyncParallel(api_key=key, base_url=served.address) as client:
        yield client


@pytest.fixture(params=["sync", "async"])
async def talk(request: pytest.FixtureRequest, served: Serving) -> AsyncIterator[Talk]:
    """Give a function that lets each of the two clients say the same."""
    given: dict[str, Any] = {"api_key": served.founded.keys[KeyRole.API], "base_url": served.address}
    if request.param == "sync":
        with Parallel(**given) as plain:

            async def talking(about: Callable[[Any], Any]) -> Any:
                return await asyncio.to_thread(about, plain)

            yield talking
    else:
        async with AsyncParallel(**given) as client:

            async def chatting(about: Callable[[Any], Any]) -> Any:
                return await about(client)

            yield chatting


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """Make the pipe that lets go of a run that is held."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path
