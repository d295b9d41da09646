"""Weather documents: parallel arrays to the laboratory's record, and what can be wrong with them.

Rows are interval means. Without `date` there are exactly 8760 rows, the hours of one year without a leap day in
local standard time, and each row is named by the start of its hour. With `date` (epoch milliseconds UTC) a row
is named as `timestampLabel` says, by its start unless told otherwise.

A year of five-minute rows has 105 408 of each; so columns are checked as arrays, and only a column that fails is
searched for the row to name.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from gnomon.core.errors import Complaint
from gnomon.pv.weather import IntervalLabel, Weather, interval_middle

Loc = tuple[str | int, ...]

HOURS_OF_YEAR = 8760
MOST_ROWS = 105_408  # a leap year of five-minute rows
MOST_ROWS_VARIABLE = "GNOMON_MAX_WEATHER_ROWS"
NOMINAL_YEAR = 2025  # rows without dates are shown as hours of this year
MOST_MISSING = 0.1  # share of the rows between first and last: more is no series, but pieces of one
REQUIRED = ("ghi", "windSpeed", "temperature")
LOWEST_OFFSET = -5  # W/m2: a pyranometer's thermal offset at night is above it, and taken as 0
# Name -> lowest and highest value, and the unit for the complaint.
_RANGES: dict[str, tuple[float, float, str]] = {
    "ghi": (LOWEST_OFFSET, 2000, "W/m2"),
    "dhi": (LOWEST_OFFSET, 2000, "W/m2"),
    "dni": (LOWEST_OFFSET, 2000, "W/m2"),
    "poa": (LOWEST_OFFSET, 2500, "W/m2"),
    "windSpeed": (0, 120, "m/s"),
    "temperature": (-90, 70, "degC"),
    "relativeHumidity": (0, 100, "%"),
    "snowDepth": (0, 2000, "cm"),
    "snowfall": (0, 200, "cm"),
}
_MINUTE_MS, _HOUR_MS = 60_000, 3_600_000
_FAR_MS, _FAR_S = 1e14, 1e11  # some three thousand years from 1970
_NUMBERS = {float, int}  # a bool is no measurement, though Python counts it among the whole numbers


def most_rows() -> int:
    """Return how many rows a weather may have: what the server was told, else a leap year of five minutes."""
    told = os.environ.get(MOST_ROWS_VARIABLE, "")
    return int(told) if told.isdecimal() else MOST_ROWS


def check_arrays(document: Mapping[str, Any], at: Loc = ()) -> Iterator[Complaint]:
    """Yield what is wrong with the arrays of a weather document."""
    source = document.get("weatherDataSource")
    has_arrays = any(document.get(name) is not None for name in REQUIRED)
    if source not in (None, "provided") and not has_arrays:
        yield Complaint(
            (*at, "weatherDataSource"),
            f"{source!r} is fetched when a record is saved (POST /weatherdata/fetch), not here; "
            f"give the arrays {', '.join(REQUIRED)}, or a location with such a record",
            "not_supported",
        )
        return
    columns = {name: document[name] for name in (*_RANGES, "date") if document.get(name) is not None}
    for name in REQUIRED:
        if name not in columns:
            yield Complaint((*at, name), f"give {name}, one number a row [{_RANGES[name][2]}]", "missing")
    wrong = [name for name, column in columns.items() if not isinstance(column, list)]
    for name in wrong:
        yield Complaint((*at, name), "give an array of numbers, one a row", "list_type")
    if not wrong and columns:
        yield from _check_lists(columns, at)


def _check_lists(columns: Mapping[str, list[Any]], at: Loc) -> Iterator[Complaint]:
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        yield Complaint(at, f"the arrays differ in length: {listed}; give each the same rows", "length")
        return
    rows, most = next(iter(lengths.values())), most_rows()
    if not 2 <= rows <= most:
        more = "; the server's setting --max-weather-rows allows no more" if rows > most else ""
        yield Complaint(at, f"{rows} rows; give 2 to {most}{more}", "length")
        return
    if "date" not in columns and rows != HOURS_OF_YEAR:
        yield Complaint(
            (*at, "date"),
            f"{rows} rows need date (epoch ms UTC, one a row); only {HOURS_OF_YEAR} hourly rows go without",
            "missing",
        )
    for name, column in columns.items():
        yield from _check_dates(column, at) if name == "date" else _check_column(name, column, at)


def _check_column(name: str, column: list[Any], at: Loc) -> Iterator[Complaint]:
    low, high, unit = _RANGES[name]
    if _are_within(column, low, high):
        return
    row = next(row for row, value in enumerate(column) if not _is_within(value, low, high))
    least = 0 if low == LOWEST_OFFSET else low
    yield Complaint(
        (*at, name, row),
        f"row {row} of {name} is {_shown(column[row])}; give a number from {least} to {high} {unit}"
        + ("; set night values to 0" if low == LOWEST_OFFSET and _is_negative(column[row]) else ""),
        "weather_value",
    )


def _are_within(column: list[Any], low: float, high: float) -> bool:
    """Tell whether all values of a column are numbers within the limits, without a look at each."""
    if not set(map(type, column)) <= _NUMBERS:
        return False
    try:
        values = np.array(column, dtype=np.float64)
    except OverflowError:
        return False
    # NaN compares as false.
    return bool(values.min() >= low and values.max() <= high)


def _check_dates(column: list[Any], at: Loc) -> Iterator[Complaint]:
    moments = _whole_ms(column)
    if moments is None:
        row = next(row for row, value in enumerate(column) if not _is_moment(value))
        told = f"row {row} of date is {_shown(column[row])}; give epoch ms UTC"
        yield Complaint((*at, "date", row), told, "weather_value")
        return
    wrong = _wrong_step(moments)
    if wrong is not None:
        row, words = wrong
        message = f"row {row} of date is {column[row]:.0f}, after {column[row - 1]:.0f}: {words}"
        yield Complaint((*at, "date", row), message, "weather_value")


def _whole_ms(column: list[Any]) -> npt.NDArray[np.int64] | None:
    if not _are_within(column, -_FAR_MS, _FAR_MS):
        return None
    values = np.array(column, dtype=np.float64)
    whole = values.astype(np.int64)
    return whole if (whole == values).all() else None


def _is_moment(value: Any) -> bool:
    return _is_within(value, -_FAR_MS, _FAR_MS) and value == int(value)


def _wrong_step(moments: npt.NDArray[np.int64]) -> tuple[int, str] | None:
    """Return the first row whose step is wrong, and how; None when all rise by one step, but for few gaps."""
    steps = moments[1:] - moments[:-1]
    least = int(steps.min())
    if least <= 0:
        return int(np.argmax(steps <= 0)) + 1, "dates must rise; sort the rows and drop the doubles"
    if least < _MINUTE_MS:
        seconds = least * 1000 >= _MINUTE_MS and abs(int(moments[0])) < _FAR_S
        remedy = "looks like seconds; multiply by 1000" if seconds else "give rows at least a minute apart"
        return int(np.argmin(steps)) + 1, f"a step of {least:g} ms; {remedy}"
    step = common_step(steps)
    if step > _HOUR_MS:
        return 1, f"a step of {step / 1000:g} s; give one of at most an hour"
    broken = np.remainder(steps, step) != 0
    if broken.any():
        return int(np.argmax(broken)) + 1, f"breaks the step of {step / 1000:g} s; keep to one step"
    return _too_many_missing(steps // step)


def common_step(steps: npt.NDArray[np.int64]) -> int:
    """Return the commonest of some steps, the shortest where several are."""
    if (steps == steps[0]).all():
        return int(steps[0])
    lengths, counts = np.unique(steps, return_counts=True)
    return int(lengths[np.argmax(counts)])


def _too_many_missing(taken: npt.NDArray[np.int64]) -> tuple[int, str] | None:
    missing, whole = int(taken.sum()) - taken.size, int(taken.sum()) + 1
    if missing <= MOST_MISSING * whole:
        return None
    row = int(np.argmax(taken > 1)) + 1
    return row, (
        f"{int(taken[row - 1]) - 1} rows are missing here, {missing} of {whole} in all; "
        f"fill the gaps: at most {100 * MOST_MISSING:g} % may be missing"
    )


def gap_notes(weather: Weather) -> Iterator[str]:
    """Yield a line that tells how many rows are missing, and where first."""
    taken = np.rint((weather.label[1:] - weather.label[:-1]) / weather.step).astype(np.int64)
    missing = int(taken.sum()) - taken.size
    if missing > 0:
        row = int(np.argmax(taken > 1))
        yield (
            f"weather date: {missing} rows are missing ({100 * missing / (missing + taken.size + 1):.2g} %), first "
            f"after row {row} ({moment(weather, row)}); they are not filled, sums leave them out"
        )


def moment(weather: Weather, row: int) -> str:
    """Return the label of a row as ISO 8601 in UTC."""
    return f"{np.datetime64(int(weather.label[row]), 's').astype('datetime64[m]')}Z"


def _is_within(value: object, low: float, high: float) -> bool:
    # NaN is within nothing, and a bool is no measurement.
    return type(value) in (float, int) and low <= value <= high  # type: ignore[operator]


def _is_negative(value: object) -> bool:
    return isinstance(value, (float, int)) and value < 0


def _shown(value: object) -> str:
    return "null" if value is None else repr(value)[:40]


def read(document: Mapping[str, Any], utc_offset: float) -> Weather:
    """Return a checked weather document as the laboratory's record.

    Parameters
    ----------
    document
        Checked, and without blobs.
    utc_offset
        Local standard time of rows that come without dates. [h]
    """
    label: IntervalLabel = document.get("timestampLabel") or "start"
    moments, step = _moments(document.get("date"), utc_offset)
    return Weather(
        time=interval_middle(moments, step, label if document.get("date") else "start"),
        label=moments,
        step=step,
        ghi=_light(document["ghi"]),
        temp_air=_column(document["temperature"]),
        wind_speed=_column(document["windSpeed"]),
        **{field: read_as(document[name]) for name, field, read_as in _OPTIONAL if document.get(name)},
    )


def _light(values: list[float]) -> npt.NDArray[np.float64]:
    return np.maximum(_column(values), 0.0)


def _column(values: list[float]) -> npt.NDArray[np.float64]:
    return np.array(values, dtype=np.float64)


# Columns that may be absent -> what the laboratory calls them, and how they are read.
_OPTIONAL = (
    ("dhi", "dhi", _light),
    ("dni", "dni", _light),
    ("poa", "poa", _light),
    ("relativeHumidity", "relative_humidity", _column),
    ("snowDepth", "snow_depth", _column),
    ("snowfall", "snowfall", _column),
)


def _moments(date: list[int] | None, utc_offset: float) -> tuple[npt.NDArray[np.int64], float]:
    """Return the labels of the rows [epoch s] and the length of an interval [s]."""
    if date is None:
        start = round(datetime(NOMINAL_YEAR, 1, 1, tzinfo=UTC).timestamp() - utc_offset * 3600)
        return start + 3600 * np.arange(HOURS_OF_YEAR, dtype=np.int64), 3600.0
    moments = np.array(date, dtype=np.int64)
    return moments // 1000, common_step(moments[1:] - moments[:-1]) / 1000
