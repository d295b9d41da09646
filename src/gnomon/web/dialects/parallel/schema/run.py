"""Runs, and lists of them."""

from typing import Any, get_args

from gnomon.web.dialects.parallel.origin import WarningType
from gnomon.web.dialects.parallel.schema.error import OBJECT
from gnomon.web.dialects.parallel.status import WORDS
from gnomon.web.forms import ANY, FLAG, MOMENT, TEXT, Schema, many, maybe, named, record, told, words

RUN_ID = "trun_0197d132f07b4d057274ec3683803d0e"
GROUP_ID = "tgrp_0197d132f00000000000000000000207"
AT = "2026-01-31T12:00:00.123456Z"
STATUS: Schema = words(WORDS)
METADATA: Schema = {
    "type": "object",
    "additionalProperties": {"type": ["string", "number", "boolean"]},
}
RUN: dict[str, Any] = {
    "run_id": RUN_ID,
    "interaction_id": RUN_ID,
    "status": "running",
    "is_active": True,
    "processor": "pro-fast",
    "created_at": AT,
    "modified_at": "2026-01-31T12:00:42.123456Z",
    "warnings": None,
    "error": None,
    "metadata": {"unit": "emea"},
    "taskgroup_id": None,
}
_RUN: dict[str, Schema] = {
    "run_id": told(TEXT, "`trun_` and 32 hexadecimal digits."),
    "interaction_id": told(TEXT, "What a later run gives as `previous_interaction_id`; the run's id."),
    "status": told(
        STATUS, "`action_required` is shown to clients whose `parallel-beta` names `action-required`."
    ),
    "is_active": told(FLAG, "Whether it is queued, running or cancelling."),
    "processor": told(TEXT, "Of a task that another door took in: its kind."),
    "created_at": MOMENT,
    "modified_at": MOMENT,
    "warnings": maybe(many("RunWarning")),
    "error": told(maybe(named("RunError")), "Why it failed."),
    "metadata": maybe(METADATA),
    "taskgroup_id": maybe(TEXT),
    "action": told(named("Action"), "What it asks, when it is `action_required`. Not the vendor's."),
}

SCHEMAS: dict[str, Schema] = {
    "RunWarning": record(
        {"type": words(get_args(WarningType)), "message": TEXT, "detail": maybe(OBJECT)},
        {
            "type": "spec_validation_warning",
            "message": "Name every property in 'required': ceo.",
            "detail": {"fields": ["ceo"]},
        },
    ),
    "Action": record(
        {"key": TEXT, "question": told(ANY, "In the workload's own words."), "asked_at": MOMENT},
        {"key": "which", "question": {"text": "Which of the two?"}, "asked_at": AT},
    ),
    "TaskRun": record(_RUN, RUN, optional=("action",)),
    "TaskRunPage": told(
        record(
            {"runs": many("TaskRun"), "next_cursor": maybe(TEXT)},
            {"runs": [RUN], "next_cursor": None},
        ),
        "Not the vendor's.",
    ),
}
