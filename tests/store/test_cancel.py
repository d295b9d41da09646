"""Cancel: at once where nothing runs, in two phases where something does."""

from datetime import timedelta
from typing import Any

import pytest

from gnomon.core.errors import NotFound
from gnomon.core.ports import Holding
from gnomon.core.retry import Divided, Done, Failed, Lost, Stopped, Why
from gnomon.core.task import Status, TaskError

WORKSPACE = "wsp_1"


async def test_a_queued_task_is_cancelled_at_once(shop: Any) -> None:
    task = await shop.submit()
    ended = await shop.cancel(task)
    assert (ended.status, ended.cancel_outcome, ended.cancel_requested_at) == (
        "cancelled",
        "before_start",
        shop.now,
    )
    assert await shop.claim() == []
    assert await shop.types(task) == ["queued", "cancelled"]


async def test_a_task_that_waits_to_be_tried_again_is_cancelled_at_once(shop: Any) -> None:
    task = await shop.start(max_attempts=2)
    await shop.fail(task, retryable=True)
    ended = await shop.cancel(task)
    assert (ended.status, ended.cancel_outcome) == ("cancelled", "cooperative")
    assert (await shop.store.sweep(shop.later(hours=1))).changed == 0


async def test_a_pending_task_is_cancelled_at_once(shop: Any) -> None:
    task = await shop.submit(run_at=shop.now + timedelta(hours=1))
    assert (await shop.cancel(task)).cancel_outcome == "before_start"


@pytest.mark.parametrize(
    ("ending", "status", "outcome"),
    [
        (Done(result=1), "completed", "finished_first"),
        (Failed(error=TaskError(code="c", message="m", retryable=True)), "cancelled", "cooperative"),
        (Stopped(why=Why.CANCEL, cooperative=True), "cancelled", "cooperative"),
        (Stopped(why=Why.CANCEL, cooperative=False), "cancelled", "killed"),
        (Stopped(why=Why.DEADLINE, cooperative=False), "cancelled", "killed"),
        (Lost(reason="It vanished."), "cancelled", "killed"),
        (Divided(children=()), "cancelled", "cooperative"),
    ],
)
async def test_a_running_task_is_asked_and_its_attempt_ends_it(
    shop: Any, ending: Any, status: str, outcome: str
) -> None:
    task = await shop.start()
    asked = await shop.cancel(task)
    assert (asked.status, asked.fence, asked.cancel_outcome) == ("cancelling", task.fence, None)
    await shop.report(task, 50)
    ended = await shop.finish(task, ending)
    assert (ended.status, ended.cancel_outcome) == (status, outcome)
    assert await shop.types(task) == ["queued", "started", "cancelling", "progress", status]


async def test_asking_again_changes_nothing(shop: Any) -> None:
    running, queued = await shop.start(), await shop.submit()
    for task in (running, queued):
        once = await shop.cancel(task)
        shop.later(seconds=9)
        assert await shop.cancel(task) == once


async def test_a_task_that_has_ended_is_returned_unchanged(shop: Any) -> None:
    ended = await shop.done(await shop.start(), {"sum": 3})
    shop.later(seconds=9)
    assert await shop.cancel(ended) == ended
    assert await shop.get(ended) == ended


async def test_an_unknown_task_is_not_found(shop: Any) -> None:
    with pytest.raises(NotFound):
        await shop.store.cancel(WORKSPACE, "tsk_nothing", shop.now)


async def test_a_cancelled_task_whose_worker_vanishes_ends_when_its_lease_runs_out(shop: Any) -> None:
    task = await shop.start()
    await shop.cancel(task)
    await shop.store.sweep(shop.later(minutes=5))
    ended = await shop.get(task)
    assert (ended.status, ended.cancel_outcome, ended.fence) == ("cancelled", "killed", 2)


async def test_a_parent_stays_cancelling_until_its_last_child_ends(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent, shop.new(), shop.new(), shop.new())
    first, second = await shop.claim(limit=2)
    asked = await shop.cancel(parent)
    assert asked.status is Status.CANCELLING
    states = [child.status for child in await shop.store.list_children(WORKSPACE, parent.id)]
    assert states == ["cancelling", "cancelling", "cancelled"]
    await shop.done(first)
    assert (await shop.get(parent)).status is Status.CANCELLING
    await shop.finish(second, Stopped(why=Why.CANCEL, cooperative=False))
    ended = await shop.get(parent)
    assert (ended.status, ended.cancel_outcome) == ("cancelled", "killed")
    assert (await shop.types(parent))[-2:] == ["cancelling", "cancelled"]


async def test_a_parent_whose_children_only_wait_is_cancelled_at_once(shop: Any) -> None:
    parent = await shop.start()
    chained = shop.new()
    await shop.split(parent, chained, shop.new(predecessor_id=chained.id))
    ended = await shop.cancel(parent)
    assert (ended.status, ended.cancel_outcome) == ("cancelled", "cooperative")
    assert await shop.types(parent) == ["queued", "started", "split", "cancelling", "cancelled"]
    assert await shop.claim() == []


