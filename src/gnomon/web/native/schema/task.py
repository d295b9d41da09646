"""Tasks, their events and their attempts."""

from typing import Any

from gnomon.core.event import EventType
from gnomon.core.retry import Outcome
from gnomon.core.task import CancelOutcome, Status, Visibility
from gnomon.web.native.schema.forms import (
    ANY,
    COUNT,
    FLAG,
    MOMENT,
    NUMBER,
    TEXT,
    Schema,
    many,
    maybe,
    named,
    record,
    told,
    words,
)

_ID = "tsk_06ed9jg3bcq8zj7x5v1m2n3p4r"
_ERROR = {"code": "too_loud", "message": "Nobody shouts that loud.", "retryable": False}
TASK_EXAMPLE: dict[str, Any] = {
    "id": _ID,
    "number": 1,
    "kind": "shout",
    "status": "completed",
    "stage": None,
    "progress": 100.0,
    "version": 4,
    "attempt": 1,
    "visibility": "public",
    "parent_id": None,
    "position": None,
    "predecessor_id": None,
    "resource_id": None,
    "created_at": "2026-01-31T12:00:00.000000Z",
    "started_at": "2026-01-31T12:00:00.120000Z",
    "updated_at": "2026-01-31T12:00:01.500000Z",
    "finished_at": "2026-01-31T12:00:01.500000Z",
    "run_at": None,
    "deadline_at": None,
    "cancel_requested_at": None,
    "cancel_outcome": None,
    "error": None,
    "result": {"text": "HELLO"},
}
_TASK = record(
    {
        "id": TEXT,
        "number": told(COUNT, "Sequential within the workspace."),
        "kind": TEXT,
        "status": words(Status),
        "stage": told(maybe(TEXT), "What is being done, in the workload's word."),
        "progress": told({**NUMBER, "minimum": 0, "maximum": 100}, "100 only when completed."),
        "version": told(COUNT, "The number of the last event; every change raises it."),
        "attempt": told(COUNT, "Attempts begun so far."),
        "visibility": words(Visibility),
        "parent_id": maybe(TEXT),
        "position": maybe(COUNT),
        "predecessor_id": maybe(TEXT),
        "resource_id": maybe(TEXT),
        "created_at": MOMENT,
        "started_at": maybe(MOMENT),
        "updated_at": MOMENT,
        "finished_at": maybe(MOMENT),
        "run_at": maybe(MOMENT),
        "deadline_at": maybe(MOMENT),
        "cancel_requested_at": maybe(MOMENT),
        "cancel_outcome": maybe(words(CancelOutcome)),
        "error": maybe(named("TaskError")),
        "result": told(ANY, "What the work gave, when it is completed."),
    },
    TASK_EXAMPLE,
)
_EVENT_EXAMPLE = {
    "task_id": _ID,
    "number": 4,
    "at": "2026-01-31T12:00:01.500000Z",
    "type": "task.completed",
    "body": {"status": "completed"},
}
_ATTEMPT_EXAMPLE = {
    "number": 1,
    "started_at": "2026-01-31T12:00:00.120000Z",
    "finished_at": "2026-01-31T12:00:01.500000Z",
    "outcome": "done",
    "error": None,
}

SCHEMAS: dict[str, Schema] = {
    "Task": _TASK,
    "TaskError": record({"code": TEXT, "message": TEXT, "retryable": FLAG}, _ERROR),
    "TaskPage": record(
        {
            "tasks": many("Task"),
            "next": told(maybe(TEXT), "The cursor of the next page, or null on the last."),
        },
        {"tasks": [TASK_EXAMPLE], "next": None},
    ),
    "TaskList": record({"tasks": many("Task")}, {"tasks": [TASK_EXAMPLE]}),
    "Event": record(
        {
            "task_id": TEXT,
            "number": told(COUNT, "Dense from 1 within the task: the cursor."),
            "at": MOMENT,
            "type": words(EventType),
            "body": ANY,
        },
        _EVENT_EXAMPLE,
    ),
    "EventList": record({"events": many("Event")}, {"events": [_EVENT_EXAMPLE]}),
    "Attempt": record(
        {
            "number": COUNT,
            "started_at": MOMENT,
            "finished_at": maybe(MOMENT),
            "outcome": maybe(words(Outcome)),
            "error": ANY,
        },
        _ATTEMPT_EXAMPLE,
    ),
    "AttemptList": record({"attempts": many("Attempt")}, {"attempts": [_ATTEMPT_EXAMPLE]}),
}
