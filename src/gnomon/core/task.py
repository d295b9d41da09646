"""The task: what a client asked for, which statuses it may have, and which may follow which."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Json = Any
"""A value that JSON can hold. The workload's own words; the house never looks inside."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Status(StrEnum):
    """Where a task stands. Only `core.task` says which status may follow which."""

    PENDING = "pending"
    """Accepted, not yet eligible: waits for a predecessor or for its next try."""
    QUEUED = "queued"
    """Eligible; the next free slot takes it."""
    RUNNING = "running"
    """An attempt holds its lease, or its children are at work."""
    WAITING = "waiting"
    """An attempt asked a question; the answer makes it eligible again."""
    PAUSED = "paused"
    """Set aside on request; resuming makes it eligible again."""
    CANCELLING = "cancelling"
    """Cancel was asked for while it ran; it ends within the grace period."""
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    """Its deadline passed after it had started."""
    EXPIRED = "expired"
    """Its deadline passed before it started."""

    @property
    def is_terminal(self) -> bool:
        """Say whether nothing can follow."""
        return not TRANSITIONS[self]

    @property
    def is_active(self) -> bool:
        """Say whether something may still follow."""
        return bool(TRANSITIONS[self])

    @property
    def is_halted(self) -> bool:
        """Say whether nothing follows until somebody answers or resumes."""
        return self in (Status.WAITING, Status.PAUSED)

    @property
    def may_be_pausing(self) -> bool:
        """Say whether a pause can be asked for and not yet be done."""
        return self in {Status.RUNNING, Status.WAITING}

    @property
    def may_have_pause(self) -> bool:
        """Say whether a pause can be done, or asked for."""
        return self is Status.PAUSED or self.may_be_pausing


_S = Status
TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    _S.PENDING: frozenset({_S.QUEUED, _S.PAUSED, _S.CANCELLED, _S.EXPIRED, _S.FAILED, _S.TIMED_OUT}),
    _S.QUEUED: frozenset({_S.RUNNING, _S.PAUSED, _S.CANCELLED, _S.EXPIRED, _S.TIMED_OUT}),
    _S.RUNNING: frozenset(
        {_S.PENDING, _S.QUEUED, _S.WAITING, _S.PAUSED, _S.CANCELLING, _S.COMPLETED, _S.FAILED, _S.TIMED_OUT}
    ),
    _S.WAITING: frozenset({_S.QUEUED, _S.PAUSED, _S.CANCELLED, _S.TIMED_OUT}),
    _S.PAUSED: frozenset(
        {
            *(_S.PENDING, _S.QUEUED, _S.RUNNING, _S.CANCELLING),
            *(_S.FAILED, _S.CANCELLED, _S.EXPIRED, _S.TIMED_OUT),
        }
    ),
    _S.CANCELLING: frozenset({_S.COMPLETED, _S.CANCELLED}),
    _S.COMPLETED: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.TIMED_OUT: frozenset(),
    _S.EXPIRED: frozenset(),
}


class Phase(StrEnum):
    """What a claim of the task would do."""

    RUN = "run"
    CHILDREN = "children"
    """Split: nothing to claim until the last child has ended."""
    JOIN = "join"


class CancelOutcome(StrEnum):
    """How a cancel ended."""

    BEFORE_START = "before_start"
    COOPERATIVE = "cooperative"
    KILLED = "killed"
    FINISHED_FIRST = "finished_first"


