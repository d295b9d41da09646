"""The calendar: when the times of a cron expression come, in any time zone, as Debian's cron keeps them.

What is asked of cronsim is wall-clock time without a zone. The zone is put on here, because a clock that is changed
either skips wall-clock times or shows them twice:

- An expression that names both minute and hour (neither field begins with ``*``) comes once a day at each of its
  times. A time that the change skips comes when the change is over; of one that is shown twice, the first counts.
- Any other comes whenever the wall clock shows one of its times: twice in an hour that is repeated, never in one that
  is left out.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from gnomon.core.errors import Complaint, Invalid

LONGEST_CRON = 400
"""Characters of an expression; one that names every minute, hour, day, month and weekday has 363."""
_NAMES = ("minute", "hour", "day of month", "month", "day of week")
_EXAMPLE = "such as '30 7 * * 1-5', half past seven from Monday to Friday"
_WEEK = timedelta(days=7)
"""Less than passes between two changes of a clock."""
_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NOT_PORTABLE = ("posix/", "right/", "localtime", "Factory")
"""Found beside the names of IANA on some machines, where they mean what that machine says."""


class CronCalendar:
    """Reads cron expressions of five fields."""

    def next_after(self, cron: str, timezone: str, after: datetime) -> datetime | None:
        """Return the first time after then, aware UTC; None when there is none in the next fifty years.

        Raises
        ------
        Invalid
            When the expression or the zone cannot be read; places are `cron` and `timezone`.
        """
        zone = _read_zone(timezone)
        times = _read_times(cron)
        following = _next_of_wall if _is_at_fixed_times(cron) else _next_shown
        try:
            return following(times, zone, after)
        except (StopIteration, OverflowError):  # the latter when the years of `datetime` are over
            return None


Times = Callable[[datetime], Iterator[datetime]]
"""Yields the wall-clock times after a wall-clock time; ends when there are no more in fifty years."""


def _next_of_wall(times: Times, zone: tzinfo, after: datetime) -> datetime:
    """Return the first moment after then of those at which each wall-clock time comes, once."""
    # In an hour that is shown again, times of it have come already: the iterator goes on past them.
    return next(at for wall in times(_wall(after, zone)) if (at := _instant(wall, zone)) > after)


def _instant(wall: datetime, zone: tzinfo) -> datetime:
    """Return when the wall clock first shows a time or, when it skips that, a later one."""
    at = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if _wall(at, zone) == wall:
        return at
    # What is skipped is read by the clock before the change, so that it lies behind the change.
    return _change_between(zone, at - _WEEK, at)


def _next_shown(times: Times, zone: tzinfo, after: datetime) -> datetime:
    """Return the first moment after then at which the wall clock shows one of the times."""
    wall = _wall(after, zone)
    while True:
        at = next(times(wall)).replace(tzinfo=UTC) - _offset(after, zone)
        if (change := _find_change(zone, after, at)) is None:
            return at
        # Nothing comes before the change; what comes with it or after is read off the new clock.
        after, wall = change, _wall(change, zone) - _MICROSECOND


def _find_change(zone: tzinfo, after: datetime, until: datetime) -> datetime | None:
    """Return the first moment after then, and no later than the other, at which the clock was changed."""
    old = _offset(after, zone)
    while after < until:
        later = min(after + _WEEK, until)
        if _offset(later, zone) != old:
            return _change_between(zone, after, later)
        after = later
    return None


def _change_between(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """Return the moment at which the clock was changed, of two moments of which the later one is behind that."""
    old = _offset(before, zone)
    while after - before > _MICROSECOND:
        middle = before + (after - before) // 2
        before, after = (middle, after) if _offset(middle, zone) == old else (before, middle)
    return after


def _wall(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def _offset(at: datetime, zone: tzinfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _is_at_fixed_times(cron: str) -> bool:
    minute, hour, *_ = cron.split()
    return not (minute.startswith("*") or hour.startswith("*"))


def _read_zone(name: str) -> tzinfo:
    try:
        return ZoneInfo("" if name.startswith(_NOT_PORTABLE) else name)
    except (LookupError, ValueError, OSError) as error:  # unknown; no path of a zone; a folder of zones
        message = f"No time zone is called {name[:80]!r}; give its IANA name, such as UTC or Europe/Berlin."
        raise Invalid([Complaint(("timezone",), message, "timezone")]) from error


@lru_cache(maxsize=1024)
def _read_times(cron: str) -> Times:
    """Read an expression; raises `Invalid`, with what to give instead."""
    if len(cron) > LONGEST_CRON:
        raise _invalid(f"This is longer than {LONGEST_CRON} characters; give five fields, {_EXAMPLE}.")
    fields = cron.split()
    if len(fields) != len(_NAMES):
        raise _invalid(f"Give five fields ({', '.join(_NAMES)}), {_EXAMPLE}; these are {len(fields)}.")
    for position, name in enumerate(_NAMES):
        if not _is_read(["*" if place != position else field for place, field in enumerate(fields)]):
            raise _invalid(f"{fields[position][:40]!r} is no {name}; give five fields, {_EXAMPLE}.")
    # Each field can be read and all together cannot: such a month never has such a day.
    return _times(cron) if _is_read(fields) else _never


def _is_read(fields: list[str]) -> bool:
    try:
        CronSim(" ".join(fields), _SOME_DAY)
    except CronSimError:
        return False
    return True


def _times(cron: str) -> Times:
    def after(wall: datetime) -> Iterator[datetime]:
        return iter(CronSim(cron, wall))

    return after


def _never(_: datetime) -> Iterator[datetime]:
    return iter(())


def _invalid(message: str) -> Invalid:
    return Invalid([Complaint(("cron",), message, "cron")])
