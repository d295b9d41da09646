"""One task's way: submit, claim, load, report, finish."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gnomon.core.errors import FenceLost, Invalid, NotFound, ReservationReused
from gnomon.core.ports import Holding, NewDocument, Reservation, RunResource
from gnomon.core.retry import Done, Failed, Lost, Stopped, Why
from gnomon.core.task import Phase, Status, Task, TaskError

WORKSPACE = "wsp_1"


def held(task: Task) -> Holding:
    return Holding(task_id=task.id, fence=task.fence)


async def test_a_submitted_task_is_queued_and_numbered(shop: Any) -> None:
    first, second = await shop.submit(priority=3), await shop.submit()
    assert (first.status, first.phase, first.version, first.number, first.priority) == (
        "queued",
        "run",
        1,
        1,
        3,
    )
    assert second.number == 2
    assert await shop.get(first) == first
    assert await shop.store.get_task_by_number(WORKSPACE, 2) == second
    assert [(event.number, event.type, event.at) for event in await shop.events(first)] == [
        (1, "task.queued", shop.now)
    ]


async def test_numbers_are_the_workspaces_own(shop: Any) -> None:
    await shop.submit()
    assert (await shop.submit(workspace="wsp_2")).number == 1


async def test_nothing_of_one_workspace_is_visible_to_another(shop: Any) -> None:
    task = await shop.submit()
    for ask in (
        shop.store.get_task("wsp_2", task.id),
        shop.store.get_task_by_number("wsp_2", task.number),
        shop.store.cancel("wsp_2", task.id, shop.now),
        shop.store.list_events("wsp_2", task.id, 0, 10),
        shop.store.list_attempts("wsp_2", task.id),
        shop.store.list_children("wsp_2", task.id),
    ):
        with pytest.raises(NotFound):
            await ask


async def test_a_task_of_a_later_time_waits_for_it(shop: Any) -> None:
    task = await shop.submit(run_at=shop.now + timedelta(minutes=5))
    assert task.status is Status.PENDING
    assert (await shop.store.sweep(shop.now)).next_due == task.run_at
    assert await shop.claim() == []
    swept = await shop.store.sweep(shop.later(minutes=5))
    assert (swept.changed, swept.next_due) == (1, None)
    assert await shop.types(task) == ["submitted", "queued"]
    assert [claimed.id for claimed in await shop.claim()] == [task.id]


async def test_claims_go_by_priority_then_age(shop: Any) -> None:
    low, high, other = [await shop.submit(priority=p, kind=k) for p, k in ((0, "a"), (5, "b"), (0, "b"))]
    strange = await shop.submit(kind="c", priority=9)
    assert [task.id for task in await shop.claim("a", "b", limit=2)] == [high.id, low.id]
    assert [task.id for task in await shop.claim("a", "b", limit=2)] == [other.id]
    assert (await shop.get(strange)).status is Status.QUEUED
    assert await shop.claim("a", "b") == []


async def test_a_claim_begins_an_attempt(shop: Any) -> None:
    task = await shop.start()
    assert (task.status, task.attempt, task.fence, task.started_at) == ("running", 1, 1, shop.now)
    [attempt] = await shop.store.list_attempts(WORKSPACE, task.id)
    assert (attempt.number, attempt.fence, attempt.worker, attempt.outcome) == (1, 1, "w1", None)
    loaded = await shop.store.load(held(task))
    assert (loaded.task, loaded.input) == (task, {"n": 1})
    assert (loaded.references, loaded.steps, loaded.state, loaded.children) == ((), {}, None, ())


async def test_a_completed_task_keeps_its_result(shop: Any) -> None:
    result = {"text": "Größe \u2028 𝄞", "number": 1e300, "list": [None, True, 2**53]}
    task = await shop.start()
    shop.later(seconds=3)
    ended = await shop.finish(task, Done(result=result))
    assert (ended.status, ended.result, ended.progress, ended.finished_at) == (
        "completed",
        result,
        100,
        shop.now,
    )
    assert await shop.get(task) == ended
    [attempt] = await shop.store.list_attempts(WORKSPACE, task.id)
    assert (attempt.outcome, attempt.finished_at, attempt.error) == ("done", shop.now, None)


async def test_a_failure_that_may_be_retried_is_tried_again(shop: Any) -> None:
    task = await shop.start(max_attempts=2)
    waiting = await shop.fail(task, retryable=True)
    assert (waiting.status, waiting.failures, waiting.error.code) == ("pending", 1, "boom")
    assert waiting.run_at == shop.now + shop.policy.delay(1, 0.0)
    await shop.store.sweep(shop.later(seconds=2))
    [again] = await shop.claim()
    assert (again.attempt, again.fence, again.error, again.run_at) == (2, 2, None, None)
    over = await shop.fail(again, retryable=True)
    assert (over.status, over.failures, over.error.code) == ("failed", 2, "boom")
    assert await shop.types(task) == ["queued", "started", "retrying", "queued", "started", "failed"]
    outcomes = [attempt.outcome for attempt in await shop.store.list_attempts(WORKSPACE, task.id)]
    assert outcomes == ["failed", "failed"]


@pytest.mark.parametrize(
    ("ending", "status", "event"),
    [
        (Done(result=1), "completed", "completed"),
        (Failed(error=TaskError(code="c", message="m")), "failed", "failed"),
        (Failed(error=TaskError(code="c", message="m", retryable=True)), "pending", "retrying"),
        (Lost(reason="It vanished."), "queued", "retrying"),
        (Stopped(why=Why.DEADLINE, cooperative=True), "timed_out", "timed_out"),
        (Stopped(why=Why.SHUTDOWN, cooperative=True), "queued", "requeued"),
    ],
)
async def test_every_ending_of_a_running_attempt(shop: Any, ending: Any, status: str, event: str) -> None:
    task = await shop.start(max_attempts=3)
    ended = await shop.finish(task, ending)
    assert ended.status == status
    assert (await shop.types(task))[-1] == event
    assert (await shop.store.list_attempts(WORKSPACE, task.id))[0].outcome == ending.outcome
    with pytest.raises(FenceLost):
        await shop.finish(task, ending)


async def test_progress_only_rises_and_is_told_once(shop: Any) -> None:
    task = await shop.start()
    await shop.report(task, 30, stage="first")
    await shop.report(task, 20)
    await shop.report(task, 30, stage="first")
    await shop.report(task, float("nan"))
    seen = await shop.report(task, 250, {"note": 1}, {"note": 2})
    assert (seen.progress, seen.stage, seen.version) == (99.9, "first", 6)
    assert await shop.types(task) == ["queued", "started", "progress", "progress", "message", "message"]
    assert (await shop.events(task))[-1].body == {"note": 2}


async def test_a_new_attempt_begins_at_nothing(shop: Any) -> None:
    task = await shop.start(max_attempts=2)
    await shop.report(task, 60, stage="late")
    await shop.finish(task, Lost(reason="It vanished."))
    [again] = await shop.claim()
    assert (again.progress, again.stage) == (0, None)


async def test_steps_outlive_the_attempt(shop: Any) -> None:
    task = await shop.start()
    assert await shop.store.save_step(held(task), "search", {"hits": 3}) == {"hits": 3}
    assert await shop.store.save_step(held(task), "search", {"hits": 9}) == {"hits": 3}
    await shop.store.save_step(held(task), "nothing", None)
    await shop.finish(task, Lost(reason="It vanished."))
    [again] = await shop.claim()
    assert (await shop.store.load(held(again))).steps == {"search": {"hits": 3}, "nothing": None}


@pytest.mark.parametrize("how", ["older fence", "finished", "never claimed", "unknown"])
async def test_every_write_of_an_attempt_needs_its_fence(shop: Any, how: str) -> None:
    task = await (shop.submit() if how == "never claimed" else shop.start())
    lost = held(task)
    if how == "older fence":
        await shop.finish(task, Stopped(why=Why.SHUTDOWN, cooperative=True))
        await shop.claim()
    elif how == "finished":
        await shop.done(task)
    elif how == "unknown":
        lost = replace(lost, task_id="tsk_nothing")
    before = (await shop.get(task), await shop.events(task))
    stale = replace(task, id=lost.task_id)
    for write in (
        shop.store.load(lost),
        shop.report(stale, 5, {"a": 1}),
        shop.store.save_step(lost, "key", 1),
        shop.store.save_resource(lost, shop.document({}), shop.now),
        shop.done(stale),
    ):
        with pytest.raises(FenceLost):
            await write
    assert await shop.store.extend([lost], shop.now) == []
    assert (await shop.get(task), await shop.events(task)) == before


async def test_heartbeats_prolong_a_lease_without_an_event(shop: Any) -> None:
    task, other = await shop.start(), await shop.start()
    await shop.done(other)
    until = shop.now + timedelta(minutes=10)
    assert await shop.store.extend([held(task), held(other)], until) == [held(task)]
    assert (await shop.store.sweep(shop.later(minutes=5))).next_due == until
    assert await shop.get(task) == task


async def test_what_is_no_json_is_refused_and_nothing_is_recorded(shop: Any) -> None:
    for value in (float("nan"), {"a": float("inf")}, "\ud800", {1, 2}):
        with pytest.raises(Invalid):
            await shop.submit(input=value)
    task = await shop.start()
    with pytest.raises(Invalid):
        await shop.done(task, {"power": float("nan")})
    assert (await shop.done(task, {"power": 1.5})).number == 1


async def test_a_reservation_finds_what_it_made(shop: Any) -> None:
    key = Reservation(key="k1", fingerprint="f1")
    first = await shop.offer(reservation=key, resource=shop.document({"a": 1}))
    [claimed] = await shop.claim()
    ended = await shop.done(claimed, {"sum": 3})
    again = await shop.offer(reservation=key, resource=shop.document({"a": 1}))
    assert not first.is_replay
    assert again.is_replay
    assert again.task == ended
    assert again.resource == first.resource
    with pytest.raises(ReservationReused):
        await shop.offer(reservation=replace(key, fingerprint="f2"))
    assert not (await shop.offer(reservation=key, workspace="wsp_2")).is_replay


async def test_many_submits_at_once_with_one_reservation_make_one_task(shop: Any) -> None:
    key = Reservation(key="k1", fingerprint="f1")
    answers = await asyncio.gather(*(shop.offer(reservation=key) for _ in range(64)))
    assert len({answer.task.id for answer in answers}) == 1
    assert sum(not answer.is_replay for answer in answers) == 1
    assert {answer.task.number for answer in answers} == {1}


async def test_a_task_comes_after_its_predecessor_however_that_ends(shop: Any) -> None:
    first = await shop.start()
    second = await shop.submit(predecessor_id=first.id)
    timed = await shop.submit(predecessor_id=first.id, run_at=shop.now + timedelta(hours=1))
    assert second.status is Status.PENDING
    await shop.fail(first)
    assert (await shop.get(second)).status is Status.QUEUED
    assert (await shop.get(timed)).status is Status.PENDING
    [claimed] = await shop.claim()
    predecessor = (await shop.store.load(held(claimed))).predecessor
    assert (predecessor.status, predecessor.error["code"]) == ("failed", "boom")
    third = await shop.submit(predecessor_id=first.id)
    assert await shop.types(third) == ["submitted", "queued"]
    assert (await shop.store.sweep(shop.later(hours=1))).changed >= 1
    assert (await shop.get(timed)).status is Status.QUEUED
    with pytest.raises(NotFound):
        await shop.submit(predecessor_id="tsk_nothing")
    with pytest.raises(NotFound):
        await shop.submit(predecessor_id=first.id, workspace="wsp_2")


async def test_a_task_is_told_what_its_predecessor_was_given(shop: Any) -> None:
    first = await shop.submit(input={"asked": ["this", None]})
    second = await shop.submit(predecessor_id=first.id)
    [claimed] = await shop.claim()
    assert (await shop.store.load(held(claimed))).predecessor is None
    await shop.done(claimed, {"found": 1})
    [claimed] = await shop.claim()
    assert claimed.id == second.id
    before = (await shop.store.load(held(claimed))).predecessor
    assert (before.input, before.result) == ({"asked": ["this", None]}, {"found": 1})


async def test_a_predecessor_that_ran_a_resource_was_given_its_document_as_it_was_then(shop: Any) -> None:
    made = await shop.offer(resource=shop.document({"a": 1}), input=None)
    [claimed] = await shop.claim()
    await shop.done(claimed)
    run = RunResource(
        workspace=WORKSPACE,
        kind="model",
        number=made.resource.number,
        edit=NewDocument(document={"a": 2}),
    )
    await shop.offer(resource=run, input=None, run_at=shop.now + timedelta(hours=1))
    await shop.submit(predecessor_id=made.task.id)
    [claimed] = await shop.claim()
    assert (await shop.store.load(held(claimed))).predecessor.input == {"a": 1}


async def test_secrets_are_loaded_with_the_attempt_and_shown_by_no_record(shop: Any) -> None:
    task = await shop.start(sealed="sealed words")
    loaded = await shop.store.load(held(task))
    assert loaded.sealed == "sealed words"
    shown = [loaded, await shop.get(task), await shop.store.get_given(WORKSPACE, task.id)]
    assert "sealed words" not in f"{shown} {await shop.events(task)} {shop.new(sealed='sealed words')}"


async def test_only_a_dividing_parent_makes_children(shop: Any) -> None:
    parent = await shop.submit()
    with pytest.raises(Invalid):
        await shop.submit(parent_id=parent.id)


async def test_events_resume_after_a_number(shop: Any) -> None:
    task = await shop.start()
    await shop.report(task, None, *({"n": n} for n in range(5)))
    page = await shop.store.list_events(WORKSPACE, task.id, 3, 2)
    assert [(event.number, event.body["n"]) for event in page] == [(4, 1), (5, 2)]


async def test_waiters_are_told_after_the_commit(shop: Any) -> None:
    task = await shop.submit()
    assert await shop.hub.work_bell.wait(5)
    with shop.hub.subscribe(task.id) as subscription:
        [claimed] = await shop.claim()
        started = await subscription.next(5)
        await shop.done(claimed, {"sum": 3})
        ended = await subscription.next(5)
    assert (started.status, started.version) == ("running", 2)
    assert (ended.status, ended.result, ended.version) == ("completed", {"sum": 3}, 3)
    assert not await shop.hub.work_bell.wait(0.01)


async def test_the_phase_survives_a_retry(shop: Any) -> None:
    task = await shop.start(max_attempts=3)
    await shop.split(task)
    [join] = await shop.claim()
    assert join.phase is Phase.JOIN
    await shop.fail(join, retryable=True)
    await shop.store.sweep(shop.later(seconds=5))
    [again] = await shop.claim()
    assert (again.phase, again.attempt) == (Phase.JOIN, 3)
