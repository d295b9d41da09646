"""Blobs: the seam, and the way around it for processes of the same machine."""

from datetime import datetime
from pathlib import Path
from typing import Protocol

from gnomon.core.blob import Blob


class BlobStore(Protocol):
    """Immutable bytes by name."""

    async def put_blob(self, content: bytes) -> Blob:
        """Store bytes durably before returning; storing them twice stores them once."""

    async def get_blob(self, sha256: str) -> bytes:
        """Return the bytes; raises `NotFound`."""

    async def sweep_blobs(self, older_than: datetime) -> int:
        """Remove blobs that nothing refers to and that were stored before then; return how many.

        Files of that age that were left to be adopted go too; they are not counted.
        """


class StagingStore(Protocol):
    """Blobs that another process of this machine writes and reads by itself, where the store keeps files."""

    @property
    def staging(self) -> Path | None:
        """Name the folder where files may be left to be adopted; None where blobs are no files.

        Who leaves a file there that is not adopted removes it; the store empties the folder when it opens, and
        sweeps what is old.
        """

    async def adopt_blob(self, name: str, blob: Blob) -> Blob:
        """Make the file of that name in the staging folder a blob, durably before returning.

        Whoever wrote it has synced it to the disk and answers for its SHA-256. Adopting the same blob again, with
        its file or without, changes nothing.

        Raises
        ------
        Unavailable
            When there is no such file, it has another size, or the disk does not take it.
        """

    async def find_blob_file(self, sha256: str) -> Path | None:
        """Return the file that holds the bytes, to be read and never written; None where blobs are no files.

        Raises
        ------
        NotFound
            When there are no such bytes.
        """
