"""Lines: a task, its reruns, and which of them may be at work."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gnomon.core.errors import (
    Conflict,
    Invalid,
    NotFound,
    PreconditionFailed,
    QuotaExceeded,
    ReservationReused,
)
from gnomon.core.ports import Holding, Reservation, RunResource
from gnomon.core.retry import Stopped, Why
from gnomon.core.task import Pin, Status

WORKSPACE = "wsp_1"


async def given(shop: Any) -> Any:
    """Claim the one task that is ready, end it, and return what it was given."""
    [claimed] = await shop.claim()
    loaded = await shop.store.load(Holding(task_id=claimed.id, fence=claimed.fence))
    await shop.done(claimed)
    return loaded


async def ended(shop: Any, **fields: Any) -> Any:
    return await shop.done(await shop.start(**fields), "result")


async def test_a_rerun_keeps_what_belongs_to_the_line_unless_it_is_given_anew(shop: Any) -> None:
    first = await ended(shop, metadata={"a": 1}, origin={"door": "d"}, wording={"asked": "x"}, sealed="s1")
    second = await shop.rerun(first)
    assert (second.metadata, second.origin) == ({"a": 1}, {"door": "d"})
    assert (await shop.store.get_given(WORKSPACE, second.id)).wording == {"asked": "x"}
    assert (await given(shop)).sealed == "s1"
    third = await shop.rerun(first, metadata={}, sealed="s3")
    assert (third.metadata, third.origin) == ({}, {"door": "d"})
    assert (await given(shop)).sealed == "s3"
    fourth = await shop.rerun(first, input={"n": 8})
    assert (await shop.store.get_given(WORKSPACE, fourth.id)).wording is None
    # Who writes another input could have the secrets sent elsewhere.
    assert (fourth.metadata, (await given(shop)).sealed) == ({}, None)


async def test_a_rerun_is_the_next_revision_and_takes_over_the_input(shop: Any) -> None:
    blob = await shop.store.put_blob(b"rows")
    model = await shop.store.resources.create(shop.document({"a": 1}), shop.now)
    pin = Pin(kind="model", number=1, resource_id=model.id, revision=1)
    first = await ended(shop, input={"n": 7}, pins=(pin,), blobs=(blob.sha256,))
    assert (first.line_id, first.revision) == (None, 1)
    second = await shop.rerun(first)
    assert (second.line_id, second.revision, second.status, second.predecessor_id) == (
        first.id,
        2,
        "queued",
        None,
    )
    [claimed] = await shop.claim()
    loaded = await shop.store.load(Holding(task_id=claimed.id, fence=claimed.fence))
    assert loaded.input == {"n": 7}
    assert [pinned.document for pinned in loaded.references] == [{"a": 1}]
    await shop.done(claimed)
    third = await shop.rerun(second, input={"n": 8})
    assert (third.line_id, third.revision) == (first.id, 3)
    [again] = await shop.claim()
    await shop.done(again)
    fourth = await shop.rerun(first)
    assert await shop.store.get_input(WORKSPACE, fourth.id) == {"n": 8}
    listed = await shop.store.list_line(WORKSPACE, second.id, 10)
    assert [task.id for task in listed] == [fourth.id, third.id, second.id, first.id]
    assert [task.revision for task in listed] == [4, 3, 2, 1]
    assert [task.result for task in listed] == [None] * 4
    assert [task.id for task in await shop.store.list_line(WORKSPACE, first.id, 2)] == [fourth.id, third.id]
    assert await shop.store.sweep_blobs(shop.now + timedelta(days=36500)) == 0


async def test_a_task_that_was_never_rerun_is_a_line(shop: Any) -> None:
    task = await shop.submit()
    assert list(await shop.store.list_line(WORKSPACE, task.id, 10)) == [task]
    with pytest.raises(NotFound):
        await shop.store.list_line("wsp_2", task.id, 10)


async def test_an_active_task_refuses_a_rerun(shop: Any) -> None:
    task = await shop.submit()
    with pytest.raises(Conflict, match=task.id):
        await shop.rerun(task)


async def test_a_rerun_may_come_after_the_active_task(shop: Any) -> None:
    first = await shop.start()
    second = await shop.rerun(first, on_active="enqueue")
    third = await shop.rerun(first, on_active="enqueue")
    assert [task.predecessor_id for task in (second, third)] == [first.id, second.id]
    assert [task.status for task in (second, third)] == ["pending", "pending"]
    await shop.fail(first)
    assert [(await shop.get(task)).status for task in (second, third)] == ["queued", "pending"]


async def test_a_rerun_may_take_the_place_of_the_active_task(shop: Any) -> None:
    first = await shop.start()
    second = await shop.rerun(first, on_active="replace", cancel_within=timedelta(seconds=9))
    stopping = await shop.get(first)
    assert (stopping.status, stopping.cancel_by) == ("cancelling", shop.now + timedelta(seconds=9))
    assert (second.status, second.predecessor_id) == ("pending", first.id)
    third = await shop.rerun(first, on_active="replace")
    assert (await shop.get(second)).status is Status.CANCELLED
    assert (third.status, third.predecessor_id) == ("pending", first.id)
    await shop.finish(first, Stopped(why=Why.CANCEL, cooperative=True))
    assert (await shop.get(third)).status is Status.QUEUED
    fourth = await shop.rerun(first, on_active="replace")
    assert (fourth.status, (await shop.get(third)).status) == ("queued", "cancelled")


async def test_what_still_runs_counts_although_a_later_one_was_cancelled(shop: Any) -> None:
    first = await shop.start()
    second = await shop.rerun(first, on_active="enqueue")
    await shop.cancel(second)
    with pytest.raises(Conflict, match=first.id):
        await shop.rerun(first)
    third = await shop.rerun(first, on_active="enqueue")
    assert (third.revision, third.predecessor_id, third.status) == (3, first.id, "pending")


async def test_what_comes_after_a_cancelled_one_waits_for_the_one_before(shop: Any) -> None:
    first = await shop.start()
    second = await shop.rerun(first, on_active="enqueue")
    third = await shop.rerun(first, on_active="enqueue")
    fourth = await shop.rerun(first, on_active="enqueue")
    await shop.cancel(second)
    await shop.pause(third)
    await shop.resume(third)
    await shop.cancel(third)
    fifth = await shop.submit(predecessor_id=third.id)
    waiting = [await shop.get(task) for task in (fourth, fifth)]
    assert [task.status for task in waiting] == ["pending", "pending"]
    await shop.done(first)
    assert [(await shop.get(task)).status for task in (fourth, fifth)] == ["queued", "queued"]


async def test_a_revision_that_is_not_the_newest_is_refused(shop: Any) -> None:
    first = await ended(shop)
    with pytest.raises(PreconditionFailed, match="newest revision is 1"):
        await shop.rerun(first, if_revision=2)
    await shop.rerun(first, if_revision=1)
    with pytest.raises(PreconditionFailed, match="newest revision is 2"):
        await shop.rerun(first, if_revision=1, on_active="enqueue")


async def test_many_reruns_at_once_have_a_revision_each(shop: Any) -> None:
    first = await ended(shop)
    made = await asyncio.gather(*(shop.rerun(first, on_active="enqueue") for _ in range(50)))
    assert sorted(task.revision for task in made) == list(range(2, 52))
    checked = [shop.rerun(first, if_revision=51, on_active="enqueue") for _ in range(20)]
    answers = await asyncio.gather(*checked, return_exceptions=True)
    assert sum(not isinstance(answer, PreconditionFailed) for answer in answers) == 1


async def test_what_cannot_be_rerun_is_refused(shop: Any) -> None:
    first = await ended(shop)
    with pytest.raises(NotFound):
        await shop.rerun(replace(first, id="tsk_nothing"))
    with pytest.raises(NotFound):
        await shop.rerun(first, workspace="wsp_2")
    with pytest.raises(Invalid, match="kind"):
        await shop.rerun(first, kind="other")
    parent = await shop.start()
    [child] = await shop.split(parent, shop.new())
    with pytest.raises(Conflict, match=parent.id):
        await shop.rerun(child)
    made = await shop.offer(resource=shop.document({"a": 1}), input=None)
    with pytest.raises(Conflict, match=made.resource.id):
        await shop.rerun(made.task)


async def test_a_reservation_finds_the_rerun(shop: Any) -> None:
    first, key = await ended(shop), Reservation(key="k", fingerprint="f")
    made = await asyncio.gather(*(shop.continue_line(first, reservation=key) for _ in range(20)))
    assert {submitted.task.revision for submitted in made} == {2}
    assert sum(not submitted.is_replay for submitted in made) == 1
    with pytest.raises(ReservationReused):
        await shop.rerun(first, reservation=replace(key, fingerprint="other"))


async def test_a_rerun_counts(shop: Any) -> None:
    first = await ended(shop)
    await shop.submit(kind="other")
    with pytest.raises(QuotaExceeded):
        await shop.rerun(first, most_active=1)
    second = await shop.rerun(first, most_active=2)
    third = await shop.rerun(first, on_active="replace", most_active=2)
    assert [(await shop.get(task)).status for task in (second, third)] == ["cancelled", "queued"]


async def test_the_line_of_a_resource_is_what_ran_it(shop: Any) -> None:
    made = await shop.offer(resource=shop.document({"a": 1}), input=None)
    await shop.cancel(made.task)
    again = await shop.offer(resource=RunResource(workspace=WORKSPACE, kind="model", number=1), input=None)
    listed = await shop.store.list_line(WORKSPACE, made.task.id, 10)
    assert [(task.id, task.resource_revision) for task in listed] == [(again.task.id, 2), (made.task.id, 1)]
    assert await shop.store.get_input(WORKSPACE, again.task.id) == {"a": 1}


async def test_inputs_and_versions_are_read_alone(shop: Any) -> None:
    task = await shop.start(input={"a": [1]})
    assert await shop.store.get_input(WORKSPACE, task.id) == {"a": [1]}
    assert await shop.store.get_version(WORKSPACE, task.id) == task.version == 2
    assert await shop.store.glance(WORKSPACE, task.id) == task
    for ask in (shop.store.get_input, shop.store.get_version, shop.store.glance):
        with pytest.raises(NotFound):
            await ask("wsp_2", task.id)


async def test_an_excerpt_has_the_named_members_of_results_alone(shop: Any) -> None:
    result = {"sum": {"x": [0.1, 1e-7, None, True]}, "a.b": "'\"", "large": [1] * 100}
    done = await shop.start()
    await shop.done(done, result)
    plain = await shop.start()
    await shop.done(plain, "no object")
    waiting = await shop.submit()
    names = [done.id, waiting.id, plain.id, "tsk_none"]
    found = await shop.store.excerpt(WORKSPACE, names, ["sum", "a.b", "absent"])
    whole = await shop.get(done)
    assert found[done.id] == replace(whole, result={"sum": result["sum"], "a.b": "'\"", "absent": None})
    assert (found[waiting.id], found[plain.id].result) == (waiting, None)
    assert set(found) == {done.id, waiting.id, plain.id}
    assert await shop.store.excerpt("wsp_2", names, ["sum"]) == {}
