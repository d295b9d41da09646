"""How an attempt can end, and what follows: pure decisions from (task, ending, now, chance)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, assert_never

from gnomon.core.event import EventType
from gnomon.core.task import CancelOutcome, Json, NewTask, Phase, Status, Task, TaskError


class Outcome(StrEnum):
    """How one attempt ended; only `failed` and `lost` count against a limit."""

    DONE = "done"
    SPLIT = "split"
    ASK = "ask"
    PARK = "park"
    FAILED = "failed"
    LOST = "lost"
    KILLED = "killed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how soon a workload is tried again.

    `max_attempts` bounds tries that failed; `max_lost` bounds tries whose process vanished, so that work which
    kills its worker ends, while a restart of the server costs nobody a failure.
    """

    max_attempts: int = 3
    max_lost: int = 10
    first: timedelta = timedelta(seconds=1)
    factor: float = 2.0
    cap: timedelta = timedelta(minutes=5)

    def delay(self, failures: int, chance: float) -> timedelta:
        """Return the pause after the given number of failures, between half and the whole of the back-off.

        `chance` is uniform in [0, 1). The exponent is bounded so that no number of failures overflows.
        """
        whole = min(self.first * self.factor ** min(max(failures - 1, 0), 32), self.cap)
        return whole * (0.5 + chance / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The function returned its result."""

    result: Json
    blobs: tuple[str, ...] = ()
    outcome: Literal[Outcome.DONE] = field(default=Outcome.DONE, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Divided:
    """The function returned children instead of a result; `state` is kept for the join."""

    children: tuple[NewTask, ...]
    state: Json = None
    blobs: tuple[str, ...] = ()
    on_child_failure: Literal["fail", "join"] = "fail"
    outcome: Literal[Outcome.SPLIT] = field(default=Outcome.SPLIT, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The function raised."""

    error: TaskError
    outcome: Literal[Outcome.FAILED] = field(default=Outcome.FAILED, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The process vanished, or its lease ran out; `with_server` when the whole server went with it."""

    reason: str
    with_server: bool = False
    outcome: Literal[Outcome.LOST] = field(default=Outcome.LOST, init=False)


class Why(StrEnum):
    """Why an attempt was stopped from outside."""

    CANCEL = "cancel"
    DEADLINE = "deadline"
    SHUTDOWN = "shutdown"
    """The server is leaving, or the process was shared with one that had to be killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The attempt was stopped from outside; `cooperative` when the function itself gave way in time."""

    why: Why
    cooperative: bool
    outcome: Literal[Outcome.KILLED] = field(default=Outcome.KILLED, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """The function gave way at a checkpoint, because a pause had been asked for."""

    blobs: tuple[str, ...] = ()
    """What its steps refer to: kept, however long the pause."""
    outcome: Literal[Outcome.PARK] = field(default=Outcome.PARK, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The function needs an answer from outside; the next attempt finds it as the step of that key."""

    key: str
    question: Json
    within: timedelta | None = None
    """How long somebody may take to answer; then the answer is null. None: for ever."""
    blobs: tuple[str, ...] = ()
    """What its steps and the question refer to: kept, however long the answer takes."""
    outcome: Literal[Outcome.ASK] = field(default=Outcome.ASK, init=False)


def internal_asked(key: str) -> TaskError:
    """Say why an internal child may not ask: it is shown to nobody who could answer, and would wait for ever."""
    message = (
        f"An internal child has asked {key!r}, and no client can find it to answer. Make it public where it is "
        "split off: Child(visibility=Visibility.PUBLIC)."
    )
    return TaskError(code="internal_asked", message=message)


_SERVERS_SHARE = 10
"""A server that dies takes its tasks along, and seldom through a fault of theirs: so much longer they are tried."""

Ending = Done | Divided | Failed | Lost | Stopped | Parked | Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the store records when an attempt has ended."""

    status: Status
    event: EventType
    phase: Phase = Phase.RUN
    error: TaskError | None = None
    run_at: datetime | None = None
    failures: int = 0
    losses: int = 0
    cancel_outcome: CancelOutcome | None = None


def judge(task: Task, ending: Ending, *, now: datetime, policy: RetryPolicy, chance: float) -> Verdict:
    """Decide what follows the end of an attempt of `task`.

    A cancel that came too late loses to the result; one that came in time wins over a failure.
    """
    if task.status is Status.CANCELLING and not isinstance(ending, Done):
        return _cancelled(task, ending)
    match ending:
        case Done():
            late = CancelOutcome.FINISHED_FIRST if task.status is Status.CANCELLING else None
            return _keep(task, Status.COMPLETED, EventType.COMPLETED, cancel_outcome=late)
        case Divided():
            return _keep(task, Status.RUNNING, EventType.SPLIT, phase=Phase.CHILDREN)
        case Failed():
            return _failed(task, ending.error, now, policy, chance)
        case Lost():
            return _lost(task, ending, now, policy, chance)
        case Stopped(why=Why.DEADLINE):
            error = TaskError(code="timeout", message="The deadline passed while the task was running.")
            return _keep(task, Status.TIMED_OUT, EventType.TIMED_OUT, error=error)
        case Parked() if task.pause_requested_at is not None:
            return _keep(task, Status.PAUSED, EventType.PAUSED, phase=task.phase)
        case Asked():
            return _keep(task, Status.WAITING, EventType.WAITING, phase=task.phase)
        case Stopped() | Parked():
            return _keep(task, Status.QUEUED, EventType.REQUEUED, phase=task.phase)
        case _:
            assert_never(ending)


def _keep(
    task: Task,
    status: Status,
    event: EventType,
    *,
    phase: Phase = Phase.RUN,
    error: TaskError | None = None,
    cancel_outcome: CancelOutcome | None = None,
) -> Verdict:
    return Verdict(
        status=status,
        event=event,
        phase=phase,
        error=error,
        failures=task.failures,
        losses=task.losses,
        cancel_outcome=cancel_outcome,
    )


def _cancelled(task: Task, ending: Ending) -> Verdict:
    killed = isinstance(ending, Lost) or (isinstance(ending, Stopped) and not ending.cooperative)
    how = CancelOutcome.KILLED if killed else CancelOutcome.COOPERATIVE
    return _keep(task, Status.CANCELLED, EventType.CANCELLED, cancel_outcome=how)


def _failed(task: Task, error: TaskError, now: datetime, policy: RetryPolicy, chance: float) -> Verdict:
    failures = task.failures + 1
    if not error.retryable or failures >= task.max_attempts:
        return Verdict(
            status=Status.FAILED, event=EventType.FAILED, error=error, failures=failures, losses=task.losses
        )
    return Verdict(
        status=Status.PENDING,
        event=EventType.RETRYING,
        phase=task.phase,
        error=error,
        run_at=now + policy.delay(failures, chance),
        failures=failures,
        losses=task.losses,
    )


def _lost(task: Task, ending: Lost, now: datetime, policy: RetryPolicy, chance: float) -> Verdict:
    losses = task.losses + 1
    error = TaskError(code="worker_lost", message=ending.reason, retryable=True)
    if losses >= task.max_lost * (_SERVERS_SHARE if ending.with_server else 1):
        told = f"{ending.reason} It was tried {losses} times; the task may be killing its worker."
        gave_up = TaskError(code="worker_lost", message=told)
        return Verdict(
            status=Status.FAILED, event=EventType.FAILED, error=gave_up, failures=task.failures, losses=losses
        )
    # The first loss is most often the server's own restart: no pause. A repeated one may be the task's doing.
    first = losses == 1
    return Verdict(
        status=Status.QUEUED if first else Status.PENDING,
        event=EventType.RETRYING,
        phase=task.phase,
        error=error,
        run_at=None if first else now + policy.delay(losses - 1, chance),
        failures=task.failures,
        losses=losses,
    )
