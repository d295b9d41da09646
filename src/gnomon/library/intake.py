"""The intake: new and changed files are read and put into the index, in batches that let others in between."""

import errno
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import sleep
from typing import Final, Literal, NamedTuple

from gnomon.core.ports import Clock
from gnomon.core.task import crockford
from gnomon.library.folder import Content, find_stamps, is_there, open_below
from gnomon.library.index import hide, purge, put
from gnomon.library.read import Parse, Read, fingerprint, read_content
from gnomon.library.readers import Readers
from gnomon.library.row import micros
from gnomon.library.scan import drop_file
from gnomon.library.turn import try_lock
from gnomon.library.writer import Steps, Writer
from gnomon.reading.document import Unreadable

Tell = Callable[[int, int, str], None]
"""Called with how many files are done, of how many, and the name of the last."""
Filing = Callable[[sqlite3.Connection], Steps["Outcome"]]
"""What is left to do of a file, in the turn to write."""
Outcome = Literal["read", "unchanged", "unreadable", "left"]

_PAGE: Final = 64
_BATCH: Final = 64
_BATCH_CHARACTERS: Final = 1 << 19
_GLANCE: Final = 0.1
_FRESH: Final = 2_000_000
"""Microseconds within which a file may change again and keep its stamps."""
_PASSING: Final = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.EINTR, errno.ESTALE}
"""Errors that say nothing of the file."""


@dataclass(slots=True, kw_only=True)
class Taken:
    """What an intake has done."""

    read: int = 0
    unchanged: int = 0
    unreadable: int = 0
    left: int = 0
    """Files that changed or went while they were read, and wait for the next time."""

    @property
    def done(self) -> int:
        """Return how many files have been dealt with."""
        return self.read + self.unchanged + self.unreadable + self.left


class Waiting(NamedTuple):
    """A file that waits to be read."""

    folder: int
    name: str
    root: str
    realm: int
    document: int | None


@dataclass(slots=True, kw_only=True)
class Intake:
    """One pass over all files that wait."""

    readers: Readers
    writer: Writer
    clock: Clock
    parse: Parse
    editions: int
    on_progress: Tell
    is_stopped: Callable[[], bool]
    taken: Taken = field(default_factory=Taken)
    batch: list[tuple[str, Filing]] = field(default_factory=list)
    characters: int = 0
    total: int = 0

    def run(self) -> Taken:
        """Read what waits, in the order of names, until nothing does or it is stopped."""
        self.writer.work(purge, is_intake=True)
        self.writer.run(_forget_unfinished)
        with self.readers.snapshot() as connection:
            self.total = count_waiting(connection)
        for waiting in self._waiting():
            if self.is_stopped():
                break
            self._take(waiting)
        self._flush()
        return self.taken

    def _waiting(self) -> Iterator[Waiting]:
        last = (0, "")
        while True:
            with self.readers.snapshot() as connection:
                page = _list_waiting(connection, last)
            yield from page
            if not page:
                return
            last = (page[-1].folder, page[-1].name)

    def _take(self, waiting: Waiting) -> None:
        try:
            content = open_below(Path(waiting.root), waiting.name)
        except OSError as error:
            self._refuse_access(waiting, error)
            return
        if content is None:
            self.taken.left += 1
            return
        is_fresh = max(content.stamps[1:]) // 1000 > micros(self.clock.now()) - _FRESH
        if self._is_shown(waiting, content):
            self._add(
                waiting, partial(_settle_unchanged, waiting=waiting, content=content, is_fresh=is_fresh)
            )
            return
        self._release_moved(waiting, content)
        self._read(waiting, content, is_fresh=is_fresh)

    def _is_shown(self, waiting: Waiting, content: Content) -> bool:
        """Say whether the search already has this very content for the file."""
        if waiting.document is None:
            return False
        with self.readers.snapshot() as connection:
            found = connection.execute(
                "SELECT 1 FROM document WHERE seq = ? AND sha256 = ? AND gone_at IS NULL AND cut > 0",
                (waiting.document, fingerprint(content)),
            )
            return found.fetchone() is not None

    def _read(self, waiting: Waiting, content: Content, *, is_fresh: bool) -> None:
        try:
            read = read_content(self.parse, (waiting.folder, waiting.name), content, is_fresh=is_fresh)
        except Unreadable as error:
            self._refuse(waiting, content, error.code, error.message, is_fresh=is_fresh)
            return
        self.characters += len(read.document.text)
        self._add(waiting, partial(_put, read=read, clock=self.clock, editions=self.editions))

    def _add(self, waiting: Waiting, filing: Filing) -> None:
        self.batch.append((waiting.name, filing))
        if len(self.batch) >= _BATCH or self.characters >= _BATCH_CHARACTERS:
            self._flush()

    def _release_moved(self, waiting: Waiting, content: Content) -> None:
        """Drop files of the same content that were moved away since their folder was walked."""
        with self.readers.snapshot() as connection:
            alike = _list_alike(connection, waiting.realm, fingerprint(content))
        for folder, name, root in alike:
            if (folder, name) != (waiting.folder, waiting.name) and not is_there(Path(root), name):
                self.writer.run(drop_file, folder, name, self.clock.now())

    def _refuse_access(self, waiting: Waiting, error: OSError) -> None:
        stamps = find_stamps(Path(waiting.root), waiting.name)
        if stamps is None or error.errno in _PASSING:
            self.taken.left += 1
            return
        message = f"The file cannot be opened: {error.strerror or error}."
        self._refuse(waiting, Content(bytes=b"", stamps=stamps), "no_access", message, is_fresh=False)

    def _refuse(self, waiting: Waiting, content: Content, code: str, message: str, *, is_fresh: bool) -> None:
        reason = (content, code, message)
        self._add(
            waiting,
            partial(_note_unreadable, waiting=waiting, reason=reason, clock=self.clock, is_fresh=is_fresh),
        )

    def _flush(self) -> None:
        if self.batch:
            for outcome, count in self.writer.work(_file_all, [filing for _, filing in self.batch]).items():
                setattr(self.taken, outcome, getattr(self.taken, outcome) + count)
            self._tell(self.batch[-1][0])
            self.batch, self.characters = [], 0

    def _tell(self, name: str) -> None:
        self.on_progress(self.taken.done, max(self.total, self.taken.done), name)


