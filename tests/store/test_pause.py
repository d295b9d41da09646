"""Pause and resume: at once where nothing runs, at the next checkpoint where something does."""

from datetime import timedelta
from typing import Any

import pytest

from gnomon.core.errors import Conflict, NotFound
from gnomon.core.retry import Asked, Divided, Done, Failed, Lost, Parked, Stopped, Why
from gnomon.core.task import Phase, Status, TaskError

WORKSPACE = "wsp_1"


async def test_a_queued_task_is_set_aside_at_once_and_goes_on_when_resumed(shop: Any) -> None:
    task = await shop.submit()
    paused = await shop.pause(task)
    assert (paused.status, paused.pause_requested_at) == ("paused", None)
    assert await shop.claim() == []
    assert await shop.pause(task) == paused
    assert (await shop.resume(task)).status is Status.QUEUED
    assert [claimed.id for claimed in await shop.claim()] == [task.id]
    assert await shop.types(task) == ["queued", "paused", "resumed", "started"]


async def test_a_pending_task_waits_for_its_time_again(shop: Any) -> None:
    task = await shop.submit(run_at=shop.now + timedelta(minutes=5))
    await shop.pause(task)
    assert (await shop.store.sweep(shop.now)).next_due is None
    resumed = await shop.resume(task)
    assert (resumed.status, (await shop.store.sweep(shop.now)).next_due) == ("pending", task.run_at)
    await shop.pause(task)
    assert (await shop.store.sweep(shop.later(minutes=5))).changed == 0
    assert (await shop.resume(task)).status is Status.QUEUED


async def test_a_successor_waits_for_its_predecessor_again(shop: Any) -> None:
    first = await shop.start()
    second = await shop.submit(predecessor_id=first.id)
    await shop.pause(second)
    assert (await shop.resume(second)).status is Status.PENDING
    await shop.pause(second)
    await shop.done(first)
    assert (await shop.get(second)).status is Status.PAUSED
    assert (await shop.resume(second)).status is Status.QUEUED
    later = await shop.submit(predecessor_id=first.id, run_at=shop.now + timedelta(hours=1))
    await shop.pause(later)
    assert (await shop.resume(later)).status is Status.PENDING
    assert (await shop.store.sweep(shop.now)).next_due == later.run_at


@pytest.mark.parametrize(("end", "status"), [("fail", "failed"), ("cancel", "cancelled")])
async def test_a_paused_sibling_follows_its_predecessor_when_it_is_resumed(
    shop: Any, end: str, status: str
) -> None:
    parent = await shop.start()
    one = shop.new()
    await shop.split(parent, one, shop.new(predecessor_id=one.id), on_child_failure="join")
    _, second = await shop.store.list_children(WORKSPACE, parent.id)
    await shop.pause(second)
    [first] = await shop.claim()
    await shop.fail(first) if end == "fail" else await shop.finish(
        await shop.cancel(first), Stopped(why=Why.CANCEL, cooperative=True)
    )
    assert (await shop.get(second)).status is Status.PAUSED
    ended = await shop.resume(second)
    assert ended.status == status
    assert (await shop.get(parent)).phase is Phase.JOIN


async def test_a_running_attempt_is_asked_and_parks(shop: Any) -> None:
    task = await shop.start()
    asked = await shop.pause(task)
    assert (asked.status, asked.pause_requested_at) == ("running", shop.now)
    shop.later(seconds=1)
    assert await shop.pause(task) == asked
    parked = await shop.finish(task, Parked())
    assert (parked.status, parked.pause_requested_at, parked.failures) == ("paused", None, 0)
    await shop.resume(task)
    [again] = await shop.claim()
    assert (again.attempt, again.status) == (2, "running")
    assert await shop.types(task) == ["queued", "started", "pausing", "paused", "resumed", "started"]


async def test_a_pause_that_is_taken_back_is_forgotten(shop: Any) -> None:
    task = await shop.start()
    await shop.pause(task)
    resumed = await shop.resume(task)
    assert (resumed.status, resumed.pause_requested_at) == ("running", None)
    assert await shop.resume(task) == resumed
    assert (await shop.finish(task, Parked())).status is Status.QUEUED
    assert (await shop.types(task))[2:] == ["pausing", "resumed", "requeued"]


@pytest.mark.parametrize(
    ("ending", "status", "types"),
    [
        (Done(result=1), "completed", ["completed"]),
        (Failed(error=TaskError(code="c", message="m")), "failed", ["failed"]),
        (Failed(error=TaskError(code="c", message="m", retryable=True)), "paused", ["retrying", "paused"]),
        (Lost(reason="It vanished."), "paused", ["retrying", "paused"]),
        (Stopped(why=Why.SHUTDOWN, cooperative=True), "paused", ["requeued", "paused"]),
        (Stopped(why=Why.DEADLINE, cooperative=True), "timed_out", ["timed_out"]),
        (Parked(), "paused", ["paused"]),
        (Divided(children=()), "paused", ["split", "queued", "paused"]),
        (Asked(key="k", question=1), "waiting", ["waiting"]),
    ],
)
async def test_every_ending_of_an_attempt_that_was_asked_to_pause(
    shop: Any, ending: Any, status: str, types: list[str]
) -> None:
    task = await shop.start(max_attempts=3)
    await shop.pause(task)
    ended = await shop.finish(task, ending)
    assert ended.status == status
    assert (await shop.types(task))[3:] == types
    assert (ended.pause_requested_at is not None) == (status == "waiting")
    assert await shop.claim() == []


async def test_a_retry_that_is_paused_comes_at_its_time_when_resumed(shop: Any) -> None:
    task = await shop.start(max_attempts=3)
    failed = await shop.fail(task, retryable=True)
    await shop.pause(task)
    assert (await shop.store.sweep(shop.now)).next_due is None
    assert (await shop.resume(task)).run_at == failed.run_at
    assert (await shop.store.sweep(shop.now)).next_due == failed.run_at


