"""Time: what is due is done, nothing spins, and a clock that is set harms nobody."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from engine_shop import open_shop

from gnomon.core.task import CancelOutcome, Status


class CountingStore:
    """A store that counts what it is asked."""

    def __init__(self, store):
        self.asked = Counter()
        self._store = store

    def __getattr__(self, name):
        self.asked[name] += 1
        return getattr(self._store, name)


async def test_nobody_asks_while_nothing_happens(tmp_path):
    counting = []

    def between(store):
        counting.append(CountingStore(store))
        return counting[0]

    async with open_shop(tmp_path, between=between) as shop:
        await shop.run("fail", {"times": 1})
        await shop.run("echo")
        asked = counting[0].asked
        # The last upkeep may still be about to come: it sleeps 50 ms at least.
        await asyncio.sleep(0.2)
        asked.clear()
        await asyncio.sleep(0.4)
        assert not asked


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1)])
async def test_a_clock_that_is_set_breaks_no_lease(tmp_path, step):
    async with open_shop(tmp_path, lease=timedelta(seconds=0.6)) as shop:
        running, _ = await shop.begin("loop_politely")
        shop.clock.step = step
        late = await shop.run("io_wait", {"fifo": "/dev/null"}, deadline=0.2)
        assert late.status is Status.TIMED_OUT
        await shop.cancel(running)
        running = await shop.until(running)
        assert (running.attempt, running.cancel_outcome) == (1, CancelOutcome.COOPERATIVE)


async def test_what_waits_for_a_slot_past_its_deadline_expires(tmp_path):
    async with open_shop(tmp_path, cpu_slots=1) as shop:
        await shop.begin("loop_politely")
        assert (await shop.run("echo", deadline=0.2)).status is Status.EXPIRED
