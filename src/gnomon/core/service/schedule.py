"""Schedules: make one, read it, change it, set it aside, and fire those whose time has come."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gnomon.core.access import ALL_SCOPES, Principal
from gnomon.core.errors import Complaint, GnomonError, Invalid, NotFound, Unavailable
from gnomon.core.ports import ChangeSchedule, Page, Reservation, ScheduleQuery
from gnomon.core.schedule import Due, NewSchedule, Schedule, ScheduleStatus, Template, schedule_id
from gnomon.core.service.access import require
from gnomon.core.service.house import House
from gnomon.core.service.idempotency import one_at_a_time
from gnomon.core.service.run import prepare_run
from gnomon.core.service.steering import steering
from gnomon.core.service.task import Terms
from gnomon.core.task import NewTask, Steering, Task

log = logging.getLogger(__name__)

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2000
LONGEST_TIMEOUT = timedelta(days=366)
LARGEST_INPUT = 1_000_000
"""Characters of a template's input as JSON: it is read at each time."""
PIECE = 100
"""Schedules that are fired before other upkeep has its turn."""
MOST_COUNTED = 10_000
"""Times that passed while the server was away and that are counted: a week of minutes."""
CLOCK_ERROR = timedelta(hours=3)
"""A clock that is set back by more than this was wrong before, as Debian's cron takes it."""
_CLOCK_WAS_WRONG = "the clock was set back by more than 3 hours"
_BREATH = 50
_LONGEST_CAUSE = 500
_HORIZON = timedelta(days=400)
"""Of times that are looked at for their spacing; behind it they come as they did before."""
_MOST_LOOKED_AT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A schedule as somebody wants it."""

    name: str
    cron: str
    template: Template
    timezone: str = "UTC"
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What shall be otherwise; what is None stays."""

    name: str | None = None
    description: str | None = None
    cron: str | None = None
    timezone: str | None = None
    template: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A schedule, and whether the same request had made it before."""

    schedule: Schedule
    is_replay: bool = False


@one_at_a_time
async def create(
    house: House, principal: Principal, wanted: Wanted, *, reservation: Reservation | None = None
) -> Created:
    """Store a schedule, or find the one that the same idempotency key has made.

    Raises
    ------
    Invalid
        When the expression or the zone cannot be read, times lie too close together, or what it submits could not be
        submitted now; places are `name`, `description`, `cron`, `timezone`, `timeout`, `session_id`, `kind`, `input`.
    QuotaExceeded
        When the workspace has as many schedules as it may.
    ReservationReused
        When the idempotency key was used with another request.
    """
    require(principal, "write")
    now = house.clock.now()
    if again := await _find_created(house, principal, reservation, now):
        return Created(schedule=again, is_replay=True)
    change = Change(name=wanted.name, description=wanted.description, template=wanted.template)
    complaints = [*_of_course(house, wanted.cron, wanted.timezone, now), *_of_words(change)]
    complaints += await _of_template(house, principal, wanted.template)
    if complaints:
        raise Invalid(complaints)
    new = NewSchedule(
        id=schedule_id(now, house.clock.chance(80)),
        workspace=principal.workspace,
        name=wanted.name,
        description=wanted.description,
        cron=wanted.cron,
        timezone=wanted.timezone,
        template=wanted.template,
        next_at=house.calendar.next_after(wanted.cron, wanted.timezone, now),
    )
    most = house.limits.schedules
    made = await house.store.schedules.create_schedule(new, now, most=most, reservation=reservation)
    return Created(schedule=made, is_replay=made.id != new.id)


async def _find_created(
    house: House, principal: Principal, reservation: Reservation | None, now: datetime
) -> Schedule | None:
    """Return what the same request has made: it is not checked again, as what it names may be gone."""
    if reservation is None or reservation.tries == 0:
        return None
    return await house.store.schedules.find_created(principal.workspace, reservation, now)


async def get(house: House, principal: Principal, schedule_id: str) -> Schedule:
    """Return a schedule with the counts of its runs; raises `NotFound`."""
    require(principal, "read")
    return await house.store.schedules.get_schedule(principal.workspace, schedule_id)


async def list_schedules(house: House, principal: Principal, query: ScheduleQuery) -> Page[Schedule]:
    """List the principal's schedules, newest first; the page's total counts all of them."""
    require(principal, "read")
    return await house.store.schedules.list_schedules(replace(query, workspace=principal.workspace))


async def list_runs(
    house: House, principal: Principal, schedule_id: str, *, limit: int, offset: int = 0
) -> Page[Task]:
    """List the tasks that a schedule has made, newest first, with their results; raises `NotFound`."""
    require(principal, "read")
    shelf = house.store.schedules
    return await shelf.list_runs(principal.workspace, schedule_id, limit=limit, offset=offset)


async def change(house: House, principal: Principal, schedule_id: str, change: Change) -> Schedule:
    """Change a schedule; a new expression or zone counts from now.

    Raises
    ------
    NotFound
        When the workspace has no such schedule.
    Invalid
        As for a new one.
    """
    require(principal, "write")
    now = house.clock.now()
    before = await house.store.schedules.get_schedule(principal.workspace, schedule_id)
    command = ChangeSchedule(
        workspace=principal.workspace,
        id=schedule_id,
        now=now,
        name=change.name,
        description=change.description,
        template=change.template,
    )
    complaints = list(_of_words(change))
    if change.cron is not None or change.timezone is not None:
        cron, timezone = change.cron or before.cron, change.timezone or before.timezone
        complaints += _of_course(house, cron, timezone, now)
        command = replace(command, cron=cron, timezone=timezone)
    if change.template is not None:
        complaints += await _of_template(house, principal, change.template)
    if complaints:
        raise Invalid(complaints)
    if command.cron is not None and command.timezone is not None:
        following = house.calendar.next_after(command.cron, command.timezone, now)
        command = replace(command, next_at=following)
    return await house.store.schedules.change_schedule(command)


async def pause(house: House, principal: Principal, schedule_id: str, reason: str | None = None) -> Schedule:
    """Let a schedule fire no more until it is resumed; again changes no more than the reason, if one is given.

    Raises
    ------
    NotFound
        When the workspace has no such schedule.
    Invalid
        When the reason is too long.
    """
    require(principal, "write")
    command = ChangeSchedule(
        workspace=principal.workspace,
        id=schedule_id,
        now=house.clock.now(),
        status=ScheduleStatus.PAUSED,
        told=steering(principal, reason),
    )
    return await house.store.schedules.change_schedule(command)


async def resume(house: House, principal: Principal, schedule_id: str) -> Schedule:
    """Let a schedule fire again from now on; what passed while it was paused is not made up.

    Raises
    ------
    NotFound
        When the workspace has no such schedule.
    Invalid
        When its zone is known no more.
    """
    require(principal, "write")
    now = house.clock.now()
    before = await house.store.schedules.get_schedule(principal.workspace, schedule_id)
    command = ChangeSchedule(
        workspace=principal.workspace,
        id=schedule_id,
        now=now,
        status=ScheduleStatus.ACTIVE,
        next_at=house.calendar.next_after(before.cron, before.timezone, now),
    )
    return await house.store.schedules.change_schedule(command)


async def delete(house: House, principal: Principal, schedule_id: str) -> None:
    """Delete a schedule, not its runs; raises `NotFound`."""
    require(principal, "write")
    await house.store.schedules.delete_schedule(principal.workspace, schedule_id, house.clock.now())


def _of_words(change: Change) -> Iterator[Complaint]:
    if change.name is not None and not 0 < len(change.name.strip()) <= len(change.name) <= LONGEST_NAME:
        yield Complaint(("name",), f"Give a name of 1 to {LONGEST_NAME} characters.", "length")
    if change.description is not None and len(change.description) > LONGEST_DESCRIPTION:
        message = f"Give a description of {LONGEST_DESCRIPTION} characters at most."
        yield Complaint(("description",), message, "length")


def _of_course(house: House, cron: str, timezone: str, now: datetime) -> list[Complaint]:
    """Say what is wrong with when it fires."""
    try:
        house.calendar.next_after(cron, timezone, now)
    except Invalid as invalid:
        return list(invalid.complaints)
    least = house.limits.schedule_spacing
    shortest = _shortest_pause(house, cron, now, least)
    if shortest is None or shortest >= least:
        return []
    message = (
        f"Two of its times lie {_write_pause(shortest)} apart, and here a schedule fires every {_write_pause(least)} "
        "at most; name fewer times."
    )
    return [Complaint(("cron",), message, "range")]


def _shortest_pause(house: House, cron: str, now: datetime, least: timedelta) -> timedelta | None:
    """Return the shortest time between two times; the first that is too short will do.

    It is looked for where no clock is changed, so that the answer does not depend on the season.
    """
    if least <= timedelta(minutes=1):
        return None
    shortest, last = None, house.calendar.next_after(cron, "UTC", now)
    until = (last or now) + _HORIZON
    for _ in range(_MOST_LOOKED_AT):
        following = None if last is None else house.calendar.next_after(cron, "UTC", last)
        if last is None or following is None or last > until:
            break
        shortest = min(filter(None, (shortest, following - last)))
        if shortest < least:
            break
        last = following
    return shortest


def _write_pause(length: timedelta) -> str:
    seconds = length.total_seconds()
    return f"{seconds / 60:g} minutes" if seconds >= 120 else f"{seconds:g} seconds"


async def _of_template(house: House, principal: Principal, template: Template) -> list[Complaint]:
    """Say why a template could not be submitted now."""
    complaints = []
    if template.timeout is not None and not timedelta() < template.timeout <= LONGEST_TIMEOUT:
        message = f"Give more than 0 seconds, and {LONGEST_TIMEOUT.total_seconds():.0f} at most."
        complaints.append(Complaint(("timeout",), message, "range"))
        template = replace(template, timeout=None)
    if await asyncio.to_thread(_is_large, template):
        message = f"Each run reads this: give {LARGEST_INPUT} characters of JSON at most."
        return [*complaints, Complaint(("input",), message, "too_long")]
    try:
        await prepare_run(
            house, principal, template.kind, template.input, _terms(template, house.clock.now())
        )
    except Invalid as invalid:
        complaints += invalid.complaints
    return complaints


def _is_large(template: Template) -> bool:
    return len(json.dumps([template.input, template.wording, template.metadata])) > LARGEST_INPUT


def _terms(template: Template, now: datetime) -> Terms:
    return Terms(
        deadline_at=None if template.timeout is None else now + template.timeout,
        metadata=template.metadata,
        origin=template.origin,
        wording=template.wording,
        session_id=template.session_id,
    )


async def fire_due(house: House) -> datetime | None:
    """Fire every schedule whose time has come, and return when the next one's does.

    A schedule that cannot be fired is skipped, and keeps no other from being fired.

    Raises
    ------
    Unavailable
        When the store is; what was not fired is fired by the next call.
    """
    now, shelf = house.clock.now(), house.store.schedules
    for schedule in await shelf.list_ahead(now + CLOCK_ERROR, PIECE):
        await _turn_back(house, schedule, now)
    for schedule in await shelf.list_due(now, PIECE):
        await _fire(house, schedule, now)
    return await shelf.next_due()


async def _turn_back(house: House, schedule: Schedule, now: datetime) -> None:
    """Let a schedule that has fired for times to come go on from now: the clock was wrong."""
    told = {"schedule_id": schedule.id, "workspace": schedule.workspace}
    log.warning("schedule.turned_back", extra={**told, "cause": _CLOCK_WAS_WRONG})
    try:
        following = house.calendar.next_after(schedule.cron, schedule.timezone, now)
    except Invalid as invalid:
        await _set_aside(house, schedule, invalid)
    else:
        await house.store.schedules.turn_back(schedule, following, now)


async def _fire(house: House, schedule: Schedule, now: datetime) -> None:
    """Fire a schedule for the newest of its times that have come; earlier ones are skipped."""
    try:
        due = await _find_due(house, schedule, now)
    except Invalid as invalid:
        return await _set_aside(house, schedule, invalid)
    try:
        task = await _new_run(house, schedule, now)
        most = house.limits.active_tasks
        await house.store.schedules.fire(due, task, now, most_active=most)
    except Unavailable:
        raise
    except GnomonError as error:
        await _skip(house, due, now, error.message)
    except (
        Exception
    ) as error:  # a workload's own check may do what it likes: the others are fired all the same
        log.exception("schedule.broke", extra={"schedule_id": schedule.id, "kind": schedule.template.kind})
        await _skip(house, due, now, f"{type(error).__name__} while the run was prepared.")


async def _new_run(house: House, schedule: Schedule, now: datetime) -> NewTask:
    """Make the record of a run: what its input refers to is looked up now."""
    template = schedule.template
    principal = Principal(workspace=schedule.workspace, key_id="schedule", scopes=ALL_SCOPES - {"ops"})
    command = await prepare_run(house, principal, template.kind, template.input, _terms(template, now))
    return command.task


async def _skip(house: House, due: Due, now: datetime, cause: str) -> None:
    schedule, cause = due.schedule, cause[:_LONGEST_CAUSE]
    told = {"schedule_id": schedule.id, "workspace": schedule.workspace, "kind": schedule.template.kind}
    log.warning("schedule.skipped", extra={**told, "cause": cause})
    await house.store.schedules.fire(due, None, now, cause=cause)


async def _set_aside(house: House, schedule: Schedule, invalid: Invalid) -> None:
    """Pause a schedule of which nobody knows when it fires next: its zone is known here no more."""
    told = {"schedule_id": schedule.id, "workspace": schedule.workspace}
    log.warning("schedule.paused", extra={**told, "cause": invalid.message})
    command = ChangeSchedule(
        workspace=schedule.workspace,
        id=schedule.id,
        now=house.clock.now(),
        status=ScheduleStatus.PAUSED,
        told=Steering(reason=invalid.message),
    )
    with suppress(NotFound):  # deleted since it was read
        await house.store.schedules.change_schedule(command)


async def _find_due(house: House, schedule: Schedule, now: datetime) -> Due:
    """Find the newest time that has come, how many came before it, and the next."""

    def after(at: datetime) -> datetime | None:
        return house.calendar.next_after(schedule.cron, schedule.timezone, at)

    at, missed = schedule.next_at or now, 0
    while (following := after(at)) is not None and following <= now and missed < MOST_COUNTED:
        at, missed = following, missed + 1
        if missed % _BREATH == 0:
            await asyncio.sleep(0)
    until = now
    while following is not None and following <= now:
        # Too many to walk through: the newest is found by halves.
        middle = at + (until - at) / 2
        found = after(middle)
        at, until = (found, until) if found is not None and found <= now else (at, middle)
        following = after(at)
    return Due(schedule=schedule, at=at, missed=missed, next_at=following)
