"""Problems (RFC 9457)."""

from gnomon.web.forms import COUNT, FLAG, TEXT, Schema, record, told

_UNKNOWN = "There is no kind 'shuot'. Use one of: primes, shout. Did you mean 'shout'?"
_FAULT = record(
    {
        "pointer": told(TEXT, "Where in the body, as a JSON pointer (RFC 6901)."),
        "parameter": told(TEXT, "Which parameter, when it is not in the body."),
        "in": {"type": "string", "enum": ["query", "header", "path"]},
        "detail": TEXT,
        "code": TEXT,
    },
    {"pointer": "/kind", "detail": _UNKNOWN, "code": "unknown_kind"},
    optional=("pointer", "parameter", "in"),
)
_PROBLEM = record(
    {
        "type": told(
            {"type": "string", "format": "uri"}, "`urn:gnomon:problem:` and the code; it never changes."
        ),
        "title": TEXT,
        "status": COUNT,
        "detail": told(TEXT, "What is wrong and what to do about it, for people."),
        "code": told(TEXT, "What is wrong, for programs."),
        "retryable": told(FLAG, "Whether the same request may succeed later."),
        "request_id": TEXT,
        "task_id": told(TEXT, "The task that is in the way, when one is."),
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
    },
    {
        "type": "urn:gnomon:problem:invalid",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": _UNKNOWN,
        "code": "invalid",
        "retryable": False,
        "request_id": "req_5f0c3a52-41d7-4c8b-9a57-6a1f6a0c6b1e",
        "errors": _FAULT["examples"],
    },
    optional=("errors", "request_id", "task_id"),
)
_PROBLEM["additionalProperties"] = True

_ENDED = {
    "type": "urn:gnomon:problem:task_failed",
    "title": "Conflict",
    "status": 409,
    "detail": "Nobody shouts that loud.",
    "code": "task_failed",
    "retryable": False,
    "request_id": "req_5f0c3a52-41d7-4c8b-9a57-6a1f6a0c6b1e",
    "task_id": "tsk_06ed9jg3bcq8zj7x5v1m2n3p4r",
    "version": 4,
    "attempts": 1,
    "cause": {"code": "too_loud", "message": "Nobody shouts that loud.", "retryable": False},
}
_ENDED_PROBLEM = {
    **_PROBLEM,
    "properties": {
        **_PROBLEM["properties"],
        "task_id": TEXT,
        "version": COUNT,
        "attempts": COUNT,
        "cause": told({"$ref": "#/components/schemas/TaskError"}, "Why the task did not complete."),
    },
    "required": [*_PROBLEM["required"], "task_id", "version", "attempts", "cause"],
    "examples": [_ENDED],
}

SCHEMAS: dict[str, Schema] = {"Problem": _PROBLEM, "EndedProblem": _ENDED_PROBLEM, "Fault": _FAULT}
