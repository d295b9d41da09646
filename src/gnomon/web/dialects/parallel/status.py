"""The status table: what a task's status is called here, and which tasks a status filter asks for."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from gnomon.core.group import Standing
from gnomon.core.task import Status, Task

Word = Literal["queued", "action_required", "running", "completed", "failed", "cancelling", "cancelled"]
WORDS: tuple[Word, ...] = get_args(Word)
ACTIVE: frozenset[Word] = frozenset({"queued", "running", "cancelling"})
"""With these a client goes on asking; a run that waits for an answer is not among them."""

UNSTARTED: Mapping[Status, Word] = {
    Status.PENDING: "queued",
    Status.QUEUED: "queued",
    Status.RUNNING: "running",
    Status.WAITING: "running",
    Status.PAUSED: "queued",
    Status.CANCELLING: "cancelling",
    Status.COMPLETED: "completed",
    Status.FAILED: "failed",
    Status.CANCELLED: "cancelled",
    Status.TIMED_OUT: "failed",
    Status.EXPIRED: "failed",
}
_AGAIN: Mapping[Status, Word] = dict.fromkeys((Status.PENDING, Status.QUEUED, Status.PAUSED), "running")
STARTED: Mapping[Status, Word] = {**UNSTARTED, **_AGAIN}
"""A task that has started is never shown as waiting for its start again."""


def word_of(standing: Standing, *, opted_in: bool = False) -> Word:
    """Return the word for a status, and whether work has ever begun."""
    status, has_begun = standing
    if opted_in and status is Status.WAITING:
        return "action_required"
    return (STARTED if has_begun else UNSTARTED)[status]


def show(task: Task, *, opted_in: bool = False) -> Word:
    """Return how the task's status is shown; `action_required` only to clients that opted in to it."""
    return word_of((task.status, task.started_at is not None), opted_in=opted_in)


def count(counts: Mapping[Standing, int], *, opted_in: bool = False) -> dict[Word, int]:
    """Count a group's members by word, in the order of the words; nothing is 0."""
    found: Counter[Word] = Counter()
    for standing, many in counts.items():
        found[word_of(standing, opted_in=opted_in)] += many
    return {word: found[word] for word in WORDS if found[word]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which tasks a status filter means."""

    statuses: frozenset[Status]
    is_started: bool | None


_BEGUN = frozenset(status for status in Status if status.is_active) - {Status.CANCELLING}
_FILTERS: Mapping[Word, Asked] = {
    "queued": Asked(statuses=frozenset({Status.PENDING, Status.QUEUED, Status.PAUSED}), is_started=False),
    "action_required": Asked(statuses=frozenset(), is_started=None),
    "running": Asked(statuses=_BEGUN, is_started=True),
    "completed": Asked(statuses=frozenset({Status.COMPLETED}), is_started=None),
    "failed": Asked(statuses=frozenset({Status.FAILED, Status.TIMED_OUT, Status.EXPIRED}), is_started=None),
    "cancelling": Asked(statuses=frozenset({Status.CANCELLING}), is_started=None),
    "cancelled": Asked(statuses=frozenset({Status.CANCELLED}), is_started=None),
}
"""The inverse of the two tables over the pairs that occur: what runs, waits or is being cancelled has started."""
_OPTED_IN: Mapping[Word, Asked] = {
    **_FILTERS,
    "action_required": Asked(statuses=frozenset({Status.WAITING}), is_started=None),
    "running": Asked(statuses=_BEGUN - {Status.WAITING}, is_started=True),
}


def asked(word: Word, *, opted_in: bool = False) -> Asked:
    """Return which tasks are shown by a word."""
    return (_OPTED_IN if opted_in else _FILTERS)[word]
