"""The brief: a question with what is wanted of the answer, as doors hand it to a workload that takes briefs.

A workload with `takes_brief=True` is given the JSON of a brief as its input. `BRIEF` and `ANSWER` are the JSON
Schemas of that input, and of the results that doors can show in full.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from gnomon.core.task import Json

EFFORTS: Final = range(1, 10)
"""How much work an answer may cost, from the least to the most; a door's own names stand in its table."""
USUAL_EFFORT: Final = 2

LONGEST_GUIDANCE: Final = 20_000
"""Characters."""
GUIDANCE_LEFT_OUT: Final = "The guidance was left out: no model is set that could keep it in mind."
"""What a result says of guidance that nothing could be done with."""
LONGEST_REVIEW: Final = 900
"""Seconds that a plan waits for its review, at most."""

CONFIDENCES: Final = ("low", "medium", "high")

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}

BRIEF: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["input"],
    "properties": {
        "input": {"type": ["string", "object"], "description": "The question: words, or named values."},
        "output": {
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": {"enum": ["auto", "text", "json"]},
                "description": {"type": ["string", "null"], "description": "Of a text: what it shall be."},
                "schema": {"type": "object", "description": "Of JSON: its JSON Schema."},
            },
            "description": "What the answer shall be; `auto` leaves it to the workload.",
        },
        "effort": {"type": "integer", "minimum": EFFORTS[0], "maximum": EFFORTS[-1]},
        "is_fast": {"type": "boolean", "description": "Rather soon than thorough."},
        "sources": {
            "type": "object",
            "properties": {"include": _TEXTS, "exclude": _TEXTS, "after": _TEXT},
            "description": "Domains to keep to or to leave out, and the day (YYYY-MM-DD) before which none counts.",
        },
        "tools": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "url"],
                "properties": {"name": _TEXT, "url": _TEXT, "allowed": _TEXTS},
            },
            "description": "MCP servers; the headers of each stand in `ctx.secrets['tools'][name]`.",
        },
        "location": {**_TEXT, "description": "ISO 3166-1 alpha-2."},
        "data_sources": {"type": "object", "properties": {"free": _TEXTS, "pay_per_use": _TEXTS}},
        "memory_scope": _TEXT,
        "turns": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["question", "answer"],
                "properties": {"question": _TEXT, "answer": _TEXT},
            },
            "description": "Earlier turns of the conversation, the oldest first.",
        },
        "may_ask": {"type": "boolean", "description": "Whether the work may wait for a person's answer."},
        "budget": {
            "type": "object",
            "properties": {
                "tokens": {"type": "integer", "minimum": 1},
                "cost_usd": {"type": "number", "minimum": 0},
                "seconds": {"type": "number", "exclusiveMinimum": 0},
                "sources": {"type": "integer", "minimum": 1},
            },
            "additionalProperties": False,
            "description": "Limits below those that the effort sets.",
        },
        "guidance": {
            **_TEXT,
            "description": "What the work shall keep in mind, as its user or operator says: no source, and never a "
            f"part of a query; at most {LONGEST_GUIDANCE:,} characters.",
        },
        "review": {
            "type": "boolean",
            "description": "Show the plan and wait until a person approves it or says what to change.",
        },
        "review_seconds": {
            "type": "number",
            "minimum": 1,
            "maximum": LONGEST_REVIEW,
            "description": f"How long each plan waits for its review; {LONGEST_REVIEW} unless it is said.",
        },
    },
}
"""What a workload that takes briefs is given. An earlier answer stands in `ctx.predecessor`."""

