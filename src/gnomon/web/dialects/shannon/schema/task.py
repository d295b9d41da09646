"""Tasks: as they are submitted, read and listed."""

from typing import Any, Final

from gnomon.core.session import SESSION_ID
from gnomon.web.dialects.shannon.modes import EFFORTS, STRATEGIES
from gnomon.web.dialects.shannon.render.task import MODES, UNSPECIFIED
from gnomon.web.dialects.shannon.status import PREFIX, WORDS
from gnomon.web.dialects.shannon.wire.submit import PROVIDERS, TIERS
from gnomon.web.forms import COUNT, MOMENT, NUMBER, TEXT, Schema, many, maybe, named, record, told, words

TASK_ID: Final = "task_01jz8k5w3v9m2q4x7c6t1r0f8e"
SESSION: Final = "user-123-session"
AT: Final = "2026-01-31T12:00:00.123456Z"
QUERY: Final = "What is the capital of France?"
URL: Final = f"/api/v1/stream/sse?workflow_id={TASK_ID}"
FREE: Schema = {"type": "object"}
STATUS: Schema = words([PREFIX + word for word in WORDS])
MODE: Schema = words(sorted({*MODES.values(), UNSPECIFIED}))
NAME: Schema = told({"type": "string", "pattern": f"^{SESSION_ID.pattern}$"}, "`workflow_id` is the same.")
_NULLABLE_TEXT: Schema = {"type": ["string", "null"]}
_USAGE: dict[str, Any] = {
    "total_tokens": 300,
    "input_tokens": 200,
    "output_tokens": 100,
    "prompt_tokens": 200,
    "completion_tokens": 100,
    "estimated_cost": 0.006,
    "cost_usd": 0.006,
}
_CITATION: dict[str, Any] = {
    "url": "https://example.com/paris",
    "title": "Paris",
    "source": "example.com",
    "snippet": "Paris has been the capital since 987.",
    "excerpts": ["Paris has been the capital since 987."],
}
_RESULT: Final = "Paris.\n\nSources:\n1. Paris - https://example.com/paris"
_SUMMARY: dict[str, Any] = {
    "task_id": TASK_ID,
    "workflow_id": TASK_ID,
    "query": QUERY,
    "status": "TASK_STATUS_COMPLETED",
    "mode": "EXECUTION_MODE_SIMPLE",
    "created_at": AT,
    "session_id": SESSION,
    "completed_at": "2026-01-31T12:00:05.123456Z",
    "total_token_usage": _USAGE,
}
_TASK: dict[str, Any] = {
    "task_id": TASK_ID,
    "workflow_id": TASK_ID,
    "status": "TASK_STATUS_COMPLETED",
    "progress": 1.0,
    "response": {"result": _RESULT, "citations": [_CITATION]},
    "result": _RESULT,
    "error": "",
    "created_at": AT,
    "updated_at": "2026-01-31T12:00:05.123456Z",
    "query": QUERY,
    "session_id": SESSION,
    "mode": "EXECUTION_MODE_SIMPLE",
    "model_used": "gpt-5-mini",
    "provider": "openai",
    "usage": _USAGE,
    "metadata": {"kind": "research", "mode": "simple", "citations": [_CITATION]},
}

SWITCH: Schema = {"type": ["boolean", "string", "number", "null"]}
"""A flag, which may be written as `true` or `1` between quotes, too."""


def _counted(most: int) -> Schema:
    return {"type": ["integer", "string", "null"], "minimum": 1, "maximum": most}


