"""Files: the answers of a session, and the documents that work may draw on, which is what stays across sessions."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.errors import NotFound
from gnomon.core.library import Document
from gnomon.core.ports import Turn
from gnomon.core.service import House
from gnomon.core.service import library as library_service
from gnomon.core.session import Session
from gnomon.core.task import Json
from gnomon.web.answer import answer
from gnomon.web.desk import AtHouse, Reader
from gnomon.web.dialects.shannon.render import files as render
from gnomon.web.dialects.shannon.render.answer import find_answer
from gnomon.web.dialects.shannon.turns import find_session, list_numbered
from gnomon.web.dialects.shannon.wire.listing import one
from gnomon.web.dialects.shannon.wire.session import read_path

router = APIRouter(prefix="/api/v1", tags=["files"])

FilePath = Annotated[str, Path(description="The file's `path`, as the list gives it.")]
_NO_FILE: Final = "File not found"
_NO_DOCUMENT: Final = f"{_NO_FILE}: use a 'path' of GET /api/v1/memory/files, which is doc_.../name"
_MOST_DOCUMENTS: Final = 1000
_AT_ONCE: Final = 100


@router.get("/sessions/{session_id}/files")
async def list_session_files(session_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """List the files of a session, or those of a folder of it."""
    path = read_path((one(request.query_params, "path") or "").removeprefix("./").rstrip("/"))
    found = await find_session(house, reader, session_id)
    if path not in ("", render.FOLDER):
        raise NotFound(f"Folder not found: {path[:80]}")
    turns = await list_numbered(house, reader, found)
    entries = await asyncio.to_thread(_at_root if path == "" else _answers, found, turns)
    return answer(render.listed(entries))


def _at_root(session: Session, turns: Sequence[tuple[int, Turn]]) -> list[Json]:
    if not turns:
        return []
    whole = render.entry(render.conversation(session, turns))
    has_answers = any(find_answer(turn.task) for _, turn in turns)
    return [*([render.folder(render.FOLDER)] if has_answers else []), whole]


def _answers(_: Session, turns: Sequence[tuple[int, Turn]]) -> list[Json]:
    return [render.entry(file) for number, turn in turns for file in render.files_of(number, turn)]


@router.get("/sessions/{session_id}/files/{path:path}")
async def get_session_file(session_id: str, path: FilePath, house: AtHouse, reader: Reader) -> Response:
    """Show what is in a file of a session."""
    wanted = read_path(path)
    found = await find_session(house, reader, session_id)
    file = await _find_file(house, reader, found, wanted)
    return answer(render.download(file))


async def _find_file(house: House, reader: Principal, session: Session, path: str) -> render.TextFile:
    if path == render.CONVERSATION:
        return render.conversation(session, await list_numbered(house, reader, session))
    named = render.read_name(path)
    if named is None or named.turn < 1:
        raise NotFound(_NO_FILE)
    turns = await list_numbered(house, reader, session, limit=1, offset=named.turn - 1)
    files = (file for number, turn in turns for file in render.files_of(number, turn))
    for file in files:
        if file.path == path:
            return file
    raise NotFound(_NO_FILE)


@router.get("/memory/files")
async def list_memory_files(house: AtHouse, reader: Reader) -> Response:
    """List the documents that the workspace's work may draw on."""
    documents = [] if house.library is None else await _documents(house, reader)
    return answer(render.listed(map(render.document, documents)))


async def _documents(house: House, reader: Principal) -> list[Document]:
    found: list[Document] = []
    cursor: str | None = None
    while len(found) < _MOST_DOCUMENTS:
        page = await library_service.list_documents(house, reader, query=None, cursor=cursor, limit=_AT_ONCE)
        found += page.records
        cursor = page.next
        if cursor is None:
            break
    return found


@router.get("/memory/files/{path:path}")
async def get_memory_file(path: FilePath, house: AtHouse, reader: Reader) -> Response:
    """Show the text of a document."""
    document_id, _, name = read_path(path).partition("/")
    try:
        reading = await library_service.read_text(house, reader, document_id, None)
    except NotFound as error:
        raise NotFound(_NO_DOCUMENT) from error
    if name != reading.document.name:
        raise NotFound(_NO_DOCUMENT)
    return answer(render.download(render.TextFile(path=path, content=reading.text, media_type="text/plain")))
