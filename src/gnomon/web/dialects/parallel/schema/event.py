"""Events: what the `data` of each frame of a stream holds."""

from gnomon.core.brief import NOTES
from gnomon.web.dialects.parallel.schema.error import example_of
from gnomon.web.dialects.parallel.schema.group import GROUP_STATUS
from gnomon.web.dialects.parallel.schema.request import SUBMITTED
from gnomon.web.dialects.parallel.schema.result import OUTPUT
from gnomon.web.dialects.parallel.schema.run import AT, RUN
from gnomon.web.forms import COUNT, MOMENT, TEXT, Schema, maybe, named, record, told, words

_NUMBER = told(TEXT, "The cursor: `last_event_id` goes on after it.")
_OUTPUT: Schema = {
    "anyOf": [named("TaskRunTextOutput"), named("TaskRunJsonOutput"), {"type": "null"}],
    "description": "Of a run that has completed.",
}
_REFUSAL = example_of("ErrorResponse")

SCHEMAS: dict[str, Schema] = {
    "TaskRunStateEvent": record(
        {
            "type": {"const": "task_run.state"},
            "event_id": _NUMBER,
            "run": named("TaskRun"),
            "input": maybe(named("SubmittedRun")),
            "output": _OUTPUT,
        },
        {
            "type": "task_run.state",
            "event_id": "7",
            "run": {**RUN, "status": "completed", "is_active": False},
            "input": SUBMITTED,
            "output": OUTPUT,
        },
    ),
    "TaskRunProgressStatsEvent": record(
        {
            "type": {"const": "task_run.progress_stats"},
            "event_id": _NUMBER,
            "progress_meter": {"type": "number", "minimum": 0, "maximum": 100},
            "source_stats": record(
                {
                    "num_sources_considered": maybe(COUNT),
                    "num_sources_read": maybe(COUNT),
                    "sources_read_sample": maybe({"type": "array", "items": TEXT}),
                }
            ),
        },
        {
            "type": "task_run.progress_stats",
            "event_id": "4",
            "progress_meter": 40.0,
            "source_stats": {
                "num_sources_considered": 12,
                "num_sources_read": 3,
                "sources_read_sample": ["https://example.com/about"],
            },
        },
    ),
    "TaskRunProgressMessageEvent": record(
        {
            "type": words(f"task_run.progress_msg.{kind}" for kind in NOTES),
            "event_id": _NUMBER,
            "message": TEXT,
            "timestamp": MOMENT,
        },
        {
            "type": "task_run.progress_msg.search",
            "event_id": "3",
            "message": "Query: who leads Example?",
            "timestamp": AT,
        },
    ),
    "TaskGroupStatusEvent": record(
        {
            "type": {"const": "task_group_status"},
            "event_id": _NUMBER,
            "status": named("TaskGroupStatus"),
        },
        {"type": "task_group_status", "event_id": "5", "status": GROUP_STATUS},
    ),
    "ErrorEvent": told(named("ErrorResponse"), "Why a stream cannot go on: the last of it."),
    "TaskRunEvent": {
        "oneOf": [
            named("TaskRunStateEvent"),
            named("TaskRunProgressStatsEvent"),
            named("TaskRunProgressMessageEvent"),
            named("ErrorEvent"),
        ],
        "examples": [_REFUSAL],
    },
    "TaskGroupEvent": {
        "oneOf": [named("TaskGroupStatusEvent"), named("TaskRunStateEvent"), named("ErrorEvent")],
        "examples": [_REFUSAL],
    },
    "TaskGroupRunEvent": {
        "oneOf": [named("TaskRunStateEvent"), named("ErrorEvent")],
        "examples": [_REFUSAL],
    },
}
