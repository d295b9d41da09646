from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.task import TRANSITIONS, Phase, Status, Task, Visibility
from gnomon.web.dialects.daly.render.task import render_task
from gnomon.web.dialects.daly.status import FILTERS, STARTED, UNSTARTED, WORDS, show

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TERMINAL = {"completed", "failed", "cancelled"}
RANK = {"pending": 0, "queued": 0, "running": 1, **dict.fromkeys(TERMINAL, 2)}
ALWAYS_STARTED = {Status.RUNNING, Status.WAITING, Status.CANCELLING, Status.COMPLETED, Status.TIMED_OUT}


def task(status: Status, *, is_started: bool, **fields: Any) -> Task:
    standard: dict[str, Any] = {
        "id": "tsk_1", "number": 1, "workspace": "w", "kind": "k", "phase": Phase.RUN, "stage": None,
        "progress": 0.0, "version": 3, "visibility": Visibility.PUBLIC, "parent_id": None, "position": None,
        "predecessor_id": None, "resource_id": None, "resource_revision": None, "attempt": 1, "fence": 1,
        "failures": 0, "losses": 0, "max_attempts": 3, "max_lost": 3, "priority": 0, "created_at": NOW,
        "finished_at": None, "updated_at": NOW, "run_at": None, "deadline_at": None, "cancel_requested_at": None,
        "cancel_outcome": None, "error": None, "result": None,
    }  # fmt: skip
    return Task(status=status, started_at=NOW if is_started else None, **(standard | fields))


PAIRS = [(s, b) for s in Status for b in (False, True) if b or s not in ALWAYS_STARTED]
pairs = pytest.mark.parametrize(("status", "is_started"), PAIRS)


def test_tables_are_total() -> None:
    assert set(STARTED) == set(UNSTARTED) == set(Status)
    assert set(FILTERS) == set(WORDS) == set(RANK)


@pairs
def test_shows_an_end_exactly_when_there_is_one(status: Status, *, is_started: bool) -> None:
    shown = show(task(status, is_started=is_started)).status
    assert (shown in TERMINAL) == status.is_terminal


@pairs
def test_uses_only_the_words_of_the_contract(status: Status, *, is_started: bool) -> None:
    assert show(task(status, is_started=is_started)).status in WORDS


@pairs
def test_never_steps_back(status: Status, *, is_started: bool) -> None:
    before = RANK[show(task(status, is_started=is_started)).status]
    for following in TRANSITIONS[status]:
        starts = is_started or following in ALWAYS_STARTED
        assert before <= RANK[show(task(following, is_started=starts)).status]


@pairs
def test_filters_are_the_inverse(status: Status, *, is_started: bool) -> None:
    shown = show(task(status, is_started=is_started)).status
    found = {
        word
        for word, asked in FILTERS.items()
        if status in asked.statuses and asked.is_started in (None, is_started)
    }
    assert found == {shown}


@pytest.mark.parametrize(
    ("status", "is_started", "words"),
    [
        (Status.PENDING, False, ("pending", None, None)),
        (Status.PENDING, True, ("running", "retrying", None)),
        (Status.QUEUED, True, ("running", "retrying", None)),
        (Status.PAUSED, False, ("queued", "paused", None)),
        (Status.PAUSED, True, ("running", "paused", None)),
        (Status.WAITING, True, ("running", "waiting_input", None)),
        (Status.CANCELLING, True, ("running", "cancelling", None)),
        (Status.TIMED_OUT, True, ("failed", None, "timeout")),
        (Status.EXPIRED, False, ("cancelled", None, "expired")),
    ],
)
def test_words(status: Status, words: tuple[str, str | None, str | None], *, is_started: bool) -> None:
    shown = render_task(task(status, is_started=is_started))
    assert (shown["status"], shown["stage"], shown["errorType"]) == words


def test_join_after_children_is_no_retry() -> None:
    assert show(task(Status.QUEUED, is_started=True, phase=Phase.JOIN)).stage is None


@given(st.sampled_from(PAIRS), st.integers(-800, 800), st.floats(0, 100))
def test_times_are_utc_and_the_record_is_complete(
    pair: tuple[Status, bool], minutes: int, progress: float
) -> None:
    from datetime import timezone

    zone = timezone(timedelta(minutes=minutes))
    shown = render_task(task(pair[0], is_started=pair[1], created_at=NOW.astimezone(zone), progress=progress))
    assert shown["createdAt"] == "2026-06-01T12:00:00.000Z"
    assert {
        "id",
        "taskType",
        "status",
        "progress",
        "stage",
        "resultData",
        "errorType",
        "errorMessage",
    } <= set(shown)
    assert isinstance(shown["id"], int)
