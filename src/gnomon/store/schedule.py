"""Schedules: kept, changed, and fired for each time once, in the transaction that stores the run."""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from gnomon.core.errors import NotFound, QuotaExceeded
from gnomon.core.event import read_steering
from gnomon.core.ports import ChangeSchedule, Page, Reservation, ScheduleQuery, Submit
from gnomon.core.schedule import Due, NewSchedule, Schedule, ScheduleStatus, Template
from gnomon.core.task import NewTask, Status, Task
from gnomon.store.counter import next_number
from gnomon.store.driver import Shelf
from gnomon.store.ledger import Ledger
from gnomon.store.reservation import claim_made, reserve
from gnomon.store.row import (
    COLUMNS,
    Row,
    Value,
    dump,
    dump_steering,
    find_json,
    find_micros,
    find_moment,
    micros,
    moment,
    task_of,
)
from gnomon.store.task.submit import make, refuse_too_many

STILL_RUNS = "The run before had not ended."
_SELECT = """
SELECT id, number, workspace, name, description, cron, timezone, task, status, created_at, updated_at, next_at,
    last_at, skipped, skip_cause, pause_told
FROM schedule WHERE deleted_at IS NULL AND
"""
_COUNTS = (
    "SELECT schedule_id, status, count(*) FROM task WHERE schedule_id IN ({}) GROUP BY schedule_id, status"
)
_FAILED = (Status.FAILED, Status.TIMED_OUT, Status.EXPIRED)
_AS_READ = "id = ? AND next_at IS ? AND updated_at = ? AND status = 'active' AND deleted_at IS NULL"
"""Nobody has fired, changed or paused it since it was read; `updated_at` rises with every change."""


def create_schedule(
    ledger: Ledger,
    new: NewSchedule,
    now: datetime,
    *,
    most: int | None,
    reservation: Reservation | None = None,
) -> Schedule:
    """Store a schedule, or find the one that the same request has made."""
    if (made := find_created(ledger, new.workspace, reservation, now)) is not None:
        return made
    _refuse_too_many(ledger, new.workspace, most)
    _insert(ledger, new, now)
    reserve(ledger, new.workspace, reservation, new.id, now)
    return get_schedule(ledger.connection, new.workspace, new.id)


def find_created(
    ledger: Ledger, workspace: str, reservation: Reservation | None, now: datetime
) -> Schedule | None:
    """Return the schedule that the same request has made; raises `NotFound` when it was deleted since."""
    made = claim_made(ledger, workspace, reservation, now)
    return None if made is None else get_schedule(ledger.connection, workspace, made)


def _refuse_too_many(ledger: Ledger, workspace: str, most: int | None) -> None:
    row = ledger.row("SELECT count(*) FROM schedule WHERE workspace = ? AND deleted_at IS NULL", workspace)
    if most is not None and row is not None and row[0] >= most:
        raise QuotaExceeded(
            f"The workspace has {row[0]} schedules, and may have {most}; delete one first.", quota="schedules"
        )


def _insert(ledger: Ledger, new: NewSchedule, now: datetime) -> None:
    columns: dict[str, Value] = {
        "id": new.id,
        "number": next_number(ledger, new.workspace, "schedule"),
        "workspace": new.workspace,
        "name": new.name,
        "description": new.description,
        "cron": new.cron,
        "timezone": new.timezone,
        "status": ScheduleStatus.ACTIVE.value,
        "task": _dump_template(new.template),
        "created_at": micros(now),
        "updated_at": micros(now),
        "next_at": find_micros(new.next_at),
        "skipped": 0,
    }
    marks = ", ".join("?" * len(columns))
    ledger.execute(f"INSERT INTO schedule ({', '.join(columns)}) VALUES ({marks})", (*columns.values(),))
    _expect(ledger, new.next_at)


def get_schedule(connection: sqlite3.Connection, workspace: str, schedule_id: str) -> Schedule:
    """Return a schedule with the counts of its runs; raises `NotFound`."""
    return _counted(connection, [_get(connection, workspace, schedule_id)])[0]


