"""The library as the server sees it: the port, over the pipes of the processes that answer and that read."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from gnomon.core.library import Document, Found, Holdings, Reading, read_found
from gnomon.core.ports.library import MOST_PASSAGES
from gnomon.core.ports.seam import Page
from gnomon.library.keeper.kept import PATIENCE, Kept
from gnomon.library.keeper.wire import Provided, read_document

Watching = Literal["auto", "poll"]
_DELAY = 1.0
LONGEST_QUERY = 4000
"""Characters of a query that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the library's processes are told."""

    data: str
    """The folder of the library's file."""
    public_url: str
    """What the addresses of documents begin with."""
    folders: Sequence[Provided] = ()
    keep_gone: float = 0.0
    """Days that the texts of a document stay whose file is gone; 0 is for ever."""
    watching: Watching = "auto"
    is_semantic: bool = True
    log_level: int = field(default=logging.INFO)


class KeptLibrary:
    """The library, in two processes that are started anew when they end: one answers, one reads what has changed."""

    def __init__(self, order: Order, *, patience: float = PATIENCE, delay: float = _DELAY) -> None:
        self.order = order
        told = asdict(order)
        self.desk = Kept("desk", told, patience=patience)
        self.reader = Kept("reader", told, delay=delay)

    async def start(self) -> None:
        """Begin to read, a moment after the server has begun to serve; the first question starts what answers."""
        self.reader.start()

    async def stop(self) -> None:
        """End the processes, whatever they do, within two seconds."""
        await asyncio.gather(self.desk.stop(), self.reader.stop())

    async def search(self, workspace: str, query: str, *, limit: int = 10) -> Found:
        """Find the passages nearest to a query, the best first; raises `Unavailable`."""
        bound = max(1, min(limit, MOST_PASSAGES))
        frame = await self.desk.ask("search", workspace=workspace, query=query[:LONGEST_QUERY], limit=bound)
        return read_found(frame.message["found"])

    async def get_document(self, workspace: str, document_id: str) -> Document:
        """Return a document of the workspace; raises `NotFound` and `Unavailable`."""
        frame = await self.desk.ask("get", workspace=workspace, document=document_id)
        return read_document(frame.message["document"])

    async def read(self, document_id: str, edition: int | None = None) -> Reading:
        """Return a document's text, of its present edition or of an earlier one; raises `NotFound`, `Unavailable`."""
        frame = await self.desk.ask("read", document=document_id, edition=edition)
        message = frame.message
        return Reading(
            document=read_document(message["document"]),
            edition=message["edition"],
            text=frame.content.decode("utf-8", "surrogatepass"),
            headings=tuple((start, depth, words) for start, depth, words in message["headings"]),
        )

    async def list_documents(
        self, workspace: str, *, query: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Document]:
        """List documents by name, those whose name or title holds `query`; raises `Invalid` and `Unavailable`."""
        frame = await self.desk.ask("list", workspace=workspace, query=query, cursor=cursor, limit=limit)
        page = frame.message["page"]
        records = tuple(map(read_document, page["records"]))
        return Page(records=records, next=page["next"], total=page["total"])

    async def holdings(self, workspace: str) -> Holdings:
        """Count what there is; raises `Unavailable`."""
        frame = await self.desk.ask("holdings", workspace=workspace)
        return Holdings(**frame.message["holdings"])
