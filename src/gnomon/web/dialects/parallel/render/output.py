"""What a run gave: an answer with what it rests on, or any other result in the shape of one.

Large members that a result names by their hash stay so, as they do for all who read it.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gnomon.core.task import Json, Task
from gnomon.web.dialects.parallel.origin import Origin, read_origin
from gnomon.web.dialects.parallel.render.run import run


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Citation(_Part):
    url: str
    title: str | None = None
    excerpts: list[str] | None = None


class _Basis(_Part):
    field: str
    reasoning: str
    citations: list[_Citation] | None = None
    confidence: Literal["low", "medium", "high"] | None = None


class _ToolCall(_Part):
    id: str
    server: str
    tool: str
    arguments: str
    content: str | None = None
    error: str | None = None


class _Answer(_Part):
    """A result of the form `core.brief.ANSWER`; null counts as absent."""

    type: Literal["text", "json"]
    content: str | dict[str, Any]
    chosen: dict[str, Any] | None = Field(default=None, alias="schema")
    basis: list[_Basis] | None = None
    tool_calls: list[_ToolCall] | None = None


def result(task: Task) -> dict[str, Json]:
    """Write a completed task's run with its output."""
    return {"run": run(task), "output": output(task)}


def output(task: Task) -> dict[str, Json]:
    """Write what a completed task gave.

    An answer is shown with its basis. Of any other result a text is a text, an object is JSON, and whatever else is
    the only member of one. Who asked for a text gets the JSON of the other two as a text.
    """
    origin, answer = read_origin(task), _find_answer(task.result)
    if answer is None:
        return _form(origin, task.result, "text" if isinstance(task.result, str) else "json")
    basis = [_basis(each) for each in answer.basis or ()]
    calls = [_tool_call(each) for each in answer.tool_calls or ()] or None
    return _form(origin, answer.content, answer.type, basis, calls, answer.chosen)


def _find_answer(value: Json) -> _Answer | None:
    if not isinstance(value, Mapping) or value.get("type") not in ("text", "json"):
        return None
    try:
        return _Answer.model_validate(value)
    except ValidationError:
        return None


def _form(
    origin: Origin,
    content: Json,
    form: Literal["text", "json"],
    basis: list[Json] | None = None,
    calls: list[Json] | None = None,
    chosen: Json = None,
) -> dict[str, Json]:
    supported = {"basis": basis or [], "mcp_tool_calls": calls, "beta_fields": None}
    if form == "text" or origin.output == "text":
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        return {"type": "text", "content": text, **supported}
    named = content if isinstance(content, Mapping) else {"output": content}
    schema = (chosen or {}) if origin.output == "auto" else None
    return {"type": "json", "content": named, **supported, "output_schema": schema}


def _basis(part: _Basis) -> Json:
    return {
        "field": part.field,
        "reasoning": part.reasoning,
        "citations": [_citation(each) for each in part.citations or ()],
        "confidence": part.confidence,
    }


def _citation(part: _Citation) -> Json:
    return {"url": part.url, "title": part.title, "excerpts": part.excerpts}


def _tool_call(part: _ToolCall) -> Json:
    return {
        "tool_call_id": part.id,
        "server_name": part.server,
        "tool_name": part.tool,
        "arguments": part.arguments,
        "content": part.content,
        "error": part.error,
    }
