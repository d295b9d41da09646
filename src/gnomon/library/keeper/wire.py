"""The library's records on the pipe."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from gnomon.core.library import Document

_MOMENTS = frozenset({"read_at", "gone_at"})


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
