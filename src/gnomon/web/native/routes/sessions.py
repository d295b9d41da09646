"""Sessions: tasks that are turns of one conversation, listed, named and forgotten together."""

from functools import partial

from fastapi import Request, Response

from gnomon.core.service import session as service
from gnomon.web.answer import answer
from gnomon.web.body import read_as
from gnomon.web.desk import AtHouse, Reader, Writer
from gnomon.web.native.openapi import BODY, asks, errors, router, shows, takes
from gnomon.web.native.render import session as render
from gnomon.web.native.wire import ask, read
from gnomon.web.native.wire.sessions import SessionChange, SessionPlace, TurnSpan

routes = router("sessions")


@routes.get(
    "/sessions",
    summary="List sessions, the latest changed first",
    openapi_extra=asks(SessionPlace),
    responses=shows("SessionPage", "One page.", 422),
)
async def list_sessions(request: Request, house: AtHouse, reader: Reader) -> Response:
    """List sessions with what their tasks come to."""
    place = ask(SessionPlace, request.query_params)
    page = await service.list_sessions(house, reader, limit=place.limit, offset=place.offset)
    return answer(render.sessions(page, place.offset))


@routes.get(
    "/sessions/{session_id}",
    summary="Read a session",
    responses=shows("Session", "The session as it stands.", 404),
)
async def get_session(session_id: str, house: AtHouse, reader: Reader) -> Response:
    """Read a session with what its tasks come to; the first task that names it makes it."""
    session = await service.get_session(house, reader, session_id)
    return answer(render.session(session, await service.get_totals(house, reader, session_id)))


@routes.get(
    "/sessions/{session_id}/tasks",
    summary="List a session's tasks in the order of their turns",
    openapi_extra=asks(TurnSpan),
    responses=shows("TurnPage", "One page.", 404, 422),
)
async def list_turns(session_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """List tasks by `session_turn`; `after` takes the last one seen, now or when others have come since."""
    span = ask(TurnSpan, request.query_params)
    session = await service.get_session(house, reader, session_id)
    skipped = max(span.after - session.first_turn + 1, 0)  # turns have no gaps
    found = await service.list_turns(house, reader, session_id, limit=span.limit + 1, offset=skipped)
    return answer(render.turns(session, found, span.limit))


@routes.patch(
    "/sessions/{session_id}",
    summary="Change a session's title or context",
    openapi_extra=takes(SessionChange, {"title": "Shouting about books"}),
    responses=shows("ChangedSession", "The session as changed, without its totals.", 404, *BODY),
)
async def change_session(session_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Store new values; what is left out stays."""
    change = await read_as(request, partial(read, SessionChange))
    change.refuse_nulls()
    session = await service.change_session(
        house, writer, session_id, title=change.title, context=change.context
    )
    return answer(render.changed(session))


@routes.delete(
    "/sessions/{session_id}",
    status_code=204,
    summary="Delete a session",
    responses={204: {"description": "It is deleted."}, **errors(404)},
)
async def delete_session(session_id: str, house: AtHouse, writer: Writer) -> Response:
    """Delete a session, not its tasks, which go on; the next task that names it begins a new one."""
    await service.delete_session(house, writer, session_id)
    return Response(status_code=204)
