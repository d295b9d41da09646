"""Which document a file is: the one it was, one that was moved or came back, or a new one."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gnomon.library.read import Read
from gnomon.library.row import micros

_COLUMNS: Final = "seq, realm, edition, cut, gone_at IS NOT NULL, folder, name, title, sha256"
_UNLINKED: Final = "NOT EXISTS (SELECT 1 FROM file WHERE file.document = document.seq)"
_BEFORE: Final = "seq = (SELECT document FROM file WHERE folder = :folder AND name = :name)"
"""The file was this document before."""
_UNCLAIMED: Final = f"folder = :folder AND name = :name AND gone_at IS NULL AND {_UNLINKED}"
"""The library was made anew, and nothing has claimed the document since."""
_MOVED: Final = f"realm = :realm AND sha256 = :sha256 AND gone_at IS NOT NULL AND {_UNLINKED}"
"""Its content was here, perhaps under another name."""
_REPLACED: Final = f"folder = :folder AND name = :name AND gone_at IS NOT NULL AND {_UNLINKED}"
"""Another content was here under its name."""
_NEAREST: Final = "(folder = :folder AND name = :name) DESC, gone_at DESC, seq"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document stands before it is put anew."""

    document: int
    realm: int
    edition: int
    cut: int
    is_gone: bool
    folder: int | None
    name: str
    title: str
    sha256: bytes

    def is_shown_as(self, read: Read) -> bool:
        """Say whether the search already shows what was read."""
        there = (self.folder, self.name, self.title, self.sha256)
        return (
            not self.is_gone
            and self.cut > 0
            and there == (read.folder, read.name, read.document.title, read.sha256)
        )


def find_place(connection: sqlite3.Connection, read: Read, fresh_id: str, now: datetime) -> Place | None:
    """Return the document that a file is, made if there is none; None when its folder is gone."""
    row = connection.execute("SELECT realm FROM folder WHERE seq = ?", (read.folder,)).fetchone()
    if row is None:
        return None
    known = {"folder": read.folder, "name": read.name, "sha256": read.sha256, "realm": row[0]}
    for way in (_BEFORE, _UNCLAIMED, _MOVED, _REPLACED):
        find = f"SELECT {_COLUMNS} FROM document WHERE {way} ORDER BY {_NEAREST} LIMIT 1"
        found = connection.execute(find, known).fetchone()
        if found is not None:
            return _place(found)
    return _add(connection, read, row[0], fresh_id, now)


def _add(connection: sqlite3.Connection, read: Read, realm: int, fresh_id: str, now: datetime) -> Place:
    row = (fresh_id, realm, read.folder, read.name, read.document.title, read.sha256, micros(now))
    return _place(
        connection.execute(
            "INSERT INTO document (id, realm, folder, name, title, sha256, read_at, source, sought, media_type) "
            f"VALUES (?, ?, ?, ?, ?, ?, ?, '', '', '') RETURNING {_COLUMNS}",
            row,
        ).fetchone()
    )


def _place(row: tuple[Any, ...]) -> Place:
    document, realm, edition, cut, is_gone, *rest = row
    return Place(document, realm, edition, cut, bool(is_gone), *rest)
