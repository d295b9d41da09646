"""Sessions with what their tasks come to, and their tasks."""

from typing import Any

from gnomon.core.task import Status
from gnomon.web.forms import ANY, COUNT, FLAG, MOMENT, TEXT, Schema, many, maybe, named, record, told
from gnomon.web.native.schema.task import TASK_EXAMPLE

_ID = "shouting-about-books"
_TOTALS = ("is_active", "counts", "usage")
_USAGE_EXAMPLE: dict[str, Any] = {
    "calls": 3,
    "input_tokens": 5120,
    "output_tokens": 640,
    "cost_usd": 0.0123,
    "engine": "local:qwen2.5-1.5b",
}
_SESSION_EXAMPLE: dict[str, Any] = {
    "id": _ID,
    "number": 1,
    "title": "Shouting about books",
    "context": {"language": "en"},
    "is_active": True,
    "size": 2,
    "first_turn": 1,
    "last_turn": 2,
    "counts": {**dict.fromkeys(map(str, Status), 0), "pending": 1, "running": 1},
    "usage": _USAGE_EXAMPLE,
    "created_at": "2026-01-31T12:00:00.000000Z",
    "updated_at": "2026-01-31T12:00:01.500000Z",
}
_CHANGED = record(
    {
        "id": told(TEXT, "The client's own name for it."),
        "number": told(COUNT, "Sequential within the workspace."),
        "title": maybe(TEXT),
        "context": told(ANY, "What is kept for who reads the session, or null."),
        "size": told(COUNT, "How many tasks it has."),
        "first_turn": told(
            COUNT, "The `session_turn` of its first task; above 1 when its name was used before."
        ),
        "last_turn": told(COUNT, "The `session_turn` of its newest task."),
        "created_at": MOMENT,
        "updated_at": told(MOMENT, "When its newest task came, or it was changed."),
    },
    {name: value for name, value in _SESSION_EXAMPLE.items() if name not in _TOTALS},
)

SCHEMAS: dict[str, Schema] = {
    "Session": record(
        {
            **_CHANGED["properties"],
            "is_active": told(FLAG, "Whether a task of it has not ended."),
            "counts": told(record(dict.fromkeys(map(str, Status), COUNT)), "How many tasks stand how."),
            "usage": named("Usage"),
        },
        _SESSION_EXAMPLE,
    ),
    "ChangedSession": _CHANGED,
    "SessionPage": record(
        {
            "sessions": many("Session"),
            "total": told(COUNT, "How many sessions there are."),
            "next": told(maybe(COUNT), "`offset` of the next page, or null on the last."),
        },
        {"sessions": [_SESSION_EXAMPLE], "total": 1, "next": None},
    ),
    "TurnPage": record(
        {
            "session_id": TEXT,
            "tasks": many("Task"),
            "next": told(maybe(COUNT), "`after` of the next page, or null when there is none at present."),
        },
        {
            "session_id": _ID,
            "tasks": [{**TASK_EXAMPLE, "session_id": _ID, "session_turn": 1}],
            "next": None,
        },
    ),
}
