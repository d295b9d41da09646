"""The event: a numbered fact about one task, written in the transaction that made it true; and the task as of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeGuard

from gnomon.core.errors import Gone
from gnomon.core.task import CancelOutcome, Json, Phase, Question, Status, Steering, Task, TaskError, Usage


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
    TOLD = "task.told"
    """Somebody has sent the running work a message: `body["message"]`."""
    CANCELLING = "task.cancelling"
    COMPLETED = "task.completed"
    FAILED = "task.failed"
    CANCELLED = "task.cancelled"
    TIMED_OUT = "task.timed_out"
    EXPIRED = "task.expired"


USAGE = "usage"
"""The kind of a message that tells what one call of a model has used; the task keeps the sum."""


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
    told = {"key": question.key, "body": question.body, "asked_at": write_time(question.asked_at)}
    return told if question.answer_by is None else {**told, "answer_by": write_time(question.answer_by)}


def read_question(body: Json) -> Question:
    """Read a question of an event's body."""
    answer_by = body.get("answer_by")
    return Question(
        key=body["key"],
        body=body["body"],
        asked_at=read_time(body["asked_at"]),
        answer_by=None if answer_by is None else read_time(answer_by),
    )


def steering_json(steering: Steering | None) -> dict[str, Json]:
    """Write who asked for something, and why, as events hold it; what is not known is left out."""
    if steering is None:
        return {}
    named = {"by": steering.by, "reason": steering.reason}
    return {name: value for name, value in named.items() if value is not None}


def told_json(steering: Steering | None) -> dict[str, Json]:
    """Write the member of an event's body that says who asked for it, and why; none when neither is known."""
    written = steering_json(steering)
    return {"told": written} if written else {}


def read_steering(body: Json) -> Steering | None:
    """Read who asked for something, and why; None when neither was said."""
    by, reason = body.get("by"), body.get("reason")
    return None if by is None and reason is None else Steering(by=by, reason=reason)


def find_usage(body: Json) -> Usage | None:
    """Read what one call of a model has used, when that is what a message tells.

    >>> find_usage({"kind": "usage", "engine": "local:m", "input_tokens": 7, "output_tokens": 2, "cost_usd": 0})
    Usage(calls=1, input_tokens=7, output_tokens=2, cost_usd=0.0, engine='local:m')
    """
    if not isinstance(body, Mapping) or body.get("kind") != USAGE:
        return None
    read, written, cost = (body.get(name) for name in ("input_tokens", "output_tokens", "cost_usd"))
    engine = body.get("engine")
    return Usage(
        calls=1,
        input_tokens=read if _is_count(read) else 0,
        output_tokens=written if _is_count(written) else 0,
        cost_usd=float(cost) if _is_cost(cost) else None,
        engine=engine if isinstance(engine, str) else None,
    )


def _is_count(value: Json) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40


def _is_cost(value: Json) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9


_AT_BIRTH: Mapping[str, Any] = {
    "phase": Phase.RUN,
    "progress": 0.0,
    **dict.fromkeys(("attempt", "fence", "failures", "losses"), 0),
    **dict.fromkeys(("stage", "started_at", "finished_at", "run_at", "error", "question"), None),
    **dict.fromkeys(("cancel_requested_at", "cancel_by", "cancel_outcome", "pause_requested_at"), None),
    **dict.fromkeys(("pause_told", "cancel_told", "usage"), None),
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
        used, before = find_usage(event.body), state["usage"]
        return {} if used is None else {"usage": before + used if before else used}
    status = Status(event.body["status"])
    change: dict[str, Any] = {}
    if status.is_terminal:
        change["finished_at"] = event.at
    if event.type is EventType.STARTED:
        change |= {"started_at": state["started_at"] or event.at, "error": None, "run_at": None}
    if event.type in {EventType.CANCELLING, EventType.CANCELLED}:
        change["cancel_requested_at"] = state["cancel_requested_at"] or event.at
        change["cancel_told"] = _steering_of(event) or state["cancel_told"]
    change |= _pause(event, status)
    if status is not Status.WAITING:
        change["question"] = None
    return change | {name: read(event.body[name]) for name, read in _TOLD.items() if name in event.body}


def _pause(event: Event, status: Status) -> Mapping[str, Any]:
    """Return what an event changes about a pause: that it is asked for, by whom, and that it is over."""
    change: dict[str, Any] = {}
    is_over = event.type is EventType.RESUMED
    if event.type is EventType.PAUSING:
        change["pause_requested_at"] = event.at
    elif is_over or not status.may_be_pausing:
        change["pause_requested_at"] = None
    if event.type in {EventType.PAUSING, EventType.PAUSED}:
        change["pause_told"] = _steering_of(event)
    elif is_over or not status.may_have_pause:
        change["pause_told"] = None
    return change


def _steering_of(event: Event) -> Steering | None:
    return read_steering(event.body.get("told", {}))
