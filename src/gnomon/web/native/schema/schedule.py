"""Schedules, and pages of them and of their runs."""

from typing import Any

from gnomon.core.schedule import ScheduleStatus
from gnomon.web.forms import ANY, COUNT, MOMENT, NUMBER, TEXT, Schema, many, maybe, named, record, told, words
from gnomon.web.native.schema.task import METADATA, TASK_EXAMPLE

_ID = "sch_06ed9jg1z3v8kq5m7t2c4d6e9f"
_ORDER_EXAMPLE: dict[str, Any] = {
    "kind": "shout",
    "input": {"text": "good morning"},
    "timeout_seconds": 600.0,
    "session_id": None,
    "metadata": None,
}
_EXAMPLE: dict[str, Any] = {
    "id": _ID,
    "number": 1,
    "name": "Morning shout",
    "description": None,
    "cron": "30 7 * * 1-5",
    "timezone": "Europe/Berlin",
    "task": _ORDER_EXAMPLE,
    "status": "active",
    "pause_told": None,
    "next_at": "2026-02-02T06:30:00.000000Z",
    "last_at": "2026-01-30T06:30:00.000000Z",
    "runs": 5,
    "succeeded": 4,
    "failed": 1,
    "skipped": 0,
    "skip_cause": None,
    "created_at": "2026-01-25T12:00:00.000000Z",
    "updated_at": "2026-01-25T12:00:00.000000Z",
}
_TOTAL = told(COUNT, "How many there are.")
_NEXT = told(maybe(COUNT), "`offset` of the next page, or null on the last.")

SCHEMAS: dict[str, Schema] = {
    "Schedule": record(
        {
            "id": TEXT,
            "number": told(COUNT, "Sequential within the workspace."),
            "name": TEXT,
            "description": maybe(TEXT),
            "cron": TEXT,
            "timezone": TEXT,
            "task": named("ScheduledTask"),
            "status": words(ScheduleStatus),
            "pause_told": told(maybe(named("Steering")), "Who paused it, and why; while it is paused."),
            "next_at": told(
                maybe(MOMENT), "When it fires next; null while it is paused, and when no time is to come."
            ),
            "last_at": told(maybe(MOMENT), "The latest time at which it fired or was skipped."),
            "runs": told(COUNT, "Tasks that it has made."),
            "succeeded": told(COUNT, "How many of them are `completed`."),
            "failed": told(COUNT, "How many of them are `failed`, `timed_out` or `expired`."),
            "skipped": told(COUNT, "Times that passed without a run."),
            "skip_cause": told(maybe(TEXT), "Why its latest time did; null when that made a run."),
            "created_at": MOMENT,
            "updated_at": told(MOMENT, "When it was last changed, paused or resumed."),
        },
        _EXAMPLE,
    ),
    "ScheduledTask": record(
        {
            "kind": TEXT,
            "input": ANY,
            "timeout_seconds": maybe(NUMBER),
            "session_id": maybe(TEXT),
            "metadata": METADATA,
        },
        _ORDER_EXAMPLE,
    ),
    "SchedulePage": record(
        {"schedules": many("Schedule"), "total": _TOTAL, "next": _NEXT},
        {"schedules": [_EXAMPLE], "total": 1, "next": None},
    ),
    "RunPage": record(
        {"schedule_id": TEXT, "tasks": many("Task"), "total": _TOTAL, "next": _NEXT},
        {
            "schedule_id": _ID,
            "tasks": [{**TASK_EXAMPLE, "schedule_id": _ID, "scheduled_for": "2026-01-30T06:30:00.000000Z"}],
            "total": 1,
            "next": None,
        },
    ),
}
