"""The shelf: what a process does with the library's file. Every function may be called from any thread."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from gnomon.core.errors import Complaint, Invalid, NotFound
from gnomon.core.library import Document, Found, Holdings, Reading
from gnomon.core.ports import Clock, Page
from gnomon.library import catalogue, opening, search
from gnomon.library.catalogue import Own, Refused
from gnomon.library.fault import Damaged
from gnomon.library.folder import Rules
from gnomon.library.index import purge
from gnomon.library.intake import Intake, Taken, Tell, hold_intake
from gnomon.library.meaning import Matrices, Meaning, Told, embed_pending, hold_embedding
from gnomon.library.read import Parse, parse
from gnomon.library.readers import Readers
from gnomon.library.row import OWN, SHARED, micros, moment
from gnomon.library.scan import Scanned, drop_file, scan
from gnomon.library.schema import create_realm
from gnomon.library.search import Sense
from gnomon.library.turn import Turn
from gnomon.library.writer import Steps, Writer
from gnomon.reading.file import SUFFIXES

EDITIONS: Final = 20
_LONGEST: Final = 2_000
"""Characters of a query whose meaning is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder whose files are documents; a single file is one too."""

    seq: int
    workspace: str | None
    """None where all workspaces share it."""
    is_own: bool
    """It is the server's own documentation, drawn on by workspaces that see no other document."""
    path: Path
    label: str
    added_at: datetime
    walked_at: datetime | None
    problem: str | None
    """Why it could not be walked the last time."""
    skipped: dict[str, int]
    """How many files were left out, by reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a shelf keeps and takes."""

    editions: int = EDITIONS
    """Texts of each document that are kept, the newest."""
    keep_gone: timedelta | None = None
    """How long the editions of a document stay whose file is gone; None is for ever."""
    max_bytes: int | None = None
    """Of the library's file."""
    rules: Rules = field(default_factory=lambda: Rules(suffixes=frozenset(SUFFIXES)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The library's file, opened."""

    path: Path
    clock: Clock
    base_url: str
    limits: Limits
    parse: Parse
    turn: Turn
    writer: Writer
    readers: Readers
    matrices: Matrices | None = None

    @classmethod
    def open(
        cls,
        path: Path,
        clock: Clock,
        *,
        base_url: str = "",
        limits: Limits | None = None,
        parse: Parse = parse,
        meaning: Meaning | None = None,
    ) -> "Shelf":
        """Open the library, made anew where it is not there, not sound or of another version.

        Raises
        ------
        Unavailable
            When the file cannot be used.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        turn, limits = Turn(path), limits or Limits()
        with turn.take():
            opening.prepare(path)
        return cls(
            path=path,
            clock=clock,
            base_url=base_url.rstrip("/"),
            limits=limits,
            parse=parse,
            turn=turn,
            writer=Writer(path, turn, limits.max_bytes),
            readers=Readers(path),
            matrices=Matrices(meaning) if meaning else None,
        )

    def close(self) -> None:
        """Let go of the file."""
        self.readers.close()
        self.writer.close()

    def add_folder(
        self, workspace: str | None, path: Path, label: str | None = None, *, is_own: bool = False
    ) -> Folder:
        """Make a folder's files documents of a workspace, or of all; `scan` and `read_in` do the rest.

        What `is_own` is the server's documentation, for all who see no other document.
        A folder that is there already gets the new label.

        Raises
        ------
        Invalid
            When there is no such folder or file.
        """
        real = path.expanduser().resolve()
        if not real.exists():
            raise Invalid([Complaint(("path",), f"There is no folder or file {path}.")])
        name = OWN if is_own else workspace or SHARED
        named = (name, str(real), label or real.name or str(real), micros(self.clock.now()))
        with self._watched():
            return _folder(self.writer.run(_add_folder, *named))

    def remove_folder(self, folder: int) -> None:
        """Take a folder and all of its documents out; raises `NotFound`."""
        with self._watched():
            self.writer.work(_remove_folder, folder, self.clock.now())
            self.writer.work(purge)

    def folders(self) -> Sequence[Folder]:
        """List the folders of all workspaces."""
        with self._watched(), self.readers.snapshot() as connection:
            return [_folder(row) for row in connection.execute(f"{_FOLDERS} ORDER BY folder.seq")]

    def scan(self, folder: int) -> Scanned:
        """See what is new, changed and gone in a folder, without reading; raises `NotFound`."""
        with self._watched():
            with self.readers.snapshot() as connection:
                root = _get_folder(connection, folder).path
            return scan(self.readers, self.writer, folder, root, self.limits.rules, self.clock.now())

    def read_in(
        self, on_progress: Tell = lambda *_: None, is_stopped: Callable[[], bool] = lambda: False
    ) -> Taken:
        """Read all files that wait, until it is stopped; one reads in at a time, and others wait their turn."""
        with self._watched(), hold_intake(self.path, is_stopped) as is_held:
            if not is_held:
                return Taken()
            intake = Intake(
                readers=self.readers,
                writer=self.writer,
                clock=self.clock,
                parse=self.parse,
                editions=self.limits.editions,
                on_progress=on_progress,
                is_stopped=is_stopped,
            )
            return intake.run()

    def search(self, workspace: str, query: str, limit: int = 10) -> Found:
        """Find the passages that fit a query, the best first; raises `Unavailable`."""
        sense = self._make_sense(query)
        with self._watched(), self.readers.snapshot() as connection:
            return search.search(connection, workspace, query, limit, self.base_url, sense)

    def _make_sense(self, query: str) -> Sense | None:
        if self.matrices is None or not query.strip():
            return None
        (vector,) = self.matrices.meaning.embed([query[:_LONGEST]])
        return Sense(matrices=self.matrices, vector=vector)

    def embed_pending(
        self, on_progress: Told = lambda *_: None, is_stopped: Callable[[], bool] = lambda: False
    ) -> int:
        """Embed the passages that have no vector yet, until it is stopped; return how many.

        It does nothing where no model was given, or while another process is at it.
        """
        if self.matrices is None:
            return 0
        with self._watched(), hold_embedding(self.path) as is_held:
            if not is_held:
                return 0
            return embed_pending(self.readers, self.writer, self.matrices.meaning, on_progress, is_stopped)

    def get_document(self, workspace: str, document_id: str) -> Document:
        """Return a document that the workspace may open; raises `NotFound`."""
        with self._watched(), self.readers.snapshot() as connection:
            return catalogue.get_document(connection, workspace, document_id)

    def read(self, document_id: str, edition: int | None = None) -> Reading:
        """Return the text of a document's edition, also of one whose file is gone; raises `NotFound`."""
        with self._watched(), self.readers.snapshot() as connection:
            return catalogue.read_edition(connection, document_id, edition)

    def list_documents(
        self, workspace: str, *, query: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Document]:
        """List documents by name, those whose name or title holds `query`; raises `Invalid`."""
        with self._watched(), self.readers.snapshot() as connection:
            return catalogue.list_documents(connection, workspace, query, cursor, limit)

    def holdings(self, workspace: str) -> Holdings:
        """Count what a workspace draws on."""
        with self._watched(), self.readers.snapshot() as connection:
            return catalogue.count_holdings(connection, workspace)

    def own_documents(self, workspace: str) -> Own | None:
        """Count the server's own documents, and say whether a workspace draws on them; None where there are none."""
        with self._watched(), self.readers.snapshot() as connection:
            return catalogue.count_own(connection, workspace)

    def refused(self, workspace: str, limit: int = 100) -> Sequence[Refused]:
        """List the files that cannot be read, and why."""
        with self._watched(), self.readers.snapshot() as connection:
            return catalogue.list_refused(connection, workspace, limit)

    def sweep(self) -> int:
        """Forget documents that have been gone for longer than they are kept; return how many."""
        if self.limits.keep_gone is None:
            return 0
        with self._watched():
            self.writer.work(purge)
            return self.writer.work(catalogue.forget_gone, self.clock.now() - self.limits.keep_gone)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Make a damaged file anew for the next call; this one raises `Damaged`."""
        try:
            yield
        except Damaged:
            inode = _find_inode(self.path)
            with self.turn.take():
                if _find_inode(self.path) == inode:
                    self.writer.forget()
                    opening.rebuild(self.path, "damage")
            self.readers.forget()
            raise


_FOLDERS: Final = (
    "SELECT folder.seq, realm.workspace, folder.path, folder.label, folder.added_at, walk.walked_at, walk.problem, "
    "walk.skipped FROM folder JOIN realm ON realm.seq = folder.realm LEFT JOIN walk ON walk.folder = folder.seq"
)
_Row = tuple[int, str, str, str, int, int | None, str | None, str | None]


def _find_inode(path: Path) -> int:
    return path.stat().st_ino


def _folder(row: _Row) -> Folder:
    seq, workspace, path, label, added_at, walked_at, problem, skipped = row
    return Folder(
        seq=seq,
        workspace=None if workspace in (SHARED, OWN) else workspace,
        is_own=workspace == OWN,
        path=Path(path),
        label=label,
        added_at=moment(added_at),
        walked_at=None if walked_at is None else moment(walked_at),
        problem=problem,
        skipped=json.loads(skipped or "{}"),
    )


def _get_folder(connection: sqlite3.Connection, folder: int) -> Folder:
    row = connection.execute(f"{_FOLDERS} WHERE folder.seq = ?", (folder,)).fetchone()
    if row is None:
        raise NotFound(f"There is no folder {folder}.")
    return _folder(row)


def _add_folder(connection: sqlite3.Connection, workspace: str, path: str, label: str, at: int) -> _Row:
    found = connection.execute("SELECT seq FROM realm WHERE workspace = ?", (workspace,)).fetchone()
    realm = found[0] if found else create_realm(connection, workspace)
    connection.execute(
        "INSERT INTO folder (realm, path, label, added_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (realm, path) DO UPDATE SET label = excluded.label",
        (realm, path, label, at),
    )
    row: _Row = connection.execute(f"{_FOLDERS} WHERE realm = ? AND path = ?", (realm, path)).fetchone()
    return row


def _remove_folder(connection: sqlite3.Connection, folder: int, now: datetime) -> Steps[None]:
    _get_folder(connection, folder)
    find = "SELECT name FROM file WHERE folder = ? LIMIT 100"
    while names := connection.execute(find, (folder,)).fetchall():
        for (name,) in names:
            drop_file(connection, folder, name, now)
        yield
    connection.execute("DELETE FROM walk WHERE folder = ?", (folder,))
    connection.execute("DELETE FROM folder WHERE seq = ?", (folder,))
