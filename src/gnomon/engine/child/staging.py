"""Bytes that do not go through the pipe: written to a file that the store adopts, and read from the store's file.

What a child stores would else cost the one server process, byte by byte, as much as the child's own work. The child
hashes and syncs; the store alone knows where a blob lives, and moves the file there.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from gnomon.core.task import Json
from gnomon.core.workload import Failure

LEAST_STAGED = 1 << 16
"""Octets below which the pipe is as quick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A file that is durable and not yet adopted; at its block's end it is gone, adopted or not."""

    file: Path
    sha256: str
    size: int

    def word(self) -> dict[str, Json]:
        """Return the message that asks to adopt it."""
        return {"op": "adopt", "name": self.file.name, "sha256": self.sha256, "size": self.size}

    def discard(self) -> None:
        """Remove the file if it is still there."""
        # A file that cannot be removed now is swept by the store.
        with suppress(OSError):
            self.file.unlink(missing_ok=True)

    def __enter__(self) -> "Staged":
        """Begin the block in which it is adopted."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Discard what was not adopted."""
        self.discard()


def stage(content: bytes, name: str, file: Path) -> Staged:
    """Write bytes of that SHA-256 durably to a new file.

    Raises
    ------
    Failure
        When the disk does not take them; another try may find room.
    """
    staged = Staged(file=file, sha256=name, size=len(content))
    try:
        _write(content, file)
    except OSError as error:
        staged.discard()
        message = f"The blob cannot be stored ({error.strerror}); nothing was recorded."
        raise Failure("store_refused", message, retryable=True) from error
    except BaseException:
        staged.discard()
        raise
    return staged


def _write(content: bytes, file: Path) -> None:
    with file.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
