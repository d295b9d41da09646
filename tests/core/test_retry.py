"""What follows the end of an attempt, as a table, and the properties of the back-off."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.event import EventType
from gnomon.core.retry import Divided, Done, Ending, Failed, Lost, RetryPolicy, Stopped, Verdict, Why, judge
from gnomon.core.task import TRANSITIONS, CancelOutcome, Phase, Status, Task, TaskError, Visibility

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
POLICY = RetryPolicy(first=timedelta(seconds=10), factor=2, cap=timedelta(minutes=1))
RETRYABLE = Failed(error=TaskError(code="flaky", message="try again", retryable=True))
FINAL = Failed(error=TaskError(code="wrong_input", message="give another input"))
TASK = Task(
    id="tsk_1", number=1, workspace="w", kind="k", status=Status.RUNNING, phase=Phase.RUN, stage=None, progress=0.0,
    version=3, visibility=Visibility.PUBLIC, parent_id=None, position=None, predecessor_id=None, resource_id=None,
    resource_revision=None, attempt=1, fence=1, failures=0, losses=0, max_attempts=3, max_lost=3, priority=0,
    created_at=NOW, started_at=NOW, finished_at=None, updated_at=NOW, run_at=None, deadline_at=None,
    cancel_requested_at=None, cancel_outcome=None, error=None, result=None,
)  # fmt: skip
CANCELLING = replace(TASK, status=Status.CANCELLING)


def verdict(task: Task, ending: Ending, chance: float = 0.0) -> Verdict:
    return judge(task, ending, now=NOW, policy=POLICY, chance=chance)


@pytest.mark.parametrize(
    ("task", "ending", "status", "event"),
    [
        (TASK, Done(result=1), Status.COMPLETED, EventType.COMPLETED),
        (TASK, Divided(children=()), Status.RUNNING, EventType.SPLIT),
        (TASK, RETRYABLE, Status.PENDING, EventType.RETRYING),
        (TASK, FINAL, Status.FAILED, EventType.FAILED),
        (replace(TASK, failures=2), RETRYABLE, Status.FAILED, EventType.FAILED),
        (TASK, Lost(reason="gone"), Status.QUEUED, EventType.RETRYING),
        (replace(TASK, losses=1), Lost(reason="gone"), Status.PENDING, EventType.RETRYING),
        (replace(TASK, losses=2), Lost(reason="gone"), Status.FAILED, EventType.FAILED),
        (replace(TASK, losses=2), Lost(reason="gone", with_server=True), Status.PENDING, EventType.RETRYING),
        (replace(TASK, losses=29), Lost(reason="gone", with_server=True), Status.FAILED, EventType.FAILED),
        (TASK, Stopped(why=Why.DEADLINE, cooperative=True), Status.TIMED_OUT, EventType.TIMED_OUT),
        (TASK, Stopped(why=Why.SHUTDOWN, cooperative=False), Status.QUEUED, EventType.REQUEUED),
    ],
)
def test_a_running_attempt(task: Task, ending: Ending, status: Status, event: EventType) -> None:
    found = verdict(task, ending)
    assert (found.status, found.event) == (status, event)
    assert found.cancel_outcome is None


@pytest.mark.parametrize(
    ("ending", "status", "outcome"),
    [
        (Done(result=1), Status.COMPLETED, CancelOutcome.FINISHED_FIRST),
        (Divided(children=()), Status.CANCELLED, CancelOutcome.COOPERATIVE),
        (RETRYABLE, Status.CANCELLED, CancelOutcome.COOPERATIVE),
        (Stopped(why=Why.CANCEL, cooperative=True), Status.CANCELLED, CancelOutcome.COOPERATIVE),
        (Stopped(why=Why.CANCEL, cooperative=False), Status.CANCELLED, CancelOutcome.KILLED),
        (Lost(reason="gone"), Status.CANCELLED, CancelOutcome.KILLED),
    ],
)
def test_an_attempt_that_was_asked_to_stop(ending: Ending, status: Status, outcome: CancelOutcome) -> None:
    found = verdict(CANCELLING, ending)
    assert (found.status, found.cancel_outcome) == (status, outcome)


@given(
    st.sampled_from([TASK, CANCELLING, replace(TASK, phase=Phase.JOIN), replace(TASK, failures=2, losses=2)]),
    st.sampled_from(
        [Done(result=None), Divided(children=()), RETRYABLE, FINAL, Lost(reason="x")]
        + [Stopped(why=why, cooperative=c) for why in Why for c in (True, False)]
    ),
    st.floats(0, 1, exclude_max=True),
)
def test_a_verdict_never_leaves_the_table(task: Task, ending: Ending, chance: float) -> None:
    found = verdict(task, ending, chance)
    assert found.status in TRANSITIONS[task.status] or found.status is task.status
    assert found.failures >= task.failures
    assert found.losses >= task.losses
    assert (found.run_at is not None) is (found.status is Status.PENDING)


def test_a_join_that_failed_is_joined_again() -> None:
    assert verdict(replace(TASK, phase=Phase.JOIN), RETRYABLE).phase is Phase.JOIN


@given(st.integers(1, 10**6), st.floats(0, 1, exclude_max=True))
def test_back_off_stays_between_half_and_the_cap(failures: int, chance: float) -> None:
    delay = POLICY.delay(failures, chance)
    assert timedelta(seconds=5) <= delay <= timedelta(minutes=1)


def test_back_off_doubles() -> None:
    assert [POLICY.delay(n, 0.0).total_seconds() for n in (1, 2, 3, 4)] == [5, 10, 20, 30]
