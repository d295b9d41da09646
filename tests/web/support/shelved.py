"""A library that lives in the test's own process: the same shelf that the server's keeper works with."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from rig import SystemClock

from gnomon.core.library import Document, Found, Holdings, Reading
from gnomon.core.ports import Page
from gnomon.library.shelf import Shelf

BASE_URL = "http://gnomon.test"


@dataclass(frozen=True)
class ShelfLibrary:
    shelf: Shelf

    async def search(self, workspace: str, query: str, *, limit: int = 10) -> Found:
        return await asyncio.to_thread(self.shelf.search, workspace, query, limit)

    async def get_document(self, workspace: str, document_id: str) -> Document:
        return await asyncio.to_thread(self.shelf.get_document, workspace, document_id)

    async def read(self, document_id: str, edition: int | None = None) -> Reading:
        return await asyncio.to_thread(self.shelf.read, document_id, edition)

    async def list_documents(
        self, workspace: str, *, query: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Document]:
        return await asyncio.to_thread(
            self.shelf.list_documents, workspace, query=query, cursor=cursor, limit=limit
        )

    async def holdings(self, workspace: str) -> Holdings:
        return await asyncio.to_thread(self.shelf.holdings, workspace)

    def put(self, workspace: str | None, folder: Path, name: str, text: str) -> None:
        """Write a file into a folder of a workspace and have it read."""
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        added = self.shelf.add_folder(workspace, folder, "handbook")
        self.shelf.scan(added.seq)
        self.shelf.read_in()


def open_library(folder: Path) -> ShelfLibrary:
    return ShelfLibrary(Shelf.open(folder / "library.sqlite", SystemClock(), base_url=BASE_URL))
