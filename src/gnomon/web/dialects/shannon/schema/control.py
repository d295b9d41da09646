"""What steers a task, and what becomes of it."""

from typing import Any

from gnomon.core.service.steering import LONGEST_REASON
from gnomon.web.dialects.shannon.schema.task import AT, NAME, QUERY, SWITCH, TASK_ID
from gnomon.web.dialects.shannon.wire.steer import LONGEST_FEEDBACK, LONGEST_MESSAGE
from gnomon.web.forms import COUNT, FLAG, MOMENT, TEXT, Schema, many, record, told, words

_BLANK_MOMENT: Schema = {"anyOf": [MOMENT, {"const": ""}]}
_MAYBE_TEXT: Schema = {"type": ["string", "null"]}
_ROUND: dict[str, Any] = {"role": "assistant", "message": "1. Look it up.", "timestamp": AT}
_REVIEW: dict[str, Any] = {
    "status": "reviewing",
    "round": 1,
    "version": 1,
    "current_plan": "1. Look it up.",
    "rounds": [_ROUND],
    "query": QUERY,
    "plan": {"message": "1. Look it up.", "round": 1, "version": 1, "intent": "ready"},
}
_REVIEWED: dict[str, Schema] = {
    "status": words(["reviewing", "approved"]),
    "round": told(COUNT, "Of a plan, as all that follows but `message`."),
    "version": COUNT,
    "current_plan": TEXT,
    "rounds": {"type": "array", "items": {"type": "object"}},
    "query": TEXT,
    "plan": record(
        {"message": TEXT, "round": COUNT, "version": COUNT, "intent": words(["feedback", "ready", "execute"])}
    ),
    "message": told(TEXT, "Of an approval."),
}

SCHEMAS: dict[str, Schema] = {
    "Reason": {
        "type": "object",
        "properties": {"reason": {"type": ["string", "null"], "maxLength": LONGEST_REASON}},
        "examples": [{"reason": "It is no longer needed."}],
    },
    "Steered": record(
        {
            "success": FLAG,
            "message": TEXT,
            "task_id": NAME,
            "workflow_id": NAME,
            "status": told(TEXT, "Of a task that has ended."),
            "error": TEXT,
        },
        {
            "success": True,
            "message": "Pause signal sent",
            "task_id": TASK_ID,
            "workflow_id": TASK_ID,
        },
        optional=("task_id", "workflow_id", "status", "error"),
    ),
    "ControlState": record(
        {
            **dict.fromkeys(("is_paused", "is_cancelled"), told(FLAG, "From when it was asked for.")),
            **dict.fromkeys(
                ("is_pausing", "is_cancelling"), told(FLAG, "The work goes on to its next checkpoint.")
            ),
            "paused_at": _BLANK_MOMENT,
            "pause_reason": TEXT,
            "paused_by": TEXT,
            "cancelled_at": _BLANK_MOMENT,
            "cancel_reason": TEXT,
            "cancelled_by": TEXT,
        },
        {
            "is_paused": True,
            "is_cancelled": False,
            "is_pausing": False,
            "is_cancelling": False,
            "paused_at": AT,
            "pause_reason": "The price is open.",
            "paused_by": "ci",
            "cancelled_at": "",
            "cancel_reason": "",
            "cancelled_by": "",
        },
    ),
    "Decision": {
        "type": "object",
        "required": ["workflow_id", "approval_id"],
        "properties": {
            "workflow_id": {**NAME, "description": "The task that asks."},
            "approval_id": told({"type": "string", "pattern": r"\S"}, "What it asks."),
            "approved": told(SWITCH, "False when it is left out."),
            "feedback": told(_MAYBE_TEXT, "Why, for the work; of a plan, what shall change."),
            "modified_action": told({}, "What to do instead, in the workload's own words."),
            "approved_by": told(_MAYBE_TEXT, "Who decides; the key's name when it is left out."),
        },
        "examples": [{"workflow_id": TASK_ID, "approval_id": "deploy:1", "approved": True}],
    },
    "Decided": record(
        {
            "status": {"const": "sent"},
            "success": FLAG,
            "message": TEXT,
            "workflow_id": NAME,
            "run_id": NAME,
            "approval_id": TEXT,
        },
        {
            "status": "sent",
            "success": True,
            "message": "The decision was recorded, and the task goes on with it.",
            "workflow_id": TASK_ID,
            "run_id": TASK_ID,
            "approval_id": "deploy:1",
        },
    ),
    "ApprovalPage": record(
        {"approvals": many("Approval"), "total_count": COUNT}, {"approvals": [], "total_count": 0}
    ),
    "Review": record({name: schema for name, schema in _REVIEWED.items() if name != "message"}, _REVIEW),
    "Reviewed": record(
        _REVIEWED,
        _REVIEW,
        optional=("round", "version", "current_plan", "rounds", "query", "plan", "message"),
    ),
    "ReviewWord": {
        "type": "object",
        "required": ["action"],
        "properties": {
            "action": words(["feedback", "approve"]),
            "message": told(
                {"type": ["string", "null"], "maxLength": LONGEST_FEEDBACK},
                "What shall change; needed with `feedback`.",
            ),
        },
        "examples": [{"action": "feedback", "message": "Leave out the year before."}],
    },
    "Message": {
        "type": "object",
        "required": ["message"],
        "properties": {"message": {"type": "string", "pattern": r"\S", "maxLength": LONGEST_MESSAGE}},
        "examples": [{"message": "Leave out the library."}],
    },
    "Sent": record({"success": FLAG, "status": {"const": "sent"}}, {"success": True, "status": "sent"}),
}
