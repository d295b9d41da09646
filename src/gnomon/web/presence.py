"""Waiting for as long as the client does."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

T = TypeVar("T")


async def while_present(request: Request, waiting: Coroutine[Any, Any, T]) -> T:
    """Await the coroutine, and drop it when the client goes away.

    Raises
    ------
    ClientDisconnect
        When the client has gone; what it asked for goes on.
    """
    wait, leave = asyncio.ensure_future(waiting), asyncio.ensure_future(_leave(request.receive))
    try:
        await asyncio.wait({wait, leave}, return_when=asyncio.FIRST_COMPLETED)
        if wait.done():
            return wait.result()
        leave.result()
        raise ClientDisconnect
    finally:
        wait.cancel()
        leave.cancel()
        await asyncio.gather(wait, leave, return_exceptions=True)


async def _leave(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
