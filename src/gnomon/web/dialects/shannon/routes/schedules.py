"""Schedules: make one, list, read, change, set aside, delete, and what has become of their runs."""

from datetime import datetime
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.errors import Invalid, NotFound
from gnomon.core.schedule import Schedule
from gnomon.core.service import House
from gnomon.core.service import schedule as service
from gnomon.core.task import Json
from gnomon.web.answer import answer
from gnomon.web.body import read_json, read_optional
from gnomon.web.desk import AtHouse, Reader, Writer
from gnomon.web.dialects.shannon.again import Done, new_session_id, once, replay_headers, reserve_exactly
from gnomon.web.dialects.shannon.desk import AtDesk, opted_in
from gnomon.web.dialects.shannon.render import schedule as render
from gnomon.web.dialects.shannon.wire.schedule import (
    in_words_of,
    read_change,
    read_page,
    read_schedule,
    read_schedules,
    skill_of_runs,
)
from gnomon.web.dialects.shannon.wire.steer import read_reason

router = APIRouter(prefix="/api/v1", tags=["schedules"])

_NO_SCHEDULE: Final = "Schedule not found"


@router.post("/schedules", status_code=HTTPStatus.CREATED)
async def create_schedule(request: Request, desk: AtDesk, house: AtHouse, writer: Writer) -> Response:
    """Store a schedule; its runs are tasks of a session of its own."""
    body = await read_json(request)
    skill = await desk.take_skill(writer, skill_of_runs(body))
    session_id = f"schedule-{new_session_id(house)}"
    wanted = read_schedule(body, modes=desk.modes, session_id=session_id, skill=skill)
    try:
        reservation = await reserve_exactly(request, writer)
        made = await service.create(house, writer, wanted, reservation=reservation)
    except Invalid as error:
        raise in_words_of(error) from error
    shown = render.done("Schedule created successfully", made.schedule, schedule_id=made.schedule.id)
    headers = replay_headers(request, is_replay=made.is_replay)
    return answer(shown, status=HTTPStatus.CREATED, headers=headers)


@router.get("/schedules")
async def list_schedules(request: Request, house: AtHouse, reader: Reader) -> Response:
    """List the workspace's schedules, newest first."""
    query, number = read_schedules(reader.workspace, request.query_params)
    page = await service.list_schedules(house, reader, query)
    shown = [render.schedule(each, await _ran_at(house, each)) for each in page.records]
    told = {"schedules": shown, "total_count": page.total, "page": number, "page_size": query.limit}
    return answer(told)


@router.get("/schedules/{schedule_id}")
async def get_schedule(schedule_id: str, house: AtHouse, reader: Reader) -> Response:
    """Show a schedule, and how its runs have ended."""
    found = await _find(house, reader, schedule_id)
    return answer(render.schedule(found, await _ran_at(house, found)))


@router.put("/schedules/{schedule_id}")
async def update_schedule(
    schedule_id: str, request: Request, desk: AtDesk, house: AtHouse, writer: Writer
) -> Response:
    """Change a schedule; what is left out stays."""
    body = await read_json(request)
    before = await _find(house, writer, schedule_id)
    skill = await desk.take_skill(writer, skill_of_runs(body, before))
    change = read_change(body, before, modes=desk.modes, skill=skill)
    try:
        changed = await service.change(house, writer, before.id, change)
    except Invalid as error:
        raise in_words_of(error) from error
    return answer(render.done("Schedule updated successfully", changed))


@router.post("/schedules/{schedule_id}/pause")
async def pause_schedule(schedule_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Let a schedule fire no more until it is resumed; again changes nothing."""
    reason = read_reason(await read_optional(request))
    found = await _find(house, writer, schedule_id)
    told = render.done("Schedule paused successfully")

    async def act() -> Done:
        await service.pause(house, writer, found.id, reason)
        return Done(answer(told))

    return await once(request, house, writer, act, replay=answer(told))


@router.post("/schedules/{schedule_id}/resume")
async def resume_schedule(schedule_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Let a schedule fire again from now on; what passed meanwhile is not made up."""
    read_reason(await read_optional(request))
    found = await _find(house, writer, schedule_id)

    async def act() -> Done:
        return Done(answer(_resumed(await service.resume(house, writer, found.id))))

    return await once(request, house, writer, act, replay=answer(_resumed(found)))


def _resumed(found: Schedule) -> Json:
    return render.done("Schedule resumed successfully", found)


@router.delete("/schedules/{schedule_id}")
async def delete_schedule(schedule_id: str, house: AtHouse, writer: Writer) -> Response:
    """Delete a schedule; the tasks that it has made stay."""
    found = await _find(house, writer, schedule_id)
    await service.delete(house, writer, found.id)
    return answer(render.done("Schedule deleted successfully"))


@router.get("/schedules/{schedule_id}/runs")
async def list_schedule_runs(schedule_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """List the tasks that a schedule has made, newest first."""
    number, size = read_page(request.query_params, usual=20)
    found = await _find(house, reader, schedule_id)
    page = await service.list_runs(house, reader, found.id, limit=size, offset=(number - 1) * size)
    return answer(render.runs(page, number=number, size=size, opted_in=opted_in(request)))


async def _find(house: House, principal: Principal, schedule_id: str) -> Schedule:
    try:
        return await service.get(house, principal, schedule_id)
    except NotFound as error:
        raise NotFound(_NO_SCHEDULE) from error


async def _ran_at(house: House, found: Schedule) -> datetime | None:
    """Return when a schedule ran last: its latest time, unless that passed without a run."""
    if found.runs == 0 or found.skip_cause is None:
        return found.last_at if found.runs else None
    try:
        page = await house.store.schedules.list_runs(found.workspace, found.id, limit=1)
    except NotFound:  # deleted since it was read
        return None
    return next((task.scheduled_for for task in page.records), None)
