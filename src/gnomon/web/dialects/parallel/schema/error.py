"""Refusals, in the envelope of the vendor's."""

from typing import Any

from gnomon.web.forms import TEXT, Schema, many, maybe, named, record, told

_REFERENCE = "0197d132-f07b-4d05-7274-ec3683803d0e"
UUID: Schema = {"type": "string", "format": "uuid"}
_FAULT = {
    "loc": ["body", "task_spec", "output_schema"],
    "msg": "The root of a schema must be of the type 'object'.",
    "type": "root",
}
_MESSAGE = "task_spec.output_schema: The root of a schema must be of the type 'object'."

OBJECT: Schema = {"type": "object"}

SCHEMAS: dict[str, Schema] = {
    "Fault": record(
        {
            "loc": told(
                {"type": "array", "items": {"type": ["string", "integer"]}},
                "Where: in the `body`, the `query` or a `header`.",
            ),
            "msg": told(TEXT, "What is wrong, and what to do about it."),
            "type": told(TEXT, "What is wrong, for programs."),
        },
        _FAULT,
    ),
    "ErrorDetail": {
        **OBJECT,
        "properties": {
            "errors": told(
                many("Fault"), "Of what is not valid, or of processors that are not there: up to 20 faults."
            ),
            "run": told(named("TaskRun"), "Of a run that has no result."),
            "run_id": told(TEXT, "Of the run that is in the way."),
            "quota": told(TEXT, "Of the limit that was reached."),
            "retry_after": {"type": "number", "description": "Seconds from now it may be otherwise."},
        },
    },
    "ErrorResponse": record(
        {
            "type": {"const": "error"},
            "error": record(
                {
                    "ref_id": told(UUID, "Of the answer, or of the run that failed."),
                    "message": told(TEXT, "What is wrong and what to do about it, for people."),
                    "detail": maybe(named("ErrorDetail")),
                }
            ),
        },
        {
            "type": "error",
            "error": {"ref_id": _REFERENCE, "message": _MESSAGE, "detail": {"errors": [_FAULT]}},
        },
    ),
    "RunError": record(
        {
            "ref_id": UUID,
            "message": TEXT,
            "detail": maybe(told(OBJECT, "`code`, and whether the same may succeed later (`retryable`).")),
        },
        {
            "ref_id": _REFERENCE,
            "message": "The source did not answer.",
            "detail": {"code": "no_answer", "retryable": True},
        },
    ),
}


def example_of(name: str) -> Any:
    """Return the example of a component."""
    return SCHEMAS[name]["examples"][0]
