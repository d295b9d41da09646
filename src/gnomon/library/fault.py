"""What SQLite complains of, in the house's words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gnomon.core.errors import Unavailable

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Damaged(Unavailable):
    """The library's file is damaged; it is set aside and made again from the folders."""


@contextmanager
def told(library: Path) -> Iterator[None]:
    """Turn SQLite's errors into `Unavailable`, and damage into `Damaged`."""
    try:
        yield
    except sqlite3.Error as error:
        if is_damage(error):
            raise Damaged(f"{library} is damaged ({error}).") from error
        if _code(error) == sqlite3.SQLITE_FULL:
            raise Unavailable(
                f"There is no room left for {library} on its disk, or within the limit set for it. "
                "What was read so far is kept: make room, and reading goes on from there."
            ) from error
        if isinstance(error, sqlite3.OperationalError):
            raise Unavailable(f"{library} cannot be used right now: {error}.") from error
        raise


def is_damage(error: sqlite3.Error) -> bool:
    """Say whether the file, and not what was asked of it, is at fault."""
    return _code(error) in _DAMAGE


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
