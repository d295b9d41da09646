"""The driver: one writer thread that commits verbs in groups, and readers beside it.

Verbs that wait together share one commit: that is what makes a durable submit cheap. Each verb still stands alone.
A verb that fails before it writes leaves nothing to undo; when one fails after it wrote, the whole group is rolled
back and run once more with a savepoint around each verb, so that only the failing one is undone. Verbs touch
nothing but their transaction, therefore running one twice is harmless.

A verb that takes long stands alone in its commit, and what waits beside it goes first: so nobody waits for two of
them.
"""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Concatenate, ParamSpec, TypeVar

from gnomon.core.errors import Unavailable
from gnomon.core.event import EventType
from gnomon.core.hub import Hub
from gnomon.store.folder import BlobFolder
from gnomon.store.ledger import Ledger

P = ParamSpec("P")
R = TypeVar("R")

GROUP = 256
"""Verbs in one commit at most."""

_WRITER = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA busy_timeout = 5000;
PRAGMA cache_size = -65536;
PRAGMA mmap_size = 268435456;
PRAGMA temp_store = MEMORY;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA journal_size_limit = 67108864;
"""
_READER = """
PRAGMA busy_timeout = 5000;
PRAGMA mmap_size = 268435456;
PRAGMA temp_store = MEMORY;
PRAGMA query_only = ON;
"""


@dataclass(slots=True, kw_only=True)
class Request:
    """A verb that waits for the writer, and then its answer."""

    verb: Callable[[Ledger], Any]
    future: asyncio.Future[Any]
    is_long: bool = False
    ledger: Ledger | None = None
    answer: Any = None
    error: Exception | None = None

    def tell(self) -> None:
        """Answer whoever asked, unless they left."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.answer)


