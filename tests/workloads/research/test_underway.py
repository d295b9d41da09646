"""A call that a pause leaves under way is taken up by the next attempt; any other end of an attempt ends it."""

import asyncio
import time
from contextlib import AsyncExitStack

import pytest

from gnomon.core.workload import Cancelled, Parked
from gnomon.workloads.research.record import Usage
from gnomon.workloads.research.underway import carried, outlast

KEY = "tsk_1:plan 1"
USED = Usage(calls=1, input_tokens=7, output_tokens=2)


class Attempt:
    """What an attempt's context says of pauses and cancels."""

    def __init__(self):
        self.wants = None

    def is_pausing(self):
        return self.wants is Parked

    async def checkpoint(self):
        if self.wants is not None:
            raise self.wants


class Provider:
    """Answers when it is let."""

    def __init__(self):
        self.calls, self.hang_ups, self.may_answer = 0, 0, asyncio.Event()

    async def ask(self, on_used):
        self.calls += 1
        on_used(USED)
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.hang_ups += 1
            raise
        return "said"


def trial(function):
    """Run a test on a loop of its own."""

    def test():
        asyncio.run(function())

    test.__name__, test.__doc__ = function.__name__, function.__doc__
    return test


@trial
async def test_a_pause_takes_effect_at_once_and_the_call_is_made_once():
    first, provider, used = Attempt(), Provider(), []
    waiting = asyncio.create_task(carried(first, KEY, provider.ask, used.append))
    await asyncio.sleep(0)
    first.wants, began = Parked, time.monotonic()
    with pytest.raises(Parked):
        await waiting
    assert time.monotonic() - began < 1
    assert used == [], "it counts for the attempt that takes the call's end"
    provider.may_answer.set()
    assert await carried(Attempt(), KEY, provider.ask, used.append) == "said"
    assert (provider.calls, provider.hang_ups, used) == (1, 0, [USED])


@trial
async def test_its_sisters_go_on_too_when_they_are_ended_by_the_pause():
    first, provider = Attempt(), Provider()
    waiting = asyncio.create_task(carried(first, KEY, provider.ask))
    await asyncio.sleep(0)
    first.wants = Parked
    waiting.cancel()
    with pytest.raises((asyncio.CancelledError, Parked)):
        await waiting
    provider.may_answer.set()
    assert await carried(Attempt(), KEY, provider.ask) == "said"
    assert provider.calls == 1


@trial
async def test_a_cancel_hangs_up_and_what_was_used_is_told():
    first, provider, used = Attempt(), Provider(), []
    waiting = asyncio.create_task(carried(first, KEY, provider.ask, used.append))
    await asyncio.sleep(0)
    first.wants = Cancelled
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (provider.hang_ups, used) == (1, [USED])


@trial
async def test_what_a_call_needs_stays_open_until_it_has_ended():
    first, provider, closed = Attempt(), Provider(), asyncio.Event()
    async with AsyncExitStack() as stack:
        stack.callback(closed.set)
        waiting = asyncio.create_task(carried(first, KEY, provider.ask))
        await asyncio.sleep(0)
        first.wants = Parked
        with pytest.raises(Parked):
            await waiting
        await outlast(stack, "tsk_1")
    assert not closed.is_set()
    provider.may_answer.set()
    async with asyncio.timeout(5):
        await closed.wait()
    assert await carried(Attempt(), KEY, provider.ask) == "said"


@trial
async def test_a_failing_that_came_meanwhile_is_the_next_attempts():
    async def fail(_):
        raise ValueError("no answer")

    first = Attempt()
    first.wants = Parked
    waiting = asyncio.create_task(carried(first, KEY, fail))
    with pytest.raises((Parked, ValueError)):
        await waiting
    with pytest.raises(ValueError, match="no answer"):
        await carried(Attempt(), KEY, fail)
