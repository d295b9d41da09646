"""Passages by their meaning: vectors made in the background, kept beside the words, and scanned in memory.

NumPy is imported where it is used: a library without a model of meanings does without its memory.
"""

import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gnomon.library.readers import Readers
from gnomon.library.row import VISIBLE
from gnomon.library.turn import try_lock
from gnomon.library.writer import Steps, Writer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
Told = Callable[[int, int], None]
"""Called with how many passages are embedded, of how many."""

_BATCH: Final = 64
_PAGE: Final = 4096
_STORED: Final = "<f2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What makes vectors of texts."""

    name: str
    """Of the model; another name, and all vectors are made anew."""
    embed: "Callable[[Sequence[str]], Vectors]"
    """Returns a vector of unit length for each text."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A passage that has no vector yet."""

    seq: int
    text: str


def embed_pending(
    readers: Readers, writer: Writer, meaning: Meaning, on_progress: Told, is_stopped: Callable[[], bool]
) -> int:
    """Embed the passages that have no vector, the oldest first; return how many."""
    writer.work(_take_model, meaning.name)
    with readers.snapshot() as connection:
        total = _count_pending(connection)
    done = 0
    last = 0
    while not is_stopped():
        with readers.snapshot() as connection:
            batch = _list_pending(connection, last)
        if not batch:
            break
        vectors = meaning.embed([each.text for each in batch]).astype(_STORED)
        done += writer.run(_store, meaning.name, batch, vectors)
        last = batch[-1].seq
        on_progress(done, max(total, done))
    return done


@contextmanager
def hold_embedding(library: Path) -> Iterator[bool]:
    """Yield whether nobody else is embedding; one at a time does."""
    lock = try_lock(library, "embed")
    try:
        yield lock is not None
    finally:
        if lock is not None:
            os.close(lock)


def _take_model(connection: sqlite3.Connection, name: str) -> Steps[None]:
    """Drop the vectors of another model."""
    if connection.execute("SELECT 1 FROM embedder WHERE name = ?", (name,)).fetchone():
        return
    connection.execute("DELETE FROM embedder")
    drop = f"DELETE FROM vector WHERE seq IN (SELECT seq FROM vector LIMIT {_BATCH})"
    while connection.execute(drop).rowcount:
        yield
    connection.execute("INSERT INTO embedder (name, mark) VALUES (?, ?)", (name, secrets.token_hex(8)))


_PENDING: Final = (
    "FROM passage JOIN document ON document.seq = passage.document LEFT JOIN vector ON vector.passage = passage.seq "
    f"WHERE vector.passage IS NULL AND {VISIBLE}"
)


def _count_pending(connection: sqlite3.Connection) -> int:
    return int(connection.execute(f"SELECT count(*) {_PENDING}").fetchone()[0])


def _list_pending(connection: sqlite3.Connection, last: int) -> list[Pending]:
    found = connection.execute(
        f"SELECT passage.seq, passage.title, passage.text {_PENDING} AND passage.seq > ? "
        f"ORDER BY passage.seq LIMIT {_BATCH}",
        (last,),
    )
    return [
        Pending(seq, text if text.startswith(title) else f"{title}\n{text}") for seq, title, text in found
    ]


def _store(
    connection: sqlite3.Connection, name: str, batch: Sequence[Pending], vectors: "NDArray[np.float16]"
) -> int:
    """Store vectors of passages that are still there, unless another model has taken over."""
    rows = [(each.seq, vector.tobytes(), name) for each, vector in zip(batch, vectors, strict=True)]
    return connection.executemany(
        "INSERT OR IGNORE INTO vector (passage, value) SELECT passage.seq, ?2 FROM passage "
        "WHERE passage.seq = ?1 AND EXISTS (SELECT 1 FROM embedder WHERE name = ?3)",
        rows,
    ).rowcount


@dataclass(slots=True)
class Matrix:
    """The vectors of one realm, as they were read up to one of them."""

    last: int
    passages: "NDArray[np.int64]"
    vectors: "Vectors"


