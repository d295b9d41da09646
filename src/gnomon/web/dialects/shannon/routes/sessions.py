"""Sessions: list them, read what was asked and answered in one, name it, delete it."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.errors import NotFound
from gnomon.core.event import EventType
from gnomon.core.ports import Turn
from gnomon.core.service import House
from gnomon.core.service import session as service
from gnomon.core.task import Json
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.desk import AtHouse, Reader, Writer
from gnomon.web.dialects.shannon.desk import opted_in, require_name
from gnomon.web.dialects.shannon.history import read_log
from gnomon.web.dialects.shannon.render import session as render
from gnomon.web.dialects.shannon.render.event import PARTIAL, closing_of, frames, missing
from gnomon.web.dialects.shannon.render.frame import internal
from gnomon.web.dialects.shannon.turns import (
    MOST_TURNS,
    NO_SESSION,
    find_session,
    list_numbered,
    size_of,
)
from gnomon.web.dialects.shannon.wire.listing import NO_SESSION_ID, number, one, wrong
from gnomon.web.dialects.shannon.wire.session import read_title
from gnomon.web.problems import TooLarge

router = APIRouter(prefix="/api/v1", tags=["sessions"])

MOST_EVENTS: Final = 5000
"""Events of one answer."""


@router.get("/sessions")
async def list_sessions(request: Request, house: AtHouse, reader: Reader) -> Response:
    """List the workspace's sessions, the latest changed first."""
    query = request.query_params
    limit, offset = number(query, "limit", 20, least=1, most=100), number(query, "offset", 0)
    page = await service.list_sessions(house, reader, limit=limit, offset=offset)
    names = [session.id for session, _ in page.records]
    ends = await house.store.sessions.list_ends(reader.workspace, names)
    now = house.clock.now()
    shown = [
        render.summary(session, totals, of_it, now)
        for (session, totals), of_it in zip(page.records, ends, strict=True)
    ]
    return answer({"sessions": shown, "total_count": page.total})


@router.get("/sessions/{session_id}")
async def get_session(session_id: str, house: AtHouse, reader: Reader) -> Response:
    """Show a session, and what its tasks come to."""
    found = await find_session(house, reader, session_id)
    totals = await service.get_totals(house, reader, found.id)
    (ends,) = await house.store.sessions.list_ends(reader.workspace, [found.id])
    return answer(render.session(found, totals, ends[0] if ends else None))


@router.get("/sessions/{session_id}/history")
async def get_session_history(session_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """List what was asked and answered in a session, the oldest first."""
    query = request.query_params
    limit = number(query, "limit", MOST_TURNS, least=1, most=MOST_TURNS)
    found = await find_session(house, reader, session_id)
    turns = await list_numbered(house, reader, found, limit=limit, offset=number(query, "offset", 0))
    told = (turn for _, turn in turns)
    return answer(render.history(found, told, size_of(found), opted_in=opted_in(request)))


@router.get("/sessions/{session_id}/events")
async def list_session_events(session_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """List the turns of a session with the events of each."""
    query = request.query_params
    limit, offset = number(query, "limit", 10, least=1, most=100), number(query, "offset", 0)
    has_payload = _flag(query, "include_payload")
    found = await find_session(house, reader, session_id)
    turns = await list_numbered(house, reader, found, limit=limit, offset=offset)
    if (count := sum(turn.task.version for _, turn in turns)) > MOST_EVENTS:
        message = f"These turns have {count} events, and {MOST_EVENTS} is the most; ask for fewer turns with 'limit'."
        raise TooLarge(message)
    shown = [
        render.turn(place, turn, await _events(house, turn, has_payload=has_payload)) for place, turn in turns
    ]
    return answer(render.turns(found, shown, size_of(found)))


async def _events(house: House, turn: Turn, *, has_payload: bool) -> Sequence[Json]:
    """Write what a turn's log said when the turn was read, but for the pieces of its answer."""
    task, gone = turn.task, turn.task.events_from - 1
    told = [missing(task, 1, gone)] if gone else []
    async for event in read_log(house, task):
        if event.number > task.version:  # of an end that came since, the turn does not know the answer
            break
        is_last = event.type is EventType.COMPLETED
        told += frames(event, task.kind, closing_of(task) if is_last else None)
    written = [internal(frame) for frame in told if frame.type != PARTIAL]
    if has_payload:
        return written
    return [{name: value for name, value in each.items() if name != "payload"} for each in written]


def _flag(query: QueryParams, name: str) -> bool:
    word = (one(query, name) or "true").lower()
    if word not in ("true", "false", "1", "0"):
        raise wrong(name, f"Invalid {name} parameter")
    return word in ("true", "1")


@router.patch("/sessions/{session_id}")
async def update_session_title(session_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Give a session a title."""
    title = read_title(await read_json(request))
    name = require_name(session_id, NO_SESSION_ID)
    try:
        changed = await service.change_session(house, writer, name, title=title)
    except NotFound as error:
        raise NotFound(NO_SESSION) from error
    return answer({"session_id": changed.id, "title": changed.title})


@router.delete("/sessions/{session_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_session(session_id: str, house: AtHouse, writer: Writer) -> Response:
    """Delete a session, not its tasks; again changes nothing."""
    name = require_name(session_id, NO_SESSION_ID)
    try:
        await service.delete_session(house, writer, name)
    except NotFound as error:
        raise NotFound(NO_SESSION) from error
    return Response(status_code=HTTPStatus.NO_CONTENT)
