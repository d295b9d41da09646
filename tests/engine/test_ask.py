"""A task asks, waits for as long as it takes without a process, and goes on with the answer."""

import asyncio
from datetime import timedelta

import pytest
from engine_shop import WallClock, open_shop
from engine_trades import WORKLOADS

from gnomon.core.errors import Conflict
from gnomon.core.event import read_time
from gnomon.core.retry import Outcome
from gnomon.core.task import CancelOutcome, Status
from gnomon.core.workload import Failure
from gnomon.engine.child.question import LONGEST_KEY, QUESTION_LIMIT
from gnomon.engine.local import run_locally
from gnomon.engine.registry import gather

KINDS = gather(WORKLOADS)


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal"


async def test_a_question_ends_the_attempt_and_the_answer_begins_the_next(shop, journal):
    task = await shop.submit("propose", {"journal": str(journal)})
    waiting = await shop.until_it_is(task, Status.WAITING)
    assert (waiting.question.key, waiting.question.body["choices"]) == ("approval", ["yes", "no"])
    assert shop.engine.running == 0
    await shop.answer(task, "approval", {"say": "yes"})
    done = await shop.until(task)
    assert done.result == {"verdict": {"say": "yes"}, "size": 700_000, "attempt": 2}
    assert journal.read_text().splitlines() == ["called 1", "drafted", "called 2"]
    assert (done.failures, done.losses, done.question) == (0, 0, None)
    outcomes = [attempt.outcome for attempt in await shop.store.list_attempts("w", task.id)]
    assert outcomes == [Outcome.ASK, Outcome.DONE]


async def test_a_server_that_ends_between_question_and_answer_loses_neither(tmp_path, journal):
    async with open_shop(tmp_path) as shop:
        task = await shop.submit("propose", {"journal": str(journal)})
        await shop.until_it_is(task, Status.WAITING)
    async with open_shop(tmp_path) as shop:
        assert (await shop.store.get_task("w", task.id)).status is Status.WAITING
        await shop.answer(task, "approval", "late")
        assert (await shop.until(task)).result["verdict"] == "late"
    assert journal.read_text().splitlines() == ["called 1", "drafted", "called 2"]


async def test_a_child_that_is_killed_after_the_answer_finds_it_again(shop, journal):
    task = await shop.submit("propose", {"journal": str(journal), "dies_at": 2})
    await shop.until_it_is(task, Status.WAITING)
    await shop.answer(task, "approval", "no")
    done = await shop.until(task)
    assert (done.result["verdict"], done.result["attempt"], done.losses) == ("no", 3, 1)
    assert journal.read_text().splitlines() == ["called 1", "drafted", "called 2", "called 3"]


async def test_what_a_waiting_task_has_put_is_kept_for_as_long_as_it_waits(shop, journal):
    task = await shop.submit("propose", {"journal": str(journal)})
    await shop.until_it_is(task, Status.WAITING)
    await shop.store.sweep_blobs(shop.clock.now() + timedelta(days=100))
    await shop.answer(task, "approval", "yes")
    assert (await shop.until(task)).status is Status.COMPLETED


async def test_one_question_comes_after_the_other(shop):
    task = await shop.submit("interview", {"times": 3})
    for n in range(3):
        key = f"question {n}"
        await shop.until(task, lambda task, key=key: task.question is not None and task.question.key == key)
        await shop.answer(task, key, n * n)
    assert (await shop.until(task)).result == [0, 1, 4]


async def test_waiting_work_asks_too(shop, journal):
    task = await shop.submit("io_propose", {"journal": str(journal)})
    await shop.until_it_is(task, Status.WAITING)
    await shop.answer(task, "approval", 7)
    assert (await shop.until(task)).result == {"draft": "drafted", "verdict": 7}
    assert journal.read_text().splitlines() == ["called 1", "drafted", "called 2"]


async def test_questions_asked_at_the_same_time_are_asked_in_turn(shop):
    task = await shop.submit("io_ask_twice")
    for key in ("one", "two"):
        await shop.until(task, lambda task, key=key: task.question is not None and task.question.key == key)
        await shop.answer(task, key, key.upper())
    assert (await shop.until(task)).result == ["ONE", "TWO"]