def list_schedules(connection: sqlite3.Connection, query: ScheduleQuery) -> Page[Schedule]:
    """List schedules with their counts, newest first; the page's total counts all of them."""
    where, values = "workspace = ?", [query.workspace]
    if query.status is not None:
        where, values = f"{where} AND status = ?", [*values, query.status.value]
    rows = connection.execute(
        f"{_SELECT} {where} ORDER BY number DESC LIMIT ? OFFSET ?", (*values, query.limit, query.offset)
    )
    found = [_schedule_of(row) for row in rows]
    total = connection.execute(f"SELECT count(*) FROM schedule WHERE deleted_at IS NULL AND {where}", values)
    return Page(records=_counted(connection, found), total=total.fetchone()[0])


def change_schedule(ledger: Ledger, command: ChangeSchedule) -> Schedule:
    """Change a schedule; what is None stays."""
    before = _get(ledger.connection, command.workspace, command.id)
    columns: dict[str, Value] = {
        "name": command.name,
        "description": command.description,
        "cron": command.cron,
        "timezone": command.timezone,
        "task": None if command.template is None else _dump_template(command.template),
        "status": None if command.status is None else command.status.value,
    }
    columns = {name: value for name, value in columns.items() if value is not None}
    columns |= _course(before, command)
    columns["updated_at"] = max(micros(command.now), micros(before.updated_at) + 1)
    changes = ", ".join(f"{column} = ?" for column in columns)
    ledger.execute(f"UPDATE schedule SET {changes} WHERE id = ?", (*columns.values(), command.id))
    after = get_schedule(ledger.connection, command.workspace, command.id)
    _expect(ledger, after.next_at)
    return after


def _course(before: Schedule, command: ChangeSchedule) -> dict[str, Value]:
    """Return when it fires next and who has paused it, where the change concerns that.

    One that is active and is made active again goes on as it was: a time that has just come is not left out.
    """
    status = command.status or before.status
    if status is ScheduleStatus.PAUSED:
        told = {} if command.told is None else {"pause_told": dump_steering(command.told)}
        return {"next_at": None, **told}
    if status is before.status and command.cron is None and command.timezone is None:
        return {}
    return {"next_at": find_micros(command.next_at), "pause_told": None}


def delete_schedule(ledger: Ledger, workspace: str, schedule_id: str, now: datetime) -> None:
    """Delete a schedule, not its runs; raises `NotFound`."""
    _get(ledger.connection, workspace, schedule_id)
    ledger.execute("UPDATE schedule SET deleted_at = ? WHERE id = ?", (micros(now), schedule_id))


def list_runs(
    connection: sqlite3.Connection, workspace: str, schedule_id: str, *, limit: int, offset: int = 0
) -> Page[Task]:
    """List a schedule's tasks with their results, newest first; raises `NotFound`."""
    _get(connection, workspace, schedule_id)
    rows = connection.execute(
        f"SELECT {COLUMNS}, result FROM task LEFT JOIN task_result ON task_result.task = task.seq "
        "WHERE schedule_id = ? ORDER BY seq DESC LIMIT ? OFFSET ?",
        (schedule_id, limit, offset),
    )
    records = [task_of(row, row[-1]) for row in rows]
    total = connection.execute("SELECT count(*) FROM task WHERE schedule_id = ?", (schedule_id,))
    return Page(records=records, total=total.fetchone()[0])


def list_due(connection: sqlite3.Connection, now: datetime, limit: int) -> Sequence[Schedule]:
    """List active schedules whose time has come, the earliest first, without the counts of their runs."""
    where = "status = 'active' AND next_at <= ? ORDER BY next_at, id LIMIT ?"
    return [_schedule_of(row) for row in connection.execute(_SELECT + where, (micros(now), limit))]


