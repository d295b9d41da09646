"""What time and restarts do."""

from datetime import timedelta
from typing import Any

import pytest

from gnomon.core.errors import FenceLost
from gnomon.core.ports import Holding
from gnomon.core.retry import Stopped, Why
from gnomon.core.task import Status
from gnomon.store.task.sweep import PIECE

WORKSPACE = "wsp_1"


async def test_an_expired_lease_is_taken_back_with_its_fence(shop: Any) -> None:
    task = await shop.start()
    assert (await shop.store.sweep(shop.later(seconds=59))).changed == 0
    swept = await shop.store.sweep(shop.later(seconds=1))
    assert (swept.changed, swept.next_due) == (1, None)
    seen = await shop.get(task)
    assert (seen.status, seen.losses, seen.failures, seen.fence) == ("queued", 1, 0, 2)
    with pytest.raises(FenceLost):
        await shop.done(task)
    [again] = await shop.claim()
    assert again.fence == 3
    assert (await shop.done(again)).status is Status.COMPLETED


async def test_a_task_that_kills_its_workers_ends(shop: Any) -> None:
    task = await shop.submit(max_lost=3)
    for _ in range(3):
        await shop.store.sweep(shop.later(minutes=1))
        assert len(await shop.claim()) == 1
        await shop.store.sweep(shop.later(minutes=10))
    ended = await shop.get(task)
    assert (ended.status, ended.losses, ended.error.code) == ("failed", 3, "worker_lost")


async def test_recovery_takes_back_every_lease(shop: Any) -> None:
    running, stopping, queued = await shop.start(), await shop.start(), await shop.submit()
    await shop.cancel(stopping)
    assert await shop.store.recover(shop.now) == 2
    assert [(await shop.get(task)).status for task in (running, stopping, queued)] == [
        "queued",
        "cancelled",
        "queued",
    ]
    assert (await shop.get(stopping)).cancel_outcome == "killed"
    [attempt] = await shop.store.list_attempts(WORKSPACE, running.id)
    assert (attempt.outcome, attempt.error["message"]) == (
        "lost",
        "The server stopped while the task was running.",
    )
    assert await shop.store.recover(shop.now) == 0


async def test_siblings_that_stop_each_other_are_taken_back_together(shop: Any) -> None:
    parent = await shop.start(max_lost=1)
    await shop.split(parent, shop.new(max_lost=1), shop.new(max_lost=1), shop.new())
    await shop.claim(limit=2)
    shop.later(minutes=2)
    assert (await shop.store.sweep(shop.now)).changed == 2
    states = [child.status for child in await shop.store.list_children(WORKSPACE, parent.id)]
    assert states == ["failed", "cancelled", "cancelled"]
    assert (await shop.get(parent)).status is Status.FAILED


async def test_a_task_outlives_more_servers_than_workers(shop: Any) -> None:
    task = await shop.start(max_lost=1)
    assert await shop.store.recover(shop.now) == 1
    assert (await shop.get(task)).status is Status.QUEUED
    await shop.claim()
    shop.later(minutes=2)
    await shop.store.sweep(shop.now)
    assert (await shop.get(task)).status is Status.FAILED


async def test_a_deadline_before_the_start_expires_the_task(shop: Any) -> None:
    deadline = shop.now + timedelta(minutes=1)
    task = await shop.submit(deadline_at=deadline)
    early = await shop.submit(deadline_at=deadline, run_at=shop.now + timedelta(hours=1))
    assert (await shop.store.sweep(shop.now)).next_due == deadline
    shop.later(minutes=1)
    assert await shop.claim() == []
    assert (await shop.store.sweep(shop.now)).changed == 2
    for ended in (await shop.get(task), await shop.get(early)):
        assert (ended.status, ended.error.code, ended.finished_at) == ("expired", "expired", shop.now)


async def test_a_deadline_between_attempts_times_the_task_out(shop: Any) -> None:
    task = await shop.start(deadline_at=shop.now + timedelta(seconds=0.1), max_attempts=2)
    await shop.fail(task, retryable=True)
    await shop.store.sweep(shop.later(seconds=5))
    ended = await shop.get(task)
    assert (ended.status, ended.error.code) == ("timed_out", "timeout")
    assert await shop.types(task) == ["queued", "started", "retrying", "timed_out"]


async def test_a_deadline_of_a_live_attempt_is_for_its_engine(shop: Any) -> None:
    task = await shop.start(deadline_at=shop.now + timedelta(seconds=9))
    swept = await shop.store.sweep(shop.later(seconds=9))
    assert (swept.changed, swept.overdue) == (0, (Holding(task_id=task.id, fence=1),))
    assert swept.next_due == shop.now + timedelta(seconds=51)
    ended = await shop.finish(task, Stopped(why=Why.DEADLINE, cooperative=False))
    assert ended.status is Status.TIMED_OUT
    assert (await shop.store.sweep(shop.now)).overdue == ()


async def test_a_parents_deadline_ends_the_family(shop: Any) -> None:
    parent = await shop.start(deadline_at=shop.now + timedelta(seconds=9))
    await shop.split(parent, shop.new(), shop.new())
    [first] = await shop.claim(limit=1)
    swept = await shop.store.sweep(shop.later(seconds=9))
    assert [holding.task_id for holding in swept.overdue] == [first.id]
    ended = await shop.get(parent)
    assert (ended.status, ended.error.code) == ("timed_out", "timeout")
    await shop.finish(first, Stopped(why=Why.DEADLINE, cooperative=False))
    states = [child.status for child in await shop.store.list_children(WORKSPACE, parent.id)]
    assert states == ["timed_out", "expired"]
    assert await shop.get(parent) == ended


async def test_more_than_a_piece_of_work_is_due_at_once(shop: Any) -> None:
    due = shop.now + timedelta(seconds=1)
    for n in range(PIECE + 5):
        await shop.submit(run_at=due if n % 2 else None, deadline_at=None if n % 2 else due)
    for _ in range(PIECE):
        await shop.submit(run_at=due)
    shop.later(seconds=1)
    swept = await shop.store.sweep(shop.now)
    assert swept.next_due is not None
    assert swept.next_due <= shop.now
    assert (await shop.store.sweep(shop.now)).next_due is None
    assert len(await shop.claim(limit=1000)) == PIECE + (PIECE + 5) // 2


async def test_a_clock_that_steps_back_breaks_nothing(shop: Any) -> None:
    task = await shop.start()
    shop.later(hours=-1)
    assert (await shop.store.sweep(shop.now)).changed == 0
    await shop.report(task, 50)
    assert (await shop.done(task)).status is Status.COMPLETED
