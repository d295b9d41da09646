"""Results: what a run gave, and what that rests on."""

from typing import Any

from gnomon.core.brief import CONFIDENCES
from gnomon.web.dialects.parallel.schema.error import OBJECT
from gnomon.web.dialects.parallel.schema.run import RUN
from gnomon.web.forms import TEXT, Schema, many, maybe, named, record, told, words

_BASIS: dict[str, Any] = {
    "field": "ceo",
    "reasoning": "The register names her.",
    "citations": [
        {"url": "https://example.com/about", "title": "About us", "excerpts": ["Ada King leads us."]}
    ],
    "confidence": "high",
}
_CALL = {
    "tool_call_id": "call_1",
    "server_name": "registry",
    "tool_name": "find_firm",
    "arguments": '{"name": "Example"}',
    "content": "Example Ltd",
    "error": None,
}
_MADE_BY = {
    "engine": "provider:openai/gpt-5-mini",
    "usage": {"calls": 3, "input_tokens": 5210, "output_tokens": 640, "cost_usd": 0.0026},
}
_SUPPORT: dict[str, Schema] = {
    "basis": told(many("FieldBasis"), "Of each field, and of each element of a list; of a text: `output`."),
    "mcp_tool_calls": maybe(many("McpToolCall")),
    "beta_fields": told(
        maybe(OBJECT), "`gnomon`: the `engine` that answered, and its `usage` with the cost, where known."
    ),
}
OUTPUT: dict[str, Any] = {
    "type": "json",
    "content": {"ceo": "Ada King"},
    "basis": [_BASIS],
    "mcp_tool_calls": [_CALL],
    "beta_fields": {"gnomon": _MADE_BY},
    "output_schema": None,
}

SCHEMAS: dict[str, Schema] = {
    "Citation": record(
        {"url": TEXT, "title": maybe(TEXT), "excerpts": maybe({"type": "array", "items": TEXT})},
        _BASIS["citations"][0],
    ),
    "FieldBasis": record(
        {
            "field": told(TEXT, "A path such as `ceo` or `ceos.0`."),
            "reasoning": TEXT,
            "citations": many("Citation"),
            "confidence": maybe(words(CONFIDENCES)),
        },
        _BASIS,
    ),
    "McpToolCall": record(
        {
            "tool_call_id": TEXT,
            "server_name": TEXT,
            "tool_name": TEXT,
            "arguments": told(TEXT, "JSON, as text."),
            "content": maybe(TEXT),
            "error": maybe(TEXT),
        },
        _CALL,
    ),
    "TaskRunTextOutput": record(
        {"type": {"const": "text"}, "content": TEXT, **_SUPPORT},
        {
            "type": "text",
            "content": "It is Ada King.",
            "basis": [{**_BASIS, "field": "output"}],
            "mcp_tool_calls": None,
            "beta_fields": None,
        },
    ),
    "TaskRunJsonOutput": record(
        {
            "type": {"const": "json"},
            "content": OBJECT,
            **_SUPPORT,
            "output_schema": told(maybe(OBJECT), "Of an `auto` run: the JSON Schema that was chosen for it."),
        },
        OUTPUT,
    ),
    "TaskRunResult": record(
        {
            "run": named("TaskRun"),
            "output": {"oneOf": [named("TaskRunTextOutput"), named("TaskRunJsonOutput")]},
        },
        {"run": {**RUN, "status": "completed", "is_active": False}, "output": OUTPUT},
    ),
}