@contextmanager
def hold_intake(library: Path, is_stopped: Callable[[], bool]) -> Iterator[bool]:
    """Wait until nobody else reads files in; yield whether that came about before one was stopped."""
    while (lock := try_lock(library, "intake")) is None:
        if is_stopped():
            yield False
            return
        sleep(_GLANCE)
    try:
        yield True
    finally:
        os.close(lock)


def count_waiting(connection: sqlite3.Connection) -> int:
    """Count the files that wait to be read."""
    return int(connection.execute("SELECT count(*) FROM file WHERE state = 'pending'").fetchone()[0])


def _file_all(connection: sqlite3.Connection, batch: Sequence[Filing]) -> Steps[Counter[Outcome]]:
    outcomes: Counter[Outcome] = Counter()
    for filing in batch:
        outcomes[(yield from filing(connection))] += 1
        yield
    return outcomes


def _put(connection: sqlite3.Connection, read: Read, clock: Clock, editions: int) -> Steps[Outcome]:
    fresh_id = "doc_" + crockford(clock.chance(130), 26)
    return "read" if (yield from put(connection, read, fresh_id, clock.now(), editions)) else "left"


def _list_waiting(connection: sqlite3.Connection, last: tuple[int, str]) -> list[Waiting]:
    rows = connection.execute(
        "SELECT file.folder, file.name, folder.path, folder.realm, file.document "
        "FROM file JOIN folder ON folder.seq = file.folder "
        "WHERE file.state = 'pending' AND (file.folder, file.name) > (?, ?) "
        "ORDER BY file.folder, file.name LIMIT ?",
        (*last, _PAGE),
    )
    return [Waiting(*row) for row in rows]


def _list_alike(connection: sqlite3.Connection, realm: int, sha256: bytes) -> list[tuple[int, str, str]]:
    return connection.execute(
        "SELECT file.folder, file.name, folder.path FROM document JOIN file ON file.document = document.seq "
        "JOIN folder ON folder.seq = file.folder WHERE document.realm = ? AND document.sha256 = ?",
        (realm, sha256),
    ).fetchall()


def _settle_unchanged(
    connection: sqlite3.Connection, waiting: Waiting, content: Content, *, is_fresh: bool
) -> Steps[Outcome]:
    connection.execute(
        "UPDATE file SET state = 'read', size = ?, mtime_ns = ?, ctime_ns = ?, is_fresh = ? "
        "WHERE folder = ? AND name = ? AND document IN (SELECT seq FROM document WHERE gone_at IS NULL AND cut > 0)",
        (*content.stamps, is_fresh, waiting.folder, waiting.name),
    )
    yield
    return "unchanged"


def _note_unreadable(
    connection: sqlite3.Connection,
    waiting: Waiting,
    reason: tuple[Content, str, str],
    clock: Clock,
    *,
    is_fresh: bool,
) -> Steps[Outcome]:
    """Record why a file cannot be read; what an earlier content of it said is found no longer."""
    content, code, message = reason
    row = connection.execute(
        "UPDATE file SET state = 'unreadable', size = ?, mtime_ns = ?, ctime_ns = ?, is_fresh = ?, code = ?, "
        "message = ? WHERE folder = ? AND name = ? RETURNING document",
        (*content.stamps, is_fresh, code, message, waiting.folder, waiting.name),
    ).fetchone()
    if row is not None and row[0] is not None:
        hide(connection, row[0], clock.now())
    yield
    return "unreadable"


def _forget_unfinished(connection: sqlite3.Connection) -> None:
    """Forget documents whose first reading was cut off."""
    connection.execute(
        "DELETE FROM document WHERE edition = 0 AND NOT EXISTS "
        "(SELECT 1 FROM file WHERE file.document = document.seq)"
    )
