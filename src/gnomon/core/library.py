"""What the library holds: documents in editions, and the passages of them that answer a query."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gnomon.core.task import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a document's text, as a search finds it."""

    document: str
    """The document's id, `doc_...`."""
    url: str
    """Where the server shows the document, in the edition that was searched; `point` adds where to look."""
    title: str
    text: str
    start: int
    """Where the piece begins in the text of the document, in characters."""
    heading: str = ""
    """The headings above it, the outermost first, with ` > ` between."""
    page: int | None = None
    """The printed page, from 1, where there are pages."""
    score: float = 0.0
    """How well its words fit the query, by BM25: more is better; comparable within one answer only."""
    similarity: float | None = None
    """Cosine of its meaning and the query's; None without embeddings."""
    notes: Sequence[str] = ()
    """What was left out of its document in reading, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search has found, and what is needed to weigh it."""

    passages: Sequence[Passage] = ()
    frequencies: Mapping[str, int]
    """In how many passages of the workspace's library each term of the query stands; 0 where in none."""
    size: int
    """How many passages the workspace's library has."""
    engine: str
    """`fts5`, or `fts5+MODEL` when embeddings took part."""
    pending: int = 0
    """Files that are known and not yet read: an answer may be missing for now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document of a workspace's library."""

    id: str
    title: str
    name: str
    """Its path below the folder that it was found in."""
    edition: int
    """Counts the texts that it has had, from 1."""
    characters: int
    passages: int
    read_at: datetime
    media_type: str
    source: str
    """What brought it: the label of its folder."""
    origin_url: str | None = None
    """Where the text came from, when that is public."""
    notes: Sequence[str] = ()
    """What was left out in reading, and why."""
    gone_at: datetime | None = None
    """Since when its file is not there any more: it is found no longer, and its editions can still be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The text of one edition of a document, for showing."""

    document: Document
    edition: int
    text: str
    headings: Sequence[tuple[int, int, str]] = ()
    """Where each heading stands: offset, depth from 1, words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """How a workspace's library stands."""

    documents: int
    passages: int
    pending: int
    unreadable: int
    embedded: int
    """Passages whose embedding is there."""


def point(url: str, spans: Iterable[tuple[int, int]]) -> str:
    """Add to a document's address where to look: `?...&at=120-180,400-420#passage`."""
    at = ",".join(f"{start}-{end}" for start, end in spans)
    return f"{url}{'&' if '?' in url else '?'}at={at}#passage" if at else url


def read_found(value: Mapping[str, Any]) -> Found:
    """Make the record of its JSON."""
    return Found(**{**value, "passages": tuple(map(_read_passage, value["passages"]))})


def _read_passage(value: Mapping[str, Any]) -> Passage:
    return Passage(**{**value, "notes": tuple(value.get("notes", ()))})


def found_json(found: Found) -> dict[str, Json]:
    """Write the record as JSON."""
    named = {name: getattr(found, name) for name in ("size", "engine", "pending")}
    passages = [
        {name: getattr(each, name) for name in Passage.__dataclass_fields__} | {"notes": list(each.notes)}
        for each in found.passages
    ]
    return {**named, "frequencies": dict(found.frequencies), "passages": passages}
