"""The catalogue: documents one by one, their editions, and counts of all."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gnomon.core.errors import Complaint, Invalid, NotFound
from gnomon.core.library import Document, Holdings, Reading
from gnomon.core.ports import Page
from gnomon.library.read import unpack
from gnomon.library.row import DOCUMENT, OWN, document_of, find_open_realms, find_realms, micros, whole
from gnomon.library.search import count_files
from gnomon.library.writer import Steps

MOST_LISTED: Final = 500
_LISTED: Final = "gone_at IS NULL AND edition > 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A file that cannot be read, and why."""

    name: str
    source: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """How the server's own documentation stands to a workspace."""

    documents: int
    is_drawn_on: bool
    """It is, as long as the workspace sees no other document."""


def get_document(connection: sqlite3.Connection, workspace: str, document_id: str) -> Document:
    """Return a document that the workspace may open; raises `NotFound`."""
    realms = find_open_realms(connection, workspace)
    marks = ", ".join("?" * len(realms))
    row = connection.execute(
        f"SELECT {DOCUMENT} FROM document WHERE id = ? AND {_LISTED} AND realm IN ({marks})",
        (whole(document_id), *realms),
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no document {document_id}.")
    return document_of(row)


def read_edition(connection: sqlite3.Connection, document_id: str, number: int | None) -> Reading:
    """Return the text of a document's edition, the newest unless another is asked for; raises `NotFound`."""
    row = connection.execute(
        f"SELECT {DOCUMENT} FROM document WHERE id = ? AND edition > 0", (whole(document_id),)
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no document {document_id}.")
    document = document_of(row)
    wanted = document.edition if number is None else number
    found = None
    if abs(wanted) < 1 << 62:
        found = connection.execute(
            "SELECT headings, text FROM edition WHERE document = ? AND number = ?", (row[0], wanted)
        ).fetchone()
    if found is None:
        raise NotFound(_no_edition(connection, document, row[0], wanted))
    headings = tuple((start, depth, words) for start, depth, words in json.loads(found[0]))
    return Reading(document=document, edition=wanted, text=unpack(found[1]), headings=headings)


def _no_edition(connection: sqlite3.Connection, document: Document, seq: int, wanted: int) -> str:
    oldest = connection.execute("SELECT min(number) FROM edition WHERE document = ?", (seq,)).fetchone()[0]
    kept = f"Editions {oldest} to {document.edition} are kept." if oldest else "None is kept."
    return f"There is no edition {wanted} of document {document.id}. {kept}"


def list_documents(
    connection: sqlite3.Connection, workspace: str, query: str | None, cursor: str | None, limit: int
) -> Page[Document]:
    """List the documents that a workspace sees, by name; raises `Invalid` for a wrong cursor."""
    realms = find_realms(connection, workspace)
    last = _find_last(connection, find_open_realms(connection, workspace), cursor)
    wanted = min(max(limit, 1), MOST_LISTED)
    rows = [row for realm in realms for row in _list_realm(connection, realm, query, last, wanted + 1)]
    rows.sort(key=lambda row: (row[3], row[0]))
    records = [document_of(row) for row in rows[:wanted]]
    return Page(records=records, next=records[-1].id if len(rows) > wanted else None)


def _find_last(connection: sqlite3.Connection, realms: Sequence[int], cursor: str | None) -> tuple[str, int]:
    """Return where a page goes on: behind the document that the cursor names."""
    if cursor is None:
        return ("", 0)
    marks = ", ".join("?" * len(realms))
    row = connection.execute(
        f"SELECT name, seq FROM document WHERE id = ? AND realm IN ({marks})", (whole(cursor), *realms)
    ).fetchone()
    if row is None:
        raise Invalid([Complaint(("cursor",), "Send the `next` of the page before, of this same list.")])
    return (row[0], row[1])


def _list_realm(
    connection: sqlite3.Connection, realm: int, query: str | None, last: tuple[str, int], limit: int
) -> list[tuple[Any, ...]]:
    sought = "AND instr(sought, ?) > 0 " if query else ""
    values = (realm, *last, *([whole(query).casefold()] if query else []), limit)
    return connection.execute(
        f"SELECT {DOCUMENT} FROM document WHERE realm = ? AND {_LISTED} AND (name, seq) > (?, ?) {sought}"
        "ORDER BY name, seq LIMIT ?",
        values,
    ).fetchall()


def count_holdings(connection: sqlite3.Connection, workspace: str) -> Holdings:
    """Count what a workspace sees."""
    realms = find_realms(connection, workspace)
    marks = ", ".join("?" * len(realms))
    documents, passages = connection.execute(
        "SELECT coalesce(sum(documents), 0), coalesce(sum(passages), 0) FROM standing "
        f"WHERE realm IN ({marks})",
        realms,
    ).fetchone()
    return Holdings(
        documents=documents,
        passages=passages,
        pending=count_files(connection, realms, "pending"),
        unreadable=count_files(connection, realms, "unreadable"),
        embedded=_count_embedded(connection, realms),
    )


def count_own(connection: sqlite3.Connection, workspace: str) -> Own | None:
    """Count the server's own documents; None where it has brought none."""
    find = (
        "SELECT realm.seq, standing.documents FROM realm JOIN standing ON standing.realm = realm.seq "
        "WHERE realm.workspace = ? AND standing.documents > 0"
    )
    if (row := connection.execute(find, (OWN,)).fetchone()) is None:
        return None
    return Own(documents=row[1], is_drawn_on=row[0] in find_realms(connection, workspace))


def _count_embedded(connection: sqlite3.Connection, realms: Sequence[int]) -> int:
    marks = ", ".join("?" * len(realms))
    row = connection.execute(
        "SELECT count(*) FROM vector CROSS JOIN passage ON passage.seq = vector.passage "
        "CROSS JOIN document ON document.seq = passage.document "
        f"WHERE document.realm IN ({marks}) AND passage.cut = document.cut AND document.gone_at IS NULL",
        realms,
    ).fetchone()
    return int(row[0])


def list_refused(connection: sqlite3.Connection, workspace: str, limit: int) -> list[Refused]:
    """List files that a workspace would see if they could be read."""
    realms = find_realms(connection, workspace)
    marks = ", ".join("?" * len(realms))
    rows = connection.execute(
        "SELECT file.name, folder.label, file.code, file.message FROM folder JOIN file ON file.folder = folder.seq "
        f"WHERE folder.realm IN ({marks}) AND file.state = 'unreadable' ORDER BY file.name LIMIT ?",
        (*realms, limit),
    )
    return [
        Refused(name=name, source=label, code=code, message=message) for name, label, code, message in rows
    ]


def forget_gone(connection: sqlite3.Connection, before: datetime) -> Steps[int]:
    """Forget documents that were gone before then, with all their editions; return how many."""
    forgotten = 0
    find = (
        "SELECT seq FROM document WHERE gone_at < ? AND NOT EXISTS (SELECT 1 FROM passage WHERE document = "
        "document.seq) ORDER BY gone_at LIMIT 1"
    )
    while row := connection.execute(find, (micros(before),)).fetchone():
        connection.execute("UPDATE file SET document = NULL WHERE document = ?", row)
        connection.execute("DELETE FROM edition WHERE document = ?", row)
        connection.execute("DELETE FROM document WHERE seq = ?", row)
        forgotten += 1
        yield
    return forgotten