def next_due(connection: sqlite3.Connection) -> datetime | None:
    """Return the earliest time at which a schedule fires."""
    row = connection.execute(
        "SELECT min(next_at) FROM schedule WHERE status = 'active' AND deleted_at IS NULL"
    ).fetchone()
    return find_moment(row[0])


def fire(
    ledger: Ledger,
    due: Due,
    task: NewTask | None,
    now: datetime,
    *,
    cause: str | None = None,
    most_active: int | None = None,
) -> Task | None:
    """Store the run of a time that has come and move the schedule on."""
    read = due.schedule
    if not _is_as_read(ledger, read):
        return None
    if task is not None and _has_active_run(ledger, read.id):
        task, cause = None, STILL_RUNS
    made = None
    if task is not None:
        refuse_too_many(ledger, read.workspace, most_active)
        made = make(ledger, Submit(task=_as_run(task, due), now=now)).task
    ledger.execute(
        "UPDATE schedule SET next_at = ?, last_at = ?, skipped = skipped + ?, skip_cause = ? WHERE id = ?",
        (find_micros(due.next_at), micros(due.at), due.missed + (made is None), cause, read.id),
    )
    _expect(ledger, due.next_at)
    return made


def _as_run(task: NewTask, due: Due) -> NewTask:
    schedule = due.schedule
    return replace(task, workspace=schedule.workspace, schedule_id=schedule.id, scheduled_for=due.at)


def _is_as_read(ledger: Ledger, read: Schedule) -> bool:
    values = (read.id, find_micros(read.next_at), micros(read.updated_at))
    return ledger.row(f"SELECT 1 FROM schedule WHERE {_AS_READ}", *values) is not None


def _has_active_run(ledger: Ledger, schedule_id: str) -> bool:
    newest = ledger.row(
        "SELECT finished_at FROM task WHERE schedule_id = ? ORDER BY seq DESC LIMIT 1", schedule_id
    )
    return newest is not None and newest[0] is None


def list_ahead(connection: sqlite3.Connection, of: datetime, limit: int) -> Sequence[Schedule]:
    """List active schedules that have fired for a time after then, the farthest first."""
    where = "status = 'active' AND last_at > ? ORDER BY last_at DESC LIMIT ?"
    return [_schedule_of(row) for row in connection.execute(_SELECT + where, (micros(of), limit))]


def turn_back(ledger: Ledger, schedule: Schedule, next_at: datetime | None, now: datetime) -> None:
    """Let a schedule that has fired for times to come go on from now."""
    ledger.execute(
        f"UPDATE schedule SET next_at = ?, last_at = ? WHERE {_AS_READ}",
        (
            *(find_micros(next_at), micros(now)),
            *(schedule.id, find_micros(schedule.next_at), micros(schedule.updated_at)),
        ),
    )
    _expect(ledger, next_at)


def _expect(ledger: Ledger, at: datetime | None) -> None:
    if at is not None:
        ledger.due.append(at)


def _get(connection: sqlite3.Connection, workspace: str, schedule_id: str) -> Schedule:
    where = "id = ? AND workspace = ?"
    row = connection.execute(_SELECT + where, (schedule_id, workspace)).fetchone()
    if row is None:
        raise NotFound(f"There is no schedule {schedule_id}.")
    return _schedule_of(row)


def _counted(connection: sqlite3.Connection, schedules: Sequence[Schedule]) -> Sequence[Schedule]:
    """Return the schedules with the counts of their runs."""
    if not schedules:
        return ()
    counts: dict[str, Counter[Status]] = {schedule.id: Counter() for schedule in schedules}
    marks = ", ".join("?" * len(counts))
    for schedule_id, status, count in connection.execute(_COUNTS.format(marks), tuple(counts)):
        counts[schedule_id][Status(status)] = count
    return [_with_counts(schedule, counts[schedule.id]) for schedule in schedules]


def _with_counts(schedule: Schedule, counts: Mapping[Status, int]) -> Schedule:
    return replace(
        schedule,
        runs=sum(counts.values()),
        succeeded=counts[Status.COMPLETED],
        failed=sum(counts[status] for status in _FAILED),
    )


