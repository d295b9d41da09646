"""What a piece of research handles: what is asked, where it was looked, what was found, what is settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from gnomon.core.library import point
from gnomon.core.task import Json

Path = tuple[str | int, ...]
Confidence = Literal["low", "medium", "high"]
ALONE: Final = "No model took part."
"""The end of the reasoning of what was read without a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Text that was really fetched, as it was fetched; excerpts are slices of it."""

    url: str
    title: str
    text: str
    start: int = 0
    """Where the text begins in its document, in characters; for documents of the library alone."""
    kind: Literal["document", "page", "tool", "given", "earlier"] = "document"
    document: str | None = None
    """The id of a document of the library."""
    heading: str = ""
    published: str | None = None
    """YYYY-MM-DD, where it is known."""
    score: float = 0.0
    similarity: float | None = None
    notes: Sequence[str] = field(default=(), compare=False)
    """What was left out of its document when that was read, and why."""
    is_truncated: bool = False

    @property
    def work(self) -> str:
        """Name what the text is a part of: two sources of one work do not confirm each other."""
        return self.document or self.url.partition("#")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Words that stand in a source: it can only be made of a slice."""

    source: Source
    start: int
    end: int

    @property
    def excerpt(self) -> str:
        """Return the words."""
        return self.source.text[self.start : self.end]

    @property
    def url(self) -> str:
        """Return an address that opens at the words."""
        if self.source.kind != "document":
            return self.source.url
        first = self.source.start
        return point(self.source.url, [(first + self.start, first + self.end)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing to find out: a leaf of the wanted schema, a list's elements, or the whole of a text."""

    path: Path
    """Where the value goes; empty for a text."""
    query: str
    """Words to look for."""
    subject: Sequence[str] = ()
    """Words of what the whole brief is about, whichever of them stand in the field's own words too."""
    schema: Mapping[str, Any] = field(default_factory=dict)
    """The leaf's own schema, references resolved; empty for a text."""
    is_required: bool = False
    may_be_null: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What is held to be the value at a path, and what it rests on."""

    path: Path
    value: Json
    evidence: Sequence[Evidence] = ()
    reasoning: str
    confidence: Confidence | None = None
    gap: str | None = None
    """Why there is no value; None where there is one."""
    rivals: Sequence[Json] = ()
    """Other values that the documents give as plainly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was used, as the provider counted it; nothing is estimated."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    """None when the price of a model that was called is not known."""

    def __add__(self, other: "Usage") -> "Usage":
        unknown = self.cost_usd is None or other.cost_usd is None
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=None if unknown else (self.cost_usd or 0) + (other.cost_usd or 0),
        )