async def test_a_cancel_reaches_grandchildren(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent, shop.new())
    [child] = await shop.claim()
    await shop.split(child, shop.new())
    [grandchild] = await shop.claim()
    assert (await shop.cancel(parent)).status is Status.CANCELLING
    assert (await shop.get(grandchild)).status is Status.CANCELLING
    await shop.finish(grandchild, Stopped(why=Why.CANCEL, cooperative=True))
    assert [(await shop.get(task)).status for task in (grandchild, child, parent)] == ["cancelled"] * 3


async def test_a_join_that_nobody_has_claimed_is_cancelled_at_once(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent)
    ended = await shop.cancel(parent)
    assert (ended.status, ended.cancel_outcome) == ("cancelled", "cooperative")
    assert await shop.claim() == []


async def test_a_cancelled_child_alone_fails_its_parent(shop: Any) -> None:
    parent = await shop.start()
    [child] = await shop.split(parent, shop.new())
    await shop.cancel(child)
    ended = await shop.get(parent)
    assert (ended.status, ended.error.code) == ("failed", "child_cancelled")


async def test_a_released_holding_cannot_hold_on(shop: Any) -> None:
    task = await shop.start()
    await shop.cancel(task)
    ours = Holding(task_id=task.id, fence=task.fence)
    assert await shop.store.extend([ours], shop.now + timedelta(minutes=9)) == [ours]
    await shop.finish(task, Stopped(why=Why.CANCEL, cooperative=True))
    assert await shop.store.extend([ours], shop.now + timedelta(minutes=9)) == []


async def test_a_cancel_ends_by_its_bound_although_the_engine_hangs(shop: Any) -> None:
    task = await shop.start()
    by = shop.now + timedelta(seconds=9)
    asked = await shop.cancel(task, timedelta(seconds=9))
    assert (asked.status, asked.cancel_by) == ("cancelling", by)
    assert (await shop.events(task))[-1].body["cancel_by"] == "2026-03-01T12:00:09.000000Z"
    ours = Holding(task_id=task.id, fence=task.fence)
    assert await shop.store.extend([ours], shop.now + timedelta(minutes=9)) == [ours]
    assert (await shop.store.sweep(shop.now)).next_due == by
    await shop.store.sweep(shop.later(seconds=9))
    ended = await shop.get(task)
    assert (ended.status, ended.cancel_outcome, ended.cancel_by) == ("cancelled", "killed", by)


async def test_a_bound_beyond_the_lease_prolongs_nothing(shop: Any) -> None:
    task = await shop.start()
    await shop.cancel(task, timedelta(hours=1))
    ours = Holding(task_id=task.id, fence=task.fence)
    assert (await shop.store.sweep(shop.now)).next_due == shop.now + timedelta(seconds=60)
    until = shop.now + timedelta(seconds=90)
    await shop.store.extend([ours], until)
    assert (await shop.store.sweep(shop.now)).next_due == until


async def test_children_inherit_the_bound(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent, shop.new(), shop.new(), shop.new())
    failing, stopping, hanging = await shop.claim()
    await shop.fail(failing)
    assert (await shop.get(stopping)).cancel_by is None
    by = shop.now + timedelta(seconds=9)
    await shop.cancel(parent, timedelta(seconds=9))
    assert [(await shop.get(task)).cancel_by for task in (parent, stopping, hanging)] == [by] * 3
    once = await shop.get(stopping)
    await shop.cancel(stopping, timedelta(seconds=10))
    assert await shop.get(stopping) == once
    await shop.store.sweep(shop.later(seconds=9))
    ended = await shop.get(parent)
    assert (ended.status, ended.cancel_outcome) == ("cancelled", "killed")


async def test_what_is_cancelled_with_its_predecessor_has_an_outcome(shop: Any) -> None:
    parent = await shop.start()
    one = shop.new()
    _, second = await shop.split(parent, one, shop.new(predecessor_id=one.id), on_child_failure="join")
    await shop.cancel(one)
    ended = await shop.get(second)
    assert (ended.status, ended.cancel_outcome, ended.cancel_requested_at) == (
        "cancelled",
        "before_start",
        shop.now,
    )


async def test_an_earlier_end_counts_for_a_parent_and_its_children(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent, shop.new(), on_child_failure="join")
    [child] = await shop.claim()
    await shop.cancel(child, timedelta(minutes=9))
    await shop.cancel(parent, timedelta(seconds=9))
    assert (await shop.get(child)).cancel_by == shop.now + timedelta(seconds=9)
    await shop.store.sweep(shop.later(seconds=9))
    assert (await shop.get(parent)).status is Status.CANCELLED
