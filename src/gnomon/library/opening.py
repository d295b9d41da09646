"""Opening the library's file: what is not sound, or of another version, is made anew and keeps its documents' ids."""

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from gnomon.core.errors import Unavailable
from gnomon.library.fault import is_damage
from gnomon.library.schema import CARRIED, KEPT, VERSION, create, create_index

log = logging.getLogger(__name__)

_BESIDE = ("-wal", "-shm", "-journal")


def prepare(library: Path) -> None:
    """Leave a sound library of this version at the path. Call it with the turn to write."""
    if not library.exists():
        library.touch(mode=0o600)
    version = find_version(library)
    if version == 0 and not library.stat().st_size:
        return _make(library)
    if version != VERSION:
        rebuild(library, "damage" if version is None else f"version {version}")
    return None


def check(library: Path) -> None:
    """Raise `Unavailable` when another version of the program has taken the library over."""
    if (version := find_version(library)) != VERSION:
        raise Unavailable(f"{library} has version {version}, not {VERSION}: start this process anew.")


def find_version(library: Path) -> int | None:
    """Return the version of the file's tables, 0 when there are none, None when it is damaged."""
    with closing(sqlite3.connect(library, isolation_level=None)) as connection:
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            return int(connection.execute("PRAGMA user_version").fetchone()[0])
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                return None
            raise Unavailable(f"{library} cannot be opened: {error}.") from error


def rebuild(library: Path, why: str) -> None:
    """Put a new file in the old one's place, with all of its documents and editions that can still be read.

    The old file is set aside unless it was sound and of a version that this one knows in full.
    """
    made = library.with_name(f"{library.name}.new")
    for stale in _family(made):
        stale.unlink(missing_ok=True)
    _make(made)
    carried = _carry(library, made)
    aside = _set_aside(library, is_spent=why.startswith("version") and _kept(why) == KEPT)
    made.replace(library)
    _sync(library.parent)
    log.warning("library.rebuilt", extra={"why": why, "set_aside": str(aside), **carried})


def _kept(why: str) -> int:
    return int(why.removeprefix("version ")) // 1000


def _make(library: Path) -> None:
    with closing(sqlite3.connect(library, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        create(connection)
        connection.execute("COMMIT")


def _carry(old: Path, new: Path) -> dict[str, int]:
    """Copy the rows that addresses rest on; return how many of each table."""
    with closing(_connect(old)) as source, closing(_connect(new)) as target:
        target.execute("PRAGMA synchronous = FULL")
        target.execute("BEGIN IMMEDIATE")
        carried = {table: _copy(source, target, table) for table in CARRIED}
        target.execute("DELETE FROM document WHERE edition = 0")
        target.execute("UPDATE document SET cut = 0, passages = 0, length = 0")
        for (realm,) in target.execute("SELECT seq FROM realm").fetchall():
            create_index(target, realm)
        target.execute("COMMIT")
    return carried


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> int:
    columns = _shared_columns(source, target, table)
    if not columns:
        return 0
    marks = ", ".join("?" * len(columns))
    insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})"
    before = target.total_changes
    for order in ("ASC", "DESC"):  # from both ends, so that damage in the middle costs only the middle
        is_whole = True
        try:
            for row in _rows(source, table, columns, order):
                target.execute(insert, row)
        except sqlite3.DatabaseError as error:
            is_whole = False
            log.warning("library.rows_lost", extra={"table": table, "error": str(error)})
        if is_whole:
            break
    return target.total_changes - before


def _rows(
    source: sqlite3.Connection, table: str, columns: Sequence[str], order: str
) -> Iterator[tuple[object, ...]]:
    yield from source.execute(f"SELECT {', '.join(columns)} FROM {table} NOT INDEXED ORDER BY rowid {order}")


def _shared_columns(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> list[str]:
    try:
        there = {row[1] for row in source.execute(f"PRAGMA table_info({table})")}
    except sqlite3.DatabaseError:
        return []
    return [row[1] for row in target.execute(f"PRAGMA table_info({table})") if row[1] in there]


def _set_aside(library: Path, *, is_spent: bool) -> Path | None:
    """Free the path's companions, which SQLite would take for the new file's; keep the old file's bytes if asked."""
    if is_spent:
        for companion in _family(library)[1:]:
            companion.unlink(missing_ok=True)
        return None
    aside = _free_name(library)
    os.link(library, aside)
    for companion, suffix in zip(_family(library)[1:], _BESIDE, strict=True):
        if companion.exists():
            companion.rename(aside.with_name(aside.name + suffix))
    return aside


def _free_name(library: Path) -> Path:
    number = 1
    while (aside := library.with_name(f"{library.name}.aside-{number}")).exists():
        number += 1
    return aside


def _family(path: Path) -> list[Path]:
    return [path, *(path.with_name(path.name + suffix) for suffix in _BESIDE)]


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
