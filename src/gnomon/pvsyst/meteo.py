"""A table of weather as some file or service gives it, and the weather record that it makes.

A typical year is put together of months of different years. Its rows become the hours of one year without a leap
day, in the local standard time of its site.
"""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

Label = Literal["start", "middle", "end"]
Column = Sequence[float | None]

TYPICAL_YEAR = 2025
"""The year as whose hours those of a typical year are written."""
NAMES: Mapping[str, str] = {
    "ghi": "ghi",
    "dhi": "dhi",
    "dni": "dni",
    "temp_air": "temperature",
    "wind_speed": "windSpeed",
    "relative_humidity": "relativeHumidity",
}
"""Our word of a column -> that of the record."""
REQUIRED = ("ghi", "temp_air", "wind_speed")
_OPTIONAL = tuple(name for name in NAMES if name not in REQUIRED)
MOST_MISSING = 0.1
"""Share of the rows: a column that lacks more is left out, if it can be."""
_LOWEST_LIGHT = -5.0
_TYPICAL_LENGTH = 365 * 86_400
_LONGEST_GAP = 300 * 86_400
_TO_MIDDLE: Mapping[Label, float] = {"start": 0.5, "middle": 0.0, "end": -0.5}


class MeteoError(ValueError):
    """The table makes no weather record; the text says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteoSite:
    """Where a table was measured or computed, as far as it says."""

    name: str | None = None
    latitude: float | None = None
    """Degrees north."""
    longitude: float | None = None
    """Degrees east."""
    elevation: float | None = None
    """Metres."""
    utc_offset: float = 0.0
    """Local standard time: hours east of Greenwich."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteoTable:
    """Rows of weather in the order of the file."""

    site: MeteoSite
    moments: Sequence[int]
    """Label of each row. [epoch s UTC]"""
    step: int
    """Length of a row. [s]"""
    label: Label
    is_typical: bool
    columns: Mapping[str, Column]
    """By pvlib's names: W/m2, degC, m/s, percent. None where a value is missing."""
    source: str = ""
    unread: tuple[str, ...] = ()
    """What the file has besides."""
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A weather record and what is to be told of it."""

    document: dict[str, Any]
    notes: tuple[str, ...]


def make_record(
    table: MeteoTable, *, utc_offset: float | None = None, default_wind: float | None = None
) -> Made:
    """Make the weather record of a table.

    Rows that lack a value which the record needs are left out; so are columns that lack values but are not needed.

    Parameters
    ----------
    table
        The table.
    utc_offset
        Local standard time in which a typical year begins; the table's own when None. [h]
    default_wind
        Stands for a wind speed that the table has not at all. [m/s]

    Raises
    ------
    MeteoError
        When it lacks a column or most of one, or has two rows of one moment.
    """
    notes = list(table.notes)
    given = dict(table.columns)
    _assume_wind(given, len(table.moments), default_wind, notes)
    _require_columns(given)
    moments, order = _placed(table, table.site.utc_offset if utc_offset is None else utc_offset, notes)
    columns = {name: [column[row] for row in order] for name, column in given.items() if name in NAMES}
    _drop_columns(columns, notes)
    moments, columns = _drop_rows(moments, columns, notes)
    _clip(columns, notes)
    document: dict[str, Any] = {
        "date": [moment * 1000 for moment in moments],
        "timestampLabel": table.label,
        **{NAMES[name]: list(column) for name, column in columns.items()},
    }
    return Made(document=document, notes=tuple(notes))


def _assume_wind(columns: dict[str, Column], rows: int, speed: float | None, notes: list[str]) -> None:
    if speed is not None and all(value is None for value in columns.get("wind_speed", ())):
        columns["wind_speed"] = [speed] * rows
        notes.append(f"wind speed: the file has none; {speed:g} m/s was assumed")


def _require_columns(columns: Mapping[str, Column]) -> None:
    lacking = [name for name in REQUIRED if all(value is None for value in columns.get(name, ()))]
    if lacking:
        words = ", ".join(lacking)
        raise MeteoError(f"there is no {words}; give a file that has global light, temperature and wind")


def _placed(table: MeteoTable, utc_offset: float, notes: list[str]) -> tuple[list[int], list[int]]:
    """Return the rows' labels in rising order, and which rows these are."""
    if not table.is_typical:
        moments, order = list(table.moments), list(range(len(table.moments)))
    else:
        moments, order = _typical(table, utc_offset, notes)
    order = sorted(order, key=moments.__getitem__)
    placed = [moments[row] for row in order]
    double = next((a for a, b in itertools.pairwise(placed) if a == b), None)
    if double is not None:
        raise MeteoError(
            f"two rows are of {datetime.fromtimestamp(double, UTC):%Y-%m-%d %H:%M} UTC; keep one of them"
        )
    return placed, order