async def test_a_family_is_set_aside_and_goes_on(shop: Any) -> None:
    parent = await shop.start()
    children = await shop.split(parent, shop.new(), shop.new(), shop.new())
    running, asking = await shop.claim(limit=2)
    await shop.ask(asking)
    paused = await shop.pause(parent)
    assert (paused.status, paused.phase) == ("paused", "children")
    seen = await shop.store.list_children(WORKSPACE, parent.id)
    assert [(child.status, child.pause_requested_at is not None) for child in seen] == [
        ("running", True),
        ("waiting", True),
        ("paused", False),
    ]
    await shop.answer(asking, "red")
    assert (await shop.finish(running, Parked())).status is Status.PAUSED
    assert await shop.claim() == []
    assert (await shop.resume(parent)).status is Status.RUNNING
    again = await shop.claim()
    assert [task.id for task in again] == [child.id for child in children]
    for child in again:
        await shop.done(child)
    [join] = await shop.claim()
    assert (await shop.done(join)).status is Status.COMPLETED


async def test_grandchildren_are_set_aside_too(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent, shop.new())
    [child] = await shop.claim()
    await shop.split(child, shop.new())
    await shop.pause(parent)
    [grandchild] = await shop.store.list_children(WORKSPACE, child.id)
    assert [(await shop.get(task)).status for task in (child, grandchild)] == ["paused", "paused"]
    await shop.resume(parent)
    assert [claimed.id for claimed in await shop.claim()] == [grandchild.id]


async def test_the_join_waits_until_the_parent_is_resumed(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent, shop.new())
    [child] = await shop.claim()
    await shop.pause(parent)
    await shop.done(child)
    waiting = await shop.get(parent)
    assert (waiting.status, waiting.phase) == ("paused", "children")
    assert await shop.claim() == []
    ready = await shop.resume(parent)
    assert (ready.status, ready.phase) == ("running", "join")
    assert len(await shop.claim()) == 1


async def test_a_join_that_waits_for_a_slot_is_set_aside(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent)
    assert (await shop.pause(parent)).status is Status.PAUSED
    assert await shop.claim() == []
    resumed = await shop.resume(parent)
    assert (resumed.status, resumed.phase) == ("queued", "join")
    [join] = await shop.claim()
    assert join.phase is Phase.JOIN


async def test_a_failed_child_fails_a_paused_parent(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent, shop.new(), shop.new(), shop.new())
    first, second = await shop.claim(limit=2)
    await shop.pause(parent)
    await shop.fail(first)
    states = [child.status for child in await shop.store.list_children(WORKSPACE, parent.id)]
    assert states == ["failed", "cancelling", "cancelled"]
    assert (await shop.get(parent)).status is Status.PAUSED
    await shop.finish(second, Stopped(why=Why.CANCEL, cooperative=True))
    ended = await shop.get(parent)
    assert (ended.status, ended.error.code) == ("failed", "boom")


async def test_a_paused_task_is_cancelled_at_once(shop: Any) -> None:
    new, begun = await shop.submit(), await shop.start(kind="other")
    await shop.pause(begun)
    await shop.finish(begun, Parked())
    await shop.pause(new)
    assert (await shop.cancel(new)).cancel_outcome == "before_start"
    assert (await shop.cancel(begun)).cancel_outcome == "cooperative"


async def test_a_paused_parent_whose_child_still_runs_is_cancelling(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent, shop.new(), shop.new())
    [child] = await shop.claim(limit=1)
    await shop.pause(parent)
    assert (await shop.cancel(parent)).status is Status.CANCELLING
    await shop.finish(child, Parked())
    ended = await shop.get(parent)
    assert (ended.status, ended.cancel_outcome) == ("cancelled", "cooperative")


async def test_a_paused_parent_without_open_children_is_cancelled_at_once(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent, shop.new())
    [child] = await shop.claim()
    await shop.pause(parent)
    await shop.done(child)
    assert (await shop.cancel(parent)).status is Status.CANCELLED


async def test_deadlines_reach_paused_tasks(shop: Any) -> None:
    deadline = shop.now + timedelta(minutes=1)
    new, begun = await shop.submit(deadline_at=deadline), await shop.start(kind="o", deadline_at=deadline)
    parent = await shop.start(kind="p", deadline_at=deadline)
    await shop.split(parent, shop.new())
    for task in (new, begun, parent):
        await shop.pause(task)
    await shop.finish(begun, Parked())
    assert (await shop.store.sweep(shop.now)).next_due == deadline
    await shop.store.sweep(shop.later(minutes=1))
    [child] = await shop.store.list_children(WORKSPACE, parent.id)
    ends = [(await shop.get(task)).status for task in (new, begun, parent, child)]
    assert ends == ["expired", "timed_out", "timed_out", "expired"]


async def test_a_restart_sets_aside_what_was_asked_to_pause(shop: Any) -> None:
    task = await shop.start()
    await shop.pause(task)
    await shop.store.recover(shop.now)
    assert (await shop.get(task)).status is Status.PAUSED


async def test_what_cannot_be_paused_or_resumed_is_refused(shop: Any) -> None:
    ended, cancelling = await shop.done(await shop.start()), await shop.start()
    await shop.cancel(cancelling)
    for task in (ended, cancelling):
        with pytest.raises(Conflict, match=task.id):
            await shop.pause(task)
    with pytest.raises(Conflict, match="completed"):
        await shop.resume(ended)
    for verb in (shop.store.pause, shop.store.resume):
        with pytest.raises(NotFound):
            await verb("wsp_2", cancelling.id, shop.now)
