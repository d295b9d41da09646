"""Who pauses, resumes and cancels, and why; what the work is told; what it has used."""

from typing import Any

import pytest

from gnomon.core.errors import Conflict, Invalid, NotFound
from gnomon.core.event import as_of
from gnomon.core.ports import Holding
from gnomon.core.retry import Parked, Stopped, Why
from gnomon.core.task import Status, Steering, Usage
from gnomon.store.task.tell import MOST_MESSAGES

ANN = Steering(by="ann", reason="The price is open.")
BOB = Steering(by="bob")


def usage(**fields: Any) -> dict[str, Any]:
    standard = {"engine": "local:m", "input_tokens": 10, "output_tokens": 2, "cost_usd": 0.25}
    return {"kind": "usage", **standard, **fields}


async def last(shop: Any, task: Any) -> Any:
    return (await shop.events(task))[-1]


async def load(shop: Any, task: Any) -> Any:
    return await shop.store.load(Holding(task_id=task.id, fence=task.fence))


class TestReasons:
    async def test_a_pause_is_told_until_it_is_over(self, shop: Any) -> None:
        task = await shop.start()
        assert (await shop.pause(task, ANN)).pause_told == ANN
        assert (await last(shop, task)).body["told"] == {"by": "ann", "reason": "The price is open."}
        assert (await shop.pause(task, BOB)).pause_told == ANN
        assert (await shop.finish(task, Parked())).pause_told == ANN
        assert (await last(shop, task)).body["told"]["by"] == "ann"
        assert (await shop.resume(task, BOB)).pause_told is None
        assert (await last(shop, task)).body == {"status": "queued", "told": {"by": "bob"}}

    async def test_a_request_that_is_taken_back_is_told_no_more(self, shop: Any) -> None:
        task = await shop.start()
        await shop.pause(task, ANN)
        assert (await shop.resume(task)).pause_told is None
        assert "told" not in (await last(shop, task)).body

    async def test_a_pause_that_outlives_its_attempt_keeps_who_asked(self, shop: Any) -> None:
        task = await shop.start()
        await shop.pause(task, ANN)
        await shop.finish(task, Stopped(why=Why.SHUTDOWN, cooperative=True))
        assert (await shop.get(task)).pause_told == ANN
        assert (await shop.types(task))[-2:] == ["requeued", "paused"]

    async def test_a_pause_that_comes_too_late_is_nobodys(self, shop: Any) -> None:
        task = await shop.start()
        await shop.pause(task, ANN)
        assert (await shop.done(task)).pause_told is None

    async def test_a_question_keeps_who_asked_for_the_pause(self, shop: Any) -> None:
        task = await shop.start()
        await shop.ask(task)
        await shop.pause(task, ANN)
        assert (await shop.answer(task, 1)).pause_told == ANN

    async def test_a_family_is_told_alike(self, shop: Any) -> None:
        parent = await shop.start()
        child, other = await shop.split(parent, shop.new(), shop.new())
        await shop.claim(limit=1)
        await shop.pause(parent, ANN)
        assert [(await shop.get(task)).pause_told for task in (parent, child, other)] == [ANN] * 3
        await shop.resume(parent, BOB)
        assert (await last(shop, other)).body["told"] == {"by": "bob"}
        await shop.cancel(parent, told=BOB)
        assert [(await shop.get(task)).cancel_told for task in (parent, child, other)] == [BOB] * 3

    async def test_who_cancels_first_stays(self, shop: Any) -> None:
        task = await shop.start()
        assert (await shop.cancel(task, told=ANN)).cancel_told == ANN
        assert (await shop.cancel(task, told=BOB)).cancel_told == ANN
        ended = await shop.finish(task, Stopped(why=Why.CANCEL, cooperative=True))
        assert (ended.status, ended.cancel_told) == (Status.CANCELLED, ANN)
        assert (await last(shop, task)).body["told"]["reason"] == "The price is open."

    async def test_what_had_not_begun_says_so_too(self, shop: Any) -> None:
        task = await shop.submit()
        await shop.pause(task, ANN)
        ended = await shop.cancel(task, told=BOB)
        assert (ended.pause_told, ended.cancel_told) == (None, BOB)

    async def test_who_replaces_a_task_is_told_of_as_who_cancelled_it(self, shop: Any) -> None:
        task = await shop.submit()
        await shop.rerun(task, on_active="replace", told=BOB)
        assert (await shop.get(task)).cancel_told == BOB

    async def test_nobody_who_says_nothing_is_told_of(self, shop: Any) -> None:
        task = await shop.submit()
        assert (await shop.pause(task, Steering())).pause_told is None
        assert "told" not in (await last(shop, task)).body


