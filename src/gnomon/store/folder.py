"""The blob folder: files, each named by its SHA-256, durable before the commit that refers to it."""

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from stat import S_ISREG
from uuid import uuid4

from gnomon.core.blob import Blob, name_of
from gnomon.core.errors import NotFound, Unavailable

_NAME = re.compile(r"[0-9a-f]{64}")


class BlobFolder:
    """The folder that holds the files; they are never changed, only added and swept.

    A file is written apart, in the staging folder, by this process or by one that has it adopted, and moved to its
    place whole; what killed processes left there is removed when the folder is opened.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.staging = root / "unfinished"
        self._sweeping = threading.Lock()
        self.staging.mkdir(parents=True, exist_ok=True)
        for path in self.staging.iterdir():
            path.unlink()

    def put(self, content: bytes) -> Blob:
        """Store bytes durably; bytes that are there already are only made young again.

        Raises
        ------
        Unavailable
            When the disk does not take them.
        """
        blob = Blob(sha256=name_of(content), size=len(content))
        path = self._path(blob.sha256)
        with _refusing():
            if not self._renew(path):
                self._write(path, content)
        return blob

    def adopt(self, name: str, blob: Blob) -> Blob:
        """Move a file of the staging folder, which is on the disk already, to its place.

        Raises
        ------
        Unavailable
            When there is no such file, it has another size, or the disk does not take it.
        """
        path, staged = self._path(blob.sha256), self.staging / name
        if name != staged.name:
            raise Unavailable(f"{name!r} is no name of a staged file; nothing was recorded.")
        with _refusing():
            if self._renew(path):
                staged.unlink(missing_ok=True)
                return blob
            _check(staged, blob)
            self._place(staged, path)
        return blob

    def get(self, sha256: str) -> bytes:
        """Return the bytes; raises `NotFound`."""
        try:
            return self._path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"There is no blob {sha256}.") from error

    def find(self, sha256: str) -> Path:
        """Return the file of the bytes; raises `NotFound`."""
        if not (path := self._path(sha256)).exists():
            raise NotFound(f"There is no blob {sha256}.")
        return path

    def has(self, sha256: str) -> bool:
        """Say whether the bytes are there."""
        return self._path(sha256).exists()

    def list_old(self, older_than: datetime) -> Sequence[str]:
        """List the blobs that were stored before then."""
        paths = self.root.glob("[0-9a-f][0-9a-f]/*")
        return [path.parent.name + path.name for path in paths if _is_older(path, older_than)]

    def sweep(self, names: Sequence[str], older_than: datetime, is_used: Callable[[str], bool]) -> int:
        """Remove the named blobs that are not used and still old; return how many."""
        with self._sweeping:
            swept = [
                path
                for name in names
                if _is_older(path := self._path(name), older_than) and not is_used(name)
            ]
            for path in swept:
                path.unlink()
        return len(swept)

    def sweep_staging(self, older_than: datetime) -> None:
        """Remove what was left to be adopted before then, and was not."""
        for path in self.staging.iterdir():
            if _is_older(path, older_than):
                path.unlink(missing_ok=True)

    def _renew(self, path: Path) -> bool:
        with self._sweeping:
            if is_there := path.exists():
                os.utime(path)
        return is_there

    def _write(self, path: Path, content: bytes) -> None:
        staged = self.staging / uuid4().hex
        try:
            with staged.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self._place(staged, path)
        finally:
            staged.unlink(missing_ok=True)

    def _place(self, staged: Path, path: Path) -> None:
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _sync(self.root.parent)
            _sync(self.root)
        staged.rename(path)
        _sync(path.parent)

    def _path(self, sha256: str) -> Path:
        if not _NAME.fullmatch(sha256):
            raise NotFound(
                f"There is no blob {sha256}: a blob's name is its SHA-256, 64 lower-case hex digits."
            )
        return self.root / sha256[:2] / sha256[2:]


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"The blob cannot be stored ({error.strerror}); nothing was recorded.") from error


def _check(staged: Path, blob: Blob) -> None:
    status = staged.lstat()
    if not S_ISREG(status.st_mode) or status.st_size != blob.size:
        raise Unavailable(
            f"The staged file has {status.st_size} octets and not the {blob.size} that it was said to have; "
            "nothing was recorded."
        )


def _is_older(path: Path, moment: datetime) -> bool:
    try:
        return path.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:
        return False


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
