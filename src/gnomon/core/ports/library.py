"""The seam of the library: documents of a workspace, searched and shown. It shares no transaction with the store."""

from typing import Protocol

from gnomon.core.library import Document, Found, Holdings, Reading
from gnomon.core.ports.seam import Page

MOST_PASSAGES = 100


class Library(Protocol):
    """The documents that work may draw on. A workspace sees its own folders and those that are shared."""

    async def search(self, workspace: str, query: str, *, limit: int = 10) -> Found:
        """Find the passages nearest to a query, the best first, `MOST_PASSAGES` at most.

        The query is plain words: nothing in it is syntax.

        Raises
        ------
        Unavailable
            When the library does not answer.
        """

    async def get_document(self, workspace: str, document_id: str) -> Document:
        """Return a document of the workspace; raises `NotFound`."""

    async def read(self, document_id: str, edition: int | None = None) -> Reading:
        """Return a document's text, of its present edition or of an earlier one; raises `NotFound`.

        It asks for no workspace: who knows a document's id, which cannot be guessed, may read it.
        """

    async def list_documents(
        self, workspace: str, *, query: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Document]:
        """List documents by name, those whose name or title holds `query`; raises `Invalid` for a wrong cursor."""

    async def holdings(self, workspace: str) -> Holdings:
        """Count what there is."""
