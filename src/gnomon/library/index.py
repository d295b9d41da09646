"""The index: documents put into the search, and taken out. Nothing here takes long between two of its steps.

A document's passages belong to one of its *cuts*. A new cut is written beside the one that is searched and shown in
one stroke at the end: whoever is killed before leaves the old one in place, and a `leftover` that says what to clear.
"""

import json
import sqlite3
from datetime import datetime
from typing import Final

from gnomon.library.place import Place, find_place
from gnomon.library.read import Read, pack_headings, unpack
from gnomon.library.row import micros
from gnomon.library.writer import Steps

_STRIDE: Final = 32
"""Passages between two steps."""


def put(
    connection: sqlite3.Connection, read: Read, fresh_id: str, now: datetime, editions: int
) -> Steps[bool]:
    """Put a document's text in the index; say whether its file was still there to be filed."""
    place = find_place(connection, read, fresh_id, now)
    if place is None:
        return False
    is_new_text = place.edition == 0 or not _is_edition(connection, place, read)
    if is_new_text or not place.is_shown_as(read):
        yield from _stage(connection, read, place)
        if not _is_filed(connection, read):
            return False
        _withdraw(connection, place.document)
        if is_new_text:
            _add_edition(connection, read, place, now, editions)
        _show(connection, read, place, now, edition=place.edition + is_new_text)
    _settle(connection, read, place)
    yield
    yield from _purge(connection, place.document, is_intake=True)
    return True


def _is_edition(connection: sqlite3.Connection, place: Place, read: Read) -> bool:
    """Say whether the newest edition has this very text, and the same headings."""
    row = connection.execute(
        "SELECT headings, text FROM edition WHERE document = ? AND number = ?",
        (place.document, place.edition),
    ).fetchone()
    return row is not None and row[0] == pack_headings(read.document) and unpack(row[1]) == read.document.text


def _stage(connection: sqlite3.Connection, read: Read, place: Place) -> Steps[None]:
    """Write the passages of the next cut, which nobody sees yet."""
    connection.execute("INSERT OR IGNORE INTO leftover (document) VALUES (?)", (place.document,))
    yield from _clear(connection, place.document, place.realm, "cut > ?", place.cut)
    text = read.document.text
    for number, (cut, length) in enumerate(zip(read.cuts, read.lengths, strict=True)):
        row = (read.document.title, cut.heading, text[cut.start : cut.end])
        seq = connection.execute(
            "INSERT INTO passage (document, cut, start, page, length, title, heading, text) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (place.document, place.cut + 1, cut.start, cut.page, length, *row),
        ).lastrowid
        connection.execute(
            f"INSERT INTO words_{place.realm} (rowid, title, heading, text) VALUES (?, ?, ?, ?)", (seq, *row)
        )
        if number % _STRIDE == _STRIDE - 1:
            yield


def _is_filed(connection: sqlite3.Connection, read: Read) -> bool:
    """Say whether the file that was read is still one of the library's."""
    where = (read.folder, read.name)
    return (
        connection.execute("SELECT 1 FROM file WHERE folder = ? AND name = ?", where).fetchone() is not None
    )


def _add_edition(
    connection: sqlite3.Connection, read: Read, place: Place, now: datetime, editions: int
) -> None:
    number = place.edition + 1
    connection.execute(
        "INSERT OR REPLACE INTO edition (document, number, title, read_at, headings, text) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (place.document, number, read.document.title, micros(now), pack_headings(read.document), read.packed),
    )
    connection.execute(
        "DELETE FROM edition WHERE document = ? AND number <= ?", (place.document, number - editions)
    )


def _show(connection: sqlite3.Connection, read: Read, place: Place, now: datetime, *, edition: int) -> None:
    text = read.document
    connection.execute(
        "UPDATE document SET folder = ?, name = ?, source = (SELECT label FROM folder WHERE seq = ?), title = ?, "
        "sought = ?, edition = ?, sha256 = ?, characters = ?, passages = ?, length = ?, read_at = ?, "
        "media_type = ?, origin_url = ?, notes = ?, gone_at = NULL, cut = ? WHERE seq = ?",
        (
            *(
                read.folder,
                read.name,
                read.folder,
                text.title,
                f"{read.name}\n{text.title}".casefold(),
                edition,
            ),
            *(read.sha256, len(text.text), len(read.cuts), sum(read.lengths), micros(now)),
            *(text.media_type, text.origin_url, json.dumps(list(text.notes)), place.cut + 1, place.document),
        ),
    )
    _count(connection, place.document, 1)


