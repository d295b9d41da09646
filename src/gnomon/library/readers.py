"""The readers: connections that cannot write, one for each thread that reads at the same time."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gnomon.core.errors import Unavailable
from gnomon.library.fault import told

_PRAGMAS = """
PRAGMA busy_timeout = 5000;
PRAGMA cache_size = -8192;
PRAGMA temp_store = MEMORY;
PRAGMA query_only = ON;
"""
_KEPT = 8


class Readers:
    """Lends connections, each in a snapshot of its own."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._idle: list[tuple[int, sqlite3.Connection]] = []
        self._lock = threading.Lock()
        self._is_closed = False

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that sees one state of the library; raises `Unavailable`."""
        with told(self._library):
            inode, connection = self._borrow()
            try:
                connection.execute("BEGIN")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.close()
                raise
            self._give_back(inode, connection)

    def close(self) -> None:
        """Close all that nobody has borrowed; lend no more."""
        with self._lock:
            self._is_closed = True
        self.forget()

    def forget(self) -> None:
        """Close the connections that nobody has borrowed."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def _borrow(self) -> tuple[int, sqlite3.Connection]:
        inode = self._find_inode()
        with self._lock:
            if self._is_closed:
                raise Unavailable("The library is closed.")
            lent = self._idle.pop() if self._idle else None
        if lent is not None and lent[0] == inode:
            return lent
        if lent is not None:  # the file was made anew
            lent[1].close()
        return inode, self._connect()

    def _give_back(self, inode: int, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._is_closed and len(self._idle) < _KEPT:
                self._idle.append((inode, connection))
                return
        connection.close()

    def _connect(self) -> sqlite3.Connection:
        uri = f"{self._library.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        connection.executescript(_PRAGMAS)
        return connection

    def _find_inode(self) -> int:
        try:
            return self._library.stat().st_ino
        except OSError as error:
            raise Unavailable(f"{self._library} is not there any more: {error.strerror}.") from error
