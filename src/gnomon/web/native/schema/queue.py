"""What can be submitted, what waits, and how the server is."""

from gnomon.core.task import Status
from gnomon.web.forms import (
    COUNT,
    FLAG,
    MOMENT,
    NUMBER,
    TEXT,
    Schema,
    many,
    maybe,
    record,
    told,
    words,
)

_ACTIVE = [str(status) for status in Status if status.is_active]
_WORKLOAD_EXAMPLE = {
    "kind": "shout",
    "title": "Say it louder",
    "where": "cpu",
    "is_tool": False,
    "input_schema": {"type": "object", "properties": {"text": {"type": "string"}}},
    "output_schema": {"type": "object"},
}
_CROWD_EXAMPLE = {
    "kind": "shout",
    "is_served": True,
    "counts": {**dict.fromkeys(_ACTIVE, 0), "queued": 2, "running": 1},
    "oldest_queued_at": "2026-01-31T12:00:00.000000Z",
    "oldest_queued_seconds": 1.5,
}

SCHEMAS: dict[str, Schema] = {
    "Workload": record(
        {
            "kind": TEXT,
            "title": TEXT,
            "where": words(("cpu", "io")),
            "is_tool": told(FLAG, "Whether it is small enough to be called by itself and waited for."),
            "input_schema": told({"type": "object"}, "JSON Schema (2020-12) of the input."),
            "output_schema": told({"type": "object"}, "JSON Schema of the result."),
        },
        _WORKLOAD_EXAMPLE,
    ),
    "WorkloadList": record({"workloads": many("Workload")}, {"workloads": [_WORKLOAD_EXAMPLE]}),
    "KindQueue": record(
        {
            "kind": TEXT,
            "is_served": told(FLAG, "Whether this server has a workload of the kind."),
            "counts": record(dict.fromkeys(_ACTIVE, COUNT)),
            "oldest_queued_at": told(maybe(MOMENT), "Since when the task that is queued longest is queued."),
            "oldest_queued_seconds": maybe(NUMBER),
        },
        _CROWD_EXAMPLE,
    ),
    "Queue": record({"kinds": many("KindQueue")}, {"kinds": [_CROWD_EXAMPLE]}),
    "Health": record(
        {
            "status": words(("ok", "unavailable")),
            "version": TEXT,
            "is_store_ready": told(FLAG, "Whether a transaction can be committed."),
        },
        {"status": "ok", "version": "0.1.0", "is_store_ready": True},
    ),
}
