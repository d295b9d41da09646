"""Trades that stand behind processors: one that answers briefs, and some with every way to go on and to end."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gnomon.core.brief import BRIEF, read_brief
from gnomon.core.task import Json
from gnomon.core.workload import Context, Failure, Reference, Workload
from gnomon.wiring import with_schema_check

PROCESSORS = ("base=give", "core=hold", "core-fast=muse", "pro=inquire", "ultra=stumble", "core2x-fast=visit")
"""What the tests' servers are told; all others answer briefs."""


def research(given: dict[str, Json], ctx: Context) -> Json:
    """Answer with what is wanted: words, or values of the types that a schema names, taken from the question."""
    brief = read_brief(given)
    ctx.emit({"kind": "search", "text": f"Query: {brief.input}"})
    ctx.progress(50, "reading")
    earlier = "" if ctx.predecessor is None else f" after {ctx.predecessor.result['content']!r}"
    words = f"On {brief.input}{earlier}"
    if brief.output.type == "text":
        return {"type": "text", "content": words, "basis": [_basis("output", brief.effort)]}
    schema = brief.output.schema or {"type": "object", "properties": {"answer": {"type": "string"}}}
    content = _value(schema, words)
    answer = {
        "type": "json",
        "content": content,
        "basis": [_basis(name, brief.effort) for name in content],
    }
    return answer if brief.output.type == "json" else {**answer, "schema": dict(schema)}


def stray(given: dict[str, Json], _: Context) -> Json:
    """Answer another question than the one that was asked."""
    return {"type": "json", "content": {"weather": "fair", "asked": read_brief(given).input}}


def _basis(field: str, effort: int) -> Json:
    source = {"url": "https://example.com/a", "title": "A", "excerpts": ["so it is"]}
    return {"field": field, "reasoning": f"effort {effort}", "confidence": "high", "citations": [source]}


def _value(schema: Mapping[str, Json], words: str) -> Any:
    match schema.get("type"):
        case "object":
            return {name: _value(inner, words) for name, inner in schema.get("properties", {}).items()}
        case "array":
            return [_value(schema.get("items", {}), words)]
        case "integer" | "number":
            return len(words)
        case "boolean":
            return True
        case _:
            return words


def give(given: Json, _: Context) -> Json:
    """Give the value that was sent, or all of what was sent."""
    return given.get("value") if isinstance(given, dict) else given


def hold(given: dict[str, str], _: Context) -> str:
    """Read from a pipe that nobody writes to before the test lets go."""
    return Path(given["until"]).read_text()


def muse(_: Json, ctx: Context) -> None:
    """Go on until it is cancelled."""
    while True:
        ctx.checkpoint()
        time.sleep(0.01)


def inquire(_: Json, ctx: Context) -> Json:
    """Ask, and give the answer."""
    return {"answered": ctx.ask("approve", {"text": "Shall I go on?"})}


def stumble(_: Json, __: Context) -> None:
    """Fail."""
    raise Failure("stumbled", "There was a stone in the way.")


def visit(_: Json, ctx: Context) -> Json:
    """Give the saved document that was referred to."""
    return ctx.references[0].document


def _places(given: Json) -> Sequence[Reference]:
    return [Reference(kind="location", number=given["on"], loc=("on",))]


_ANY: Mapping[str, Json] = {}
_PLACED = {"type": "object", "required": ["on"], "properties": {"on": {"type": "integer"}}}
TRADES = (
    with_schema_check(Workload(kind="research", run=research, input_schema=BRIEF, takes_brief=True)),
    Workload(kind="give", run=give, input_schema=_ANY),
    Workload(kind="hold", run=hold),
    Workload(kind="muse", run=muse, input_schema=_ANY),
    Workload(kind="inquire", run=inquire, input_schema=_ANY),
    Workload(kind="stumble", run=stumble, input_schema=_ANY),
    with_schema_check(Workload(kind="visit", run=visit, input_schema=_PLACED, references=_places)),
)
