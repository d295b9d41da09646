"""Rows as records."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gnomon.core.library import Document

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DOCUMENT: Final = (
    "seq, id, title, name, edition, characters, passages, read_at, "
    "media_type, source, origin_url, notes, gone_at"
)
"""The columns that `document_of` takes."""


SHARED: Final = ""
"""The name of the realm that all workspaces see."""
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
    """Return the realms that a workspace draws on: its own and the shared one; the server's where these are empty."""
    given, own = _split_realms(connection, workspace)
    return given if _may_hold(connection, given) else [*given, *own]


def find_open_realms(connection: sqlite3.Connection, workspace: str) -> list[int]:
    """Return the realms of which a workspace may open a document, whether it draws on it or not."""
    given, own = _split_realms(connection, workspace)
    return [*given, *own]


def _split_realms(connection: sqlite3.Connection, workspace: str) -> tuple[list[int], list[int]]:
    find = "SELECT seq, workspace FROM realm WHERE workspace IN (?, ?, ?) ORDER BY workspace DESC"
    rows = connection.execute(find, (whole(workspace), SHARED, OWN)).fetchall()
    given = [seq for seq, name in rows if name != OWN]
    return given, [seq for seq, name in rows if name == OWN]


def _may_hold(connection: sqlite3.Connection, realms: Sequence[int]) -> bool:
    """Say whether there are documents in these realms, read or waiting, or a folder that nobody has looked into."""
    marks = ", ".join("?" * len(realms))
    found = connection.execute(
        f"SELECT EXISTS (SELECT 1 FROM standing WHERE realm IN ({marks}) AND documents > 0) OR EXISTS ("
        f"SELECT 1 FROM folder LEFT JOIN walk ON walk.folder = folder.seq WHERE folder.realm IN ({marks}) "
        "AND (walk.folder IS NULL OR EXISTS (SELECT 1 FROM file WHERE file.folder = folder.seq "
        "AND file.state = 'pending' AND file.state <> 'read')))",
        (*realms, *realms),
    )
    return bool(found.fetchone()[0])
