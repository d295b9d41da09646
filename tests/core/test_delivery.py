"""What follows an attempt: a table of answers, and what holds whatever the answer."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.delivery import (
    GIVE_UP_AFTER,
    JITTER,
    LONGEST_RETRY_AFTER,
    SCHEDULE,
    Answered,
    Delivery,
    DeliveryStatus,
    Endpoint,
    Verdict,
    judge,
)
from gnomon.core.event import EventType

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PENDING, DELIVERED, EXHAUSTED = DeliveryStatus.PENDING, DeliveryStatus.DELIVERED, DeliveryStatus.EXHAUSTED


def delivery(attempts: int = 0) -> Delivery:
    return Delivery(
        id="msg_1", number=1, endpoint_id="whe_1", workspace="w", task_id="tsk_1", event_number=3,
        event_type=EventType.COMPLETED, status=PENDING, attempts=attempts, created_at=NOW, due_at=NOW,
        finished_at=None,
    )  # fmt: skip


def endpoint(failing_since: datetime | None = None) -> Endpoint:
    return Endpoint(
        id="whe_1", workspace="w", url="https://a.example/", event_types=frozenset(EventType), description=None,
        dialect="native", task_id=None, version=1, last_number=1, secrets=(), created_at=NOW, updated_at=NOW,
        disabled_at=None, disabled_reason=None, failing_since=failing_since,
    )  # fmt: skip


def decide(
    code: int | None,
    attempts: int = 0,
    *,
    retry_after: timedelta | None = None,
    failing_for: timedelta | None = None,
    chance: float = 0.0,
    schedule: Sequence[timedelta] = SCHEDULE,
) -> Verdict:
    since = None if failing_for is None else NOW - failing_for
    answered = Answered(status_code=code, retry_after=retry_after)
    return judge(delivery(attempts), endpoint(since), answered, now=NOW, chance=chance, schedule=schedule)


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
def test_only_2xx_is_success(code: int) -> None:
    assert decide(code, failing_for=30 * DAY) == Verdict(status=DELIVERED)


@pytest.mark.parametrize("code", [None, 100, 101, 199, 300, 301, 302, 307, 308, 400, 401, 404, 429, 500, 503])
def test_everything_else_is_tried_again(code: int | None) -> None:
    assert decide(code) == Verdict(status=PENDING, due_at=NOW + timedelta(seconds=5))


def test_the_schedule_is_walked_to_its_end() -> None:
    pauses = []
    for attempts in range(len(SCHEDULE)):
        due_at = decide(500, attempts).due_at
        assert due_at is not None
        pauses.append((due_at - NOW).total_seconds())
    assert pauses == [5, 300, 1800, 7200, 18000, 36000, 50400, 57600]
    assert decide(500, len(SCHEDULE)) == Verdict(status=EXHAUSTED)


def test_410_disables_the_endpoint_and_the_delivery_waits_for_it() -> None:
    verdict = decide(410)
    assert verdict.status is PENDING
    assert verdict.disable is not None
    assert "410" in verdict.disable
    assert decide(410, len(SCHEDULE)).status is EXHAUSTED


@pytest.mark.parametrize(
    ("failing_for", "is_disabled"),
    [(None, False), (4.99 * DAY, False), (GIVE_UP_AFTER, True), (30 * DAY, True)],
)
def test_an_endpoint_that_took_nothing_for_days_is_disabled(
    failing_for: timedelta | None, is_disabled: bool
) -> None:
    assert (decide(500, failing_for=failing_for).disable is not None) == is_disabled


def test_a_delivery_that_was_given_up_does_not_disable_its_endpoint() -> None:
    assert decide(500, len(SCHEDULE), failing_for=2 * DAY) == Verdict(status=EXHAUSTED)


@pytest.mark.parametrize(
    ("code", "asked", "attempts", "seconds"),
    [
        (429, 60, 0, 60),
        (503, 60, 0, 60),
        (502, 60, 0, 60),
        (504, 60, 0, 60),
        (429, 1, 0, 5),  # never earlier than the schedule
        (429, 60, 1, 300),
        (503, 10**9, 0, LONGEST_RETRY_AFTER.total_seconds()),
        (500, 60, 0, 5),
        (301, 60, 0, 5),
        (410, 60, 0, 5),
    ],
)
def test_retry_after_is_heeded_within_bounds(code: int, asked: int, attempts: int, seconds: float) -> None:
    verdict = decide(code, attempts, retry_after=timedelta(seconds=asked))
    assert verdict.due_at == NOW + timedelta(seconds=seconds)


@given(
    code=st.none() | st.integers(100, 599),
    attempts=st.integers(0, 12),
    retry_after=st.none() | st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1000)),
    failing_for=st.none() | st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=100)),
    chance=st.floats(0, 1, exclude_max=True),
    schedule=st.lists(st.timedeltas(min_value=timedelta(0), max_value=DAY), max_size=9),
)
def test_whatever_comes_back_the_verdict_keeps_its_bounds(
    code: int | None,
    attempts: int,
    retry_after: timedelta | None,
    failing_for: timedelta | None,
    chance: float,
    schedule: list[timedelta],
) -> None:
    verdict = decide(
        code, attempts, retry_after=retry_after, failing_for=failing_for, chance=chance, schedule=schedule
    )
    assert (verdict.status is DELIVERED) == (code is not None and 200 <= code < 300)
    assert (verdict.due_at is not None) == (verdict.status is PENDING)
    assert (verdict.status is EXHAUSTED) == (verdict.status is not DELIVERED and attempts >= len(schedule))
    if verdict.due_at is not None:
        pause = verdict.due_at - NOW
        assert schedule[attempts] <= pause <= max(schedule[attempts] * (1 + JITTER), LONGEST_RETRY_AFTER)
