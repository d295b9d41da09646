"""A model for tests that reads by a script: what it says of each field, and where it finds it in the prompt."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stub_model import Answer, Asked, Behaviour

_SOURCE = re.compile(
    r"^≡(?P<mark>\w+) source (?P<number>\d+)[^\n]*\n(?P<text>.*?)\n≡(?P=mark) end", re.M | re.S
)
_FIELD = re.compile(r"^(\d+)\. (\S+) \(", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What the model knows to say: by field a value and the words that say it, by sub-question a query."""

    values: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    parts: Sequence[tuple[str, str]] = ()
    paragraphs: Sequence[tuple[str, str]] = ()
    """Text, and the words that bear it."""
    queries: Sequence[str] = ()
    """For every field that is missing, when asked how else to look."""
    clarification: str | None = None
    calls: Sequence[tuple[str, Mapping[str, Any]]] = ()
    pause: float = 0.0

    def __call__(self, asked: Asked) -> Behaviour:
        """Answer a request by the form that it wants."""
        return Answer(self.reply(asked), pause=self.pause)

    def reply(self, asked: Asked) -> Any:
        """Make the JSON that the schema of the request wants."""
        schema = asked.schema
        assert schema is not None, asked.prompt[:2000]
        wanted = set(schema["properties"])
        if "parts" in wanted:
            return self._plan(schema)
        if "queries" in wanted:
            count = len(re.findall(r"^\d+\. .*put so far", asked.prompt, re.M))
            return {"queries": [{"number": n + 1, "query": q} for n in range(count) for q in self.queries]}
        if "paragraphs" in wanted:
            return {
                "paragraphs": [self._paragraph(asked, *each) for each in self.paragraphs],
                "uncovered": [],
            }
        if "marks" in wanted:
            found = [(number_of(asked.prompt, quote), quote) for _, quote in self.paragraphs]
            return {"marks": [{"source": number, "quote": quote} for number, quote in found if number]}
        if "calls" in wanted:
            done = "What they have given so far" in asked.prompt
            calls = [{"tool": tool, "arguments": json.dumps(arguments)} for tool, arguments in self.calls]
            return {"calls": [] if done else calls}
        names = dict(_FIELD.findall(asked.prompt))
        return {
            name: self._settle(asked, names[name.removeprefix("f")], schema) for name in schema["properties"]
        }

    def _plan(self, schema: Mapping[str, Any]) -> Any:
        members = schema["properties"]["parts"]["items"]["properties"]
        if "field" in members:
            return {"parts": [], "clarification": self.clarification}
        parts = [{"question": question, "query": query} for question, query in self.parts]
        return {"parts": parts, "clarification": self.clarification}

    def _settle(self, asked: Asked, name: str, schema: Mapping[str, Any]) -> Any:
        value, quote = self.values.get(name, (None, ""))
        if isinstance(value, list):
            return [self._piece(asked, each, words) for each, words in value]
        return self._piece(asked, value, quote)

    def _piece(self, asked: Asked, value: Any, quote: str) -> Any:
        if value is None:
            return {"value": None, "source": None, "quote": None}
        number = number_of(asked.prompt, quote)
        return {"value": value, "source": number, "quote": quote} if number else self._piece(asked, None, "")

    def _paragraph(self, asked: Asked, text: str, quote: str) -> Any:
        number = number_of(asked.prompt, quote)
        return {"text": text, "support": [{"source": number or 1, "quote": quote}]}


def sources_of(prompt: str) -> dict[int, str]:
    """Read the numbered material of a prompt."""
    return {int(found["number"]): found["text"] for found in _SOURCE.finditer(prompt)}


def number_of(prompt: str, quote: str) -> int | None:
    """Find which of the sources of a prompt has these words."""
    return next((number for number, text in sources_of(prompt).items() if quote in text), None)
