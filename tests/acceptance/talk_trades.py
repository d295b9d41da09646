"""A workload that talks until it is told to stop, so that a test decides how long there is something to hear."""

import asyncio
from pathlib import Path
from typing import Any

from gnomon.core.workload import AsyncContext, Workload


async def talk(given: dict[str, Any], ctx: AsyncContext) -> dict[str, int]:
    """Say a word of the given size again and again until the file exists, `most` times at most."""
    until, said = Path(given["until"]), 0
    while not await asyncio.to_thread(until.exists):
        for _ in range(min(given.get("at_once", 1), given.get("most", 10**9) - said)):
            ctx.emit({"said": said, "text": "\u2028" + "x" * given.get("size", 20)})
            said += 1
        await asyncio.sleep(given.get("pause", 0.01))
    return {"said": said}


WORKLOADS = (Workload(kind="test.talk", run=talk, where="io"),)
