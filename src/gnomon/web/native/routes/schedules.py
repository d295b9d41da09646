"""Schedules: tasks that are submitted again and again, at the times that a cron expression names."""

from functools import partial

from fastapi import Request, Response

from gnomon.core.errors import Invalid
from gnomon.core.service import schedule as service
from gnomon.web.answer import answer
from gnomon.web.body import read_as, read_optional
from gnomon.web.desk import AtHouse, Reader, Writer
from gnomon.web.native.openapi import BODY, asks, errors, router, shows, takes
from gnomon.web.native.render import schedule as render
from gnomon.web.native.routes.tasks import IDEMPOTENCY_KEY
from gnomon.web.native.wire import ask, read
from gnomon.web.native.wire.schedules import NewSchedule, RunPlace, ScheduleChange, ScheduleFilters, as_sent
from gnomon.web.native.wire.tasks import Wish
from gnomon.web.reservation import replay_headers, reserve

routes = router("schedules")

_NEW = {
    "name": "Morning shout",
    "cron": "30 7 * * 1-5",
    "timezone": "Europe/Berlin",
    "task": {"kind": "shout", "input": {"text": "good morning"}, "timeout_seconds": 600},
}
_PLACE = {
    "Location": "Where the schedule is.",
    "Idempotency-Replayed": "`true` when the key had made the schedule before.",
}


@routes.post(
    "/schedules",
    status_code=201,
    summary="Create a schedule",
    openapi_extra={**takes(NewSchedule, _NEW), **asks(None, IDEMPOTENCY_KEY)},
    responses=shows("Schedule", "The schedule.", 409, *BODY, status=201, headers=_PLACE),
)
async def create_schedule(request: Request, house: AtHouse, writer: Writer) -> Response:
    """Submit a task at each of the times to come; what it submits is checked now, as if it were submitted now."""
    wanted = (await read_as(request, partial(read, NewSchedule))).wanted()
    try:
        made = await service.create(house, writer, wanted, reservation=await reserve(request, writer))
    except Invalid as invalid:
        raise as_sent(invalid) from invalid
    place = f"{request.scope['root_path']}/schedules/{made.schedule.id}"
    headers = {"Location": place, **replay_headers(is_replay=made.is_replay)}
    return answer(render.schedule(made.schedule), status=201, headers=headers)


@routes.get(
    "/schedules",
    summary="List schedules, newest first",
    openapi_extra=asks(ScheduleFilters),
    responses=shows("SchedulePage", "One page.", 422),
)
async def list_schedules(request: Request, house: AtHouse, reader: Reader) -> Response:
    """List schedules with the counts of their runs."""
    filters = ask(ScheduleFilters, request.query_params)
    page = await service.list_schedules(house, reader, filters.query(reader.workspace))
    return answer(render.schedules(page, filters.offset))


@routes.get(
    "/schedules/{schedule_id}",
    summary="Read a schedule",
    responses=shows("Schedule", "The schedule as it stands.", 404),
)
async def get_schedule(schedule_id: str, house: AtHouse, reader: Reader) -> Response:
    """Read when a schedule fires next, and what its runs came to."""
    return answer(render.schedule(await service.get(house, reader, schedule_id)))


@routes.patch(
    "/schedules/{schedule_id}",
    summary="Change a schedule",
    openapi_extra=takes(ScheduleChange, {"cron": "0 8 * * 1-5"}),
    responses=shows("Schedule", "The schedule as changed.", 404, *BODY),
)
async def change_schedule(schedule_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Store new values; what is left out stays, and a new expression or zone counts from now."""
    change = (await read_as(request, partial(read, ScheduleChange))).change()
    try:
        changed = await service.change(house, writer, schedule_id, change)
    except Invalid as invalid:
        raise as_sent(invalid) from invalid
    return answer(render.schedule(changed))


@routes.post(
    "/schedules/{schedule_id}/pause",
    summary="Let a schedule fire no more",
    openapi_extra=takes(Wish, {"reason": "Holidays."}, required=False),
    responses=shows("Schedule", "The schedule, paused now or before.", 404, *BODY),
)
async def pause_schedule(schedule_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Make no runs until the schedule is resumed; a run that was made goes on."""
    wish = read(Wish, await read_optional(request))
    return answer(render.schedule(await service.pause(house, writer, schedule_id, wish.reason)))


@routes.post(
    "/schedules/{schedule_id}/resume",
    summary="Let a schedule fire again",
    responses=shows("Schedule", "The schedule, active now or before.", 404, 422),
)
async def resume_schedule(schedule_id: str, house: AtHouse, writer: Writer) -> Response:
    """Fire from now on; times that passed meanwhile are not made up, and not counted."""
    return answer(render.schedule(await service.resume(house, writer, schedule_id)))


@routes.delete(
    "/schedules/{schedule_id}",
    status_code=204,
    summary="Delete a schedule",
    responses={204: {"description": "It is deleted."}, **errors(404)},
)
async def delete_schedule(schedule_id: str, house: AtHouse, writer: Writer) -> Response:
    """Delete a schedule, not its runs, which go on."""
    await service.delete(house, writer, schedule_id)
    return Response(status_code=204)


@routes.get(
    "/schedules/{schedule_id}/runs",
    summary="List a schedule's runs, newest first",
    openapi_extra=asks(RunPlace),
    responses=shows("RunPage", "One page.", 404, 422),
)
async def list_runs(schedule_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """List the tasks that a schedule has made, with their results."""
    place = ask(RunPlace, request.query_params)
    page = await service.list_runs(house, reader, schedule_id, limit=place.limit, offset=place.offset)
    return answer(render.runs(schedule_id, page, place.offset))
