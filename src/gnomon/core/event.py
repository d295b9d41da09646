"""The event: a numbered fact about one task, written in the transaction that made it true; and the task as of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from gnomon.core.errors import Gone
from gnomon.core.task import CancelOutcome, Json, Phase, Question, Status, Task, TaskError


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


def write_time(at: datetime) -> str:
    """Write an aware UTC time as events hold it: RFC 3339 with microseconds."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_time(text: str) -> datetime:
    """Read a time of an event's body."""
    return datetime.fromisoformat(text)


def question_json(question: Question) -> Json:
    """Write a question as events hold it."""
    return {"key": question.key, "body": question.body, "asked_at": write_time(question.asked_at)}


def read_question(body: Json) -> Question:
    """Read a question of an event's body."""
    return Question(key=body["key"], body=body["body"], asked_at=read_time(body["asked_at"]))


_AT_BIRTH: Mapping[str, Any] = {
    "phase": Phase.RUN,
    "progress": 0.0,
    **dict.fromkeys(("attempt", "fence", "failures", "losses"), 0),
    **dict.fromkeys(("stage", "started_at", "finished_at", "run_at", "error", "question"), None),
    **dict.fromkeys(("cancel_requested_at", "cancel_by", "cancel_outcome", "pause_requested_at"), None),
}
"""What changes in a task's life, as it is before the first event."""

_TOLD: Mapping[str, Callable[[Any], Any]] = {
    "status": Status,
    "phase": Phase,
    "stage": lambda stage: stage,
    "progress": float,
    "attempt": int,
    "fence": int,
    "failures": int,
    "losses": int,
    "run_at": read_time,
    "error": lambda error: TaskError(**error),
    "question": read_question,
    "cancel_by": read_time,
    "cancel_outcome": CancelOutcome,
}
"""What the body of an event can change, and how it is read."""


def as_of(task: Task, events: Sequence[Event]) -> Task:
    """Return the task as it stood when the last of its events 1 to n had been written.

    What never changes is taken from `task`, everything else from the events; the result is left out but for the
    newest version.

    Raises
    ------
    Gone
        When the events do not begin with the first one: older ones were trimmed.
    """
    if not events or events[0].number != 1:
        raise Gone(f"The first events of task {task.id} were removed; only its present state can be shown.")
    state = dict(_AT_BIRTH)
    for event in events:
        state |= _change(state, event)
    last = events[-1]
    result = task.result if last.number == task.version else None
    return replace(task, version=last.number, updated_at=last.at, result=result, **state)


def _change(state: Mapping[str, Any], event: Event) -> Mapping[str, Any]:
    """Return what an event changes: what its type says, then what its body says."""
    if event.type is EventType.MESSAGE:
        return {}
    status = Status(event.body["status"])
    change: dict[str, Any] = {}
    if status.is_terminal:
        change["finished_at"] = event.at
    if event.type is EventType.STARTED:
        change |= {"started_at": state["started_at"] or event.at, "error": None, "run_at": None}
    if event.type in {EventType.CANCELLING, EventType.CANCELLED}:
        change["cancel_requested_at"] = state["cancel_requested_at"] or event.at
    if event.type is EventType.PAUSING:
        change["pause_requested_at"] = event.at
    elif event.type is EventType.RESUMED or not status.may_be_pausing:
        change["pause_requested_at"] = None
    if status is not Status.WAITING:
        change["question"] = None
    return change | {name: read(event.body[name]) for name, read in _TOLD.items() if name in event.body}
