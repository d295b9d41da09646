"""Control signals: cancel a task, set it aside, let it go on, and see which of these were asked for."""

from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.errors import Conflict
from gnomon.core.event import EventType
from gnomon.core.service import House
from gnomon.core.service import steering as service
from gnomon.core.task import Json, Status, Task
from gnomon.web.answer import answer
from gnomon.web.body import read_optional
from gnomon.web.desk import AtHouse, Canceller, Reader, Writer
from gnomon.web.dialects.shannon.again import Done, once
from gnomon.web.dialects.shannon.desk import find_task
from gnomon.web.dialects.shannon.render.control import control_state, not_steered, steered
from gnomon.web.dialects.shannon.wire.steer import read_reason

router = APIRouter(prefix="/api/v1/tasks", tags=["control"])

_CANCELLED = "Task cancelled successfully"
_PAUSED = "Pause signal sent"
_RESUMED = "Resume signal sent"
_LOOKED_BACK = 100
"""Events among which the newest pause is looked for."""


@router.post("/{task_id}/cancel", status_code=HTTPStatus.ACCEPTED)
async def cancel_task(task_id: str, request: Request, house: AtHouse, canceller: Canceller) -> Response:
    """Cancel a task: it stops at its next checkpoint, or is stopped within the grace period."""
    reason = read_reason(await read_optional(request))
    seen = await find_task(house, canceller, task_id)

    async def act() -> Done:
        task = await service.cancel(house, canceller, seen.id, reason)
        if task.status in (Status.CANCELLING, Status.CANCELLED):
            return Done(_accept(steered(task, _CANCELLED)))
        return Done(_accept(not_steered(task, f"Task has already ended: {task.status}")), is_final=False)

    return await once(request, house, canceller, act, replay=_accept(steered(seen, _CANCELLED)))


@router.post("/{task_id}/pause", status_code=HTTPStatus.ACCEPTED)
async def pause_task(task_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Set a task aside: at its next checkpoint, once it is answered where it waits for that, at once in the queue."""
    reason = read_reason(await read_optional(request))
    seen = await find_task(house, writer, task_id)

    async def act() -> Done:
        if seen.status is Status.PAUSED:
            return _conflict(seen, "Task is already paused")
        try:
            return Done(_accept(steered(await service.pause(house, writer, seen.id, reason), _PAUSED)))
        except Conflict:
            return await _too_late(house, seen, "cannot be paused")

    return await once(request, house, writer, act, replay=_accept(steered(seen, _PAUSED)))


@router.post("/{task_id}/resume", status_code=HTTPStatus.ACCEPTED)
async def resume_task(task_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Let a task that was set aside go on."""
    reason = read_reason(await read_optional(request))
    seen = await find_task(house, writer, task_id)

    async def act() -> Done:
        if seen.status.is_active and seen.status is not Status.PAUSED and seen.pause_requested_at is None:
            return _conflict(seen, "Task is not paused")
        try:
            return Done(_accept(steered(await service.resume(house, writer, seen.id, reason), _RESUMED)))
        except Conflict:
            return await _too_late(house, seen, "cannot be resumed")

    return await once(request, house, writer, act, replay=_accept(steered(seen, _RESUMED)))


@router.get("/{task_id}/control-state")
async def get_control_state(task_id: str, house: AtHouse, reader: Reader) -> Response:
    """Say whether a task is paused or cancelled, since when, by whom and why."""
    task = await find_task(house, reader, task_id)
    return answer(control_state(task, await _paused_at(house, task)))


async def _paused_at(house: House, task: Task) -> datetime | None:
    """Return when the pause was asked for; the time stays as it is when the pause has taken effect."""
    if task.pause_requested_at is not None or task.status is not Status.PAUSED:
        return task.pause_requested_at
    after = max(task.version - _LOOKED_BACK, task.events_from - 1)
    events = await house.store.list_events(task.workspace, task.id, after, _LOOKED_BACK)
    asked: datetime | None = None
    for event in events:
        if event.type is EventType.RESUMED:
            asked = None
        elif event.type in (EventType.PAUSING, EventType.PAUSED):
            asked = asked or event.at
    return asked or task.updated_at


def _accept(told: Json) -> Response:
    return answer(told, status=HTTPStatus.ACCEPTED)


def _conflict(task: Task, message: str) -> Done:
    return Done(answer(not_steered(task, message), status=HTTPStatus.CONFLICT), is_final=False)


async def _too_late(house: House, seen: Task, what: str) -> Done:
    task = await house.store.glance(seen.workspace, seen.id)
    return _conflict(task, f"Task is {task.status} and {what}")