async def test_a_join_asks_and_joins_again(shop):
    children = [{"kind": "follow", "input": {"add": n}} for n in (1, 2)]
    task = await shop.submit("sum_up_and_ask", {"children": children})
    waiting = await shop.until_it_is(task, Status.WAITING)
    assert waiting.question.body == [1, 2]
    await shop.answer(task, "sum", "right")
    assert (await shop.until(task)).result == [3, "right"]


def _asking_child(visibility):
    asking = {"kind": "interview", "input": {"times": 1}, "visibility": visibility}
    return [asking, {"kind": "follow", "input": {"add": 1}}]


async def test_a_public_child_asks_while_its_parent_goes_on(shop):
    task = await shop.submit("sum_up", {"children": _asking_child("public")})
    await shop.until(task, lambda task: task.phase == "children")
    asking, _ = await shop.store.list_children("w", task.id)
    await shop.until_it_is(asking, Status.WAITING)
    await shop.answer(asking, "question 0", "here")
    assert (await shop.until(task)).result["children"] == [[0, "completed", ["here"]], [1, "completed", 1]]


async def test_an_internal_child_that_asks_fails_at_once_with_the_remedy(shop):
    task = await shop.run("sum_up", {"children": _asking_child("internal"), "on": "join"})
    assert task.result["children"] == [[0, "failed", None], [1, "completed", 1]]
    asking, _ = await shop.store.list_children("w", task.id)
    assert (asking.error.code, asking.failures) == ("internal_asked", 1)
    assert "visibility=Visibility.PUBLIC" in asking.error.message


@pytest.mark.parametrize("kind", ["interview", "io_ask_twice"])
async def test_a_waiting_task_is_cancelled_at_once(shop, kind):
    task = await shop.submit(kind, {"times": 1})
    waiting = await shop.until_it_is(task, Status.WAITING)
    assert (await shop.cancel(task)).status is Status.CANCELLED
    with pytest.raises(Conflict):
        await shop.answer(task, waiting.question.key, 1)


async def test_a_cancel_beats_a_question(shop):
    task, _ = await shop.begin("ask_when_told")
    await shop.cancel(task)
    task = await shop.until(task)
    assert (task.status, task.cancel_outcome) == (Status.CANCELLED, CancelOutcome.COOPERATIVE)


@pytest.mark.parametrize(
    ("kind", "order", "code", "words"),
    [
        ("ask_badly", {"key": ""}, "invalid_question", f"1 to {LONGEST_KEY}"),
        ("ask_badly", {"key": "k" * (LONGEST_KEY + 1)}, "invalid_question", f"1 to {LONGEST_KEY}"),
        ("ask_badly", {"key": "a\nb"}, "invalid_question", "printable"),
        ("ask_badly", {"key": 7}, "invalid_question", "it is 7"),
        ("ask_badly", {"nan": True}, "invalid_question", "question.nan is nan"),
        ("ask_badly", {"body": "x" * QUESTION_LIMIT}, "invalid_question", "ctx.put"),
        ("ask_and_go_on", {}, "workload_error", "it caught Asked"),
        ("ask_and_stumble", {}, "spilt", "while tidying up"),
        ("park_uncalled", {}, "workload_error", "nobody had asked"),
        ("io_raise_a_strange_thing", {}, "workload_error", "Strange: very"),
    ],
)
async def test_what_cannot_be_asked_fails_and_says_why(shop, kind, order, code, words):
    task = await shop.run(kind, order, max_attempts=1)
    assert (task.status, task.error.code) == (Status.FAILED, code)
    assert words in task.error.message
    assert (await shop.run("echo")).status is Status.COMPLETED


@pytest.mark.parametrize("size", [QUESTION_LIMIT - 2])
async def test_a_question_of_the_largest_size_is_asked(shop, size):
    task = await shop.submit("ask_badly", {"body": "x" * size, "key": "k" * LONGEST_KEY})
    assert len((await shop.until_it_is(task, Status.WAITING)).question.body) == size


async def test_many_wait_without_a_slot(shop):
    tasks = [await shop.submit("interview", {"times": 1}) for _ in range(20)]
    await asyncio.gather(*(shop.until_it_is(task, Status.WAITING) for task in tasks))
    assert shop.engine.running == 0
    for n, task in enumerate(tasks):
        await shop.answer(task, "question 0", n)
    assert [(await shop.until(task)).result for task in tasks] == [[n] for n in range(20)]


