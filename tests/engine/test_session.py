"""Turns of a session on a real engine: one after the other, each seeing what the session has come to."""

import asyncio

import pytest

from gnomon.core.task import Status


@pytest.mark.parametrize("kind", ["look_back", "io_look_back"])
async def test_turns_that_are_submitted_at_once_run_in_their_order(shop, kind):
    made = await asyncio.gather(*(shop.submit(kind, {"n": n}, session_id="s") for n in range(5)))
    made.sort(key=lambda task: task.session_turn)
    assert [task.session_turn for task in made] == [1, 2, 3, 4, 5]
    done = [await shop.until(task) for task in made]
    seen = None
    for before, task in zip([None, *done], done, strict=False):
        assert task.status is Status.COMPLETED
        assert task.result == seen
        assert before is None or before.finished_at <= task.started_at
        given = await shop.store.get_input("w", task.id)
        seen = ["completed", given, task.result]


async def test_sessions_do_not_wait_for_each_other(shop):
    held, _ = await shop.begin("finish_when_asked", session_id="a")
    behind = await shop.submit("look_back", session_id="a")
    assert (await shop.run("look_back", session_id="b")).status is Status.COMPLETED
    assert (await shop.store.get_task("w", behind.id)).status is Status.PENDING
    await shop.cancel(held)
    assert (await shop.until(behind)).result is None


async def test_a_turn_that_failed_or_was_cancelled_is_passed_over(shop):
    first = await shop.run("look_back", {"said": "blue"}, session_id="s")
    failed = await shop.run("fail", {"retryable": False}, session_id="s")
    held, _ = await shop.begin("finish_when_asked", session_id="s")
    cancelled, last = [await shop.submit("look_back", {"n": n}, session_id="s") for n in range(2)]
    await shop.cancel(cancelled)
    await shop.cancel(held)
    last = await shop.until(last)
    assert (first.status, failed.status) == (Status.COMPLETED, Status.FAILED)
    assert (last.session_turn, last.result) == (5, ["completed", {"said": "blue"}, None])
