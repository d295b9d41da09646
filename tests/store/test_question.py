"""Questions: an attempt asks, somebody answers, and the next attempt finds the answer."""

from datetime import timedelta
from typing import Any

import pytest

from gnomon.core.errors import Conflict, Invalid, NotFound
from gnomon.core.ports import Holding
from gnomon.core.retry import Asked
from gnomon.core.task import Question, Status, Visibility

WORKSPACE = "wsp_1"


async def test_a_question_waits_for_its_answer(shop: Any) -> None:
    task = await shop.start()
    waiting = await shop.ask(task, question={"choices": ["red", "blue"]})
    assert waiting.status is Status.WAITING
    assert waiting.question == Question(key="color", body={"choices": ["red", "blue"]}, asked_at=shop.now)
    assert await shop.claim() == []
    told = (await shop.events(task))[-1]
    assert told.type == "task.waiting"
    assert told.body["question"]["body"] == {"choices": ["red", "blue"]}
    answered = await shop.answer(task, {"name": "red"})
    assert (answered.status, answered.question) == ("queued", None)
    assert (await shop.events(task))[-1].body == {
        "status": "queued",
        "key": "color",
        "answer": {"name": "red"},
    }
    [again] = await shop.claim()
    loaded = await shop.store.load(Holding(task_id=again.id, fence=again.fence))
    assert loaded.steps == {"color": {"name": "red"}}
    outcomes = [attempt.outcome for attempt in await shop.store.list_attempts(WORKSPACE, task.id)]
    assert outcomes == ["ask", None]


async def test_the_same_answer_again_changes_nothing_and_another_is_refused(shop: Any) -> None:
    task = await shop.start()
    await shop.ask(task)
    answered = await shop.answer(task, {"a": 1, "b": None})
    assert await shop.answer(task, {"b": None, "a": 1}) == answered
    for other in ({"a": 2, "b": None}, None, True):
        with pytest.raises(Conflict, match="answered otherwise"):
            await shop.answer(task, other)
    [again] = await shop.claim()
    ended = await shop.done(again, "red")
    assert await shop.answer(task, {"a": 1, "b": None}) == ended


async def test_answers_to_no_question_are_refused(shop: Any) -> None:
    task = await shop.start()
    with pytest.raises(Conflict, match="running and has no open question"):
        await shop.answer(task, 1)
    await shop.ask(task, key="size")
    with pytest.raises(Conflict, match="'size'"):
        await shop.answer(task, 1, key="color")
    with pytest.raises(NotFound):
        await shop.store.answer("wsp_2", task.id, "size", 1, shop.now)
    with pytest.raises(Invalid):
        await shop.answer(task, float("nan"), key="size")
    assert (await shop.get(task)).status is Status.WAITING
    await shop.cancel(task)
    with pytest.raises(Conflict, match="cancelled"):
        await shop.answer(task, 1, key="size")


async def test_a_null_is_an_answer(shop: Any) -> None:
    task = await shop.start()
    await shop.ask(task)
    answered = await shop.answer(task, None)
    assert await shop.answer(task, None) == answered


async def test_a_paused_question_is_set_aside_with_its_answer(shop: Any) -> None:
    task = await shop.start()
    await shop.ask(task)
    assert (await shop.pause(task)).pause_requested_at == shop.now
    assert (await shop.answer(task, 1)).status is Status.PAUSED
    assert (await shop.resume(task)).status is Status.QUEUED
    assert (await shop.types(task))[2:] == ["waiting", "pausing", "answered", "paused", "resumed"]


async def test_a_waiting_task_ends_with_its_deadline_or_its_cancel(shop: Any) -> None:
    late = await shop.start(deadline_at=shop.now + timedelta(minutes=1))
    cancelled = await shop.start()
    for task in (late, cancelled):
        await shop.ask(task)
    ended = await shop.cancel(cancelled)
    assert (ended.status, ended.cancel_outcome, ended.question) == ("cancelled", "cooperative", None)
    await shop.store.sweep(shop.later(minutes=1))
    assert (await shop.get(late)).status is Status.TIMED_OUT


