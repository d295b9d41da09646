"""A workload that takes briefs gives what the brief asked for, or has failed."""

import pytest
from engine_shop import open_shop
from engine_trades import SOON, pass_on, reply, reply_when_cancelled, split_and_reply

from gnomon.core.brief import BRIEF, Brief, Wish
from gnomon.core.task import CancelOutcome, Status
from gnomon.core.workload import Failure, Workload
from gnomon.engine.local import run_locally
from gnomon.wiring import with_schema_check

SCHEMA = {
    "type": "object",
    "properties": {"height": {"type": "number"}, "name": {"type": "string"}},
    "required": ["height", "name"],
}
FITTING = {"type": "json", "content": {"height": 2.5, "name": "Taosi"}}
UNFIT = {"type": "json", "content": {"height": "2.5 m"}}


def _brief_trade(run, **fields):
    trade = Workload(kind=run.__name__, run=run, input_schema=BRIEF, takes_brief=True, retry=SOON, **fields)
    return with_schema_check(trade)


BRIEF_TRADES = (
    _brief_trade(reply),
    _brief_trade(split_and_reply, join=pass_on),
    _brief_trade(reply_when_cancelled),
)
REPLY = BRIEF_TRADES[0]


@pytest.fixture
async def shop(tmp_path):
    async with open_shop(tmp_path, workloads=BRIEF_TRADES) as shop:
        yield shop


def asking(wish, *replies):
    return Brief(input={"replies": list(replies)}, output=wish, effort=1).json()


JSON_WISH = Wish(type="json", schema=SCHEMA)


@pytest.mark.parametrize(
    ("wish", "given"),
    [
        (JSON_WISH, FITTING),
        (Wish(type="text"), {"type": "text", "content": "2.5 m"}),
        (Wish(), {"type": "text", "content": "2.5 m"}),
        (Wish(), UNFIT),
    ],
)
async def test_an_answer_as_it_was_asked_for_is_recorded(shop, wish, given):
    task = await shop.run("reply", asking(wish, given))
    assert (task.status, task.result, task.failures) == (Status.COMPLETED, given, 0)


@pytest.mark.parametrize(
    ("wish", "given", "told"),
    [
        (JSON_WISH, UNFIT, "content.height: a number is wanted, not a text; content: 'name' is a required"),
        (JSON_WISH, {"type": "text", "content": "2.5"}, "content: an object was asked for, not a text"),
        (Wish(type="text"), FITTING, "content: a text was asked for, not an object"),
        (Wish(), {"height": 2.5}, "result: 'type' is a required property"),
        (Wish(), "2.5 m", "result: an object is wanted, not a text"),
        (Wish(), {**FITTING, "basis": [{"field": "height"}]}, "basis.0: 'reasoning' is a required property"),
        (Wish(), {"type": "text", "content": {}}, "type: 'text' is given with an object as content"),
    ],
)
async def test_a_result_that_is_not_the_answer_fails_and_says_why(shop, wish, given, told):
    task = await shop.run("reply", asking(wish, given), max_attempts=1)
    assert (task.status, task.result, task.error.code) == (Status.FAILED, None, "invalid_answer")
    assert told in task.error.message


async def test_another_attempt_may_answer_better(shop):
    task = await shop.run("reply", asking(JSON_WISH, UNFIT, "no answer", FITTING))
    assert (task.status, task.result, task.failures) == (Status.COMPLETED, FITTING, 2)
    assert [kind for kind, _ in await shop.events(task)].count("task.retrying") == 2


async def test_attempts_end(shop):
    task = await shop.run("reply", asking(JSON_WISH, UNFIT), max_attempts=2)
    assert (task.status, task.attempt, task.error.code) == (Status.FAILED, 2, "invalid_answer")


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [(FITTING, Status.COMPLETED, None), (UNFIT, Status.FAILED, "invalid_answer")],
    ids=["fits", "does not"],
)
async def test_a_joins_result_is_held_to_the_brief(shop, given, status, code):
    task = await shop.run("split_and_reply", asking(JSON_WISH, given), max_attempts=1)
    assert (task.status, task.error and task.error.code) == (status, code)


async def test_a_cancel_wins_over_a_result_that_is_none(shop):
    task, _ = await shop.begin("reply_when_cancelled", asking(JSON_WISH, UNFIT))
    await shop.cancel(task)
    ended = await shop.until(task)
    assert (ended.status, ended.cancel_outcome) == (Status.CANCELLED, CancelOutcome.COOPERATIVE)


def test_the_same_holds_in_memory(tmp_path):
    assert run_locally(REPLY, asking(JSON_WISH, FITTING), blobs=tmp_path) == FITTING
    with pytest.raises(Failure, match=r"content\.height: a number is wanted") as failed:
        run_locally(REPLY, asking(JSON_WISH, UNFIT), blobs=tmp_path)
    assert (failed.value.code, failed.value.retryable) == ("invalid_answer", True)
