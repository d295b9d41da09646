"""What a task is told reaches the function that runs, at once and once, and every later attempt in order."""

import os
import random
import signal

import pytest
from engine_shop import open_shop
from engine_trades import WORKLOADS

from gnomon.core.errors import Conflict
from gnomon.core.retry import Outcome
from gnomon.core.task import Status
from gnomon.engine.local import run_locally
from gnomon.engine.registry import gather

KINDS = gather(WORKLOADS)


async def heard(shop, task):
    """List what the function has said that it was told, with the attempt that heard it."""
    bodies = [body for kind, body in await shop.events(task) if kind == "task.message"]
    return [(body["heard"], body["attempt"]) for body in bodies]


async def until_heard(shop, task, message, attempt=1):
    """Wait until the function has said that it was told."""
    with shop.hub.subscribe(task.id) as news:
        while (message, attempt) not in await heard(shop, task):
            assert await news.next(10) is not None


@pytest.mark.parametrize("kind", ["listen", "io_listen"])
async def test_a_running_function_is_told_at_once(shop, kind):
    task, _ = await shop.begin(kind)
    for message in ({"text": "é", "n": [1, None]}, "two", "end"):
        await shop.tell(task, message)
        if message != "end":
            await until_heard(shop, task, message)
    done = await shop.until(task)
    assert done.result == {"told": [{"text": "é", "n": [1, None]}, "two", "end"], "attempt": 1}


@pytest.mark.parametrize("kind", ["listen", "io_listen"])
async def test_what_was_told_before_the_start_is_there_from_the_start(shop, kind):
    task = await shop.submit(kind, run_at=shop.clock.now().replace(year=2099))
    for message in ("one", "end"):
        assert (await shop.tell(task, message)).status is Status.PENDING
    await shop.pause(task)
    await shop.cancel(task)
    with pytest.raises(Conflict):
        await shop.tell(task, "too late")
    twin = await shop.submit(kind)
    await shop.tell(twin, "one")
    await shop.tell(twin, "end")
    assert (await shop.until(twin)).result["told"] == ["one", "end"]


async def test_an_attempt_after_a_lost_one_is_told_all_again_in_order(shop):
    task, _ = await shop.begin("listen")
    await shop.tell(task, "one")
    await until_heard(shop, task, "one")
    await shop.tell(task, "die")
    for message in ("two", "end"):
        await shop.tell(task, message)
    done = await shop.until(task)
    assert done.result == {"told": ["one", "die", "two", "end"], "attempt": 2}
    assert [message for message, attempt in await heard(shop, task) if attempt == 2] == done.result["told"]
    outcomes = [attempt.outcome for attempt in await shop.store.list_attempts("w", task.id)]
    assert outcomes == [Outcome.LOST, Outcome.DONE]


@pytest.mark.parametrize("kind", ["listen", "io_listen"])
async def test_what_is_told_to_a_task_set_aside_is_there_when_it_goes_on(shop, kind):
    task, _ = await shop.begin(kind)
    await shop.tell(task, "before")
    await until_heard(shop, task, "before")
    await shop.pause(task)
    await shop.until_it_is(task, Status.PAUSED)
    await shop.tell(task, "meanwhile")
    await shop.tell(task, "end")
    await shop.resume(task)
    done = await shop.until(task)
    assert done.result == {"told": ["before", "meanwhile", "end"], "attempt": 2}


@pytest.mark.parametrize("kind", ["ask_briefly", "io_ask_briefly"])
async def test_what_is_told_while_a_question_is_open_is_there_with_the_answer(shop, kind):
    task = await shop.submit(kind, {"within": None})
    await shop.until_it_is(task, Status.WAITING)
    told = await shop.tell(task, "meanwhile")
    assert (told.status, told.question.key) == (Status.WAITING, "approval")
    await shop.answer(task, "approval", "yes")
    assert (await shop.until(task)).result == {"answer": "yes", "attempt": 2, "told": ["meanwhile"]}


async def test_messages_survive_the_server(tmp_path):
    async with open_shop(tmp_path) as shop:
        task = await shop.submit("listen")
        await shop.until_it_is(task, Status.RUNNING)
        await shop.tell(task, "one")
        await until_heard(shop, task, "one")
    async with open_shop(tmp_path) as shop:
        await shop.tell(task, "end")
        done = await shop.until(task)
        assert (done.result["told"], done.result["attempt"] > 1) == (["one", "end"], True)


class TellAroundLoad:
    """A store in which messages are committed right before and right after an attempt reads what it needs."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def load(self, holding):
        now = (await self._store.get_task("w", holding.task_id)).updated_at
        await self._store.tell("w", holding.task_id, "before", None, now)
        found = await self._store.load(holding)
        for message in ("after", "end"):
            await self._store.tell("w", holding.task_id, message, None, now)
        return found


@pytest.mark.parametrize("kind", ["listen", "io_listen"])
async def test_what_comes_with_the_start_is_told_once(tmp_path, kind):
    async with open_shop(tmp_path, between=TellAroundLoad) as shop:
        done = await shop.run(kind)
        assert done.result["told"] == ["before", "after", "end"]
        assert [message for message, _ in await heard(shop, done)] == done.result["told"]


async def test_an_attempt_that_was_read_late_hears_nothing_twice(tmp_path):
    """The hub may tell of a message only after the attempt that has read it has begun."""
    async with open_shop(tmp_path) as shop:
        told = []
        shop.hub.on_told, pass_on = told.append, shop.hub.on_told
        task = await shop.submit("io_listen")
        await shop.tell(task, "one")
        await until_heard(shop, task, "one")
        await shop.tell(task, "end")
        for event in told:
            pass_on(event)
        assert (await shop.until(task)).result["told"] == ["one", "end"]


async def test_nothing_is_lost_or_doubled_among_kills_pauses_and_resumes(shop):
    """Whatever happens to the attempts, the last one has been told all, in the order of the log."""
    chance = random.Random(7)
    task = await shop.submit("listen", max_lost=100)
    sent = []
    for n in range(25):
        sent.append(n)
        await shop.tell(task, n)
        match chance.choice(["on", "on", "kill", "pause", "settle"]):
            case "kill":
                _kill_children(shop)
            case "pause":
                await shop.pause(task)
                await shop.tell(task, f"paused {n}")
                sent.append(f"paused {n}")
                await shop.resume(task)
            case "settle":
                await shop.until_it_is(task, Status.RUNNING)
            case _:
                pass
    await shop.tell(task, "end")
    done = await shop.until(task)
    assert done.result["told"] == [*sent, "end"]
    by_attempt = {}
    for message, attempt in await heard(shop, task):
        by_attempt.setdefault(attempt, []).append(message)
    assert all(words == [*sent, "end"][: len(words)] for words in by_attempt.values())


def _kill_children(shop):
    for pid in list(shop.engine._nursery._children):
        os.kill(pid, signal.SIGKILL)


def test_in_memory_messages_are_there_from_the_start(tmp_path):
    given = {"order": {}, "blobs": tmp_path, "told": [{"n": (1, 2)}, "end"]}
    for kind in ("listen", "io_listen"):
        assert run_locally(KINDS[kind], **given)["told"] == [{"n": [1, 2]}, "end"]


def test_in_memory_children_are_told_nothing(tmp_path):
    order = {"children": [{"kind": "count_told", "input": {}}], "on": "join"}
    result = run_locally(KINDS["sum_up"], order, blobs=tmp_path, others=WORKLOADS, told=["one"])
    assert result["children"] == [[0, "completed", []]]
