"""Events, and what is made of them."""

from typing import Any

from gnomon.web.dialects.shannon.schema.task import AT, FREE, TASK_ID
from gnomon.web.forms import COUNT, MOMENT, TEXT, Schema, many, told

_EVENT: dict[str, Any] = {
    "workflow_id": TASK_ID,
    "type": "WORKFLOW_STARTED",
    "message": "The work has begun.",
    "timestamp": AT,
    "seq": 2,
    "stream_id": "2-0",
}
_MARK: dict[str, Any] = {
    "id": f"{TASK_ID}-1",
    "workflow_id": TASK_ID,
    "type": "WF_STARTED",
    "timestamp": AT,
    "seq": 1,
}

SCHEMAS: dict[str, Schema] = {
    "Event": {
        "type": "object",
        "properties": {
            "workflow_id": TEXT,
            "type": told(TEXT, "The vendor's internal name; streams map some of them."),
            "agent_id": TEXT,
            "message": TEXT,
            "timestamp": MOMENT,
            "seq": told(COUNT, "The task's event that this is made of."),
            "stream_id": told(TEXT, "Where a stream goes on after this one."),
            "payload": FREE,
        },
        "examples": [_EVENT],
    },
    "EventPage": {
        "type": "object",
        "required": ["events", "count"],
        "properties": {"events": many("Event"), "count": told(COUNT, "Of this page.")},
        "examples": [{"events": [_EVENT], "count": 1}],
    },
    "Timeline": {
        "type": "object",
        "required": ["workflow_id"],
        "properties": {
            "workflow_id": TEXT,
            "events": {"type": "array", "items": FREE},
            "stats": FREE,
            "status": told({"const": "accepted"}, "With `persist`."),
            "count": COUNT,
        },
        "examples": [{"workflow_id": TASK_ID, "events": [_MARK], "stats": {"total": 1, "mode": "summary"}}],
    },
}
