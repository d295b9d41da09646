"""What a run gave: an answer with what it rests on, or any other result in the shape of one.

Large members that a result names by their hash stay so, as they do for all who read it.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from gnomon.core.brief import CONFIDENCES
from gnomon.core.task import Json, Task
from gnomon.web.dialects.parallel.origin import Origin, RunWarning, read_origin
from gnomon.web.dialects.parallel.render.run import run


def _spare(value: Json, read: ValidatorFunctionWrapHandler, about: ValidationInfo) -> Any:
    try:
        return read(value)
    except ValidationError:
        if about.context is _WHOLE:
            raise
        return None


def _known(value: Json, read: ValidatorFunctionWrapHandler) -> object:
    """Drop a word for the confidence that is none of the three; what it stands in is an answer without doubt."""
    return read(value) if not isinstance(value, str) or value in CONFIDENCES else None


def _sift(value: Json, read: ValidatorFunctionWrapHandler, about: ValidationInfo) -> object:
    if about.context is _WHOLE or not isinstance(value, list):
        return _spare(value, read, about)
    return [part for each in value for part in _spare([each], read, about) or ()]


_WHOLE = "whole"
"""How to read what need not be an answer: it is one altogether, or it is none."""
_SPARED = WrapValidator(_spare)
"""What is wrong here counts as absent, and costs nothing beside it."""
_SIFTED = WrapValidator(_sift)
"""A list that loses its wrong members alone."""
_Confidence = Annotated[Literal["low", "medium", "high"] | None, WrapValidator(_known)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Citation(_Part):
    url: str
    title: Annotated[str | None, _SPARED] = None
    excerpts: Annotated[list[str] | None, _SIFTED] = None


class _Basis(_Part):
    field: str
    reasoning: str
    citations: Annotated[list[_Citation] | None, _SIFTED] = None
    confidence: Annotated[_Confidence, _SPARED] = None


class _ToolCall(_Part):
    id: str
    server: str
    tool: str
    arguments: str
    content: Annotated[str | None, _SPARED] = None
    error: Annotated[str | None, _SPARED] = None


class _Usage(_Part):
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


class _Answer(_Part):
    """A result of the form `core.brief.ANSWER`; null counts as absent.

    Who was given a brief gives an answer: what is wrong beside its content counts as absent, too.
    """

    type: Literal["text", "json"]
    content: str | dict[str, Any]
    chosen: Annotated[dict[str, Any] | None, _SPARED] = Field(default=None, alias="schema")
    basis: Annotated[list[_Basis] | None, _SIFTED] = None
    tool_calls: Annotated[list[_ToolCall] | None, _SIFTED] = None
    engine: Annotated[str | None, _SPARED] = None
    usage: Annotated[_Usage | None, _SPARED] = None
    truncated: Annotated[list[str] | None, _SIFTED] = None


def result(task: Task) -> dict[str, Json]:
    """Write a completed task's run with its output."""
    return {"run": run_with_result(task), "output": output(task)}


def run_with_result(task: Task, *, opted_in: bool = False) -> dict[str, Json]:
    """Write a completed task as a run that warns of what was cut off of its answer, too."""
    answer = _find_answer(task.result, is_brief=read_origin(task).is_brief)
    cut = () if answer is None else answer.truncated or ()
    return run(task, opted_in=opted_in, further=[RunWarning(message=sentence) for sentence in cut])


def output(task: Task) -> dict[str, Json]:
    """Write what a completed task gave.

    An answer is shown with its basis, as far as that is right. Of any other result a text is a text, an object is
    JSON, and whatever else is the only member of one. Who asked for a text gets the JSON of the other two as a text.
    """
    origin = read_origin(task)
    answer = _find_answer(task.result, is_brief=origin.is_brief)
    if answer is None:
        return _form(origin, task.result, "text" if isinstance(task.result, str) else "json")
    basis = [_basis(each) for each in answer.basis or ()]
    calls = [_tool_call(each) for each in answer.tool_calls or ()] or None
    shown = _form(origin, answer.content, answer.type, basis, calls, answer.chosen)
    return {**shown, "beta_fields": _made_by(answer)}


def _made_by(answer: _Answer) -> Json:
    """Write what answered and what it used, where the vendor's schema has room for fields of one's own."""
    usage = None if answer.usage is None else answer.usage.model_dump()
    named = {"engine": answer.engine, "usage": usage}
    told = {name: value for name, value in named.items() if value is not None}
    return {"gnomon": told} if told else None


def _find_answer(value: Json, *, is_brief: bool) -> _Answer | None:
    if not isinstance(value, Mapping) or value.get("type") not in ("text", "json"):
        return None
    try:
        return _Answer.model_validate(value, context=None if is_brief else _WHOLE)
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
