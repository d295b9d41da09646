"""Whose turn it is to write: processes and threads that share a library pass each other by in a fair order.

SQLite's own lock would do for safety, not for fairness: who commits one batch after another gets it again before any
waiter wakes. So there are two doors: whoever wants a turn first takes the place of the next one, and gives it up with
the turn in hand; then who has just written stands behind who waited.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gnomon.core.errors import Unavailable

_GLANCE = 0.001


@dataclass(frozen=True, slots=True)
class Turn:
    """The turns of one library, by two lock files beside it."""

    library: Path
    patience: float = 30.0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for the turn and hold it; raises `Unavailable` when whoever has it does not give it up."""
        with self._hold("next"):
            turn = self._acquire("turn")
        try:
            yield
        finally:
            os.close(turn)

    @contextmanager
    def _hold(self, door: str) -> Iterator[None]:
        lock = self._acquire(door)
        try:
            yield
        finally:
            os.close(lock)

    def _acquire(self, door: str) -> int:
        limit = time.monotonic() + self.patience
        while (lock := try_lock(self.library, door)) is None:
            if time.monotonic() > limit:
                raise Unavailable(
                    f"Another process has been writing to {self.library} for {self.patience:.0f} s; "
                    "wait for it, or end it."
                )
            time.sleep(_GLANCE)
        return lock


def try_lock(library: Path, door: str) -> int | None:
    """Take one of the library's locks if it is free; closing the descriptor gives it up, as does any death."""
    lock = os.open(library.with_name(f"{library.name}.{door}"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except OSError:
        os.close(lock)
        raise
    return lock