class Visibility(StrEnum):
    """Whether the doors show a task."""

    PUBLIC = "public"
    INTERNAL = "internal"
    """A chunk of its parent's work; an orchestration detail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskError:
    """Why a task did not complete."""

    code: str
    message: str
    retryable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A resource's revision that a task was submitted against."""

    kind: str
    number: int
    resource_id: str
    revision: int
    task_id: str | None = None
    """Whose result goes along: the run of that revision that had completed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a waiting task wants to know; the answer is stored as the step of that key."""

    key: str
    body: Json
    asked_at: datetime
    answer_by: datetime | None = None
    """When nobody has answered by then, the task goes on with null for an answer; None: it waits for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steering:
    """Who asked for a task to be paused or cancelled, and why, as far as they said."""

    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a task has used of language models so far, over all its attempts, as their providers counted it."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    """None when a model's price is not known."""
    engine: str | None = None
    """The model that was called last: `local:MODEL` or `provider:PROVIDER/MODEL`."""

    def __add__(self, other: "Usage") -> "Usage":
        """Add what came later."""
        costs = (self.cost_usd, other.cost_usd)
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=None if costs[0] is None or costs[1] is None else costs[0] + costs[1],
            engine=other.engine or self.engine,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A task that is not yet stored."""

    id: str
    workspace: str
    kind: str
    input: Json = None
    """The work to do; None when the task runs the revision of the resource that is submitted with it."""
    max_attempts: int = 1
    max_lost: int = 10
    deadline_at: datetime | None = None
    run_at: datetime | None = None
    priority: int = 0
    parent_id: str | None = None
    position: int | None = None
    predecessor_id: str | None = None
    visibility: Visibility = Visibility.PUBLIC
    pins: tuple[Pin, ...] = ()
    blobs: tuple[str, ...] = ()
    """SHA-256 names of the blobs that the input refers to."""
    line_id: str | None = None
    """The first task of the line that this one continues, when it is a rerun."""
    revision: int = 1
    """Its place in the line."""
    metadata: Json = None
    """What the submitter has attached to know it by, and to find it by where a member is a plain value."""
    origin: Json = None
    """What the door that took it in needs to show it: little, and in that door's words."""
    wording: Json = None
    """The request as that door took it, in its words, for who asks what was sent; None: the input says it all."""
    sealed: str | None = field(default=None, repr=False)
    """Secrets for the workload, encrypted; no door shows them."""
    group_id: str | None = None
    """The group that it joins."""
    session_id: str | None = None
    """The session whose next turn it is, made if need be; it comes after the turn before, whatever that does."""
    session_context: Json = None
    """What the session is given for its context when this is its first task."""
    schedule_id: str | None = None
    scheduled_for: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A stored task; every change makes a new version, and version n is told by event number n."""

    id: str
    number: int
    """Sequential within the workspace."""
    workspace: str
    kind: str
    status: Status
    phase: Phase
    stage: str | None
    progress: float
    """0 to 100; never decreases inside one attempt, 100 only when completed."""
    version: int
    visibility: Visibility
    parent_id: str | None
    position: int | None
    predecessor_id: str | None
    resource_id: str | None
    resource_revision: int | None
    attempt: int
    """Attempts begun so far; the number of the present one while it runs."""
    fence: int
    """Rises with every claim and every revocation; a write with an older fence is refused."""
    failures: int
    losses: int
    max_attempts: int
    max_lost: int
    priority: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    updated_at: datetime
    run_at: datetime | None
    deadline_at: datetime | None
    cancel_requested_at: datetime | None
    cancel_outcome: CancelOutcome | None
    error: TaskError | None
    result: Json
    """Present on completed tasks, unless the reader asked for records without results."""
    cancel_by: datetime | None = None
    """When a cancel that was asked for has come to its end, whatever the attempt does."""
    pause_requested_at: datetime | None = None
    """Set while it runs on towards its next checkpoint, where it will be set aside."""
    question: Question | None = None
    """What a waiting task has asked."""
    line_id: str | None = None
    """The first task of its line of reruns; None for a task that is no rerun."""
    revision: int = 1
    """Its place in that line, from 1."""
    events_from: int = 1
    """The oldest event that is still kept; older ones were trimmed after the task had ended."""
    metadata: Json = None
    origin: Json = None
    group_id: str | None = None
    group_number: int | None = None
    """The version of its group at which it joined."""
    session_id: str | None = None
    session_turn: int | None = None
    """Its place among the tasks of its session, from 1."""
    schedule_id: str | None = None
    """The schedule that it is a run of."""
    scheduled_for: datetime | None = None
    """The time that it was due at, which may be earlier than that of its creation."""
    pause_told: Steering | None = None
    """Who asked for the pause that it is in, or on its way to."""
    cancel_told: Steering | None = None
    usage: Usage | None = None
    """None when no model was called."""


def crockford(value: int, length: int) -> str:
    """Write a number in Crockford's base 32, lower case, left-padded with zeros."""
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(5 * (length - 1), -1, -5))


def task_id(at: datetime, chance: int) -> str:
    """Make an unguessable id that sorts by time: 48 bits of milliseconds, 80 bits of chance."""
    milliseconds = int(at.timestamp() * 1000)
    return "tsk_" + crockford(milliseconds << 80 | chance & (1 << 80) - 1, 26)
