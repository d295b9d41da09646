"""A task's history in the words of the vendor's workflow engine: what became of it, its attempts and its signals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gnomon.core.event import Event, EventType
from gnomon.core.ports import Attempt
from gnomon.core.retry import Outcome
from gnomon.core.task import Json, Task
from gnomon.web.dialects.shannon.render.event import PARTIAL, STREAM_END, frames
from gnomon.web.ids import in_words_of_shannon, shannon_id
from gnomon.web.moment import moment

CHATTER: Final = frozenset({EventType.PROGRESS, EventType.MESSAGE})
"""What a summary leaves out, however much there is of it."""
_LONGEST: Final = 200
"""Characters of a text where payloads were not asked for."""

_SUMMARY: Final[Mapping[EventType, str]] = {
    EventType.SPLIT: "CHILD_STARTED",
    EventType.WAITING: "MARKER_RECORDED",
    EventType.ANSWERED: "SIG_RECEIVED",
    EventType.PAUSING: "SIG_RECEIVED",
    EventType.PAUSED: "MARKER_RECORDED",
    EventType.RESUMED: "SIG_RECEIVED",
    EventType.TOLD: "SIG_RECEIVED",
    EventType.CANCELLING: "ACT_CANCEL_REQUESTED",
    EventType.COMPLETED: "WF_COMPLETED",
    EventType.FAILED: "WF_FAILED",
    EventType.CANCELLED: "WF_CANCELLED",
    EventType.TIMED_OUT: "WF_TIMEOUT",
    EventType.EXPIRED: "WF_TIMEOUT",
}
_FULL: Final[Mapping[EventType, str]] = {
    **_SUMMARY,
    EventType.SUBMITTED: "EVENT",
    EventType.QUEUED: "ACT_SCHEDULED",
    EventType.STARTED: "ACT_STARTED",
    EventType.RETRYING: "TIMER_STARTED",
    EventType.REQUEUED: "ACT_SCHEDULED",
    EventType.PROGRESS: "EVENT",
    EventType.MESSAGE: "EVENT",
}
_ATTEMPTS: Final[Mapping[Outcome, str]] = {
    Outcome.DONE: "ACT_COMPLETED",
    Outcome.SPLIT: "ACT_COMPLETED",
    Outcome.ASK: "ACT_COMPLETED",
    Outcome.PARK: "ACT_COMPLETED",
    Outcome.FAILED: "ACT_FAILED",
    Outcome.LOST: "ACT_TIMEOUT",
    Outcome.KILLED: "ACT_CANCELLED",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    at: datetime
    rank: int
    """Among what happened in one moment: an attempt begins, ends, and then its task is told so."""
    type: str
    message: str
    payload: Json


def timeline(
    task: Task,
    events: Sequence[Event],
    attempts: Sequence[Attempt],
    *,
    is_full: bool = False,
    with_payloads: bool = False,
) -> list[dict[str, Json]]:
    """Write the history, in order.

    Parameters
    ----------
    task
        Whose it is.
    events
        Those of its log that are kept, in order.
    attempts
        Its attempts, in order.
    is_full
        With what was only scheduled or begun, and with what the work said.
    with_payloads
        With the bodies of the events, and texts in full.
    """
    found = [*_of_events(task, events, is_full=is_full), *_of_attempts(attempts)]
    found.sort(key=lambda entry: (entry.at, entry.rank))
    return [_write(task, number, entry, with_payloads=with_payloads) for number, entry in enumerate(found, 1)]


def _of_events(task: Task, events: Sequence[Event], *, is_full: bool) -> Iterator[_Entry]:
    before: EventType | None = None
    for event in events:
        type_ = _type(event, before, _FULL if is_full else _SUMMARY)
        if event.type not in CHATTER:
            before = event.type
        if type_ is not None:
            rank = 0 if event.type is EventType.STARTED else 2
            message = _message(event, task.kind)
            yield _Entry(at=event.at, rank=rank, type=type_, message=message, payload=event.body)


def _type(event: Event, before: EventType | None, types: Mapping[EventType, str]) -> str | None:
    """Return what an event is called; the same may be a beginning, a wake-up or a child's end."""
    if event.number == 1:
        return "WF_STARTED"
    if event.type is EventType.QUEUED and event.body.get("phase") == "join":
        return "CHILD_COMPLETED"
    if event.type is EventType.QUEUED and before is EventType.RETRYING:
        return "TIMER_FIRED"
    if event.type is EventType.ANSWERED and event.body.get("lapsed"):
        return "TIMER_FIRED"
    return types.get(event.type)


def _message(event: Event, kind: str) -> str:
    told = [frame for frame in frames(event, kind) if frame.type not in (PARTIAL, STREAM_END)]
    return told[-1].message


def _of_attempts(attempts: Sequence[Attempt]) -> Iterator[_Entry]:
    for attempt in attempts:
        if attempt.finished_at is not None and attempt.outcome is not None:
            error = attempt.error if isinstance(attempt.error, Mapping) else {}
            reason = error.get("message") or error.get("why")
            message = f"Attempt {attempt.number}: {attempt.outcome}" + (f" ({reason})" if reason else "")
            payload = {"attempt": attempt.number, "outcome": attempt.outcome, "error": attempt.error}
            type_ = _ATTEMPTS[attempt.outcome]
            yield _Entry(at=attempt.finished_at, rank=1, type=type_, message=message, payload=payload)


def _write(task: Task, number: int, entry: _Entry, *, with_payloads: bool) -> dict[str, Json]:
    name, at, message = shannon_id(task.id), moment(entry.at), in_words_of_shannon(entry.message)
    told: dict[str, Json] = {
        "id": f"{name}-{number}",
        "workflow_id": name,
        "type": entry.type,
        "message": message if with_payloads else message[:_LONGEST],
        "timestamp": at,
        "seq": number,
        "created_at": at,
    }
    return {**told, "payload": entry.payload} if with_payloads else told
