"""Groups: how their runs stand."""

from typing import Any

from gnomon.web.dialects.parallel.schema.run import AT, GROUP_ID, METADATA, RUN_ID
from gnomon.web.dialects.parallel.status import WORDS
from gnomon.web.forms import COUNT, FLAG, MOMENT, TEXT, Schema, maybe, named, record, told

_CURSOR = told(
    TEXT, "`last_event_id` of a stream that begins with these runs; empty for the first of a group."
)
GROUP_STATUS: dict[str, Any] = {
    "num_task_runs": 2,
    "task_run_status_counts": {"running": 1, "completed": 1},
    "is_active": True,
    "status_message": None,
    "modified_at": AT,
}

SCHEMAS: dict[str, Schema] = {
    "TaskGroupStatus": record(
        {
            "num_task_runs": COUNT,
            "task_run_status_counts": {
                "type": "object",
                "properties": {word: {"type": "integer", "minimum": 1} for word in WORDS},
                "additionalProperties": False,
            },
            "is_active": told(FLAG, "Whether a run of it is queued, running or cancelling."),
            "status_message": maybe(TEXT),
            "modified_at": MOMENT,
        },
        GROUP_STATUS,
    ),
    "TaskGroup": record(
        {
            "taskgroup_id": told(TEXT, "`tgrp_` and 32 hexadecimal digits."),
            "status": named("TaskGroupStatus"),
            "created_at": MOMENT,
            "metadata": maybe(METADATA),
        },
        {
            "taskgroup_id": GROUP_ID,
            "status": GROUP_STATUS,
            "created_at": AT,
            "metadata": {"batch": "june"},
        },
    ),
    "TaskGroupRunResponse": record(
        {
            "status": named("TaskGroupStatus"),
            "run_ids": told({"type": "array", "items": TEXT}, "In the order of the inputs."),
            "run_cursor": _CURSOR,
            "event_cursor": _CURSOR,
        },
        {
            "status": {**GROUP_STATUS, "num_task_runs": 1, "task_run_status_counts": {"queued": 1}},
            "run_ids": [RUN_ID],
            "run_cursor": "",
            "event_cursor": "",
        },
    ),
}
