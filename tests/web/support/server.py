"""The whole server in one process: store, engine with its children, door, and uvicorn on the loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn
from rig import House, open_app, open_house

from gnomon.core.access import Limits
from gnomon.core.service.access import Founded, found_workspace
from gnomon.core.workload import Workload
from gnomon.engine.embedded import EmbeddedEngine


@dataclass
class Serving:
    house: House
    founded: Founded
    address: str


@asynccontextmanager
async def serving(
    folder: Path,
    *others: Workload,
    is_alone: bool = False,
    limits: Limits | None = None,
    check_target: Callable[[str], str | None] | None = None,
    **patience: Any,
) -> AsyncIterator[Serving]:
    """Serve a house; its trades are the given ones beside the usual ones, or alone."""
    house = open_house(folder, *others)
    if is_alone:
        house = replace(house, workloads={workload.kind: workload for workload in others})
    if check_target is not None:
        house = replace(house, check_target=check_target)
    house = replace(house, limits=limits or house.limits)
    founded = await found_workspace(house, "served")
    engine = EmbeddedEngine(
        house.store,
        house.hub,
        house.workloads,
        house.clock,
        kinds=house.kinds,
        worker="test",
        vault=house.vault,
        cpu_slots=2,
        grace=timedelta(seconds=1),
    )
    await engine.start()
    try:
        async with _listening(open_app(house, founded.workspace.id, **patience)) as address:
            yield Serving(house=house, founded=founded, address=address)
    finally:
        await engine.stop()
        await house.store.close()


@asynccontextmanager
async def _listening(app: object) -> AsyncIterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, lifespan="off", ws="none", log_level="warning")  # type: ignore[arg-type]
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            # The socket listens before the server accepts, so that a first request only waits a moment.
            listener.listen()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running
