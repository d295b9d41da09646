"""Streams: a run's events, a group's events, and all the runs of a group."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.ports import MemberQuery
from gnomon.core.service import House
from gnomon.web.desk import AtHouse, Reader, find_gate
from gnomon.web.dialects.parallel.desk import AtDesk, Desk, find_group, find_run, opted_in
from gnomon.web.dialects.parallel.framing import MANNERS
from gnomon.web.dialects.parallel.group_stream import tell_group, tell_members
from gnomon.web.dialects.parallel.status import asked
from gnomon.web.dialects.parallel.stream import Items, Reading, excused, tell_run
from gnomon.web.dialects.parallel.wire.query import cursor, flag, seconds, status_filter
from gnomon.web.edge import request_id
from gnomon.web.sse import EventStream

router = APIRouter(tags=["streams"])

_PAGE = 100
_PAGE_OF_WHOLE = 20
"""Members that are read at a time with their inputs or outputs, which may be large."""


@router.get("/runs/{run_id}/events")
async def follow_run(run_id: str, request: Request, desk: AtDesk, house: AtHouse, reader: Reader) -> Response:
    """Tell a run's state, its messages after the cursor, its newest statistics, what comes, and its closing state."""
    after = cursor(request.query_params, request.headers)
    task = await find_run(house, reader, run_id)
    reading = _reading(request, desk, house, reader)
    return _stream(request, reading, tell_run(reading, task.id, after))


@router.get("/groups/{group_id}/events")
async def follow_group(
    group_id: str, request: Request, desk: AtDesk, house: AtHouse, reader: Reader
) -> Response:
    """Tell how a group stands and its runs that come to rest, until none is active or the time is up."""
    after = cursor(request.query_params, request.headers)
    timeout = seconds(request.query_params, "timeout", desk.pace.longest)
    group = await find_group(house, reader, group_id)
    reading = _reading(request, desk, house, reader)
    return _stream(request, reading, tell_group(reading, group.id, after, timeout))


@router.get("/groups/{group_id}/runs")
async def tour_group(
    group_id: str, request: Request, desk: AtDesk, house: AtHouse, reader: Reader
) -> Response:
    """Tell the runs that a group has now, in the order in which they were added."""
    reading = _reading(request, desk, house, reader)
    group = await find_group(house, reader, group_id)
    query = _members(request, group.id, reading)
    return _stream(request, reading, tell_members(reading, query))


def _members(request: Request, group_id: str, reading: Reading) -> MemberQuery:
    given = request.query_params
    word = status_filter(given)
    meant = None if word is None else asked(word, opted_in=reading.opted_in)
    with_input = flag(given, "include_input", default=False)
    with_result = flag(given, "include_output", default=False)
    return MemberQuery(
        workspace=reading.principal.workspace,
        group_id=group_id,
        after=cursor(given, request.headers),
        limit=_PAGE_OF_WHOLE if with_input or with_result else _PAGE,
        statuses=None if meant is None else meant.statuses,
        is_started=None if meant is None else meant.is_started,
        with_input=with_input,
        with_result=with_result,
    )


def _reading(request: Request, desk: Desk, house: House, reader: Principal) -> Reading:
    return Reading(
        house=house,
        principal=reader,
        pace=desk.pace,
        endings=desk.endings,
        opted_in=opted_in(request),
        request_id=request_id(request.scope),
    )


def _stream(request: Request, reading: Reading, items: Items) -> Response:
    hold = find_gate(request).meter.streams.hold(reading.principal.key_id)
    return EventStream(excused(reading, items), MANNERS, reading.pace, hold=hold)
