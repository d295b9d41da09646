"""Cron expressions in time zones: as Debian's cron keeps them over both changes of the clock, and never for long."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.core.errors import Invalid
from gnomon.engine.calendar import LONGEST_CRON, CronCalendar

MINUTE = timedelta(minutes=1)
CALENDAR = CronCalendar()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(cron: str, zone: str, first: datetime, until: datetime) -> Iterator[datetime]:
    found = CALENDAR.next_after(cron, zone, first)
    while found is not None and found < until:
        yield found
        found = CALENDAR.next_after(cron, zone, found)


@pytest.mark.parametrize(
    ("cron", "shown"),
    [
        # Berlin, 29 March 2026: 01:00 UTC is 03:00, and no wall clock shows 02:00 to 02:59.
        ("30 2 * * *", ["28 02:30", "29 03:00", "30 02:30"]),
        ("15,45 2 * * *", ["28 02:15", "28 02:45", "29 03:00", "30 02:15", "30 02:45"]),
        ("0 3 * * *", ["28 03:00", "29 03:00", "30 03:00"]),
        ("30 2,3 * * *", ["28 02:30", "28 03:30", "29 03:00", "29 03:30", "30 02:30", "30 03:30"]),
        ("*/30 2 * * *", ["28 02:00", "28 02:30", "30 02:00", "30 02:30"]),
        ("30 */2 29 * *", [f"29 {hour:02}:30" for hour in range(0, 24, 2) if hour != 2]),
        ("0 1-4 29 * *", ["29 01:00", "29 03:00", "29 04:00"]),
    ],
)
def test_a_time_that_the_clock_skips_comes_when_it_was_set(cron: str, shown: list[str]) -> None:
    found = times(cron, "Europe/Berlin", at("2026-03-27T23:30"), at("2026-03-30T21:59"))
    assert [f"{one.astimezone(ZoneInfo('Europe/Berlin')):%d %H:%M}" for one in found] == shown


@pytest.mark.parametrize(
    ("cron", "moments"),
    [
        # Berlin, 25 October 2026: 02:00 to 02:59 is shown from 00:00 UTC on, and again from 01:00 UTC on.
        ("30 2 * * *", ["24 00:30", "25 00:30", "26 01:30"]),
        ("0 3 * * *", ["24 01:00", "25 02:00", "26 02:00"]),
        ("30 2,3 25 * *", ["25 00:30", "25 02:30"]),
        ("*/30 2 24,25 * *", ["24 00:00", "24 00:30", "25 00:00", "25 00:30", "25 01:00", "25 01:30"]),
        ("30 */2 25 10 *", ["24 22:30", "25 00:30", "25 01:30", *(f"25 {hour:02}:30" for hour in range(3, 23, 2))]),
    ],
)  # fmt: skip
def test_a_time_that_is_shown_twice_comes_once_unless_it_comes_with_every_hour(
    cron: str, moments: list[str]
) -> None:
    found = times(cron, "Europe/Berlin", at("2026-10-23T22:30"), at("2026-10-26T22:00"))
    assert [f"{one:%d %H:%M}" for one in found] == moments


CHANGES = [
    ("Europe/Berlin", "2026-03-28"),
    ("Europe/Berlin", "2026-10-24"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-04-04"),  # half an hour
    ("Australia/Lord_Howe", "2026-10-03"),
    ("America/Santiago", "2026-04-04"),  # at midnight
    ("America/Santiago", "2026-09-05"),
    ("Africa/Cairo", "2026-04-23"),
    ("Asia/Kathmandu", "2026-01-01"),
]
_HOURS = st.sampled_from(["*", "*/2", "0", "1", "2", "3", "23", "1,2", "0-3", "2-4/2"])
_MINUTES = st.sampled_from(["*", "*/15", "*/20", "0", "30", "5,45", "0-59/30", "29"])
_DAYS = st.sampled_from(["* * *", "* * 0", "1-15 * *", "* 3,4,9,10 *", "25,29 * *", "5,6 * 6"])


def by_minutes(cron: str, zone: str, first: datetime, until: datetime) -> Iterator[datetime]:
    """Walk minute by minute, as cron does: times of fixed hours up to the highest that was shown are done."""
    is_fixed = not any(field.startswith("*") for field in cron.split()[:2])
    moment, shown = first, wall(first, zone)
    while (moment := moment + MINUTE) < until:
        now = wall(moment, zone)
        if is_fixed:
            due, shown = any_between(cron, shown, now), max(shown, now)
        else:
            due = any_between(cron, now - MINUTE, now)
        if due:
            yield moment


def wall(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def any_between(cron: str, after: datetime, until: datetime) -> bool:
    return after < until and next(CronSim(cron, after)) <= until


@settings(max_examples=30)
@given(st.sampled_from(CHANGES), _MINUTES, _HOURS, _DAYS, st.integers(0, 1440))
def test_every_zone_agrees_with_a_clock_that_is_watched(
    change: tuple[str, str], minutes: str, hours: str, days: str, start: int
) -> None:
    zone, day = change
    cron, first = f"{minutes} {hours} {days}", at(day) - timedelta(days=1) + start * MINUTE
    until = at(day) + timedelta(days=2)
    assert list(times(cron, zone, first, until)) == list(by_minutes(cron, zone, first, until))


@settings(max_examples=60)
@given(st.sampled_from(CHANGES), _MINUTES, _HOURS, st.integers(0, 400 * 1440 * 60), st.integers(0, 999_999))
def test_the_next_time_is_the_first_after_any_moment(
    change: tuple[str, str], minutes: str, hours: str, seconds: int, micros: int
) -> None:
    cron, zone = f"{minutes} {hours} * * *", change[0]
    moment = at("2026-01-01") + timedelta(seconds=seconds, microseconds=micros)
    found = CALENDAR.next_after(cron, zone, moment)
    assert found is not None
    assert found > moment
    assert CALENDAR.next_after(cron, zone, found - timedelta(microseconds=1)) == found
    assert CALENDAR.next_after(cron, zone, moment + (found - moment) / 2) == found


@pytest.mark.parametrize(
    ("cron", "comes"),
    [
        ("0 0 29 2 *", "2028-02-29"),
        ("0 0 L * *", "2026-01-31"),
        ("0 0 1 1 mon", "2026-01-05"),
        ("0 0 * 2 MON#5", "2044-02-29"),
        ("0 0 31 2 *", None),
        ("0 0 31 2,4,6,9,11 *", None),
        ("0 0 30 2 */2", None),
        ("0 0 */40 * MON#2", None),
    ],
)
def test_what_comes_seldom_or_never(cron: str, comes: str | None) -> None:
    assert CALENDAR.next_after(cron, "UTC", at("2026-01-01")) == (comes and at(comes))


@pytest.mark.parametrize(
    ("cron", "told"),
    [
        ("", "Give five fields (minute, hour, day of month, month, day of week), such as"),
        ("* * * *", "these are 4"),
        ("0 30 7 * * 1-5", "these are 6"),
        ("@daily", "these are 1"),
        ("60 * * * *", "'60' is no minute"),
        ("0 24 * * *", "'24' is no hour"),
        ("0 0 0 * *", "'0' is no day of month"),
        ("0 0 1 13 *", "'13' is no month"),
        ("0 0 1 jon *", "'jon' is no month"),
        ("0 0 * * 8", "'8' is no day of week"),
        ("5-1 * * * *", "'5-1' is no minute"),
        ("*/0 * * * *", "'*/0' is no minute"),
        ("* * ² * *", "'²' is no day of month"),
        (",".join(map(str, range(60))) * 3 + " * * * *", f"longer than {LONGEST_CRON} characters"),
    ],
)
def test_what_is_no_expression_is_told_with_what_to_give(cron: str, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        CALENDAR.next_after(cron, "UTC", at("2026-01-01"))
    (complaint,) = refused.value.complaints
    assert complaint.loc == ("cron",)
    assert told in complaint.message


@pytest.mark.parametrize(
    "zone",
    [
        *("", "Mars/Olympus", "Europe", "../etc/passwd", "/etc/localtime", "CET\0"),
        *("localtime", "right/UTC", "tzdata.zi", "é" * 300, "\ud800"),
    ],
)
def test_what_is_no_zone_is_told_with_what_to_give(zone: str) -> None:
    with pytest.raises(Invalid) as refused:
        CALENDAR.next_after("0 0 * * *", zone, at("2026-01-01"))
    (complaint,) = refused.value.complaints
    assert complaint.loc == ("timezone",)
    assert "give its IANA name, such as UTC or Europe/Berlin" in complaint.message


_FIELD = st.text("0123456789*,-/#L WMONFEB", max_size=12)


@given(st.lists(_FIELD, min_size=5, max_size=5).map(" ".join), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_no_expression_costs_long_or_breaks_the_calendar(cron: str, zone: str) -> None:
    begun = time.process_time()
    try:
        found = CALENDAR.next_after(cron, zone, at("2026-01-01"))
    except Invalid:
        found = None
    assert found is None or found > at("2026-01-01")
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
    "cron",
    [
        "* * 29 2 */6",
        "* * 30-31 1-2,4 SAT#5",
        "* * */28 2 MON#5",
        "0 0 */30 2 1#1,2#1,3#1",
        "59 23 31 */5 LW",
    ],
)
def test_what_is_searched_for_long_is_found_fast(cron: str) -> None:
    begun = time.process_time()
    for zone in ("UTC", "America/Santiago"):
        try:
            CALENDAR.next_after(cron, zone, at("2026-01-01"))
        except Invalid:
            continue
    assert time.process_time() - begun < 0.5


def test_the_end_of_the_years_is_no_time() -> None:
    assert CALENDAR.next_after("0 0 1 1 *", "UTC", at("9999-06-01")) is None
