"""An application served on the loopback, in the process of the tests."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from bounds import bounded


class _Guest(uvicorn.Server):
    """Leaves signals to the process that it is in: one that asks the tests to end, ends them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def on_loopback(app: Any, **options: Any) -> AsyncIterator[str]:
    """Serve an application and say where."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # It listens before the server accepts, so that a first request only waits a moment.
        options = {"ws": "none", "log_level": "warning", **options}
        server = _Guest(uvicorn.Config(app, lifespan="off", **options))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            async with bounded("the server to end"):
                await running
