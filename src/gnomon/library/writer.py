"""The writer: one connection that writes, in turns with all others that do, and never for long."""

import sqlite3
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

from gnomon.core.errors import Unavailable
from gnomon.library import opening
from gnomon.library.fault import told
from gnomon.library.turn import Turn

P = ParamSpec("P")
R = TypeVar("R")
Steps = Generator[None, None, R]
"""Work that may be committed wherever it yields."""

PIECE: Final = 0.03
"""Seconds after which work in steps is committed, so that others get their turn."""
_PRAGMAS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA busy_timeout = 5000;
PRAGMA cache_size = -16384;
PRAGMA temp_store = MEMORY;
PRAGMA journal_size_limit = 67108864;
"""


class Writer:
    """Writes to a library's file. Any thread may ask it: they take turns, as other processes do."""

    def __init__(self, library: Path, turn: Turn, max_bytes: int | None = None) -> None:
        self._library = library
        self._turn = turn
        self._max_bytes = max_bytes
        self._connection: sqlite3.Connection | None = None
        self._inode = 0

    def run(
        self, verb: Callable[Concatenate[sqlite3.Connection, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a verb in a transaction; raises `Unavailable` when it could not be committed."""
        with self._transaction() as connection:
            return verb(connection, *args, **kwargs)

    def work(
        self,
        job: Callable[Concatenate[sqlite3.Connection, P], Steps[R]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Take the steps of a long job, in as many transactions as it needs; raises `Unavailable`."""
        with self._transaction() as first:
            steps = job(first, *args, **kwargs)
            is_over, answer = _take(steps)
        while not is_over:
            with self._transaction() as connection:
                if connection is not first:
                    raise Unavailable(f"{self._library} was made anew meanwhile; ask again.")
                is_over, answer = _take(steps)
        assert answer is not None
        return answer[0]

    def close(self) -> None:
        """Let go of the file."""
        with self._turn.take():
            self._disconnect()

    def forget(self) -> None:
        """Close the connection, in the turn that the caller holds."""
        self._disconnect()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._turn.take(), told(self._library):
            connection = self._connect()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite itself undoes what a full disk or damage has stopped
                    connection.execute("ROLLBACK")
                raise

    def _connect(self) -> sqlite3.Connection:
        """Return the connection to the file that is at the path now."""
        inode = self._find_inode()
        if self._connection is None or inode != self._inode:
            self._disconnect()
            opening.check(self._library)
            self._connection = sqlite3.connect(self._library, isolation_level=None, check_same_thread=False)
            self._connection.executescript(_PRAGMAS)
            self._limit(self._connection)
            self._inode = inode
        return self._connection

    def _limit(self, connection: sqlite3.Connection) -> None:
        if self._max_bytes is not None:
            page = connection.execute("PRAGMA page_size").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {max(self._max_bytes // page, 1)}")

    def _find_inode(self) -> int:
        try:
            return self._library.stat().st_ino
        except OSError as error:
            raise Unavailable(f"{self._library} is not there any more: {error.strerror}.") from error

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _take(steps: Steps[R]) -> tuple[bool, tuple[R] | None]:
    """Take steps for a while; say whether that was all, and what came of it."""
    limit = time.monotonic() + PIECE
    while time.monotonic() < limit:
        try:
            next(steps)
        except StopIteration as end:
            return True, (end.value,)
    return False, None
