"""The status table: what a task's status is called here, and which tasks a status filter asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from gnomon.core.task import Phase, Status, Task

Word = Literal["pending", "queued", "running", "completed", "failed", "cancelled"]
WORDS: tuple[Word, ...] = get_args(Word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a status is shown; `stage` and `error_type`, where given, stand in for the task's own."""

    status: Word
    stage: str | None = None
    error_type: str | None = None


_RETRYING = Shown(status="running", stage="retrying")

UNSTARTED: Mapping[Status, Shown] = {
    Status.PENDING: Shown(status="pending"),
    Status.QUEUED: Shown(status="queued"),
    Status.RUNNING: Shown(status="running"),
    Status.WAITING: Shown(status="running", stage="waiting_input"),
    Status.PAUSED: Shown(status="queued", stage="paused"),
    Status.CANCELLING: Shown(status="running", stage="cancelling"),
    Status.COMPLETED: Shown(status="completed"),
    Status.FAILED: Shown(status="failed"),
    Status.CANCELLED: Shown(status="cancelled"),
    Status.TIMED_OUT: Shown(status="failed", error_type="timeout"),
    Status.EXPIRED: Shown(status="cancelled", error_type="expired"),
}

STARTED: Mapping[Status, Shown] = {
    **UNSTARTED,
    Status.PENDING: _RETRYING,
    Status.QUEUED: _RETRYING,
    Status.PAUSED: Shown(status="running", stage="paused"),
}
"""A task that has started is never shown as waiting for its start again."""


def show(task: Task) -> Shown:
    """Return how the task's status is shown."""
    shown = (UNSTARTED if task.started_at is None else STARTED)[task.status]
    if shown is _RETRYING and task.phase is not Phase.RUN:
        return Shown(status=shown.status)
    return shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which tasks a status filter means."""

    statuses: frozenset[Status]
    is_started: bool | None


_ACTIVE = frozenset(status for status in Status if status.is_active)

FILTERS: Mapping[Word, Asked] = {
    "pending": Asked(statuses=frozenset({Status.PENDING}), is_started=False),
    "queued": Asked(statuses=frozenset({Status.QUEUED, Status.PAUSED}), is_started=False),
    "running": Asked(statuses=_ACTIVE, is_started=True),
    "completed": Asked(statuses=frozenset({Status.COMPLETED}), is_started=None),
    "failed": Asked(statuses=frozenset({Status.FAILED, Status.TIMED_OUT}), is_started=None),
    "cancelled": Asked(statuses=frozenset({Status.CANCELLED, Status.EXPIRED}), is_started=None),
}
"""The inverse of the two tables over the pairs that occur: what runs, waits or is being cancelled has started."""
