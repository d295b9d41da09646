"""What has become of a task: its events, and its timeline."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.event import Event
from gnomon.core.service import House
from gnomon.core.task import Task
from gnomon.web.answer import answer
from gnomon.web.desk import AtHouse, Reader
from gnomon.web.dialects.shannon.desk import AtDesk, find_task
from gnomon.web.dialects.shannon.history import list_frames, read_log
from gnomon.web.dialects.shannon.render.timeline import CHATTER, timeline
from gnomon.web.dialects.shannon.wire.listing import number, one, wrong
from gnomon.web.ids import shannon_id
from gnomon.web.problems import TooLarge

router = APIRouter(prefix="/api/v1/tasks", tags=["history"])

_USUAL: Final = 50
_MOST: Final = 200
_LONGEST: Final = 5000
"""Events of a timeline; who wants more of them reads the events page by page."""
_MODES: Final = ("summary", "full")
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


@router.get("/{task_id}/events")
async def list_task_events(
    task_id: str, request: Request, house: AtHouse, desk: AtDesk, reader: Reader
) -> Response:
    """List a task's events by their internal names, without the pieces of its answer."""
    limit = number(request.query_params, "limit", _USUAL, least=1, most=_MOST)
    offset = number(request.query_params, "offset", 0)
    task = await find_task(house, reader, task_id)
    events = await list_frames(house, desk.closings, task, offset=offset, limit=limit)
    return answer({"events": events, "count": len(events)})


@router.get("/{task_id}/timeline")
async def get_task_timeline(task_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """Show what became of a task, its attempts and its signals; asked to store that, say that it is stored."""
    query = request.query_params
    mode = one(query, "mode") or _MODES[0]
    if mode not in _MODES:
        raise wrong("mode", f"Invalid mode parameter (allowed: {', '.join(_MODES)})")
    with_payloads, is_stored = _flag(query, "include_payloads"), _flag(query, "persist")
    task = await find_task(house, reader, task_id)
    events = await _events(house, task, is_full=mode == "full")
    attempts = await house.store.list_attempts(task.workspace, task.id)
    told = timeline(task, events, attempts, is_full=mode == "full", with_payloads=with_payloads)
    name = shannon_id(task.id)
    if is_stored:  # as all that is shown of a task is: it is made of the log
        accepted = {"status": "accepted", "workflow_id": name, "count": len(told)}
        return answer(accepted, status=HTTPStatus.ACCEPTED)
    return answer({"workflow_id": name, "events": told, "stats": {"total": len(told), "mode": mode}})


async def _events(house: House, task: Task, *, is_full: bool) -> list[Event]:
    found = []
    async for event in read_log(house, task):
        if is_full or event.type not in CHATTER:
            found.append(event)
        if len(found) > _LONGEST:
            raise TooLarge(
                f"The timeline has more than {_LONGEST} events; read them by 'events', page by page."
            )
    return found


def _flag(query: QueryParams, name: str) -> bool:
    text = one(query, name)
    if text is None:
        return False
    known = _FLAGS.get(text.lower())
    if known is None:
        raise wrong(name, f"Invalid {name} parameter (allowed: true, false)")
    return known