def _typical(table: MeteoTable, utc_offset: float, notes: list[str]) -> tuple[list[int], list[int]]:
    """Move every row to the typical year by where its middle stands; a leap day's rows are left out."""
    offset = timedelta(hours=table.site.utc_offset)
    shift = _TO_MIDDLE[table.label] * table.step
    local = [datetime.fromtimestamp(moment + shift, UTC) + offset for moment in table.moments]
    kept = [row for row, middle in enumerate(local) if not _is_leap_day(middle)]
    taken = {local[row].replace(year=TYPICAL_YEAR) for row in kept}
    # A file without a leap day may name the end of a 28 February as the beginning of March, in a leap year.
    usual = set(kept)
    local = [middle.replace(day=28) if _is_leap_day(middle) else middle for middle in local]
    moved = [middle.replace(year=TYPICAL_YEAR) for middle in local]
    kept = [row for row, middle in enumerate(moved) if row in usual or middle not in taken]
    if len(kept) < len(moved):
        notes.append(f"typical year: {len(moved) - len(kept)} rows of a 29 February were left out")
    years = _span({middle.year for middle in local})
    notes.append(f"typical year: its months are of {years}; the rows are dated as hours of {TYPICAL_YEAR}")
    begin = datetime(TYPICAL_YEAR, 1, 1, tzinfo=UTC).timestamp() - utc_offset * 3600
    middles = ((middle - offset).timestamp() for middle in moved)
    # What is before midnight of the local year's beginning goes to its end, and the other way round.
    return [round(begin + (middle - begin) % _TYPICAL_LENGTH - shift) for middle in middles], kept


def _is_leap_day(moment: datetime) -> bool:
    return (moment.month, moment.day) == (2, 29)


def _span(years: set[int]) -> str:
    return f"{min(years)} to {max(years)}" if len(years) > 1 else f"{min(years)}"


def _drop_columns(columns: dict[str, list[float | None]], notes: list[str]) -> None:
    for name in _OPTIONAL:
        missing = columns.get(name, []).count(None)
        total = len(columns.get(name, ()))
        is_needed = name == "dhi"  # rows without it can be spared better than all of it
        if missing and (not is_needed or missing > MOST_MISSING * total):
            del columns[name]
            notes.append(f"{NAMES[name]}: {missing} of {total} values are missing; the column was left out")


def _drop_rows(
    moments: list[int], columns: dict[str, list[float | None]], notes: list[str]
) -> tuple[list[int], dict[str, list[float | None]]]:
    lacking = Counter(
        next(name for name in columns if columns[name][row] is None)
        for row in range(len(moments))
        if any(column[row] is None for column in columns.values())
    )
    if not lacking:
        return moments, columns
    missing, rows = sum(lacking.values()), len(moments)
    by_name = ", ".join(f"{count} without {NAMES[name]}" for name, count in lacking.items())
    if missing > MOST_MISSING * rows:
        most = f"at most {100 * MOST_MISSING:g} % may be missing"
        raise MeteoError(f"{missing} of {rows} rows lack a value ({by_name}); fill them: {most}")
    notes.append(f"{missing} of {rows} rows lack a value ({by_name}) and were left out")
    kept = [row for row in range(rows) if all(column[row] is not None for column in columns.values())]
    return [moments[row] for row in kept], {
        name: [column[row] for row in kept] for name, column in columns.items()
    }


def _clip(columns: dict[str, list[float | None]], notes: list[str]) -> None:
    """Take values slightly below zero as zero: rounding of a model, or the night of a pyranometer."""
    for name in ("ghi", "dhi", "dni", "wind_speed"):
        least = -1.0 if name == "wind_speed" else _LOWEST_LIGHT
        low = [
            row for row, value in enumerate(columns.get(name, ())) if value is not None and least <= value < 0
        ]
        for row in low:
            columns[name][row] = 0.0
        if low:
            notes.append(f"{NAMES[name]}: {len(low)} values just below 0 were taken as 0")


def common_step(moments: Sequence[int]) -> int:
    """Return the commonest distance between neighbours. [s].

    Raises
    ------
    MeteoError
        When there are fewer than two rows.
    """
    steps = Counter(b - a for a, b in itertools.pairwise(moments) if b > a)
    if not steps:
        raise MeteoError("there are fewer than two rows; give a series")
    return min(steps, key=lambda step: (-steps[step], step))


def jumps_between_years(moments: Sequence[int]) -> bool:
    """Say whether the rows' labels [epoch s] go back, or forth by most of a year: months of a typical year."""
    return any(not 0 <= b - a <= _LONGEST_GAP for a, b in itertools.pairwise(moments))
