"""A task as of an event: its log is folded over what never changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gnomon.core.errors import Gone
from gnomon.core.event import (
    Event,
    EventType,
    as_of,
    find_usage,
    read_steering,
    read_time,
    told_json,
    write_time,
)
from gnomon.core.task import (
    CancelOutcome,
    Phase,
    Question,
    Status,
    Steering,
    Task,
    TaskError,
    Usage,
    Visibility,
)

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = "2026-03-01T13:00:00.000000Z"
ERROR = {"code": "boom", "message": "It broke.", "retryable": True}
QUESTION = {"key": "color", "body": "Which?", "asked_at": LATER}

LIFE: list[tuple[str, Any, dict[str, Any]]] = [
    ("submitted", {"status": "pending", "run_at": LATER}, {"run_at": START + timedelta(hours=1)}),
    ("queued", {"status": "queued"}, {"status": "queued"}),
    (
        "started",
        {"status": "running", "attempt": 1, "fence": 1, "phase": "run"},
        {
            "status": "running",
            "attempt": 1,
            "fence": 1,
            "run_at": None,
            "started_at": START + timedelta(seconds=3),
        },
    ),
    (
        "message",
        {"kind": "usage", "input_tokens": 7, "engine": "local:m", "status": "not ours", "progress": 7},
        {"usage": Usage(calls=1, input_tokens=7, cost_usd=None, engine="local:m")},
    ),
    (
        "progress",
        {"status": "running", "progress": 40, "stage": "half"},
        {"progress": 40.0, "stage": "half"},
    ),
    (
        "pausing",
        {"status": "running", "told": {"by": "ann"}},
        {"pause_requested_at": START + timedelta(seconds=6), "pause_told": Steering(by="ann")},
    ),
    (
        "retrying",
        {"status": "pending", "run_at": LATER, "error": ERROR, "failures": 1, "phase": "run"},
        {
            "status": "pending",
            "run_at": START + timedelta(hours=1),
            "error": TaskError(**ERROR),
            "failures": 1,
            "pause_requested_at": None,
            "pause_told": None,
        },
    ),
    (
        "started",
        {"status": "running", "attempt": 2, "fence": 3, "phase": "run", "progress": 0, "stage": None},
        {
            "status": "running",
            "attempt": 2,
            "fence": 3,
            "run_at": None,
            "error": None,
            "progress": 0,
            "stage": None,
        },
    ),
    (
        "waiting",
        {"status": "waiting", "question": QUESTION, "phase": "run"},
        {
            "status": "waiting",
            "question": Question(key="color", body="Which?", asked_at=START + timedelta(hours=1)),
        },
    ),
    ("pausing", {"status": "waiting"}, {"pause_requested_at": START + timedelta(seconds=10)}),
    ("resumed", {"status": "waiting"}, {"pause_requested_at": None}),
    ("answered", {"status": "queued", "key": "color"}, {"status": "queued", "question": None}),
    (
        "started",
        {"status": "running", "attempt": 3, "fence": 4, "phase": "run"},
        {"status": "running", "attempt": 3, "fence": 4},
    ),
    ("told", {"status": "running", "message": {"status": "not ours"}, "number": 1, "by": "ann"}, {}),
    (
        "message",
        {"kind": "usage", "output_tokens": 3, "cost_usd": 1, "engine": "provider:p/m"},
        {"usage": Usage(calls=2, input_tokens=7, output_tokens=3, cost_usd=None, engine="provider:p/m")},
    ),
    (
        "cancelling",
        {"status": "cancelling", "cancel_by": LATER, "told": {"reason": "Enough."}},
        {
            "status": "cancelling",
            "cancel_told": Steering(reason="Enough."),
            "cancel_by": START + timedelta(hours=1),
            "cancel_requested_at": START + timedelta(seconds=16),
        },
    ),
    (
        "completed",
        {"status": "completed", "progress": 100, "cancel_outcome": "finished_first", "phase": "run"},
        {
            "status": "completed",
            "progress": 100.0,
            "cancel_outcome": CancelOutcome.FINISHED_FIRST,
            "finished_at": START + timedelta(seconds=17),
        },
    ),
]
EVENTS = [
    Event(
        task_id="tsk_1",
        number=number,
        at=START + timedelta(seconds=number),
        type=EventType(f"task.{name}"),
        body=body,
    )
    for number, (name, body, _) in enumerate(LIFE, 1)
]
ENDED = Task(
    id="tsk_1",
    number=9,
    workspace="wsp_1",
    kind="test",
    visibility=Visibility.PUBLIC,
    parent_id=None,
    position=None,
    predecessor_id=None,
    resource_id=None,
    resource_revision=None,
    max_attempts=3,
    max_lost=10,
    priority=2,
    deadline_at=None,
    status=Status.COMPLETED,
    phase=Phase.RUN,
    stage=None,
    progress=100.0,
    version=len(LIFE),
    attempt=3,
    fence=4,
    failures=1,
    losses=0,
    run_at=None,
    error=None,
    result={"sum": 3},
    created_at=START + timedelta(seconds=1),
    started_at=START + timedelta(seconds=3),
    finished_at=START + timedelta(seconds=17),
    updated_at=START + timedelta(seconds=17),
    cancel_requested_at=START + timedelta(seconds=16),
    cancel_outcome=CancelOutcome.FINISHED_FIRST,
    cancel_by=START + timedelta(hours=1),
    cancel_told=Steering(reason="Enough."),
    usage=Usage(calls=2, input_tokens=7, output_tokens=3, cost_usd=None, engine="provider:p/m"),
    line_id="tsk_0",
    revision=4,
)


@pytest.mark.parametrize("number", range(1, len(LIFE) + 1))
def test_each_event_changes_what_it_tells_and_nothing_else(number: int) -> None:
    seen = as_of(ENDED, EVENTS[:number])
    told: dict[str, Any] = {"status": "pending", "progress": 0, "attempt": 0, "fence": 0, "failures": 0}
    told |= dict.fromkeys(("stage", "error", "question", "started_at", "finished_at", "cancel_by"), None)
    told |= dict.fromkeys(("cancel_requested_at", "cancel_outcome", "pause_requested_at", "run_at"), None)
    told |= dict.fromkeys(("pause_told", "cancel_told", "usage"), None)
    for _, _, change in LIFE[:number]:
        told |= change
    told |= {"version": number, "updated_at": START + timedelta(seconds=number), "revision": 4, "priority": 2}
    told["result"] = {"sum": 3} if number == len(LIFE) else None
    assert {name: getattr(seen, name) for name in told} == told


def test_all_events_give_the_task() -> None:
    assert as_of(ENDED, EVENTS) == ENDED


@pytest.mark.parametrize("events", [[], EVENTS[1:], EVENTS[-1:]])
def test_a_log_without_its_beginning_cannot_be_folded(events: list[Event]) -> None:
    with pytest.raises(Gone, match="tsk_1"):
        as_of(ENDED, events)


def test_times_are_written_to_the_microsecond() -> None:
    at = START + timedelta(microseconds=7)
    assert write_time(at) == "2026-03-01T12:00:00.000007Z"
    assert read_time(write_time(at)) == at


@pytest.mark.parametrize("value", [-1, True, 1.5, "7", None, 1 << 60])
def test_a_count_of_tokens_that_is_none_counts_nothing(value: Any) -> None:
    used = find_usage({"kind": "usage", "input_tokens": value, "output_tokens": 2, "cost_usd": value})
    assert used is not None
    assert (used.calls, used.input_tokens, used.output_tokens) == (1, 0, 2)
    assert used.cost_usd == (1.5 if value == 1.5 else None)


@pytest.mark.parametrize("steering", [None, Steering(), Steering(by="ann"), Steering(reason="Enough.")])
def test_who_steers_is_read_as_it_was_written(steering: Steering | None) -> None:
    known = None if steering == Steering() else steering
    assert read_steering(told_json(steering).get("told", {})) == known
