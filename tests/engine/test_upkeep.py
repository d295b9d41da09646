"""Time: what is due is done, nothing spins, and a clock that is set harms nobody."""

import asyncio
import contextlib
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from engine_shop import open_shop

from gnomon.core.errors import Unavailable
from gnomon.core.hub import Hub
from gnomon.core.ports import Reservation, Submit
from gnomon.core.task import CancelOutcome, NewTask, Status
from gnomon.engine import upkeep as room
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


class Errand:
    """What upkeep is sent on: says that it is due so long after each time that it was done."""

    def __init__(self, clock, pause=None, refusals=0):
        self.clock, self.pause, self.refusals = clock, pause, refusals
        self.done_at = asyncio.Queue()

    async def __call__(self):
        if self.refusals:
            self.refusals -= 1
            raise Unavailable
        now = self.clock.now()
        self.done_at.put_nowait(now)
        return now + self.pause if self.pause else None

    async def next_done(self):
        async with asyncio.timeout(20):
            return await self.done_at.get()


@contextlib.asynccontextmanager
async def at_work(folder, clock, errand):
    store = SqliteStore.open(folder, Hub())
    upkeep = Upkeep(store, clock, on_overdue=lambda _: None, before=nothing, errands=(errand,))
    loop = asyncio.create_task(upkeep.run())
    yield upkeep
    loop.cancel()
    await asyncio.wait([loop])
    await store.close()


class RealClock:
    """Tells the real time, and what somebody has set it off by."""

    def __init__(self):
        self.step = timedelta()

    def now(self):
        return datetime.now(UTC) + self.step

    def chance(self, bits):
        return 0


async def test_an_errand_is_done_when_it_says_that_it_is_due(tmp_path):
    clock = RealClock()
    errand = Errand(clock, timedelta(seconds=0.3))
    async with at_work(tmp_path, clock, errand):
        first, second, third = [await errand.next_done() for _ in range(3)]
    assert timedelta(seconds=0.3) <= second - first < timedelta(seconds=2)
    assert timedelta(seconds=0.3) <= third - second < timedelta(seconds=2)


async def test_who_stores_something_earlier_wakes_upkeep(tmp_path):
    clock = RealClock()
    errand = Errand(clock)
    async with at_work(tmp_path, clock, errand) as upkeep:
        await errand.next_done()
        at = clock.now() + timedelta(seconds=0.3)
        upkeep.expect(at + timedelta(hours=1))
        upkeep.expect(at)
        assert at <= await errand.next_done() < at + timedelta(seconds=2)


async def test_an_errand_that_the_store_refuses_is_done_a_second_later(tmp_path, caplog):
    clock = RealClock()
    errand = Errand(clock, refusals=1)
    begun = clock.now()
    async with at_work(tmp_path, clock, errand):
        assert await errand.next_done() - begun >= timedelta(seconds=1)
    assert [record.message for record in caplog.records] == ["sweep.failed"]


@pytest.mark.parametrize("step", [timedelta(days=-1), timedelta(days=1)])
async def test_a_clock_that_is_set_stops_no_errand(tmp_path, step, monkeypatch):
    monkeypatch.setattr(room, "_LONGEST_SLEEP", timedelta(seconds=0.3))
    clock = RealClock()
    errand = Errand(clock, timedelta(seconds=30))
    async with at_work(tmp_path, clock, errand):
        before = await errand.next_done()
        clock.step = step
        after = await errand.next_done()
    assert abs(after - before - step) < timedelta(seconds=5)
