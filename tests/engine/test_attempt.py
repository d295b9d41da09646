"""What a task goes through from its claim to its record, with real processes."""

import re
import signal

import pytest

from gnomon.core.task import Status


async def test_a_computing_task_completes(shop):
    task = await shop.run("echo", {"a": [1, 2.5, None, "ü"]})
    assert task.status is Status.COMPLETED
    assert task.result["input"] == {"a": [1, 2.5, None, "ü"]}
    assert (task.result["task_id"], task.result["attempt"]) == (task.id, 1)


async def test_a_warm_child_serves_one_task_after_another(shop):
    pids = {(await shop.run("echo")).result["pid"] for _ in range(3)}
    assert len(pids) == 1


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"code": 7}, "exited with code 7"),
        ({"code": 0, "signal": signal.SIGSEGV}, "killed by signal 11 (SIGSEGV)"),
    ],
)
async def test_a_vanished_process_is_lost_and_said_how(shop, order, reason):
    task = await shop.run("leave", order, max_lost=2)
    assert task.status is Status.FAILED
    assert (task.losses, task.failures) == (2, 0)
    assert task.error.code == "worker_lost"
    assert reason in task.error.message


async def test_a_task_that_kills_its_worker_leaves_the_others_alone(shop):
    deadly = await shop.submit("leave", {"code": 1})
    assert (await shop.run("echo")).status is Status.COMPLETED
    assert (await shop.until(deadly)).status is Status.FAILED


async def test_a_failure_is_tried_again_after_a_pause(shop):
    task = await shop.run("fail", {"times": 2})
    assert (task.status, task.result, task.failures) == (Status.COMPLETED, 3, 2)
    assert [kind for kind, _ in await shop.events(task)].count("task.retrying") == 2


async def test_a_failure_that_is_final_is_not_tried_again(shop):
    task = await shop.run("fail", {"retryable": False})
    assert (task.status, task.attempt, task.error.code) == (Status.FAILED, 1, "broken")


async def test_attempts_end(shop):
    task = await shop.run("fail")
    assert (task.status, task.attempt, task.error.message) == (Status.FAILED, 3, "attempt 3")


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("stumble", "workload_error", "ZeroDivisionError: by nought"),
        ("leave_politely", "workload_error", "SystemExit: 3"),
        ("pretend", "workload_error", "nobody had asked"),
        ("miss", "not_found", "no blob"),
    ],
)
async def test_what_a_function_raises_is_said(shop, kind, code, words):
    task = await shop.run(kind, max_attempts=1)
    assert (task.status, task.error.code) == (Status.FAILED, code)
    assert words in task.error.message


@pytest.mark.parametrize(
    ("kind", "words"),
    [("stumble", "ZeroDivisionError: by nought"), ("io_raise_a_strange_thing", "Strange: very")],
)
async def test_a_failure_can_be_found_in_the_log_and_in_the_code(shop, kind, words, caplog):
    task = await shop.run(kind, max_attempts=1)
    assert re.fullmatch(rf"{words} \(engine_trades\.py, line \d+\)", task.error.message)
    (line,) = [record for record in caplog.records if record.message == "attempt.failed"]
    told = (line.task_id, line.kind, line.attempt, line.outcome, line.code)
    assert told == (task.id, kind, 1, "failed", "workload_error")


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("nan", "result.energy[1] is nan"),
        ("set", "result.a.b is a set"),
        ("key", "result.a has the key (1, 2)"),
        ("surrogate", "result[0] holds half a character"),
        ("circle", "deeper than"),
        ("large", "ctx.put"),
    ],
)
async def test_a_result_that_is_not_json_is_refused_with_its_place(shop, what, words):
    task = await shop.run("give_nonsense", {"what": what})
    assert (task.status, task.attempt, task.error.code) == (Status.FAILED, 1, "invalid_result")
    assert words in task.error.message


async def test_a_finished_step_is_not_repeated_after_a_crash(shop, tmp_path):
    journal = tmp_path / "journal"
    task = await shop.run("crash_between_steps", {"journal": str(journal)})
    assert journal.read_text().split() == ["first", "second"]
    assert task.result == [{"word": "first", "pair": [1, 2]}, {"word": "second", "pair": [1, 2]}]
    assert (task.attempt, task.losses) == (2, 1)


async def test_progress_is_coalesced_and_messages_are_not(shop):
    task = await shop.run("chatter")
    events = await shop.events(task)
    progress = [body for kind, body in events if kind == "task.progress"]
    assert task.status is Status.COMPLETED
    assert len(progress) <= 5
    assert {body["stage"] for body in progress} <= {"counting", "telling"}
    assert (progress[-1]["progress"], progress[-1]["stage"]) == (80, "telling")
    assert [body for kind, body in events if kind == "task.message"] == [{"n": 0}, {"n": 1}, {"n": 2}]


@pytest.mark.parametrize("pages", [1, 100_000])
async def test_bytes_travel_both_ways_and_resources_are_saved_once(shop, pages):
    task = await shop.run("keep", {"pages": pages})
    assert task.status is Status.COMPLETED, task.error
    assert task.result["same"]
    assert await shop.store.get_blob(task.result["file"]) == bytes(range(256)) * pages


async def test_a_child_holds_nothing_of_the_house_but_its_records(shop):
    modules = set((await shop.run("list_modules")).result)
    assert not {
        m for m in modules if m.startswith(("gnomon.store", "gnomon.web", "gnomon.wiring", "sqlite3"))
    }
    assert not {"gnomon.core.ports", "gnomon.engine.children"} & modules
    assert {"numpy", "gnomon.core.workload"} <= modules


async def test_numeric_libraries_get_one_thread(shop):
    assert set((await shop.run("tell_threads")).result.values()) == {"1"}
