"""Scanning: what a folder has now, beside what the library knows of it. Nothing is read yet."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from gnomon.library.folder import Rules, Seen, Stamps, Walk
from gnomon.library.index import hide, purge
from gnomon.library.readers import Readers
from gnomon.library.row import micros
from gnomon.library.writer import Steps, Writer

R = TypeVar("R")

_PAGE: Final = 1000
_CHUNK: Final = 256
_ADD = "INSERT OR IGNORE INTO file (folder, name, size, mtime_ns, ctime_ns, state) VALUES (?, ?, ?, ?, ?, 'pending')"
_CHANGE = (
    "UPDATE file SET size = ?, mtime_ns = ?, ctime_ns = ?, state = 'pending', code = NULL, message = NULL "
    "WHERE folder = ? AND name = ?"
)


@dataclass(slots=True, kw_only=True)
class Scanned:
    """What a scan has found."""

    added: int = 0
    changed: int = 0
    """Files whose stamps differ, or had been too young to be trusted: reading will tell."""
    gone: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    """How many were left out, by reason."""
    problem: str | None = None
    """Why the folder could not be walked; then what is known of it stays as it was."""


class Known(NamedTuple):
    """A file as the library knows it."""

    name: str
    stamps: Stamps
    is_fresh: bool


class Missing(NamedTuple):
    """A file that is not there any more."""

    name: str


Difference = tuple[Seen, Known | None] | Missing


def scan(readers: Readers, writer: Writer, folder: int, root: Path, rules: Rules, now: datetime) -> Scanned:
    """Note what is new, changed and gone; what is gone leaves the search at once."""
    walk, scanned = Walk(root, rules), Scanned()
    try:
        for chunk in _chunks(compare(walk, _known(readers, folder)), _CHUNK):
            writer.work(_note, folder, chunk, scanned, now)
    except OSError as error:
        if not _is_lone_and_gone(root, error):
            scanned.problem = f"{error.strerror or error}"
            writer.run(_close, folder, scanned, now)
            return scanned
        writer.work(_note, folder, [Missing(root.name)], scanned, now)
    scanned.skipped = {str(why): count for why, count in sorted(walk.skipped.items())}
    writer.work(_note_lost, folder, now)
    writer.run(_close, folder, scanned, now)
    writer.work(purge)
    return scanned


def compare(walk: Walk, known: Iterator[Known]) -> Iterator[Difference]:
    """Merge the two, both in the order of names."""
    old = next(known, None)
    for seen in walk.files():
        while old is not None and old.name < seen.name:
            yield from _missing(walk, old)
            old = next(known, None)
        if old is None or old.name != seen.name:
            yield seen, None
            continue
        if old.stamps != seen.stamps or old.is_fresh:
            yield seen, old
        old = next(known, None)
    while old is not None:
        yield from _missing(walk, old)
        old = next(known, None)


def _missing(walk: Walk, old: Known) -> Iterator[Missing]:
    if not any(old.name.startswith(place) for place in walk.closed):
        yield Missing(old.name)


def _known(readers: Readers, folder: int) -> Iterator[Known]:
    last = ""
    while True:
        with readers.snapshot() as connection:
            rows = connection.execute(
                "SELECT name, is_fresh, size, mtime_ns, ctime_ns FROM file WHERE folder = ? AND name > ? "
                "ORDER BY name LIMIT ?",
                (folder, last, _PAGE),
            ).fetchall()
        yield from (Known(name, Stamps(*stamps), bool(is_fresh)) for name, is_fresh, *stamps in rows)
        if len(rows) < _PAGE:
            return
        last = rows[-1][0]


def _note(
    connection: sqlite3.Connection,
    folder: int,
    differences: list[Difference],
    scanned: Scanned,
    now: datetime,
) -> Steps[None]:
    for difference in differences:
        if isinstance(difference, Missing):
            scanned.gone += drop_file(connection, folder, difference.name, now)
        else:
            _note_file(connection, folder, *difference, scanned)
        yield


def _note_file(
    connection: sqlite3.Connection, folder: int, seen: Seen, old: Known | None, scanned: Scanned
) -> None:
    if old is None:
        row = (folder, seen.name, *seen.stamps)
        scanned.added += connection.execute(_ADD, row).rowcount
        return
    scanned.changed += connection.execute(_CHANGE, (*seen.stamps, folder, seen.name)).rowcount


def drop_file(connection: sqlite3.Connection, folder: int, name: str, now: datetime) -> int:
    """Forget a file and hide its document; return how many files that were."""
    dropped = connection.execute(
        "DELETE FROM file WHERE folder = ? AND name = ? RETURNING document", (folder, name)
    ).fetchall()
    for (document,) in dropped:
        if document is not None:
            hide(connection, document, now)
    return len(dropped)


def _note_lost(connection: sqlite3.Connection, folder: int, now: datetime) -> Steps[None]:
    """Hide documents that a library made anew still lists, and whose files are gone since."""
    if connection.execute("SELECT 1 FROM walk WHERE folder = ?", (folder,)).fetchone():
        return
    rows = connection.execute(
        "SELECT seq FROM document WHERE folder = ? AND gone_at IS NULL AND NOT EXISTS "
        "(SELECT 1 FROM file WHERE file.folder = document.folder AND file.name = document.name)",
        (folder,),
    )
    for (document,) in rows.fetchall():
        hide(connection, document, now)
        yield


def _close(connection: sqlite3.Connection, folder: int, scanned: Scanned, now: datetime) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO walk (folder, walked_at, problem, skipped) VALUES (?, ?, ?, ?)",
        (folder, micros(now), scanned.problem, json.dumps(dict(scanned.skipped))),
    )


def _is_lone_and_gone(root: Path, error: OSError) -> bool:
    """Say whether the root was a single file that was deleted; a folder may only be unmounted."""
    return isinstance(error, FileNotFoundError) and bool(root.suffix) and root.parent.is_dir()


def _chunks(items: Iterable[R], size: int) -> Iterator[list[R]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
