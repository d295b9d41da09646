"""How each folder stands: what is read of it, what waits, what cannot be read and why."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from gnomon.library.shelf import Folder, Shelf

_MOST_FAULTS = 1000
_MOST_NOTED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A folder, with how its files stand."""

    folder: Folder
    documents: int
    pending: int
    faults: Sequence[tuple[str, str]]
    """Files that cannot be read, and why, in the order of their names; a thousand at most."""
    unreadable: int
    notes: Sequence[tuple[str, str]] = ()
    """Documents of which something was left out or guessed in reading, and what; a thousand at most."""


def report(shelf: Shelf, folder: Folder) -> Report:
    """Say how a folder stands; raises `Unavailable`."""
    with shelf.readers.snapshot() as connection:
        counts = _count(connection, folder.seq)
        faults = connection.execute(
            "SELECT name, message FROM file WHERE folder = ? AND state = 'unreadable' ORDER BY name LIMIT ?",
            (folder.seq, _MOST_FAULTS),
        ).fetchall()
        noted = connection.execute(
            "SELECT name, notes FROM document WHERE folder = ? AND gone_at IS NULL AND notes <> '[]' "
            "ORDER BY name LIMIT ?",
            (folder.seq, _MOST_NOTED),
        ).fetchall()
    return Report(
        folder=folder,
        documents=counts.get("read", 0),
        pending=counts.get("pending", 0),
        unreadable=counts.get("unreadable", 0),
        faults=faults,
        notes=[(name, note) for name, notes in noted for note in json.loads(notes)],
    )


def is_embedding(shelf: Shelf) -> bool:
    """Say whether a server embeds the passages of this library; raises `Unavailable`."""
    with shelf.readers.snapshot() as connection:
        return connection.execute("SELECT 1 FROM embedder").fetchone() is not None


def count_pending(shelf: Shelf, folder: int) -> int:
    """Count the files of a folder that wait to be read; raises `Unavailable`."""
    with shelf.readers.snapshot() as connection:
        row = connection.execute(
            "SELECT count(*) FROM file WHERE folder = ? AND state = 'pending' AND state <> 'read'", (folder,)
        ).fetchone()
    return int(row[0])


def _count(connection: sqlite3.Connection, folder: int) -> dict[str, int]:
    rows = connection.execute("SELECT state, count(*) FROM file WHERE folder = ? GROUP BY state", (folder,))
    return dict(rows.fetchall())
