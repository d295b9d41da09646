"""Sessions, their turns and their files."""

from typing import Any, Final

from gnomon.core.session import LONGEST_TITLE
from gnomon.web.dialects.shannon.modes import EFFORTS
from gnomon.web.dialects.shannon.schema.task import AT, FREE, NAME, QUERY, SESSION, TASK_ID
from gnomon.web.dialects.shannon.status import WORDS
from gnomon.web.forms import COUNT, FLAG, MOMENT, NUMBER, TEXT, Schema, many, record, told, words

_TEXTS: Schema = {"type": "array", "items": TEXT}
_SHORT: Schema = words(WORDS)
_COST: Schema = told(NUMBER, "Left out when a price is not known.")
_NAMED: dict[str, Schema] = {
    "session_id": TEXT,
    "user_id": told(TEXT, "The workspace: sessions are all its keys'."),
    "title": {**TEXT, "maxLength": LONGEST_TITLE},
    "task_count": COUNT,
    "tokens_used": COUNT,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "context": told(FREE, "That of the first task, and the title."),
    "is_research_session": FLAG,
}
_ANSWER: Final = "Paris.\n\nSources:\n1. Paris - https://example.com/paris"
_FILE: Final = f"answers/0001-{TASK_ID}.md"
_SESSION: dict[str, Any] = {
    "session_id": SESSION,
    "user_id": "wsp_1",
    "title": "Capitals",
    "task_count": 1,
    "tokens_used": 300,
    "created_at": AT,
    "updated_at": AT,
    "context": {"title": "Capitals"},
    "is_research_session": False,
    "total_cost_usd": 0.006,
}
_SUMMARY: dict[str, Any] = {
    **_SESSION,
    "last_activity_at": AT,
    "is_active": True,
    "successful_tasks": 1,
    "failed_tasks": 0,
    "success_rate": 1.0,
    "average_cost_per_task": 0.006,
    "latest_task_query": QUERY,
    "latest_task_status": "COMPLETED",
    "first_task_mode": "simple",
}
_PAST: dict[str, Any] = {
    "task_id": TASK_ID,
    "workflow_id": TASK_ID,
    "query": QUERY,
    "status": "COMPLETED",
    "mode": "simple",
    "result": _ANSWER,
    "total_tokens": 300,
    "total_cost_usd": 0.006,
    "duration_ms": 5000,
    "agents_used": ["research"],
    "tools_invoked": [],
    "created_at": AT,
    "started_at": AT,
    "completed_at": AT,
    "metadata": {"kind": "research", "provider": "openai", "model_used": "gpt-5-mini"},
}
_EVENT: dict[str, Any] = {
    "workflow_id": TASK_ID,
    "type": "WORKFLOW_STARTED",
    "agent_id": "orchestrator",
    "message": "The task has started.",
    "timestamp": AT,
    "seq": 2,
    "stream_id": "2-0",
}
_TURN: dict[str, Any] = {
    "turn": 1,
    "task_id": TASK_ID,
    "user_query": QUERY,
    "final_output": _ANSWER,
    "timestamp": AT,
    "events": [_EVENT],
    "metadata": {
        "tokens_used": 300,
        "execution_time_ms": 5000,
        "agents_involved": ["research"],
        "status": "COMPLETED",
    },
}
_ENTRY: dict[str, Any] = {
    "name": _FILE.rpartition("/")[2],
    "path": _FILE,
    "is_dir": False,
    "size_bytes": 102,
}

SCHEMAS: dict[str, Schema] = {
    "Session": record(
        {**_NAMED, "cost_usd": _COST, "total_cost_usd": _COST, "research_strategy": TEXT},
        {**_SESSION, "cost_usd": 0.006},
        optional=("title", "cost_usd", "total_cost_usd", "research_strategy"),
    ),
    "SessionSummary": record(
        {
            **_NAMED,
            "last_activity_at": MOMENT,
            "is_active": told(FLAG, "A task is at work, or it was changed within a day."),
            "successful_tasks": COUNT,
            "failed_tasks": COUNT,
            "success_rate": told(NUMBER, "Of the tasks that have completed or failed."),
            "total_cost_usd": _COST,
            "average_cost_per_task": _COST,
            "latest_task_query": TEXT,
            "latest_task_status": _SHORT,
            "first_task_mode": words(EFFORTS),
        },
        _SUMMARY,
        optional=(
            *("title", "success_rate", "total_cost_usd", "average_cost_per_task"),
            *("latest_task_query", "latest_task_status", "first_task_mode"),
        ),
    ),
    "SessionPage": record(
        {"sessions": many("SessionSummary"), "total_count": COUNT}, {"sessions": [_SUMMARY], "total_count": 1}
    ),
    "SessionTask": record(
        {
            **dict.fromkeys(("task_id", "workflow_id"), NAME),
            "query": TEXT,
            "status": _SHORT,
            "mode": words(EFFORTS),
            "result": TEXT,
            "error_message": TEXT,
            "total_tokens": COUNT,
            "total_cost_usd": _COST,
            "duration_ms": COUNT,
            "agents_used": _TEXTS,
            "tools_invoked": _TEXTS,
            **dict.fromkeys(("created_at", "started_at", "completed_at"), MOMENT),
            "metadata": FREE,
        },
        _PAST,
        optional=("mode", "result", "error_message", "total_cost_usd", "duration_ms", "completed_at"),
    ),
    "SessionHistory": record(
        {"session_id": TEXT, "tasks": many("SessionTask"), "total": COUNT},
        {"session_id": SESSION, "tasks": [_PAST], "total": 1},
    ),
    "SessionTurn": record(
        {
            "turn": COUNT,
            "task_id": NAME,
            "user_query": TEXT,
            "final_output": TEXT,
            "timestamp": MOMENT,
            "events": told(many("Event"), "As the task's own, without the answer's pieces."),
            "metadata": FREE,
        },
        _TURN,
    ),
    "SessionEvents": record(
        {"session_id": TEXT, "count": told(COUNT, "Turns of the session."), "turns": many("SessionTurn")},
        {"session_id": SESSION, "count": 1, "turns": [_TURN]},
    ),
    "Title": {
        "type": "object",
        "required": ["title"],
        "properties": {"title": {"type": "string", "pattern": r"\S"}},
        "examples": [{"title": "Capitals"}],
    },
    "Titled": record({"session_id": TEXT, "title": TEXT}, {"session_id": SESSION, "title": "Capitals"}),
    "FileEntry": record({"name": TEXT, "path": TEXT, "is_dir": FLAG, "size_bytes": COUNT}, _ENTRY),
    "FileList": record({"success": FLAG, "files": many("FileEntry")}, {"success": True, "files": [_ENTRY]}),
    "File": record(
        {"success": FLAG, "content": TEXT, "content_type": TEXT, "size_bytes": COUNT},
        {
            "success": True,
            "content": "Paris.\n",
            "content_type": "text/markdown; charset=utf-8",
            "size_bytes": 7,
        },
    ),
}
