"""A workload that a test steers by making files, so that each status lasts until it has been looked at."""

import asyncio
from pathlib import Path
from typing import Any

from gnomon.core.brief import ANSWER, BRIEF
from gnomon.core.workload import AsyncContext, Cancelled, Workload


async def until(file: Path) -> None:
    """Wait until the file is there."""
    while not await asyncio.to_thread(file.exists):  # noqa: ASYNC110  no one tells
        await asyncio.sleep(0.02)


async def steer(brief: dict[str, Any], ctx: AsyncContext) -> dict[str, Any]:
    """Say what is done, ask, go on with the answer, and let a cancel wait."""
    folder = Path(brief["input"]["folder"])
    ctx.emit({"kind": "plan", "text": "Wait for whoever steers."})
    ctx.progress(10, "steering")
    await until(folder / "ask")
    topic = await ctx.ask("topic", {"text": "Which topic?"})
    ctx.progress(50, "going on")
    try:
        while not await asyncio.to_thread((folder / "finish").exists):
            await ctx.checkpoint()
            await asyncio.sleep(0.02)
    except (asyncio.CancelledError, Cancelled):
        await until(folder / "let_go")
        raise
    return {"type": "text", "content": str(topic), "basis": []}


WORKLOADS = (
    Workload(
        kind="test.steer", run=steer, where="io", input_schema=BRIEF, output_schema=ANSWER, takes_brief=True
    ),
)
