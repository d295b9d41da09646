"""The event: a numbered fact about one task, written in the transaction that made it true."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gnomon.core.task import Json


class EventType(StrEnum):
    """What a task's log can say."""

    SUBMITTED = "task.submitted"
    """The first event: the task waits for a predecessor or a time."""
    QUEUED = "task.queued"
    STARTED = "task.started"
    PROGRESS = "task.progress"
    MESSAGE = "task.message"
    """Words of the workload, passed on as they are."""
    SPLIT = "task.split"
    RETRYING = "task.retrying"
    """An attempt failed or was lost, and another will follow."""
    REQUEUED = "task.requeued"
    """An attempt ended through no fault of its own."""
    WAITING = "task.waiting"
    """It has asked a question."""
    ANSWERED = "task.answered"
    """The question is answered, and the task eligible again."""
    PAUSING = "task.pausing"
    """It will be set aside at its next checkpoint."""
    PAUSED = "task.paused"
    RESUMED = "task.resumed"
    CANCELLING = "task.cancelling"
    COMPLETED = "task.completed"
    FAILED = "task.failed"
    CANCELLED = "task.cancelled"
    TIMED_OUT = "task.timed_out"
    EXPIRED = "task.expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact; `number` is dense from 1 within the task and is the resume cursor."""

    task_id: str
    number: int
    at: datetime
    type: EventType
    body: Json
