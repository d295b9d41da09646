"""The data folder's lock: one process owns the folder, and says which."""

import fcntl
import os
from pathlib import Path

from gnomon.core.errors import Unavailable


class FolderLock:
    """Holds a data folder until it is released or the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._file, 32, 0).decode().strip() or "unknown"
            os.close(self._file)
            raise Unavailable(
                f"The data folder {folder} is in use by process {holder}. "
                "Stop that server, or give this one another data folder."
            ) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another process have the folder."""
        os.close(self._file)
