"""Workloads: what can be submitted."""

from gnomon.web.native.schema.forms import TEXT, Schema, many, record, told, words

_EXAMPLE = {
    "kind": "shout",
    "title": "Say it louder",
    "where": "cpu",
    "input_schema": {"type": "object", "properties": {"text": {"type": "string"}}},
    "output_schema": {"type": "object"},
}

SCHEMAS: dict[str, Schema] = {
    "Workload": record(
        {
            "kind": TEXT,
            "title": TEXT,
            "where": words(("cpu", "io")),
            "input_schema": told({"type": "object"}, "JSON Schema (2020-12) of the input."),
            "output_schema": told({"type": "object"}, "JSON Schema of the result."),
        },
        _EXAMPLE,
    ),
    "WorkloadList": record({"workloads": many("Workload")}, {"workloads": [_EXAMPLE]}),
}
