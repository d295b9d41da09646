"""Schedules: one to make, what shall be otherwise, which to list."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.ports import ScheduleQuery
from gnomon.core.schedule import ScheduleStatus, Template
from gnomon.core.service.schedule import LONGEST_DESCRIPTION, LONGEST_NAME, LONGEST_TIMEOUT, Change, Wanted
from gnomon.web.native.wire.attached import Metadata
from gnomon.web.native.wire.reading import DIGITS, Natural, SessionId, Words

_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
_Description = Annotated[str, Field(max_length=LONGEST_DESCRIPTION)]
_CRON = (
    "Minute, hour, day of month, month and day of week, as Debian's cron reads them: `30 7 * * 1-5` is half past "
    "seven from Monday to Friday."
)
_ZONE = "The IANA name of the zone whose wall clock counts."


class ScheduledOrder(Words):
    """What is submitted each time."""

    kind: str = Field(description="What work; GET /workloads lists the kinds.")
    input: Any = Field(default_factory=dict, description="What the kind's input schema says.")
    timeout_seconds: Annotated[int, Field(ge=1, le=int(LONGEST_TIMEOUT.total_seconds())), DIGITS] | None = (
        Field(None, description="Each run has ended so long after it was submitted.")
    )
    session_id: SessionId | None = Field(None, description="The session whose next turn each run is.")
    metadata: Metadata | None = Field(None, description="What is attached to each run.")

    def template(self) -> Template:
        """Say it as the house does."""
        seconds = self.timeout_seconds
        return Template(
            kind=self.kind,
            input=self.input,
            timeout=None if seconds is None else timedelta(seconds=seconds),
            session_id=self.session_id,
            metadata=self.metadata,
        )


class NewSchedule(Words):
    """A schedule to make."""

    name: _Name = Field(description="What you call it; several may have the same.")
    description: _Description | None = Field(None, description="What it is for.")
    cron: str = Field(description=_CRON)
    timezone: str = Field("UTC", description=_ZONE)
    task: ScheduledOrder

    def wanted(self) -> Wanted:
        """Say it as the house does."""
        return Wanted(
            name=self.name,
            description=self.description,
            cron=self.cron,
            timezone=self.timezone,
            template=self.task.template(),
        )


class ScheduleChange(Words):
    """New values of a schedule; what is left out stays."""

    name: _Name | None = Field(None, description="What you call it.")
    description: _Description | None = Field(None, description="What it is for.")
    cron: str | None = Field(None, description=_CRON)
    timezone: str | None = Field(None, description=_ZONE)
    task: ScheduledOrder | None = Field(None, description="In place of all that was submitted each time.")

    def change(self) -> Change:
        """Say it as the house does.

        Raises
        ------
        Invalid
            When a value shall be taken away.
        """
        nulls = [name for name in sorted(self.model_fields_set) if getattr(self, name) is None]
        if nulls:
            raise Invalid([Complaint((name,), "Give a value, or leave it out.", "null") for name in nulls])
        return Change(
            name=self.name,
            description=self.description,
            cron=self.cron,
            timezone=self.timezone,
            template=None if self.task is None else self.task.template(),
        )


class ScheduleFilters(Words):
    """Which schedules to list."""

    status: ScheduleStatus | None = Field(None, description="Only schedules of this status.")
    limit: Annotated[int, Field(ge=1, le=100), DIGITS] = Field(50, description="How many at most.")
    offset: Natural = Field(0, description="How many to leave out: the `next` of the page before.")

    def query(self, workspace: str) -> ScheduleQuery:
        """Say it as the house does."""
        return ScheduleQuery(workspace=workspace, status=self.status, limit=self.limit, offset=self.offset)


class RunPlace(Words):
    """Which runs of a schedule to list."""

    limit: Annotated[int, Field(ge=1, le=100), DIGITS] = Field(20, description="How many at most.")
    offset: Natural = Field(0, description="How many to leave out: the `next` of the page before.")


_IN_TASK = {"timeout": "timeout_seconds"}
_OF_TASK = frozenset({"kind", "input", "timeout", "session_id"})


def as_sent(invalid: Invalid) -> Invalid:
    """Return complaints with the places where this door's requests have what they are about."""
    return Invalid([_as_sent(complaint) for complaint in invalid.complaints])


def _as_sent(complaint: Complaint) -> Complaint:
    first, *rest = complaint.loc or ("task",)
    if first not in _OF_TASK:
        return complaint
    place = ("task", _IN_TASK.get(str(first), first), *rest)
    return Complaint(place, complaint.message, complaint.type)