class TestMessages:
    async def test_every_attempt_finds_them_in_order(self, shop: Any) -> None:
        task = await shop.submit()
        await shop.tell(task, {"n": 1}, ANN)
        [task] = await shop.claim()
        assert (await load(shop, task)).told == ({"n": 1},)
        told = await shop.tell(task, None, BOB)
        assert (told.status, told.version) == (Status.RUNNING, task.version + 1)
        await shop.tell(task, "three")
        [number, *_] = [event.number for event in await shop.events(task) if event.type == "task.told"]
        assert number == 2
        await shop.finish(task, Stopped(why=Why.SHUTDOWN, cooperative=False))
        [again] = await shop.claim()
        assert (await load(shop, again)).told == ({"n": 1}, None, "three")

    async def test_the_log_says_who_and_how_many(self, shop: Any) -> None:
        task = await shop.submit()
        await shop.tell(task, "one", BOB)
        await shop.tell(task, "two")
        bodies = [event.body for event in (await shop.events(task))[1:]]
        assert bodies == [
            {"status": "queued", "message": "one", "number": 1, "by": "bob"},
            {"status": "queued", "message": "two", "number": 2},
        ]

    async def test_what_stands_still_is_told_too_and_stays_as_it_is(self, shop: Any) -> None:
        task = await shop.start()
        waiting = await shop.ask(task, within=60)
        told = await shop.tell(task, "while it waits")
        assert (told.status, told.question) == (Status.WAITING, waiting.question)
        await shop.pause(task, ANN)
        assert (await shop.tell(task, "while it will pause")).pause_told == ANN
        await shop.answer(task, 1)
        assert (await shop.tell(task, "while it is set aside")).status is Status.PAUSED
        events = await shop.events(task)
        assert as_of(await shop.get(task), events) == await shop.get(task)

    async def test_what_ends_takes_none(self, shop: Any) -> None:
        task = await shop.start()
        await shop.cancel(task)
        with pytest.raises(Conflict, match="cancelling"):
            await shop.tell(task, 1)
        await shop.done(task)
        with pytest.raises(Conflict, match="completed"):
            await shop.tell(task, 1)
        with pytest.raises(NotFound):
            await shop.store.tell("wsp_2", task.id, 1, None, shop.now)

    async def test_a_task_takes_no_end_of_them(self, shop: Any) -> None:
        task = await shop.submit()
        for n in range(MOST_MESSAGES):
            await shop.tell(task, n)
        with pytest.raises(Conflict, match=str(MOST_MESSAGES)):
            await shop.tell(task, "one more")
        with pytest.raises(Invalid):
            await shop.tell(await shop.submit(), float("nan"))

    async def test_the_hub_hears_them_though_nobody_listens(self, shop: Any) -> None:
        heard: list[Any] = []
        shop.hub.on_told = heard.append
        task = await shop.submit()
        told = await shop.tell(task, "one")
        await shop.pause(task)
        assert [(event.task_id, event.number) for event in heard] == [(task.id, told.version)]


class TestUsage:
    async def test_calls_are_added_up_over_all_attempts(self, shop: Any) -> None:
        task = await shop.start()
        assert task.usage is None
        after = await shop.report(
            task, 10, usage(), {"kind": "note"}, usage(cost_usd=0.5, engine="provider:p/m")
        )
        expected = Usage(calls=2, input_tokens=20, output_tokens=4, cost_usd=0.75, engine="provider:p/m")
        assert after.usage == expected
        await shop.finish(task, Stopped(why=Why.SHUTDOWN, cooperative=False))
        [again] = await shop.claim()
        await shop.report(again, None, usage(cost_usd=0))
        ended = await shop.fail(again)
        assert (ended.usage.calls, ended.usage.cost_usd, ended.usage.engine) == (3, 0.75, "local:m")

    async def test_an_unknown_price_makes_the_sum_unknown(self, shop: Any) -> None:
        task = await shop.start()
        await shop.report(task, None, usage(cost_usd=None), usage())
        assert (await shop.get(task)).usage == Usage(
            calls=2, input_tokens=20, output_tokens=4, cost_usd=None, engine="local:m"
        )

    async def test_an_older_version_shows_what_had_been_used(self, shop: Any) -> None:
        task = await shop.start()
        first = await shop.report(task, None, usage())
        await shop.report(task, None, usage())
        events = await shop.events(task)
        assert as_of(await shop.get(task), events[: first.version]) == first

    @pytest.mark.parametrize("body", [7, None, [1], {"kind": "other"}, {"input_tokens": 3}])
    async def test_other_words_count_for_nothing(self, shop: Any, body: Any) -> None:
        task = await shop.start()
        assert (await shop.report(task, None, body)).usage is None