SCHEMAS: dict[str, Schema] = {
    "TaskSubmission": {
        "type": "object",
        "required": ["query"],
        "properties": {
            "query": told({"type": "string", "pattern": r"\S"}, "What to find out or to do."),
            "session_id": told(
                {"type": ["string", "null"], "pattern": f"^(?:{SESSION_ID.pattern})?$"},
                "The session whose next turn it is; made if need be. Left out, it begins one of its own.",
            ),
            "context": told(
                {"type": ["object", "null"]},
                "Circumstances that the work keeps in mind, by name; members that steer it may stand here, too.",
            ),
            "mode": told({"enum": [*EFFORTS, None, ""]}, "How much the answer may cost."),
            "skill": told(_NULLABLE_TEXT, "A skill whose text the work keeps in mind."),
            "research_strategy": told({"enum": [*STRATEGIES, None, ""]}, "As `mode`, and wins over it."),
            "model_tier": told({"enum": [*TIERS, None, ""]}, "Changes nothing here."),
            "model_override": told(_NULLABLE_TEXT, "Changes nothing here."),
            "provider_override": told({"enum": [*PROVIDERS, None, ""]}, "Changes nothing here."),
            "max_iterations": told(_counted(50), "Changes nothing here."),
            "max_concurrent_agents": told(_counted(20), "Changes nothing here."),
            "enable_verification": told(SWITCH, "Changes nothing here."),
        },
        "examples": [{"query": QUERY, "session_id": SESSION, "mode": "simple"}],
    },
    "Submitted": record(
        {
            "task_id": NAME,
            "workflow_id": NAME,
            "status": {"const": "STATUS_CODE_OK"},
            "message": TEXT,
            "created_at": MOMENT,
        },
        {
            "task_id": TASK_ID,
            "workflow_id": TASK_ID,
            "status": "STATUS_CODE_OK",
            "message": f"Task submitted; it is turn 1 of session {SESSION}.",
            "created_at": AT,
        },
    ),
    "StreamSubmitted": record(
        {"task_id": NAME, "workflow_id": NAME, "stream_url": told(TEXT, "On this server.")},
        {"task_id": TASK_ID, "workflow_id": TASK_ID, "stream_url": URL},
    ),
    "Usage": record(
        {
            **dict.fromkeys(("total_tokens", "input_tokens", "output_tokens"), COUNT),
            **dict.fromkeys(("prompt_tokens", "completion_tokens"), COUNT),
            **dict.fromkeys(
                ("estimated_cost", "cost_usd"), told(NUMBER, "Left out when a price is not known.")
            ),
        },
        _USAGE,
        optional=("estimated_cost", "cost_usd"),
    ),
    "Citation": record(
        {
            **dict.fromkeys(("url", "title", "source", "snippet"), TEXT),
            "excerpts": {"type": "array", "items": TEXT},
        },
        _CITATION,
    ),
    "Task": record(
        {
            "task_id": NAME,
            "workflow_id": NAME,
            "status": STATUS,
            "progress": told({"type": "number", "minimum": 0, "maximum": 1}, "Of the present attempt."),
            "result": told(
                TEXT, "The answer, with its sources under it; JSON as text. Only when there is one."
            ),
            "response": told(maybe(FREE), "The members of a JSON answer, beside `result` and `citations`."),
            "error": told(TEXT, "Why it failed; blank when it did not."),
            "created_at": MOMENT,
            "updated_at": MOMENT,
            "query": told(TEXT, "Of a task that another door took in: what comes nearest to one."),
            "session_id": TEXT,
            "mode": told(MODE, "Of a task that another door took in: `EXECUTION_MODE_UNSPECIFIED`."),
            "context": FREE,
            "model_used": TEXT,
            "provider": TEXT,
            "usage": named("Usage"),
            "metadata": named("TaskMetadata"),
            "unified_response": told(FREE, "All of it once more in one shape, when it has ended."),
        },
        _TASK,
        optional=("result", "context", "model_used", "provider", "usage", "unified_response"),
    ),
    "TaskMetadata": record(
        {
            "kind": told(TEXT, "The workload that runs it."),
            "mode": TEXT,
            "skill": TEXT,
            "stage": told(TEXT, "What it is at, while it runs."),
            "found": told(
                {"type": "boolean"}, "Whether anything was found that answers; of answers that tell it."
            ),
            "confidence": told(words(["low", "medium", "high"]), "Of the least sure part of the answer."),
            "warnings": told(
                {"type": "array", "items": TEXT}, "What of the request changes nothing, and why."
            ),
            "approval": named("Approval"),
            "citations": many("Citation"),
            "model_breakdown": {"type": "array", "items": FREE},
        },
        {"kind": "research", "mode": "simple", "citations": [_CITATION]},
        optional=(
            *("mode", "skill", "stage", "found", "confidence"),
            *("warnings", "approval", "citations", "model_breakdown"),
        ),
    ),
    "TaskSummary": record(
        {
            "task_id": NAME,
            "workflow_id": NAME,
            "query": TEXT,
            "status": STATUS,
            "mode": MODE,
            "created_at": MOMENT,
            "session_id": TEXT,
            "completed_at": MOMENT,
            "total_token_usage": named("Usage"),
        },
        _SUMMARY,
        optional=("completed_at", "total_token_usage"),
    ),
    "TaskPage": record(
        {"tasks": many("TaskSummary"), "total_count": COUNT}, {"tasks": [_SUMMARY], "total_count": 1}
    ),
    "Approval": record(
        {
            "approval_id": told(TEXT, "Unique within the task."),
            "workflow_id": NAME,
            "kind": words(["approval", "review", "question"]),
            "message": TEXT,
            "question": told({}, "In the workload's own words."),
            "requested_at": MOMENT,
            "expires_at": told(MOMENT, "When the task goes on without an answer."),
        },
        {
            "approval_id": "deploy:1",
            "workflow_id": TASK_ID,
            "kind": "approval",
            "message": "Shall I go on?",
            "question": {"kind": "approval", "message": "Shall I go on?"},
            "requested_at": AT,
        },
        optional=("expires_at",),
    ),
}
