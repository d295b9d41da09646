"""The status table: closed, connected, and with ends that stay ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.task import TRANSITIONS, Status, crockford, task_id

TERMINAL = {Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.TIMED_OUT, Status.EXPIRED}


def test_every_status_has_a_row() -> None:
    assert set(TRANSITIONS) == set(Status)


@pytest.mark.parametrize("status", Status)
def test_a_status_is_terminal_or_active(status: Status) -> None:
    assert status.is_terminal is (status in TERMINAL)
    assert status.is_active is not status.is_terminal


@pytest.mark.parametrize("status", Status)
def test_every_active_status_leads_to_an_end(status: Status) -> None:
    seen, ahead = set(), {status}
    while ahead:
        seen |= ahead
        ahead = {after for s in ahead for after in TRANSITIONS[s]} - seen
    assert seen & TERMINAL


def test_everything_but_the_first_statuses_is_reached_from_somewhere() -> None:
    reached = {after for row in TRANSITIONS.values() for after in row}
    assert set(Status) - reached <= {Status.PENDING, Status.QUEUED}


@given(st.integers(0, 2**80 - 1), st.integers(0, 10**6))
def test_ids_sort_by_time_whatever_the_chance(chance: int, milliseconds: int) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    earlier = task_id(start, chance)
    later = task_id(start + timedelta(milliseconds=milliseconds + 1), 0)
    assert earlier < later
    assert len(earlier) == len(later) == 30


def test_crockford_keeps_the_order_of_numbers() -> None:
    words = [crockford(n, 3) for n in range(2000)]
    assert words == sorted(words)
    assert len(set(words)) == 2000
