"""The library's use cases: search it, list it, and show a document to whoever holds its address."""

from gnomon.core.access import Principal
from gnomon.core.errors import NotFound
from gnomon.core.library import Document, Found, Holdings, Reading
from gnomon.core.ports import Library, Page
from gnomon.core.service.access import require
from gnomon.core.service.house import House


def library_of(house: House) -> Library:
    """Return the library; raises `NotFound` where there is none."""
    if house.library is None:
        raise NotFound("This server keeps no library of documents.")
    return house.library


async def search(house: House, principal: Principal, query: str, *, limit: int) -> Found:
    """Find passages in the documents of the caller's workspace, the best first."""
    require(principal, "read")
    return await library_of(house).search(principal.workspace, query, limit=limit)


async def list_documents(
    house: House, principal: Principal, *, query: str | None, cursor: str | None, limit: int
) -> Page[Document]:
    """List documents of the caller's workspace by name."""
    require(principal, "read")
    return await library_of(house).list_documents(
        principal.workspace, query=query, cursor=cursor, limit=limit
    )


async def get_document(house: House, principal: Principal, document_id: str) -> Document:
    """Return a document of the caller's workspace; raises `NotFound`."""
    require(principal, "read")
    return await library_of(house).get_document(principal.workspace, document_id)


async def holdings(house: House, principal: Principal) -> Holdings:
    """Count what the caller's workspace can search."""
    require(principal, "read")
    return await library_of(house).holdings(principal.workspace)


async def read_text(house: House, principal: Principal, document_id: str, edition: int | None) -> Reading:
    """Return the text of a document of the caller's workspace; raises `NotFound`."""
    await get_document(house, principal, document_id)
    return await library_of(house).read(document_id, edition)


async def open_page(house: House, document_id: str, edition: int | None) -> Reading:
    """Return the text of a document for who holds its address: its id cannot be guessed; raises `NotFound`."""
    return await library_of(house).read(document_id, edition)
