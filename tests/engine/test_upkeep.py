"""Time: what is due is done, nothing spins, and a clock that is set harms nobody."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from engine_shop import open_shop

from gnomon.core.hub import Hub
from gnomon.core.ports import Reservation, Submit
from gnomon.core.task import CancelOutcome, NewTask, Status
from gnomon.engine.upkeep import PIECE, Retention, Upkeep
from gnomon.store.sqlite import SqliteStore


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


class SteppingClock:
    """Tells the time that the test has set."""

    def __init__(self):
        self.time = datetime(2026, 3, 1, tzinfo=UTC)

    def now(self):
        return self.time

    def chance(self, bits):
        return 0


async def nothing():
    return


async def test_a_server_that_is_restarted_often_tidies_too(tmp_path):
    store, clock = SqliteStore.open(tmp_path, Hub()), SteppingClock()
    task = NewTask(id="tsk_1", workspace="w", kind="k")
    await store.submit(Submit(task=task, now=clock.now(), reservation=Reservation(key="k", fingerprint="f")))
    clock.time += timedelta(days=8)
    upkeep = Upkeep(store, clock, on_overdue=lambda _: None, before=nothing)
    await upkeep.sweep()
    assert await store.find_reserved("w", "k")
    clock.time += timedelta(minutes=2)
    await upkeep.sweep()
    assert await store.find_reserved("w", "k") is None
    await store.close()


async def test_what_is_kept_no_longer_is_removed_piece_by_piece(tmp_path):
    store, clock = SqliteStore.open(tmp_path, Hub()), SteppingClock()
    for n in range(PIECE + 10):
        task = NewTask(id=f"tsk_{n}", workspace="w", kind="k")
        reservation = Reservation(key=str(n), fingerprint="f")
        await store.submit(Submit(task=task, now=clock.now(), reservation=reservation))
        await store.cancel("w", task.id, clock.now())

    kept = Retention(events=timedelta(days=30), reservations=timedelta(days=7))
    upkeep = Upkeep(store, clock, on_overdue=lambda _: None, before=nothing, retention=kept)

    async def left():
        tasks = [await store.get_task("w", f"tsk_{n}") for n in range(PIECE + 10)]
        keys = [await store.find_reserved("w", str(n)) for n in range(PIECE + 10)]
        return sum(task.events_from == 1 for task in tasks), len([key for key in keys if key])

    clock.time += timedelta(days=8)
    await upkeep.sweep()
    assert await left() == (PIECE + 10, 10)
    await upkeep.sweep()
    assert await left() == (PIECE + 10, 0)
    clock.time += timedelta(days=30)
    for _ in range(3):
        await upkeep.sweep()
    assert await left() == (0, 0)
    await store.close()
