"""Requests: the forms that read them, with what their values may be, and what is shown of a request later."""

from typing import Any

from gnomon.web.dialects.parallel.schema.error import OBJECT
from gnomon.web.dialects.parallel.schema.run import METADATA
from gnomon.web.dialects.parallel.wire.reply import Reply
from gnomon.web.dialects.parallel.wire.words import BatchWords, GroupWords, RunWords, Words
from gnomon.web.forms import FLAG, TEXT, Schema, maybe, record
from gnomon.web.openapi import REFERENCE, lift

_ANSWER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"ceo": {"type": "string", "description": "Who leads the company."}},
    "required": ["ceo"],
    "additionalProperties": False,
}
RUN_BODY: dict[str, Any] = {
    "input": {"company": "Example Ltd"},
    "processor": "pro-fast",
    "task_spec": {"output_schema": {"type": "json", "json_schema": _ANSWER_SCHEMA}},
    "metadata": {"unit": "emea"},
}
SUBMITTED: dict[str, Any] = RUN_BODY
GROUP_BODY: dict[str, Any] = {"metadata": {"batch": "june"}}
BATCH_BODY: dict[str, Any] = {
    "inputs": [{"input": "Who leads Example Ltd?", "processor": "lite"}],
    "default_task_spec": {"output_schema": "One sentence."},
}
REPLY_BODY: dict[str, Any] = {"answer": "the second", "key": "which"}


def _forms() -> dict[str, Schema]:
    """Write the forms as components, each with its example."""
    schemas: dict[str, Schema] = {}
    models: dict[str, tuple[type[Words], Any]] = {
        "TaskRunInput": (RunWords, RUN_BODY),
        "TaskGroupInput": (GroupWords, GROUP_BODY),
        "TaskGroupRunsInput": (BatchWords, BATCH_BODY),
        "Reply": (Reply, REPLY_BODY),
    }
    for name, (model, example) in models.items():
        form = lift(model.model_json_schema(ref_template=REFERENCE), schemas)
        schemas[name] = {**form, "title": name, "examples": [example]}
    schemas["TaskGroupRunsInput"]["properties"]["inputs"]["items"] = {
        "$ref": "#/components/schemas/TaskRunInput"
    }
    return schemas


SCHEMAS: dict[str, Schema] = {
    **_forms(),
    "SubmittedRun": record(
        {
            "input": {"type": ["string", "object"]},
            "processor": TEXT,
            "task_spec": maybe(OBJECT),
            "metadata": maybe(METADATA),
            "source_policy": maybe(OBJECT),
            "advanced_settings": maybe(OBJECT),
            "previous_interaction_id": maybe(TEXT),
            "mcp_servers": maybe({"type": "array", "items": OBJECT}),
            "enable_events": maybe(FLAG),
            "webhook": maybe(OBJECT),
            "webhook_url": maybe(TEXT),
            "memory_scope_key": maybe(TEXT),
        },
        SUBMITTED,
        optional=(
            *("task_spec", "metadata", "source_policy", "advanced_settings", "previous_interaction_id"),
            *("mcp_servers", "enable_events", "webhook", "webhook_url", "memory_scope_key"),
        ),
    ),
}
