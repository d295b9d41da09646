"""Schedules: the commands, the seam, and the calendar that knows when their times are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gnomon.core.ports.seam import Page, Reservation
from gnomon.core.schedule import Due, NewSchedule, Schedule, ScheduleStatus, Template
from gnomon.core.task import NewTask, Steering, Task


class Calendar(Protocol):
    """Reads cron expressions."""

    def next_after(self, cron: str, timezone: str, after: datetime) -> datetime | None:
        """Return the first time after then, aware UTC; None when there is none.

        Raises
        ------
        Invalid
            When the expression or the zone cannot be read; places are `cron` and `timezone`.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleQuery:
    """Which schedules to list, newest first."""

    workspace: str
    status: ScheduleStatus | None = None
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSchedule:
    """Change a schedule; what is None stays."""

    workspace: str
    id: str
    now: datetime
    name: str | None = None
    description: str | None = None
    cron: str | None = None
    timezone: str | None = None
    template: Template | None = None
    status: ScheduleStatus | None = None
    next_at: datetime | None = None
    """Taken when the expression, the zone or the status changes."""
    told: Steering | None = None
    """Who asked for a pause, and why."""


class ScheduleStore(Protocol):
    """Schedules, and the runs that they have made."""

    async def create_schedule(
        self, new: NewSchedule, now: datetime, *, most: int | None, reservation: Reservation | None = None
    ) -> Schedule:
        """Store a schedule, or return the one that the same request made before.

        Raises
        ------
        QuotaExceeded
            When the workspace has as many as it may have.
        ReservationReused
            When the key was used with another fingerprint.
        """

    async def find_created(self, workspace: str, reservation: Reservation, now: datetime) -> Schedule | None:
        """Return the schedule that the same request has made; raises `ReservationReused` and `NotFound`."""

    async def get_schedule(self, workspace: str, schedule_id: str) -> Schedule:
        """Return a schedule with the counts of its runs; raises `NotFound`."""

    async def list_schedules(self, query: ScheduleQuery) -> Page[Schedule]:
        """List schedules with their counts; the page's total counts all of them."""

    async def change_schedule(self, command: ChangeSchedule) -> Schedule:
        """Change a schedule; raises `NotFound`."""

    async def delete_schedule(self, workspace: str, schedule_id: str, now: datetime) -> None:
        """Delete a schedule, not its runs; raises `NotFound`."""

    async def list_runs(self, workspace: str, schedule_id: str, *, limit: int, offset: int = 0) -> Page[Task]:
        """List a schedule's tasks with their results, newest first; raises `NotFound`."""

    async def list_due(self, now: datetime, limit: int) -> Sequence[Schedule]:
        """List active schedules whose time has come, the earliest first."""

    async def next_due(self) -> datetime | None:
        """Return the earliest time at which a schedule fires."""

    async def fire(
        self,
        due: Due,
        task: NewTask | None,
        now: datetime,
        *,
        cause: str | None = None,
        most_active: int | None = None,
    ) -> Task | None:
        """Store the run of a time that has come and move the schedule on, in one transaction.

        Nothing happens when the schedule was fired for that time, changed or paused meanwhile. No run is made while
        the one before has not ended, or when none is given: the time counts as skipped, for that cause.

        Raises
        ------
        QuotaExceeded
            When the workspace may not have one more active task; nothing has happened.
        """

    async def list_ahead(self, of: datetime, limit: int) -> Sequence[Schedule]:
        """List active schedules that have fired for a time after then, the farthest first."""

    async def turn_back(self, schedule: Schedule, next_at: datetime | None, now: datetime) -> None:
        """Let a schedule that has fired for times to come, because the clock was wrong, go on from now.

        Nothing happens when it was fired, changed or paused meanwhile.
        """
