"""How soon to ask again: never less than a second, never more than half a minute, none after the end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gnomon.core.task import Phase, Status, Task, Visibility
from gnomon.web.native.pacing import LONGEST, retry_after

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def task(status: Status, **given: Any) -> Task:
    absent = dict.fromkeys(
        (
            *("stage", "parent_id", "position", "predecessor_id", "resource_id", "resource_revision"),
            *("started_at", "finished_at", "run_at", "deadline_at", "cancel_requested_at", "cancel_outcome"),
            *("error", "result"),
        )
    )
    zero = dict.fromkeys(("attempt", "fence", "failures", "losses", "max_lost", "priority"), 0)
    plain: dict[str, Any] = {**absent, **zero, "progress": 0.0, "created_at": NOW, "updated_at": NOW}
    return Task(
        **{
            **plain,
            "id": "tsk_1",
            "number": 1,
            "workspace": "w",
            "kind": "k",
            "status": status,
            "phase": Phase.RUN,
            "version": 1,
            "visibility": Visibility.PUBLIC,
            "max_attempts": 1,
            **given,
        }
    )


@given(
    st.sampled_from(Status), st.floats(0, 100), st.integers(-100, 10**6), st.none() | st.integers(0, 10**6)
)
@example(Status.RUNNING, 5e-324, -1, None)
def test_is_bounded(status: Status, progress: float, age: int, starts_in: int | None) -> None:
    run_at = None if starts_in is None else NOW + timedelta(seconds=starts_in)
    seconds = retry_after(task(status, progress=progress, run_at=run_at), NOW + timedelta(seconds=age))
    assert (seconds is None) == status.is_terminal
    assert seconds is None or 1 <= seconds <= LONGEST


@pytest.mark.parametrize(
    ("status", "progress", "age", "seconds"),
    [
        (Status.QUEUED, 0, 0, 1),
        (Status.QUEUED, 0, 40, 10),
        (Status.RUNNING, 0, 2, 1),
        (Status.RUNNING, 99, 600, 3),
        (Status.RUNNING, 10, 600, 30),
        (Status.WAITING, 50, 600, 5),
        (Status.PAUSED, 0, 1, 5),
    ],
)
def test_fits_how_the_task_stands(status: Status, progress: float, age: float, seconds: int) -> None:
    standing = replace(task(status, progress=float(progress)), started_at=NOW)
    assert retry_after(standing, NOW + timedelta(seconds=age)) == seconds
