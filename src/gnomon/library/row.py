"""Rows as records."""

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gnomon.core.library import Document

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DOCUMENT: Final = (
    "seq, id, title, name, edition, characters, passages, read_at, "
    "media_type, source, origin_url, notes, gone_at"
)
"""The columns that `document_of` takes."""


OWN: Final = "\0own"
"""The name of the realm of the server's own documentation: what any other document takes the place of."""
VISIBLE: Final = "passage.cut = document.cut AND document.gone_at IS NULL"
"""What a search may find."""


def micros(moment: datetime) -> int:
    """Return microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(micros: int) -> datetime:
    """Return the moment of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=micros)


def document_of(row: tuple[Any, ...]) -> Document:
    """Make the record of a row of `DOCUMENT`."""
    found: Mapping[str, Any] = dict(zip(DOCUMENT.split(", "), row, strict=True))
    return Document(
        id=found["id"],
        title=found["title"],
        name=found["name"],
        edition=found["edition"],
        characters=found["characters"],
        passages=found["passages"],
        read_at=moment(found["read_at"]),
        media_type=found["media_type"],
        source=found["source"],
        origin_url=found["origin_url"],
        notes=tuple(json.loads(found["notes"])),
        gone_at=None if found["gone_at"] is None else moment(found["gone_at"]),
    )


def whole(text: str) -> str:
    """Put a question mark for each lone half of a character, which no database takes."""
    return text.encode(errors="replace").decode()


def find_realms(connection: sqlite3.Connection, workspace: str) -> list[int]:
    """Return the realms that a workspace sees: its own, and the shared one, which has no name."""
    find = "SELECT seq FROM realm WHERE workspace IN (?, '') ORDER BY workspace DESC"
    rows = connection.execute(find, (whole(workspace),))
    return [seq for (seq,) in rows]
