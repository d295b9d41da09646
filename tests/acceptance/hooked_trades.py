"""Trades with every end, for whoever is told of ends."""

import asyncio
from datetime import timedelta
from typing import Any

from gnomon.core.brief import ANSWER, BRIEF
from gnomon.core.workload import AsyncContext, Failure, Workload

PROCESSORS = ("base=test.answer", "core=test.ask", "pro=test.stumble", "ultra=test.endless", "lite=test.late")


async def answer(brief: dict[str, Any], _: AsyncContext) -> dict[str, Any]:
    """Give the question back, with what it rests on."""
    basis = [{"field": "output", "reasoning": "It was said so.", "citations": []}]
    return {"type": "text", "content": f"On {brief['input']}: é 漢 😀", "basis": basis}


async def ask(_: Any, ctx: AsyncContext) -> dict[str, Any]:
    """Go on with an answer."""
    return {"topic": await ctx.ask("topic", {"text": "Which topic?"})}


async def stumble(_: Any, __: AsyncContext) -> None:
    """Fail for good."""
    raise Failure("stumbled", "There was a stone in the way.")


async def endless(_: Any, ctx: AsyncContext) -> None:
    """Go on until it is stopped."""
    while True:
        await ctx.checkpoint()
        await asyncio.sleep(0.02)


_ANY: dict[str, Any] = {}
WORKLOADS = (
    Workload(
        kind="test.answer", run=answer, where="io", input_schema=BRIEF, output_schema=ANSWER, takes_brief=True
    ),
    Workload(kind="test.ask", run=ask, where="io", input_schema=_ANY),
    Workload(kind="test.stumble", run=stumble, where="io", input_schema=_ANY),
    Workload(kind="test.endless", run=endless, where="io", input_schema=_ANY),
    Workload(
        kind="test.late", run=endless, where="io", input_schema=_ANY, deadline=timedelta(milliseconds=500)
    ),
)
