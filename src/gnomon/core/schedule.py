"""The schedule: a task that is submitted again and again, at the times that a cron expression names."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from gnomon.core.task import Json, Steering, crockford

MOST_SCHEDULES: Final = 50
"""Schedules that a workspace may have, unless its operator says otherwise."""


class ScheduleStatus(StrEnum):
    """Whether a schedule fires."""

    ACTIVE = "active"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What is submitted each time."""

    kind: str
    input: Json
    timeout: timedelta | None = None
    """Each run ends so long after it was submitted; None: what its workload allows."""
    session_id: str | None = None
    metadata: Json = None
    origin: Json = None
    """What the door that took it in needs to show its runs."""
    wording: Json = None
    """The schedule's own request in that door's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchedule:
    """A schedule that is not yet stored."""

    id: str
    workspace: str
    name: str
    description: str | None = None
    cron: str
    """Five fields: minute, hour, day of month, month, day of week."""
    timezone: str = "UTC"
    """An IANA name."""
    template: Template
    next_at: datetime | None
    """None when the expression names no time to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A stored schedule."""

    id: str
    number: int
    """Sequential within the workspace."""
    workspace: str
    name: str
    description: str | None
    cron: str
    timezone: str
    template: Template
    status: ScheduleStatus
    created_at: datetime
    updated_at: datetime
    next_at: datetime | None
    """When it fires next; None while it is paused."""
    last_at: datetime | None
    """The latest time at which it has fired or was skipped."""
    skipped: int
    """Times without a run: the one before had not ended, or the server was away and made up one for all."""
    skip_cause: str | None
    """Why its latest time passed without a run; None when it did not."""
    pause_told: Steering | None
    runs: int = 0
    succeeded: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A schedule whose time has come: the time to fire for, how many earlier ones that leaves out, the next."""

    schedule: Schedule
    at: datetime
    missed: int
    next_at: datetime | None


def schedule_id(at: datetime, chance: int) -> str:
    """Make a schedule's id as `core.task.task_id` makes a task's."""
    return "sch_" + crockford(int(at.timestamp() * 1000) << 80 | chance & (1 << 80) - 1, 26)