def test_in_memory_answers_are_given_beforehand(tmp_path, journal):
    order = {"journal": str(journal)}
    result = run_locally(KINDS["propose"], order, blobs=tmp_path, answers={"approval": ("a", 1)})
    assert result["verdict"] == ["a", 1]
    result = run_locally(KINDS["io_propose"], order, blobs=tmp_path, answers={"approval": None})
    assert result["verdict"] is None


@pytest.mark.parametrize("kind", ["propose", "io_propose"])
def test_in_memory_an_open_question_is_a_failure_that_says_it(tmp_path, journal, kind):
    with pytest.raises(Failure, match=r"asks 'approval'.*draft.*answers="):
        run_locally(KINDS[kind], {"journal": str(journal)}, blobs=tmp_path)


def test_in_memory_a_wrong_question_is_refused_too(tmp_path):
    with pytest.raises(Failure, match="printable"):
        run_locally(KINDS["ask_badly"], {"key": ""}, blobs=tmp_path, answers={"": 1})


@pytest.mark.parametrize(("visibility", "status"), [("public", "completed"), ("internal", "failed")])
def test_in_memory_only_a_public_child_may_ask_too(tmp_path, visibility, status):
    order = {"children": _asking_child(visibility), "on": "join"}
    answers = {"question 0": "here"}
    result = run_locally(KINDS["sum_up"], order, blobs=tmp_path, others=WORKLOADS, answers=answers)
    assert result["children"][0][1] == status


@pytest.mark.parametrize("kind", ["ask_briefly", "io_ask_briefly"])
async def test_a_question_that_nobody_answers_lapses_and_the_task_goes_on(shop, kind):
    done = await shop.run(kind, {"within": 0.2})
    assert done.result == {"answer": None, "attempt": 2, "told": []}
    told = dict(await shop.events(done))
    asked_at, answer_by = (told["task.waiting"]["question"][name] for name in ("asked_at", "answer_by"))
    assert read_time(answer_by) - read_time(asked_at) == timedelta(seconds=0.2)
    assert told["task.answered"] == {"status": "queued", "key": "approval", "lapsed": True}


@pytest.mark.parametrize("kind", ["ask_briefly", "io_ask_briefly"])
async def test_an_answer_in_time_beats_the_clock(shop, kind):
    task = await shop.submit(kind, {"within": 3600})
    waiting = await shop.until_it_is(task, Status.WAITING)
    assert waiting.question.answer_by - waiting.question.asked_at == timedelta(hours=1)
    await shop.answer(task, "approval", {"approved": True})
    assert (await shop.until(task)).result["answer"] == {"approved": True}


async def test_a_question_lapses_while_the_server_is_away(tmp_path):
    async with open_shop(tmp_path) as shop:
        task = await shop.submit("ask_briefly", {"within": 30})
        await shop.until_it_is(task, Status.WAITING)
    step, WallClock.step = WallClock.step, timedelta(minutes=1)
    try:
        async with open_shop(tmp_path) as shop:
            assert (await shop.until(task)).result["answer"] is None
    finally:
        WallClock.step = step


async def test_a_task_that_shall_pause_is_set_aside_when_its_question_lapses(shop):
    task = await shop.submit("ask_briefly", {"within": 0.3})
    await shop.until_it_is(task, Status.WAITING)
    assert (await shop.pause(task)).status is Status.WAITING
    await shop.until_it_is(task, Status.PAUSED)
    await shop.resume(task)
    assert (await shop.until(task)).result["answer"] is None


@pytest.mark.parametrize("within", [0, -1, True, "soon", 1e12])
async def test_a_time_that_is_none_is_refused_in_a_child_and_in_memory(shop, tmp_path, within):
    for kind in ("ask_briefly", "io_ask_briefly"):
        task = await shop.run(kind, {"within": within})
        assert (task.status, task.error.code) == (Status.FAILED, "invalid_question")
        assert "within" in task.error.message
    with pytest.raises(Failure, match="within"):
        run_locally(KINDS["ask_briefly"], {"within": within}, blobs=tmp_path)


def test_in_memory_a_question_that_may_lapse_does_unless_it_is_answered(tmp_path):
    for kind in ("ask_briefly", "io_ask_briefly"):
        given = {"order": {"within": 1}, "blobs": tmp_path}
        assert run_locally(KINDS[kind], **given)["answer"] is None
        assert run_locally(KINDS[kind], **given, answers={"approval": 7})["answer"] == 7
