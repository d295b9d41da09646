"""The status table: what a task's status is called here, and which tasks a status filter asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from gnomon.core.task import Status, Task

Word = Literal["QUEUED", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "PAUSED"]
WORDS: tuple[Word, ...] = get_args(Word)
PREFIX: Final = "TASK_STATUS_"

UNSTARTED: Mapping[Status, Word] = {
    Status.PENDING: "QUEUED",
    Status.QUEUED: "QUEUED",
    Status.RUNNING: "RUNNING",
    Status.WAITING: "RUNNING",
    Status.PAUSED: "QUEUED",
    Status.CANCELLING: "RUNNING",
    Status.COMPLETED: "COMPLETED",
    Status.FAILED: "FAILED",
    Status.CANCELLED: "CANCELLED",
    Status.TIMED_OUT: "TIMEOUT",
    Status.EXPIRED: "TIMEOUT",
}
_AGAIN: Mapping[Status, Word] = dict.fromkeys((Status.PENDING, Status.QUEUED, Status.PAUSED), "RUNNING")
STARTED: Mapping[Status, Word] = {**UNSTARTED, **_AGAIN}
"""A task that has started is never shown as waiting for its start again."""

SPELLINGS: Mapping[str, Word] = {
    **{word: word for word in WORDS},
    "CANCELED": "CANCELLED",
    "PENDING": "QUEUED",
    "IN_PROGRESS": "RUNNING",
    "SUCCEEDED": "COMPLETED",
    "ERROR": "FAILED",
    "TERMINATED": "FAILED",
    "TIMED_OUT": "TIMEOUT",
}
"""Every way in which the vendor's API, its stores and its clients write a status, in capitals and without prefix."""


def show(task: Task, *, opted_in: bool = False) -> Word:
    """Return a status's word; `PAUSED` only to clients that opted in to it, for older ones take it for no status."""
    if opted_in and task.status is Status.PAUSED:
        return "PAUSED"
    return (UNSTARTED if task.started_at is None else STARTED)[task.status]


def find_word(text: str) -> Word | None:
    """Read a status as clients write it; None when it is none.

    >>> find_word("task_status_canceled")
    'CANCELLED'
    """
    return SPELLINGS.get(text.strip().upper().removeprefix(PREFIX))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which tasks a status filter means."""

    statuses: frozenset[Status]
    is_started: bool | None = None


_WAITS = frozenset({Status.PENDING, Status.QUEUED, Status.PAUSED})
_BEGUN = frozenset(status for status in Status if status.is_active)
_FILTERS: Mapping[Word, Asked] = {
    "QUEUED": Asked(statuses=_WAITS, is_started=False),
    "RUNNING": Asked(statuses=_BEGUN, is_started=True),
    "COMPLETED": Asked(statuses=frozenset({Status.COMPLETED})),
    "FAILED": Asked(statuses=frozenset({Status.FAILED})),
    "CANCELLED": Asked(statuses=frozenset({Status.CANCELLED})),
    "TIMEOUT": Asked(statuses=frozenset({Status.TIMED_OUT, Status.EXPIRED})),
    "PAUSED": Asked(statuses=frozenset({Status.PAUSED})),
}
_OPTED_IN: Mapping[Word, Asked] = {
    **_FILTERS,
    "QUEUED": Asked(statuses=_WAITS - {Status.PAUSED}, is_started=False),
    "RUNNING": Asked(statuses=_BEGUN - {Status.PAUSED}, is_started=True),
}


def asked(word: Word, *, opted_in: bool = False) -> Asked:
    """Return which tasks are shown by a word."""
    return (_OPTED_IN if opted_in else _FILTERS)[word]