def _schedule_of(row: Row) -> Schedule:
    told = find_json(row[15])
    return Schedule(
        id=row[0],
        number=row[1],
        workspace=row[2],
        name=row[3],
        description=row[4],
        cron=row[5],
        timezone=row[6],
        template=_read_template(row[7]),
        status=ScheduleStatus(row[8]),
        created_at=moment(row[9]),
        updated_at=moment(row[10]),
        next_at=find_moment(row[11]),
        last_at=find_moment(row[12]),
        skipped=row[13],
        skip_cause=row[14],
        pause_told=None if told is None else read_steering(told),
    )


def _dump_template(template: Template) -> str:
    seconds = None if template.timeout is None else template.timeout.total_seconds()
    told = {field.name: getattr(template, field.name) for field in fields(template)}
    return dump({**told, "timeout": seconds})


def _read_template(text: str) -> Template:
    read = find_json(text)
    timeout = None if read["timeout"] is None else timedelta(seconds=read["timeout"])
    return Template(**{**read, "timeout": timeout})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleShelf(Shelf):
    """The shelf of schedules: verbs go to the writer, questions to a reader."""

    async def create_schedule(
        self, new: NewSchedule, now: datetime, *, most: int | None, reservation: Reservation | None = None
    ) -> Schedule:
        """Store a schedule; raises `QuotaExceeded` and `ReservationReused`."""
        return await self.writer.run(create_schedule, new, now, most=most, reservation=reservation)

    async def find_created(self, workspace: str, reservation: Reservation, now: datetime) -> Schedule | None:
        """Return the schedule that the same request has made; raises `ReservationReused` and `NotFound`."""
        return await self.writer.run(find_created, workspace, reservation, now)

    async def get_schedule(self, workspace: str, schedule_id: str) -> Schedule:
        """Return a schedule with the counts of its runs; raises `NotFound`."""
        return await self.readers.run(get_schedule, workspace, schedule_id)

    async def list_schedules(self, query: ScheduleQuery) -> Page[Schedule]:
        """List schedules with their counts."""
        return await self.readers.run(list_schedules, query)

    async def change_schedule(self, command: ChangeSchedule) -> Schedule:
        """Change a schedule; raises `NotFound`."""
        return await self.writer.run(change_schedule, command)

    async def delete_schedule(self, workspace: str, schedule_id: str, now: datetime) -> None:
        """Delete a schedule, not its runs; raises `NotFound`."""
        await self.writer.run(delete_schedule, workspace, schedule_id, now)

    async def list_runs(self, workspace: str, schedule_id: str, *, limit: int, offset: int = 0) -> Page[Task]:
        """List a schedule's tasks with their results, newest first; raises `NotFound`."""
        return await self.readers.run(list_runs, workspace, schedule_id, limit=limit, offset=offset)

    async def list_due(self, now: datetime, limit: int) -> Sequence[Schedule]:
        """List active schedules whose time has come, the earliest first."""
        return await self.readers.run(list_due, now, limit)

    async def next_due(self) -> datetime | None:
        """Return the earliest time at which a schedule fires."""
        return await self.readers.run(next_due)

    async def fire(
        self,
        due: Due,
        task: NewTask | None,
        now: datetime,
        *,
        cause: str | None = None,
        most_active: int | None = None,
    ) -> Task | None:
        """Store the run of a time that has come and move the schedule on; raises `QuotaExceeded`."""
        return await self.writer.run(fire, due, task, now, cause=cause, most_active=most_active)

    async def list_ahead(self, of: datetime, limit: int) -> Sequence[Schedule]:
        """List active schedules that have fired for a time after then, the farthest first."""
        return await self.readers.run(list_ahead, of, limit)

    async def turn_back(self, schedule: Schedule, next_at: datetime | None, now: datetime) -> None:
        """Let a schedule that has fired for times to come go on from now."""
        await self.writer.run(turn_back, schedule, next_at, now)
