"""Calls that a pause leaves under way: the task gives way at once, and takes up what they bring when it goes on.

Nothing is paid twice that way as long as this process lives; after that the call is made anew, under the same key.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from gnomon.core.workload import AsyncContext, GaveWay
from gnomon.workloads.research.record import Usage

T = TypeVar("T")
OnUsed = Callable[[Usage], None]

LOOK: Final = 0.1
"""Seconds between two looks at whether the task shall be set aside."""
_MOST_LEFT: Final = 256
"""Calls that are kept for tasks which may never go on."""


@dataclass(frozen=True, slots=True)
class _Call:
    task: asyncio.Task[Any]
    used: list[Usage] = field(default_factory=list)


_CALLS: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Call]]] = WeakKeyDictionary()
_CLOSING: Final[set[asyncio.Task[None]]] = set()


async def carried(
    ctx: AsyncContext,
    key: str,
    begin: Callable[[OnUsed], Coroutine[Any, Any, T]],
    on_used: OnUsed = lambda _: None,
) -> T:
    """Await a call, or take up the one of that key which an earlier attempt has left under way.

    `begin` makes the call; it is given where to note what each answer of a model used, which is told to `on_used`
    by the attempt that takes the call's end.

    Raises
    ------
    Parked
        When the task shall be set aside; the call goes on.
    """
    call = _find(key, begin)
    try:
        while not call.task.done():
            await asyncio.wait({call.task}, timeout=LOOK)
            if not call.task.done() and ctx.is_pausing():
                await ctx.checkpoint()
    except (GaveWay, asyncio.CancelledError):
        if ctx.is_pausing():
            raise
        call.task.cancel()
        await asyncio.wait({call.task})
        _take(key, call, on_used)
        raise
    _take(key, call, on_used)
    result: T = call.task.result()
    return result


async def outlast(stack: AsyncExitStack, task_id: str) -> None:
    """Keep open what a stack holds until the calls that a task has left under way have ended."""
    left = {call.task for key, call in _of_loop().items() if key.startswith(f"{task_id}:")}
    if left:
        closing = asyncio.create_task(_close_after(left, stack.pop_all()))
        _CLOSING.add(closing)
        closing.add_done_callback(_CLOSING.discard)


async def _close_after(calls: set[asyncio.Task[Any]], stack: AsyncExitStack) -> None:
    async with stack:
        await asyncio.wait(calls)


def _of_loop() -> dict[str, _Call]:
    return _CALLS.setdefault(asyncio.get_running_loop(), {})


def _find(key: str, begin: Callable[[OnUsed], Coroutine[Any, Any, Any]]) -> _Call:
    calls = _of_loop()
    if key not in calls:
        used: list[Usage] = []
        calls[key] = _Call(asyncio.create_task(begin(used.append)), used)
        calls[key].task.add_done_callback(_look_at)
        for oldest in [each for each, call in calls.items() if call.task.done()][:-_MOST_LEFT]:
            del calls[oldest]
    return calls[key]


def _look_at(call: asyncio.Task[Any]) -> None:
    """Look at how a call ended, for nobody may come for it, and the loop would log that."""
    if not call.cancelled():
        call.exception()


def _take(key: str, call: _Call, on_used: OnUsed) -> None:
    calls = _of_loop()
    if calls.get(key) is call:
        del calls[key]
    while call.used:
        on_used(call.used.pop(0))
