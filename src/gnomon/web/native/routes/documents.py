"""The library: passages that answer a query, documents, and a page that opens at what was cited."""

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from gnomon.core.errors import GnomonError, NotFound
from gnomon.core.service import library as service
from gnomon.core.service.access import require
from gnomon.web.answer import answer
from gnomon.web.auth import identify
from gnomon.web.desk import AtHouse, Reader, find_gate
from gnomon.web.native.openapi import Answers, asks, errors, router, shows
from gnomon.web.native.render import document as render
from gnomon.web.native.render.page import HEADERS, document_page, plain_page
from gnomon.web.native.wire import ask
from gnomon.web.native.wire.documents import Edition, Look, Search, Shelves
from gnomon.web.problems import Refusal, headers_of, status_of

routes = router("documents")

_HTML = "text/html; charset=utf-8"
_PAGE = {"text/html": {"schema": {"type": "string"}}}


def _also_pages(problems: Answers) -> Answers:
    """Describe problems that a browser is shown as a page; what is refused before the route stays plain."""
    return {status: {**told, "content": {**told["content"], **_PAGE}} for status, told in problems.items()}


@routes.get(
    "/passages",
    summary="Search the library",
    openapi_extra=asks(Search),
    responses=shows("Passages", "What was found, the best first.", 404, 422),
)
async def search_passages(request: Request, house: AtHouse, reader: Reader) -> Response:
    """Find the passages nearest to a query in the documents that the workspace can read."""
    wanted = ask(Search, request.query_params)
    return answer(render.passages(await service.search(house, reader, wanted.query, limit=wanted.limit)))


@routes.get(
    "/library",
    summary="Count what the library holds",
    responses=shows("Holdings", "How it stands.", 404),
)
async def count_holdings(house: AtHouse, reader: Reader) -> Response:
    """Say how many documents there are, and how many are still to be read."""
    return answer(render.holdings(await service.holdings(house, reader)))


@routes.get(
    "/documents",
    summary="List documents",
    openapi_extra=asks(Shelves),
    responses=shows("DocumentPage", "One page, by name.", 404, 422),
)
async def list_documents(request: Request, house: AtHouse, reader: Reader) -> Response:
    """List the documents that the workspace can read."""
    wanted = ask(Shelves, request.query_params)
    page = await service.list_documents(
        house, reader, query=wanted.query, cursor=wanted.cursor, limit=wanted.limit
    )
    return answer(render.documents(page, _root(request)))


@routes.get(
    "/documents/{document_id}",
    summary="Read about a document",
    responses=shows("Document", "The document, without its text.", 404),
)
async def get_document(document_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """Say what a document is and where its text can be read."""
    found = await service.get_document(house, reader, document_id)
    return answer(render.document(found, f"{_root(request)}/documents/{found.id}/page"))


@routes.get(
    "/documents/{document_id}/text",
    summary="Read a document's text",
    openapi_extra=asks(Edition),
    responses={
        **errors(404, 422),
        200: {
            "description": "The text as it was read.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
    },
)
async def get_text(document_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """Return the plain text that offsets count in: of the present edition, or of the one that is named."""
    wanted = ask(Edition, request.query_params)
    reading = await service.read_text(house, reader, document_id, wanted.edition)
    return Response(reading.text, media_type="text/plain", headers={"X-Content-Type-Options": "nosniff"})


@routes.head("/documents/{document_id}/page", include_in_schema=False)
@routes.get(
    "/documents/{document_id}/page",
    summary="Open a document in a browser",
    openapi_extra=asks(Look),
    responses={
        **_also_pages(errors(404, 422)),
        200: {"description": "The page.", "content": _PAGE},
    },
)
async def open_page(document_id: str, request: Request, house: AtHouse) -> Response:
    """Show the text with its cited passages marked. Who holds the address may open it, unless links need a key."""
    try:
        if not request.app.state.are_links_open:
            require(await identify(find_gate(request), request), "read")
        look = ask(Look, request.query_params)
        reading = await service.open_page(house, document_id, look.edition)
    except (GnomonError, Refusal) as error:
        title = "There is no such document" if isinstance(error, NotFound) else "This page cannot be shown"
        text = plain_page(title, error.message)
        return Response(text, status_of(error), {**HEADERS, **headers_of(error)}, _HTML)
    text = await run_in_threadpool(document_page, reading, look.at)
    return Response(text, headers=HEADERS, media_type=_HTML)


def _root(request: Request) -> str:
    """Return where the door's paths begin, as the client has reached it."""
    return str(request.base_url).rstrip("/")