def _settle(connection: sqlite3.Connection, read: Read, place: Place) -> None:
    connection.execute(
        "UPDATE file SET state = 'read', size = ?, mtime_ns = ?, ctime_ns = ?, is_fresh = ?, document = ?, "
        "code = NULL, message = NULL WHERE folder = ? AND name = ?",
        (*read.stamps, read.is_fresh, place.document, read.folder, read.name),
    )
    connection.execute("UPDATE document SET sha256 = ? WHERE seq = ?", (read.sha256, place.document))


def hide(connection: sqlite3.Connection, document: int, now: datetime) -> None:
    """Take a document out of the search and the lists; its editions stay, and its passages are cleared later."""
    _withdraw(connection, document)
    connection.execute("INSERT OR IGNORE INTO leftover (document) VALUES (?)", (document,))
    connection.execute(
        "UPDATE document SET gone_at = ? WHERE seq = ? AND gone_at IS NULL", (micros(now), document)
    )


def _withdraw(connection: sqlite3.Connection, document: int) -> None:
    """Count a document out, if it is counted."""
    _count(connection, document, -1)


def _count(connection: sqlite3.Connection, document: int, sign: int) -> None:
    row = connection.execute(
        "SELECT realm, passages, length FROM document WHERE seq = ? AND gone_at IS NULL AND cut > 0",
        (document,),
    ).fetchone()
    if row is not None:
        realm, passages, length = row
        connection.execute(
            "UPDATE standing SET documents = documents + ?, passages = passages + ?, length = length + ? "
            "WHERE realm = ?",
            (sign, sign * passages, sign * length, realm),
        )


def purge(connection: sqlite3.Connection, *, is_intake: bool = False) -> Steps[None]:
    """Clear the passages that nobody sees; those that are being written only for who alone may be writing them."""
    last = 0
    while True:
        row = connection.execute("SELECT min(document) FROM leftover WHERE document > ?", (last,)).fetchone()
        if row[0] is None:
            return
        last = row[0]
        yield from _purge(connection, last, is_intake=is_intake)


def _purge(connection: sqlite3.Connection, document: int, *, is_intake: bool) -> Steps[None]:
    row = connection.execute(
        "SELECT realm, cut, gone_at IS NOT NULL FROM document WHERE seq = ?", (document,)
    ).fetchone()
    if row is not None:
        realm, cut, is_gone = row
        yield from _clear(connection, document, realm, "cut <= ?" if is_gone else "cut < ?", cut)
        if is_intake:
            yield from _clear(connection, document, realm, "cut > ?", cut)
    connection.execute(
        "DELETE FROM leftover WHERE document = ? AND NOT EXISTS (SELECT 1 FROM passage JOIN document ON "
        "document.seq = passage.document WHERE passage.document = leftover.document "
        "AND (passage.cut <> document.cut OR document.gone_at IS NOT NULL))",
        (document,),
    )


def _clear(connection: sqlite3.Connection, document: int, realm: int, which: str, cut: int) -> Steps[None]:
    """Delete passages of a document with their words and vectors."""
    find = (
        f"SELECT seq, title, heading, text FROM passage WHERE document = ? AND {which} "
        f"ORDER BY seq LIMIT {_STRIDE}"
    )
    while rows := connection.execute(find, (document, cut)).fetchall():
        connection.executemany(
            f"INSERT INTO words_{realm} (words_{realm}, rowid, title, heading, text) "
            "VALUES ('delete', ?, ?, ?, ?)",
            rows,
        )
        seqs = [(row[0],) for row in rows]
        connection.executemany("DELETE FROM vector WHERE passage = ?", seqs)
        connection.executemany("DELETE FROM passage WHERE seq = ?", seqs)
        yield