ANSWER: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["type", "content"],
    "properties": {
        "type": {"enum": ["text", "json"]},
        "content": {"type": ["string", "object"]},
        "schema": {
            "type": "object",
            "description": "The JSON Schema that the workload chose for an `auto` brief.",
        },
        "basis": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "reasoning"],
                "properties": {
                    "field": {
                        **_TEXT,
                        "description": "A path such as `ceo` or `ceos.0`; `output` for a text.",
                    },
                    "reasoning": _TEXT,
                    "confidence": {"enum": [*CONFIDENCES, None]},
                    "citations": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["url"],
                            "properties": {
                                "url": _TEXT,
                                "title": {"type": ["string", "null"]},
                                "excerpts": _TEXTS,
                            },
                        },
                    },
                },
            },
        },
        "tool_calls": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "server", "tool", "arguments"],
                "properties": {
                    "id": _TEXT,
                    "server": _TEXT,
                    "tool": _TEXT,
                    "arguments": {**_TEXT, "description": "JSON, as text."},
                    "content": {"type": ["string", "null"]},
                    "error": {"type": ["string", "null"]},
                },
            },
        },
        "engine": {
            **_TEXT,
            "description": "What answered: `extractive`, `local:MODEL` or `provider:PROVIDER/MODEL`.",
        },
        "usage": {
            "type": "object",
            "required": ["calls", "input_tokens", "output_tokens", "cost_usd"],
            "properties": {
                "calls": {"type": "integer", "minimum": 0},
                "input_tokens": {"type": "integer", "minimum": 0},
                "output_tokens": {"type": "integer", "minimum": 0},
                "cost_usd": {
                    "type": ["number", "null"],
                    "description": "Null when the model's price is not known.",
                },
            },
            "description": "What was really used, as the provider counted it.",
        },
        "truncated": {**_TEXTS, "description": "What was cut off or left out, and why; one sentence each."},
        "heard": {
            **_TEXTS,
            "description": "Messages that were sent to the task while it ran and were taken in, in their order.",
        },
        "turns": {
            "type": "array",
            "description": "The conversation up to and with this answer, bounded, for the next turn.",
        },
    },
}
"""What doors can show of a result in full: the answer, and what each of its fields rests on."""

NoteKind = Literal["plan", "search", "result", "tool_call", "exec_status", "extract"]
NOTES: Final[Sequence[NoteKind]] = ("plan", "search", "result", "tool_call", "exec_status", "extract")
"""Kinds of messages (`ctx.emit({"kind": "search", "text": ...})`) that doors know by name.

The text of `result` is the answer; that of an `extract` with `"field": name` is that field's value.
"""
Purpose = Literal["plan", "reflect", "tools", "read", "settle", "write"]
"""What a model was called for, as a message of usage (`core.event.USAGE`) says it."""
SOURCES: Final = "sources"
"""The kind of a message that counts: `{"kind": "sources", "considered": 12, "read": 3, "sample": [urls]}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an answer shall be."""

    type: Literal["auto", "text", "json"] = "auto"
    description: str | None = None
    schema: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """A brief as a record; `read_brief(ctx_input)` makes one of a workload's input."""

    input: str | Mapping[str, Json]
    output: Wish = Wish()
    effort: int = USUAL_EFFORT
    is_fast: bool = False
    sources: Mapping[str, Json] | None = None
    tools: Sequence[Mapping[str, Json]] = ()
    location: str | None = None
    data_sources: Mapping[str, Sequence[str]] | None = None
    memory_scope: str | None = None
    turns: Sequence[Mapping[str, str]] = ()
    may_ask: bool = False
    budget: Mapping[str, float] | None = None
    guidance: str | None = None
    review: bool = False
    review_seconds: float = LONGEST_REVIEW

    def json(self) -> dict[str, Json]:
        """Write the brief as the input of a workload; what is not given is left out."""
        wish = {
            "type": self.output.type,
            "description": self.output.description,
            "schema": self.output.schema,
        }
        named = {
            "input": self.input,
            "output": {name: value for name, value in wish.items() if value is not None},
            "effort": self.effort,
            "is_fast": self.is_fast,
            "sources": self.sources,
            "tools": list(self.tools) or None,
            "location": self.location,
            "data_sources": self.data_sources,
            "memory_scope": self.memory_scope,
            "turns": list(self.turns) or None,
            "may_ask": self.may_ask or None,
            "budget": self.budget,
            "guidance": self.guidance or None,
            "review": self.review or None,
            "review_seconds": self.review_seconds if self.review else None,
        }
        return {name: value for name, value in named.items() if value is not None}


def read_brief(task_input: Mapping[str, Json]) -> Brief:
    """Read a workload's input that has passed `BRIEF`."""
    given = dict(task_input)
    return Brief(output=Wish(**given.pop("output", {})), **given)
