"""Schedules: make one, list, read, change, set aside, delete, and what has become of their runs."""

from datetime import datetime
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Invalid, NotFound
from gnomon.core.schedule import Schedule
from gnomon.core.service import House
from gnomon.core.service import schedule as service
from gnomon.core.service.steering import steering
from gnomon.core.task import Json
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.desk import AtHouse, Reader, Writer
from gnomon.web.dialects.shannon.again import new_session_id, once, replay_headers, reserve_exactly
from gnomon.web.dialects.shannon.desk import AtDesk, opted_in
from gnomon.web.dialects.shannon.render import schedule as render
from gnomon.web.dialects.shannon.skilled import skills_of
from gnomon.web.dialects.shannon.wire.given import read_members
from gnomon.web.dialects.shannon.wire.schedule import (
    in_words_of,
    read_change,
    read_page,
    read_schedule,
    read_schedules,
)

router = APIRouter(prefix="/api/v1", tags=["schedules"])

_NO_SCHEDULE: Final = "Schedule not found"


@router.post("/schedules", status_code=HTTPStatus.CREATED)
async def create_schedule(request: Request, desk: AtDesk, house: AtHouse, writer: Writer) -> Response:
    """Store a schedule; its runs are tasks of a session of its own."""
    body = await read_json(request)
    find_skill = await skills_of(desk.skills, writer, body, "task_context")
    session_id = f"schedule-{new_session_id(house)}"
    wanted = read_schedule(body, modes=desk.modes, session_id=session_id, find_skill=find_skill)
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
    find_skill = await skills_of(desk.skills, writer, _with_context(body, before), "task_context")
    change = read_change(body, before, modes=desk.modes, find_skill=find_skill)
    try:
        changed = await service.change(house, writer, before.id, change)
    except Invalid as error:
        raise in_words_of(error) from error
    return answer(render.done("Schedule updated successfully", changed))


@router.post("/schedules/{schedule_id}/pause")
async def pause_schedule(schedule_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Let a schedule fire no more until it is resumed; again changes nothing."""
    reason = await _reason(request)
    found = await _find(house, writer, schedule_id)

    async def pause() -> bool:
        await service.pause(house, writer, found.id, steering(writer, reason))
        return True

    is_replay = await once(request, house, writer, pause)
    headers = replay_headers(request, is_replay=is_replay)
    return answer(render.done("Schedule paused successfully"), headers=headers)


@router.post("/schedules/{schedule_id}/resume")
async def resume_schedule(schedule_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Let a schedule fire again from now on; what passed meanwhile is not made up."""
    await _reason(request)
    found = await _find(house, writer, schedule_id)

    async def resume() -> bool:
        await service.resume(house, writer, found.id)
        return True

    is_replay = await once(request, house, writer, resume)
    resumed = await _find(house, writer, schedule_id)
    headers = replay_headers(request, is_replay=is_replay)
    return answer(render.done("Schedule resumed successfully", resumed), headers=headers)


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
    page = await house.store.schedules.list_runs(found.workspace, found.id, limit=1)
    return next((task.scheduled_for for task in page.records), None)


def _with_context(body: Json, before: Schedule) -> Json:
    """Return a change with the context that its runs will have: a skill of it is looked up again."""
    members = read_members(body)
    wording = before.template.wording
    if "task_context" in members or members.get("clear_task_context") or not isinstance(wording, dict):
        return body
    return {**members, "task_context": wording.get("context")}


async def _reason(request: Request) -> str | None:
    """Read why something is asked for; no body at all gives no reason."""
    if not (await request.body()).strip():
        return None
    reason = read_members(await read_json(request)).get("reason")
    if reason is not None and not isinstance(reason, str):
        raise Invalid([Complaint(("reason",), "Invalid request body: 'reason' must be a string.", "type")])
    return reason or None
