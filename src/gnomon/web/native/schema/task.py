"""Tasks, their events and their attempts."""

from typing import Any

from gnomon.core.event import EventType
from gnomon.core.retry import Outcome
from gnomon.core.task import CancelOutcome, Status, Visibility
from gnomon.web.forms import (
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
    "is_active": False,
    "stage": None,
    "progress": 100.0,
    "version": 4,
    "events_from": 1,
    "attempt": 1,
    "revision": 1,
    "priority": 0,
    "visibility": "public",
    "parent_id": None,
    "position": None,
    "predecessor_id": None,
    "resource_id": None,
    "group_id": None,
    "group_number": None,
    "session_id": None,
    "session_turn": None,
    "schedule_id": None,
    "scheduled_for": None,
    "metadata": {"team": "library"},
    "created_at": "2026-01-31T12:00:00.000000Z",
    "started_at": "2026-01-31T12:00:00.120000Z",
    "updated_at": "2026-01-31T12:00:01.500000Z",
    "finished_at": "2026-01-31T12:00:01.500000Z",
    "run_at": None,
    "deadline_at": None,
    "pause_requested_at": None,
    "pause_told": None,
    "cancel_requested_at": None,
    "cancel_by": None,
    "cancel_outcome": None,
    "cancel_told": None,
    "question": None,
    "usage": None,
    "error": None,
    "result": {"text": "HELLO"},
}
METADATA = told(maybe({"type": "object"}), "What was attached when it was submitted.")
_TASK = record(
    {
        "id": TEXT,
        "number": told(COUNT, "Sequential within the workspace."),
        "kind": TEXT,
        "status": words(Status),
        "is_active": told(FLAG, "Whether something may still follow."),
        "stage": told(maybe(TEXT), "What is being done, in the workload's word."),
        "progress": told({**NUMBER, "minimum": 0, "maximum": 100}, "100 only when completed."),
        "version": told(COUNT, "The number of the last event; every change raises it."),
        "events_from": told(COUNT, "The oldest event that is still kept."),
        "attempt": told(COUNT, "Attempts begun so far."),
        "revision": told(
            COUNT, "Its place in its line of reruns, or the revision of the resource that it ran."
        ),
        "priority": told({"type": "integer"}, "Higher ones are taken first."),
        "visibility": words(Visibility),
        "parent_id": maybe(TEXT),
        "position": maybe(COUNT),
        "predecessor_id": maybe(TEXT),
        "resource_id": maybe(TEXT),
        "group_id": told(maybe(TEXT), "The group that it is a member of."),
        "group_number": told(maybe(COUNT), "The version of its group at which it joined: the cursor there."),
        "session_id": told(maybe(TEXT), "The session that it was submitted to."),
        "session_turn": told(maybe(COUNT), "Its place among the tasks of that session: the cursor there."),
        "schedule_id": told(maybe(TEXT), "The schedule that it is a run of."),
        "scheduled_for": told(maybe(MOMENT), "The time of that schedule that it was made for."),
        "metadata": METADATA,
        "created_at": MOMENT,
        "started_at": maybe(MOMENT),
        "updated_at": MOMENT,
        "finished_at": maybe(MOMENT),
        "run_at": maybe(MOMENT),
        "deadline_at": maybe(MOMENT),
        "pause_requested_at": told(maybe(MOMENT), "While it runs on towards its next checkpoint."),
        "pause_told": told(
            maybe(named("Steering")), "Who asked for the pause that it is in, or on its way to, and why."
        ),
        "cancel_requested_at": maybe(MOMENT),
        "cancel_by": told(maybe(MOMENT), "When a cancel that was asked for has ended it at the latest."),
        "cancel_outcome": maybe(words(CancelOutcome)),
        "cancel_told": told(maybe(named("Steering")), "Who asked for the cancel first, and why."),
        "question": told(maybe(named("Question")), "What it has asked while it is `waiting`."),
        "usage": told(
            maybe(named("Usage")), "What it has used of language models so far; null when it called none."
        ),
        "error": maybe(named("TaskError")),
        "result": told(ANY, "What the work gave, when it is completed."),
    },
    TASK_EXAMPLE,
)
_EVENT_EXAMPLE = {
    "task_id": _ID,
    "number": 4,
    "version": 4,
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
_QUESTION_EXAMPLE = {
    "key": "approve",
    "body": {"text": "Shall it be shouted in the library?"},
    "asked_at": "2026-01-31T12:00:00.500000Z",
    "answer_by": "2026-01-31T12:30:00.500000Z",
}
_REVISION_EXAMPLE = {
    "revision": 1,
    "task_id": _ID,
    "status": "completed",
    "version": 4,
    "created_at": "2026-01-31T12:00:00.000000Z",
    "finished_at": "2026-01-31T12:00:01.500000Z",
}
_PARENTS = "The parent's version when its children were listed; each child has its own."
_DIFFERENCE_EXAMPLE = {"op": "replace", "path": "/text", "old": "hello", "new": "hullo"}

SCHEMAS: dict[str, Schema] = {
    "Task": _TASK,
    "SubmittedTask": record(
        {
            **_TASK["properties"],
            "webhooks": told(
                many("TaskWebhook"),
                "The endpoints that came with it, when it came with some, and not on a replay.",
            ),
        },
        TASK_EXAMPLE,
        optional=("webhooks",),
    ),
    "TaskError": record({"code": TEXT, "message": TEXT, "retryable": FLAG}, _ERROR),
    "TaskPage": record(
        {
            "tasks": many("Task"),
            "next": told(maybe(TEXT), "The cursor of the next page, or null on the last."),
        },
        {"tasks": [TASK_EXAMPLE], "next": None},
    ),
    "TaskList": record(
        {"task_id": TEXT, "version": told(COUNT, _PARENTS), "tasks": many("Task")},
        {"task_id": _ID, "version": 4, "tasks": [{**TASK_EXAMPLE, "parent_id": _ID, "position": 0}]},
    ),
    "Event": record(
        {
            "task_id": TEXT,
            "number": told(COUNT, "Dense from 1 within the task: the cursor."),
            "version": told(COUNT, "The version of the task that this event made: its number."),
            "at": MOMENT,
            "type": words(EventType),
            "body": ANY,
        },
        _EVENT_EXAMPLE,
    ),
    "EventPage": record(
        {
            "events": many("Event"),
            "next": told(COUNT, "`after` for the events that follow."),
            "version": told(
                COUNT, "The number of the task's last event: higher than `next` when there are more."
            ),
        },
        {"events": [_EVENT_EXAMPLE], "next": 4, "version": 4},
    ),
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
    "Result": record(
        {"task_id": TEXT, "status": {"const": "completed"}, "version": COUNT, "result": ANY},
        {"task_id": _ID, "status": "completed", "version": 4, "result": {"text": "HELLO"}},
    ),
    "TaskInput": record(
        {"task_id": TEXT, "version": COUNT, "revision": COUNT, "input": ANY},
        {"task_id": _ID, "version": 4, "revision": 1, "input": {"text": "hello"}},
    ),
    "Question": record(
        {
            "key": TEXT,
            "body": ANY,
            "asked_at": MOMENT,
            "answer_by": told(
                maybe(MOMENT),
                "When it lapses: the task goes on with null for an answer. Null: it waits for ever.",
            ),
        },
        _QUESTION_EXAMPLE,
    ),
    "Steering": record(
        {
            "by": told(maybe(TEXT), "What the key is called that was used: its name, or its prefix."),
            "reason": told(maybe(TEXT), "What was said."),
        },
        {"by": "night shift", "reason": "The price is not settled yet."},
    ),
    "Usage": record(
        {
            "calls": told(COUNT, "Calls of models, over all attempts."),
            "input_tokens": COUNT,
            "output_tokens": COUNT,
            "cost_usd": told(maybe(NUMBER), "Null when the price of a model is not known."),
            "engine": told(
                maybe(TEXT),
                "The model that was called last: `local:MODEL` or `provider:PROVIDER/MODEL`.",
            ),
        },
        {
            "calls": 3,
            "input_tokens": 5210,
            "output_tokens": 844,
            "cost_usd": 0.0021,
            "engine": "provider:openai/gpt-x",
        },
    ),
    "Revision": record(
        {
            "revision": COUNT,
            "task_id": TEXT,
            "status": words(Status),
            "version": COUNT,
            "created_at": MOMENT,
            "finished_at": maybe(MOMENT),
        },
        _REVISION_EXAMPLE,
    ),
    "RevisionList": record({"revisions": many("Revision")}, {"revisions": [_REVISION_EXAMPLE]}),
    "Difference": record(
        {
            "op": words(("add", "remove", "replace")),
            "path": told(
                TEXT, "A JSON pointer (RFC 6901) into the document as the earlier ones have left it."
            ),
            "old": told(ANY, "What was there, or null."),
            "new": told(ANY, "What is there now, or null."),
        },
        _DIFFERENCE_EXAMPLE,
    ),
    "Comparison": record(
        {"differences": many("Difference"), "truncated": told(FLAG, "Whether there are more.")},
        {"differences": [_DIFFERENCE_EXAMPLE], "truncated": False},
    ),
    "Diff": record(
        {
            "from": named("Revision"),
            "to": named("Revision"),
            "input": named("Comparison"),
            "result": named("Comparison"),
        },
        {
            "from": _REVISION_EXAMPLE,
            "to": {**_REVISION_EXAMPLE, "revision": 2, "task_id": "tsk_06ed9jh0t2f8w1m5n7p9q3r5s7"},
            "input": {"differences": [_DIFFERENCE_EXAMPLE], "truncated": False},
            "result": {"differences": [], "truncated": False},
        },
    ),
    "AttemptList": record(
        {"task_id": TEXT, "version": COUNT, "attempts": many("Attempt")},
        {"task_id": _ID, "version": 4, "attempts": [_ATTEMPT_EXAMPLE]},
    ),
}