@dataclass(slots=True)
class Matrices:
    """The vectors of all realms that were searched, extended as there come more."""

    meaning: Meaning
    mark: str = ""
    realms: dict[int, Matrix] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find_nearest(
        self, connection: sqlite3.Connection, realms: Sequence[int], query: "Vectors", wanted: int
    ) -> Mapping[int, float]:
        """Return the passages nearest to a vector, the nearest first, each with the cosine."""
        nearest: list[tuple[float, int]] = []
        for realm in realms:
            nearest += self._find_in_realm(connection, realm, query, wanted)
        return {passage: cosine for cosine, passage in sorted(nearest, key=_by_nearness)[:wanted]}

    def _find_in_realm(
        self, connection: sqlite3.Connection, realm: int, query: "Vectors", wanted: int
    ) -> list[tuple[float, int]]:
        matrix = self._extend(connection, realm)
        found = _list_visible(connection, _scan(matrix, query, 2 * wanted))
        if len(found) < wanted and len(matrix.passages) > 2 * wanted:
            with self.lock:  # most of what was read is hidden by now
                self.realms.pop(realm, None)
            matrix = self._extend(connection, realm)
            found = _list_visible(connection, _scan(matrix, query, 2 * wanted))
        return found[:wanted]

    def _extend(self, connection: sqlite3.Connection, realm: int) -> Matrix:
        """Read the vectors that came since the last search."""
        with self.lock:
            self._take_mark(connection)
            if not self.mark:
                return _empty()
            matrix = self.realms.get(realm) or _empty()
            while rows := _list_vectors(connection, realm, matrix.last):
                matrix = _join(matrix, rows)
            self.realms[realm] = matrix
            return matrix

    def _take_mark(self, connection: sqlite3.Connection) -> None:
        """Forget what was read of another file, or of another model."""
        found = connection.execute(
            "SELECT mark FROM embedder WHERE name = ?", (self.meaning.name,)
        ).fetchone()
        mark = found[0] if found else ""
        if mark != self.mark:
            self.realms, self.mark = {}, mark


def _empty() -> Matrix:
    import numpy as np

    return Matrix(0, np.zeros(0, dtype=np.int64), np.zeros((0, 0), dtype=np.float32))


def _list_vectors(connection: sqlite3.Connection, realm: int, last: int) -> list[tuple[int, int, bytes]]:
    return connection.execute(
        "SELECT vector.seq, vector.passage, vector.value FROM vector JOIN passage ON passage.seq = vector.passage "
        "JOIN document ON document.seq = passage.document "
        f"WHERE vector.seq > ? AND document.realm = ? AND {VISIBLE} ORDER BY vector.seq LIMIT {_PAGE}",
        (last, realm),
    ).fetchall()


def _join(matrix: Matrix, rows: Sequence[tuple[int, int, bytes]]) -> Matrix:
    import numpy as np

    added = np.frombuffer(b"".join(row[2] for row in rows), dtype=_STORED).reshape(len(rows), -1)
    vectors = added.astype(np.float32)
    passages = np.array([row[1] for row in rows], dtype=np.int64)
    if len(matrix.passages):
        passages = np.concatenate([matrix.passages, passages])
        vectors = np.concatenate([matrix.vectors, vectors])
    return Matrix(rows[-1][0], passages, vectors)


def _scan(matrix: Matrix, query: "Vectors", wanted: int) -> list[tuple[float, int]]:
    """Return the nearest of all vectors, the nearest first; of equal ones the oldest."""
    import numpy as np

    if not len(matrix.passages):
        return []
    cosines = matrix.vectors @ query
    best = np.argpartition(-cosines, min(wanted, len(cosines) - 1))[:wanted]
    found = [(float(cosines[at]), int(matrix.passages[at])) for at in best]
    return sorted(found, key=_by_nearness)


def _by_nearness(found: tuple[float, int]) -> tuple[float, int]:
    return (-found[0], found[1])


def _list_visible(
    connection: sqlite3.Connection, found: Sequence[tuple[float, int]]
) -> list[tuple[float, int]]:
    marks = ", ".join("?" * len(found))
    visible = {
        seq
        for (seq,) in connection.execute(
            "SELECT passage.seq FROM passage JOIN document ON document.seq = passage.document "
            f"WHERE passage.seq IN ({marks}) AND {VISIBLE}",
            [passage for _, passage in found],
        )
    }
    return [each for each in found if each[1] in visible]


def find_cosines(
    connection: sqlite3.Connection, passages: Sequence[int], query: "Vectors"
) -> dict[int, float]:
    """Return the cosines of passages that have a vector."""
    import numpy as np

    marks = ", ".join("?" * len(passages))
    rows = connection.execute(f"SELECT passage, value FROM vector WHERE passage IN ({marks})", passages)
    return {seq: float(np.frombuffer(value, dtype=_STORED).astype(np.float32) @ query) for seq, value in rows}
