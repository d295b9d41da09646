"""Schedules and their runs."""

from typing import Any, Final

from gnomon.web.dialects.shannon.render.schedule import STATUSES
from gnomon.web.dialects.shannon.schema.task import AT, FREE, NAME, QUERY, SWITCH, TASK_ID
from gnomon.web.dialects.shannon.status import WORDS
from gnomon.web.dialects.shannon.wire.schedule import MOST_BUDGET, USUAL_TIMEOUT
from gnomon.web.forms import COUNT, FLAG, MOMENT, NUMBER, TEXT, Schema, many, record, told, words

_ID = "sch_01jz8k5w3v9m2q4x7c6t1r0f8e"
_WORD: Schema = {"type": "string", "pattern": r"\S"}
_BUDGET: Schema = {"type": ["number", "string", "null"], "minimum": 0, "maximum": MOST_BUDGET}
_NEEDED: Final = ("name", "cron_expression", "task_query")
_MEMBERS: dict[str, Schema] = {
    "name": _WORD,
    "cron_expression": told(_WORD, "Five fields: minute, hour, day of month, month, day of week."),
    "task_query": told(_WORD, "What each run is asked."),
    "description": {"type": ["string", "null"]},
    "timezone": told({"type": ["string", "null"]}, "An IANA name; UTC when left out."),
    "task_context": told({"type": ["object", "null"]}, "As `context` of a task."),
    "max_budget_per_run_usd": told(_BUDGET, "What a run may spend on models."),
    "timeout_seconds": told(
        {"type": ["integer", "string", "null"], "minimum": 1},
        f"How long a run may take; {USUAL_TIMEOUT} when left out.",
    ),
}
_SCHEDULE: dict[str, Any] = {
    "schedule_id": _ID,
    "user_id": "wsp_1",
    "name": "News",
    "description": "",
    "cron_expression": "0 9 * * 1-5",
    "timezone": "Europe/Zurich",
    "task_query": QUERY,
    "task_context": {},
    "timeout_seconds": USUAL_TIMEOUT,
    "status": "ACTIVE",
    "created_at": AT,
    "updated_at": AT,
    "next_run_at": AT,
    "total_runs": 0,
    "successful_runs": 0,
    "failed_runs": 0,
    "skipped_runs": 0,
    "session_id": "schedule-0197d132-f07b-4d05-9274-ec3683803d0e",
}
_RUN: dict[str, Any] = {
    "workflow_id": TASK_ID,
    "task_id": TASK_ID,
    "query": QUERY,
    "status": "COMPLETED",
    "result": "Paris.",
    "model_used": "gpt-5-mini",
    "provider": "openai",
    "total_tokens": 300,
    "total_cost_usd": 0.006,
    "duration_ms": 5000,
    "triggered_at": AT,
    "scheduled_for": AT,
    "started_at": AT,
    "completed_at": AT,
}
_PAGE: dict[str, Schema] = dict.fromkeys(("total_count", "page", "page_size"), COUNT)

SCHEMAS: dict[str, Schema] = {
    "NewSchedule": {
        "type": "object",
        "required": list(_NEEDED),
        "properties": _MEMBERS,
        "examples": [{"name": "News", "cron_expression": "0 9 * * 1-5", "task_query": QUERY}],
    },
    "ScheduleChange": {
        "type": "object",
        "properties": {
            **_MEMBERS,
            **{name: {**_MEMBERS[name], "type": ["string", "null"]} for name in _NEEDED},
            "clear_task_context": told(SWITCH, "Let runs have no context."),
        },
        "examples": [{"cron_expression": "0 10 * * 1-5"}],
    },
    "ScheduleDone": record(
        {"success": FLAG, "message": TEXT, "schedule_id": TEXT, "next_run_at": MOMENT},
        {
            "success": True,
            "schedule_id": _ID,
            "message": "Schedule created successfully",
            "next_run_at": AT,
        },
        optional=("schedule_id", "next_run_at"),
    ),
    "Schedule": record(
        {
            **dict.fromkeys(("schedule_id", "name", "description", "cron_expression", "timezone"), TEXT),
            "user_id": told(TEXT, "The workspace: schedules are all its keys'."),
            "task_query": TEXT,
            "task_context": FREE,
            "max_budget_per_run_usd": NUMBER,
            "timeout_seconds": COUNT,
            "status": words(STATUSES.values()),
            **dict.fromkeys(("created_at", "updated_at", "last_run_at", "next_run_at"), MOMENT),
            **dict.fromkeys(("total_runs", "successful_runs", "failed_runs"), COUNT),
            "skipped_runs": told(COUNT, "Times that passed without a run."),
            "skip_reason": told(TEXT, "Why the latest time passed without a run."),
            "pause_reason": TEXT,
            "paused_by": TEXT,
            "session_id": told(TEXT, "The session whose turns its runs are."),
        },
        _SCHEDULE,
        optional=(
            *("max_budget_per_run_usd", "timeout_seconds", "last_run_at", "next_run_at"),
            *("skip_reason", "pause_reason", "paused_by", "session_id"),
        ),
    ),
    "SchedulePage": record(
        {"schedules": many("Schedule"), **_PAGE},
        {"schedules": [_SCHEDULE], "total_count": 1, "page": 1, "page_size": 50},
    ),
    "ScheduleRun": record(
        {
            **dict.fromkeys(("workflow_id", "task_id"), NAME),
            "query": TEXT,
            "status": words(WORDS),
            **dict.fromkeys(("result", "error_message", "model_used", "provider"), TEXT),
            "total_tokens": COUNT,
            "total_cost_usd": told(NUMBER, "Left out when a price is not known."),
            "duration_ms": COUNT,
            "triggered_at": MOMENT,
            "scheduled_for": told(MOMENT, "The time that it was due at."),
            **dict.fromkeys(("started_at", "completed_at"), MOMENT),
        },
        _RUN,
        optional=(
            *("result", "error_message", "model_used", "provider", "total_cost_usd", "duration_ms"),
            *("scheduled_for", "started_at", "completed_at"),
        ),
    ),
    "ScheduleRunPage": record(
        {"runs": many("ScheduleRun"), **_PAGE}, {"runs": [_RUN], "total_count": 1, "page": 1, "page_size": 20}
    ),
}