async def test_a_join_may_ask(shop: Any) -> None:
    parent = await shop.start()
    await shop.split(parent)
    [join] = await shop.claim()
    await shop.ask(join)
    await shop.answer(join, 1)
    [again] = await shop.claim()
    assert again.phase == "join"


async def test_a_step_cannot_be_asked(shop: Any) -> None:
    task = await shop.start()
    await shop.store.save_step(Holding(task_id=task.id, fence=task.fence), "color", "red")
    ended = await shop.finish(task, Asked(key="color", question="?"))
    assert (ended.status, ended.error.code) == ("failed", "asked_twice")


@pytest.mark.parametrize(
    ("visibility", "ended"),
    [(Visibility.PUBLIC, ("waiting", None)), (Visibility.INTERNAL, ("failed", "internal_asked"))],
)
async def test_only_who_can_be_found_may_ask(
    shop: Any, visibility: Visibility, ended: tuple[str, Any]
) -> None:
    await shop.split(await shop.start(), shop.new(visibility=visibility))
    [child] = await shop.claim()
    asked = await shop.ask(child)
    assert (asked.status, asked.error and asked.error.code) == ended


async def test_a_question_lapses_when_its_time_has_passed(shop: Any) -> None:
    task = await shop.start()
    waiting = await shop.ask(task, within=30)
    assert waiting.question.answer_by == shop.now + timedelta(seconds=30)
    assert (await shop.store.sweep(shop.now)).next_due == waiting.question.answer_by
    shop.later(seconds=29)
    assert (await shop.store.sweep(shop.now)).changed == 0
    swept = await shop.store.sweep(shop.later(seconds=1))
    assert (swept.changed, swept.next_due) == (1, None)
    assert (await shop.events(task))[-1].body == {"status": "queued", "key": "color", "lapsed": True}
    [again] = await shop.claim()
    assert (await shop.store.load(Holding(task_id=again.id, fence=again.fence))).steps == {"color": None}
    with pytest.raises(Conflict, match="lapsed"):
        await shop.answer(task, "red")


async def test_an_answer_in_time_keeps_a_question_from_lapsing(shop: Any) -> None:
    task = await shop.start()
    await shop.ask(task, within=30)
    await shop.answer(task, "red")
    swept = await shop.store.sweep(shop.later(seconds=60))
    assert (swept.changed, swept.next_due) == (0, None)
    assert (await shop.types(task))[-1] == "answered"


async def test_an_answer_is_taken_until_the_sweep_has_closed_the_question(shop: Any) -> None:
    task = await shop.start()
    await shop.ask(task, within=30)
    shop.later(seconds=31)
    await shop.answer(task, "late")
    assert (await shop.store.sweep(shop.now)).changed == 0


async def test_a_lapsed_question_of_a_task_that_shall_pause_sets_it_aside(shop: Any) -> None:
    task = await shop.start()
    await shop.ask(task, within=30)
    await shop.pause(task)
    await shop.store.sweep(shop.later(seconds=30))
    assert (await shop.types(task))[2:] == ["waiting", "pausing", "answered", "paused"]
    assert (await shop.store.sweep(shop.now)).next_due is None


async def test_a_cancel_at_the_moment_of_lapsing_ends_the_task_either_way(shop: Any) -> None:
    first, second = await shop.start(), await shop.start()
    for task in (first, second):
        await shop.ask(task, within=30)
    shop.later(seconds=30)
    await shop.cancel(first)
    assert (await shop.store.sweep(shop.now)).changed == 1
    await shop.cancel(second)
    assert [(await shop.get(task)).status for task in (first, second)] == [Status.CANCELLED] * 2
    assert (await shop.types(first))[-2:] == ["waiting", "cancelled"]
    assert (await shop.types(second))[-2:] == ["answered", "cancelled"]


async def test_a_deadline_comes_before_the_lapse(shop: Any) -> None:
    task = await shop.start(deadline_at=shop.now + timedelta(seconds=30))
    await shop.ask(task, within=30)
    await shop.store.sweep(shop.later(seconds=30))
    assert (await shop.get(task)).status is Status.TIMED_OUT
    assert (await shop.store.sweep(shop.now)).next_due is None
