"""Messages of webhooks: what the vendor's models read, byte for byte the same whenever they are written."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from fixed_records import ANSWER, NOW, REPORT, TASK_ID, completed, failed, origin, task
from parallel.types import TaskRun, TaskRunResult

from gnomon.core.delivery import TERMINAL_TYPES
from gnomon.core.event import Event, EventType
from gnomon.core.task import Status, Task
from gnomon.web.dialects.parallel.render.output import result
from gnomon.web.dialects.parallel.render.run import run
from gnomon.web.dialects.parallel.render.webhook import MOST_BYTES, output_body, status_body

GOLDEN = Path(__file__).parent / "golden"
ENDS = {
    Status.COMPLETED: EventType.COMPLETED,
    Status.FAILED: EventType.FAILED,
    Status.CANCELLED: EventType.CANCELLED,
    Status.TIMED_OUT: EventType.TIMED_OUT,
    Status.EXPIRED: EventType.EXPIRED,
}
Write = Callable[[Task, Event], bytes]


def event(of: Task, kind: EventType) -> Event:
    return Event(task_id=TASK_ID, number=of.version, at=of.updated_at, type=kind, body={"status": of.status})


def ended(status: Status) -> Task:
    return task(status, has_begun=status is not Status.EXPIRED)


ANSWERED = completed(ANSWER, origin("json"))
MESSAGES = {
    "webhook-completed": status_body(ANSWERED, event(ANSWERED, EventType.COMPLETED)),
    "webhook-failed": status_body(failed(), event(failed(), EventType.FAILED)),
    "webhook-cancelled": status_body(ended(Status.CANCELLED), event(ended(Status.CANCELLED), EventType.CANCELLED)),
    "webhook-action-required": status_body(task(Status.WAITING), event(task(Status.WAITING), EventType.WAITING)),
    "webhook-output-completed": output_body(ANSWERED, event(ANSWERED, EventType.COMPLETED)),
    "webhook-output-failed": output_body(failed(), event(failed(), EventType.FAILED)),
}  # fmt: skip


@pytest.mark.parametrize("name", MESSAGES)
def test_is_the_golden_file(name: str, request: pytest.FixtureRequest) -> None:
    """If not: look at what changed, then `pytest --update-golden`."""
    path, message = GOLDEN / f"{name}.json", MESSAGES[name]
    assert b"\n" not in message
    text = json.dumps(json.loads(message), indent=1, ensure_ascii=False) + "\n"
    if request.config.getoption("--update-golden"):
        path.write_text(text)
    assert path.read_text() == text


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("webhook-*.json")} == set(MESSAGES)


def test_every_end_is_one_of_these() -> None:
    assert set(ENDS.values()) == TERMINAL_TYPES


@pytest.mark.parametrize("status", ENDS)
@pytest.mark.parametrize("write", [status_body, output_body])
def test_the_vendors_model_reads_every_end(status: Status, write: Write) -> None:
    at_end = ended(status)
    body = json.loads(write(at_end, event(at_end, ENDS[status])))
    assert set(body) == {"timestamp", "type", "data"}
    assert body["type"] == "task_run.status"
    read = TaskRun.model_validate(body["data"], strict=True)
    assert not read.is_active
    assert read.status == run(at_end)["status"]
    assert body["timestamp"] == body["data"]["modified_at"]
    assert (read.error is not None) == (read.status == "failed")


@pytest.mark.parametrize("given", [ANSWER, REPORT, "Founded in 1843.", {"founded": 1843}, 1843, [], None])
def test_the_older_form_brings_what_a_call_for_the_result_would(given: Any) -> None:
    of = completed(given, origin("auto"))
    data = json.loads(output_body(of, event(of, EventType.COMPLETED)))["data"]
    brought = data.pop("output")
    assert {"run": data, "output": brought} == json.loads(orjson.dumps(result(of)))
    assert TaskRunResult.model_validate({"run": data, "output": brought}).output.content is not None
    plain = json.loads(status_body(of, event(of, EventType.COMPLETED)))["data"]
    assert plain == data


def test_a_question_is_told_to_who_has_asked_for_it() -> None:
    waiting = task(Status.WAITING)
    data = json.loads(status_body(waiting, event(waiting, EventType.WAITING)))["data"]
    assert (data["status"], data["is_active"]) == ("action_required", False)
    assert data["action"]["question"] == {"text": "Which Mercury: planet or metal?"}


@pytest.mark.parametrize("write", [status_body, output_body])
def test_the_same_task_and_event_are_the_same_bytes(write: Write) -> None:
    at = event(ANSWERED, EventType.COMPLETED)
    later = replace(ANSWERED, origin=json.loads(json.dumps(ANSWERED.origin)))
    assert write(ANSWERED, at) == write(later, replace(at))
    assert write(ANSWERED, replace(at, at=NOW + timedelta(hours=1))) != write(ANSWERED, at)


def test_an_output_that_is_too_large_is_left_out_and_the_run_told() -> None:
    large, small = ("é" * (MOST_BYTES // 2), "é" * (MOST_BYTES // 2 - 1000))
    told = []
    for text in (large, small):
        of = completed(text, origin("text"))
        body = output_body(of, event(of, EventType.COMPLETED))
        assert len(body) <= MOST_BYTES
        told.append(json.loads(body)["data"])
    assert (told[0]["status"], told[0]["output"]) == ("completed", None)
    assert told[1]["output"]["content"] == small


def test_a_whole_number_beyond_64_bits_stays_exact() -> None:
    of = completed({"n": 2**70}, origin("json"))
    data = json.loads(output_body(of, event(of, EventType.COMPLETED)))["data"]
    assert data["output"]["content"] == {"n": 2**70}
