"""A server with trades behind its processors, and the vendor's clients of it, unmodified."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from parallel import AsyncParallel, DefaultAsyncHttpxClient
from server import Serving
from trades_of_runs import PROCESSORS

from gnomon.core.access import KeyRole
from gnomon.web.dialects.parallel.desk import ParallelOptions

Talk = Callable[[Callable[[Any], Any]], Awaitable[Any]]
"""Lets a client say something, whichever of its two kinds it is."""
OPTIONS = ParallelOptions(processors=PROCESSORS)


class Wire:
    """What went over the client's connections for results, and events for its turning points."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.asked = 0
        self.requests = 0
        self.third = asyncio.Event()
        self.before_second: Callable[[], Awaitable[object]] | None = None

    async def sent(self, request: httpx.Request) -> None:
        self.requests += 1
        self.asked += request.url.path.endswith("/result")
        if self.asked == 2 and self.before_second is not None:
            await self.before_second()
        if self.asked == 3:
            self.third.set()

    async def answered(self, response: httpx.Response) -> None:
        if response.request.url.path.endswith("/result"):
            self.statuses.append(response.status_code)


@asynccontextmanager
async def listening(served: Serving, **given: Any) -> AsyncIterator[tuple[AsyncParallel, Wire]]:
    wire = Wire()
    hooks: Any = {"request": [wire.sent], "response": [wire.answered]}
    key = served.founded.keys[KeyRole.API]
    async with (
        DefaultAsyncHttpxClient(event_hooks=hooks) as http,
        AsyncParallel(api_key=key, base_url=served.address, http_client=http, **given) as client,
    ):
        yield client, wire
