"""The whole server in one process: store, engine with its children, door, and uvicorn on the loopback."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bounds import bounded
from loopback import on_loopback
from rig import House, open_app, open_house

from gnomon.core.access import Limits
from gnomon.core.service.access import Founded, found_workspace
from gnomon.core.task import Json
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
    told: Mapping[str, Mapping[str, Json]] | None = None,
    **patience: Any,
) -> AsyncIterator[Serving]:
    """Serve a house; its trades are the given ones beside the usual ones, or alone; `told` is each one's settings."""
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
        settings=told or {},
    )
    await engine.start()
    try:
        async with on_loopback(open_app(house, founded.workspace.id, **patience)) as address:
            yield Serving(house=house, founded=founded, address=address)
    finally:
        async with bounded("the engine and the store to end"):
            await engine.stop()
            await house.store.close()
