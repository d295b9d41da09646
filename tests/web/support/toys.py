"""Toy trades for the native door's document and for those who try it out: small, and with every way to end."""

from typing import Any

from gnomon.core.workload import Context, Failure, Workload
from gnomon.wiring import with_schema_check

_TEXT = {"type": "string", "maxLength": 200}


def shout(given: dict[str, Any], ctx: Context) -> dict[str, str]:
    """Say it louder."""
    ctx.progress(50, "breathing in")
    return {"text": given["text"].upper() + "!" * given.get("times", 1)}


def stumble(given: dict[str, Any], _: Context) -> None:
    """Fail with the words that were given."""
    raise Failure("stumbled", given.get("over", "a stone"))


def weave(given: dict[str, Any], ctx: Context) -> int:
    """Count the threads, one message each."""
    for number, thread in enumerate(given.get("threads", [])):
        ctx.emit({"thread": number, "colour": thread["colour"]})
    return len(given.get("threads", []))


SHOUT = Workload(
    kind="shout",
    run=shout,
    title="Say it louder",
    input_schema={
        "type": "object",
        "required": ["text"],
        "additionalProperties": False,
        "properties": {"text": _TEXT, "times": {"type": "integer", "minimum": 1, "maximum": 9}},
    },
    output_schema={"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
)
STUMBLE = Workload(
    kind="stumble",
    run=stumble,
    title="Fail",
    input_schema={"type": "object", "additionalProperties": False, "properties": {"over": _TEXT}},
)
WEAVE = Workload(
    kind="weave",
    run=weave,
    title="Count threads",
    input_schema={
        "type": "object",
        "additionalProperties": False,
        "properties": {"threads": {"type": "array", "maxItems": 9, "items": {"$ref": "#/$defs/thread"}}},
        "$defs": {
            "thread": {
                "type": "object",
                "required": ["colour"],
                "additionalProperties": False,
                "properties": {"colour": _TEXT},
            }
        },
    },
    output_schema={"type": "integer"},
)
TOYS = tuple(map(with_schema_check, (SHOUT, STUMBLE, WEAVE)))
