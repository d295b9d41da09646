"""The library's records on the pipe, and what its processes are told."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from gnomon.core.library import Document

_MOMENTS = frozenset({"read_at", "gone_at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Provided:
    """A folder, or a single file, that the server itself brings to the library, for all workspaces."""

    path: str
    label: str
    is_own: bool = False
    """It is the server's own documentation; what it no longer brings of that is taken out."""


def document_json(document: Document) -> dict[str, Any]:
    """Write a document's record as JSON."""
    return {each.name: _plain(getattr(document, each.name)) for each in fields(document)}


def read_document(value: Mapping[str, Any]) -> Document:
    """Make the record of its JSON."""
    return Document(**{name: _rich(name, given) for name, given in value.items()})


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _rich(name: str, value: Any) -> Any:
    if isinstance(value, str) and name in _MOMENTS:
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value