class Writer:
    """Owns the only connection that writes, in a thread of its own."""

    def __init__(self, database: Path, hub: Hub, blobs: BlobFolder) -> None:
        self._connection = _connect(str(database), _WRITER)
        self._hub = hub
        self._blobs = blobs
        self._queue: SimpleQueue[Request | None] = SimpleQueue()
        self._long: deque[Request] = deque()
        self._is_long_turn = False
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, verb: Callable[Concatenate[Ledger, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a verb in a transaction and return its answer after the commit.

        Raises
        ------
        Unavailable
            When nothing could be committed, or the store is closed.
        """
        return await self._run(partial(_call, verb, args, kwargs))

    async def run_alone(
        self, verb: Callable[Concatenate[Ledger, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a verb that takes long; raises `Unavailable` as `run` does."""
        return await self._run(partial(_call, verb, args, kwargs), is_long=True)

    async def _run(self, verb: Callable[[Ledger], R], *, is_long: bool = False) -> R:
        if self._is_closed:
            raise Unavailable("The store is closed.")
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.put(Request(verb=verb, future=future, is_long=is_long))
        return await future

    def stop(self) -> None:
        """Take no more verbs; what is queued will be finished."""
        if not self._is_closed:
            self._is_closed = True
            self._queue.put(None)

    def join(self) -> None:
        """Wait until all is written and the connection is closed."""
        self._thread.join()

    def _work(self) -> None:
        while group := self._next_group():
            self._commit(group)
            _on_loop(group, partial(self._answer, group))
        self._connection.close()

    def _next_group(self) -> list[Request]:
        """Wait for a verb and take along what waits with it; empty when the writer shall end."""
        group = [] if self._is_long_turn else self._collect()
        self._is_long_turn = bool(group and self._long)
        return group or ([self._long.popleft()] if self._long else [])

    def _collect(self) -> list[Request]:
        """Take what waits, long verbs apart; wait for one when there is none."""
        group: list[Request] = []
        while len(group) < GROUP:
            is_idle = not group and not self._long
            try:
                request = self._queue.get(block=is_idle)
            except Empty:
                break
            if request is None:
                if not is_idle:
                    self._queue.put(None)
                break
            (self._long if request.is_long else group).append(request)
        return group

    def _commit(self, group: Sequence[Request]) -> None:
        try:
            if not self._run_plain(group):
                self._run_apart(group)
        except sqlite3.Error as error:
            self._roll_back()
            for request in group:
                request.ledger, request.error = None, _unavailable(error)

    def _run_plain(self, group: Sequence[Request]) -> bool:
        """Run a group without savepoints; undo it all and return False when a verb failed half-way."""
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        for request in group:
            written = connection.total_changes
            self._attempt(request)
            if request.error is not None and connection.total_changes != written:
                self._roll_back()
                return False
        connection.execute("COMMIT")
        return True

    def _run_apart(self, group: Sequence[Request]) -> None:
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        for request in group:
            execute("SAVEPOINT verb")
            self._attempt(request)
            if request.error is not None:
                execute("ROLLBACK TO verb")
            execute("RELEASE verb")
        execute("COMMIT")

    def _attempt(self, request: Request) -> None:
        request.error, request.ledger = None, Ledger(self._connection, self._blobs)
        try:
            request.answer = request.verb(request.ledger)
        except sqlite3.OperationalError:
            raise  # disk full, I/O error: the whole transaction is in doubt
        except Exception as error:  # noqa: BLE001  the writer outlives whatever a verb raises
            request.ledger, request.error = None, error

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error:  # SQLite has rolled back by itself
                return

    def _answer(self, group: Sequence[Request]) -> None:
        for request in group:
            request.tell()
        ledgers = [request.ledger for request in group if request.ledger is not None]
        heard = self._hub.is_heard
        self._hub.publish(
            [task for ledger in ledgers for task in ledger.changed.values()],
            events=[
                told.event()
                for ledger in ledgers
                for told in ledger.told
                if told.type is EventType.TOLD or heard(told.task_id)
            ],
            is_work_ready=any(ledger.is_work_ready for ledger in ledgers),
            is_post_ready=any(ledger.is_post_ready for ledger in ledgers),
            stirred={name for ledger in ledgers for name in ledger.stirred},
        )
        for ledger in ledgers:
            for at in ledger.due:
                self._hub.on_due(at)


@dataclass(slots=True)
class Readers:
    """A few threads, each with a read-only connection of its own."""

    database: Path
    count: int = 4
    _local: threading.local = field(default_factory=threading.local)
    _connections: list[sqlite3.Connection] = field(default_factory=list)
    _pool: ThreadPoolExecutor = field(init=False)
    _is_closed: bool = False

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(self.count, "store-reader")

    async def run(
        self, query: Callable[Concatenate[sqlite3.Connection, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a query on one snapshot of the database.

        Raises
        ------
        Unavailable
            When the database cannot be read, or the store is closed.
        """
        if self._is_closed:
            raise Unavailable("The store is closed.")
        call = partial(self._read, partial(_call, query, args, kwargs))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, call)
        except sqlite3.OperationalError as error:
            raise Unavailable(f"The store cannot be read: {error}.") from error

    def stop(self) -> None:
        """Take no more queries."""
        self._is_closed = True

    def join(self) -> None:
        """Wait until all is read, then close every connection."""
        self._pool.shutdown(wait=True)
        for connection in self._connections:
            connection.close()

    def _read(self, query: Callable[[sqlite3.Connection], R]) -> R:
        connection = self._connection()
        connection.execute("BEGIN")
        try:
            return query(connection)
        finally:
            connection.execute("ROLLBACK")

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = _connect(f"{self.database.absolute().as_uri()}?mode=ro", _READER)
            self._local.connection = connection
            self._connections.append(connection)
        return connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The way to the one writer, and to the readers."""

    writer: Writer
    readers: Readers


def _connect(database: str, settings: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        database, isolation_level=None, check_same_thread=False, cached_statements=512, uri=True
    )
    for setting in settings.strip().splitlines():
        connection.execute(setting)
    return connection


def _call(function: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any], first: Any) -> R:
    return function(first, *args, **kwargs)


def _on_loop(group: Sequence[Request], answer: Callable[[], None]) -> None:
    try:
        group[0].future.get_loop().call_soon_threadsafe(answer)
    except RuntimeError:  # the loop is closed: nobody waits any more
        return


def _unavailable(error: sqlite3.Error) -> Unavailable:
    return Unavailable(f"The server cannot store anything right now ({error}); nothing was recorded.")
