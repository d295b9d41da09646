import math
import time
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from sample import weather

from gnomon.pv.weather import local_months
from gnomon.workloads.energy_model.weather import MOST_ROWS, NOMINAL_YEAR, check_arrays, gap_notes, read

HOUR = 3_600_000


def short(rows: int = 24, **changes: Any) -> dict[str, Any]:
    return {**weather(rows), "date": [HOUR * row for row in range(rows)], **changes}


@pytest.mark.parametrize("name", ["ghi", "dhi", "windSpeed", "temperature"])
@pytest.mark.parametrize("value", [math.nan, math.inf, None, "5", True, [1], 1e400, 10**400, -1e9])
def test_a_bad_value_is_named_with_its_row(name: str, value: Any) -> None:
    document = short()
    document[name] = [*document[name][:7], value, *document[name][8:]]
    (complaint,) = check_arrays(document, ("weatherData",))
    assert complaint.loc == ("weatherData", name, 7)
    assert complaint.message.startswith(f"row 7 of {name} is ")


@pytest.mark.parametrize("name", ["ghi", "dhi", "dni", "windSpeed"])
def test_nothing_negative_shines_or_blows(name: str) -> None:
    document = short(dni=[0.0] * 24)
    document[name] = [-5.1, *document[name][1:]]
    (complaint,) = check_arrays(document)
    assert complaint.message.startswith(f"row 0 of {name} is -5.1; give a number from 0 to")
    assert complaint.message.endswith("set night values to 0") == (name != "windSpeed")


@pytest.mark.parametrize("name", ["ghi", "dhi", "dni"])
def test_a_sensors_thermal_offset_is_taken_as_dark(name: str) -> None:
    document = short(dni=[0.0] * 24)
    document[name] = [-5, -0.1, *document[name][2:]]
    assert list(check_arrays(document)) == []
    assert getattr(read(document, 0.0), name)[:2].tolist() == [0.0, 0.0]


def test_frost_is_no_error() -> None:
    assert list(check_arrays(short(temperature=[-40.0] * 24))) == []


@pytest.mark.parametrize("name", ["ghi", "windSpeed", "temperature"])
def test_a_missing_array_is_named(name: str) -> None:
    document = short()
    del document[name]
    (complaint,) = check_arrays(document)
    assert complaint.loc == (name,)


def test_arrays_of_unequal_length_are_refused() -> None:
    (complaint,) = check_arrays(short(ghi=[0.0] * 23))
    assert "ghi has 23, dhi has 24" in complaint.message


def test_only_a_plain_year_goes_without_dates() -> None:
    assert list(check_arrays(weather())) == []
    for rows in (8759, 8784):
        (complaint,) = check_arrays(weather(rows))
        assert complaint.loc == ("date",)


def test_there_is_a_most_and_a_least() -> None:
    assert "rows; give 2 to" in next(iter(check_arrays(short(1)))).message
    many = {name: [0.0] * (MOST_ROWS + 1) for name in ("ghi", "dhi", "windSpeed", "temperature")}
    (complaint,) = check_arrays({**many, "date": list(range(MOST_ROWS + 1))})
    assert "rows; give 2 to 105408" in complaint.message


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        ([0, HOUR, HOUR], "row 2 of date is 3600000, after 3600000: dates must rise"),
        ([0, HOUR, 0], "row 2 of date is 0, after 3600000: dates must rise"),
        ([0, 2 * HOUR, 4 * HOUR], "at most an hour"),
        ([0, 24 * HOUR, 48 * HOUR], "at most an hour"),
        (
            [0, HOUR // 3 * 2, HOUR // 3 * 5],
            "row 2 of date is 6000000, after 2400000: breaks the step of 2400",
        ),
        (
            [1735689600, 1735693200, 1735696800],
            "row 1 of date is 1735693200, after 1735689600: a step of 3600",
        ),
        ([1735689600, 1735693200, 1735696800], "looks like seconds; multiply by 1000"),
        ([1735689600, 1735689900, 1735690200.0], "looks like seconds; multiply by 1000"),
        ([0, 59_999, 119_998], "looks like seconds"),
        ([0, 59, 118], "a step of 59 ms; give rows at least a minute apart"),
        ([10**12, 10**12 + 60, 10**12 + 120], "give rows at least a minute apart"),
        ([0, HOUR, 2.5], "row 2 of date is 2.5"),
        ([0, HOUR, math.nan], "row 2 of date is nan"),
        ([0, HOUR, 10**400], "row 2 of date is 1000"),
        ([0, HOUR, "2017"], "row 2 of date is '2017'"),
    ],
)
def test_dates_rise_by_one_step(dates: list[Any], words: str) -> None:
    (complaint,) = check_arrays(short(3, date=dates))
    assert words in complaint.message


def dated(*hours: float) -> dict[str, Any]:
    return short(len(hours), date=[HOUR * hour for hour in hours])


def test_few_gaps_of_whole_steps_are_allowed_and_told() -> None:
    document = dated(*range(10), 12, *range(13, 40))
    assert list(check_arrays(document)) == []
    (told,) = gap_notes(read(document, 0.0))
    assert told.startswith("weather date: 2 rows are missing (5 %), first after row 9 (1970-01-01T09:00Z); ")
    assert list(gap_notes(read(short(), 0.0))) == []


def test_many_gaps_are_refused_at_the_first() -> None:
    (complaint,) = check_arrays(dated(*range(10), 12, *range(14, 20)))
    assert complaint.loc == ("date", 10)
    assert "2 rows are missing here, 3 of 20 in all" in complaint.message
    assert "at most 10 % may be missing" in complaint.message


def test_one_short_step_is_the_one_that_is_named() -> None:
    (complaint,) = check_arrays(dated(0, 1, 2, 2.5, 3.5, 4.5))
    assert complaint.loc == ("date", 3)
    assert complaint.message.endswith("breaks the step of 3600 s; keep to one step")


def test_the_server_may_allow_more_rows_or_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNOMON_MAX_WEATHER_ROWS", "23")
    (complaint,) = check_arrays(short())
    assert "24 rows; give 2 to 23; the server's setting --max-weather-rows" in complaint.message
    monkeypatch.setenv("GNOMON_MAX_WEATHER_ROWS", "24")
    assert list(check_arrays(short())) == []


@pytest.mark.parametrize(
    ("wire", "field", "value"),
    [
        ("poa", "poa", 700.0),
        ("relativeHumidity", "relative_humidity", 40.0),
        ("snowDepth", "snow_depth", 12.0),
        ("snowfall", "snowfall", 0.5),
        ("dni", "dni", 800.0),
    ],
)
def test_optional_columns_arrive(wire: str, field: str, value: float) -> None:
    assert getattr(read(short(), 0.0), field) is None
    assert getattr(read(short(**{wire: [value] * 24}), 0.0), field).tolist() == [value] * 24


def test_the_diffuse_light_may_be_absent() -> None:
    document = short()
    del document["dhi"]
    assert list(check_arrays(document)) == []
    assert read(document, 0.0).dhi is None


def test_a_year_of_five_minutes_is_checked_without_a_wait() -> None:
    rows = 105_408
    columns = dict.fromkeys(("ghi", "dhi", "dni", "temperature", "windSpeed"), [1.5] * rows)
    document = {**columns, "date": [300_000 * row for row in range(rows)]}
    start = time.process_time()
    assert list(check_arrays(document)) == []
    assert time.process_time() - start < 0.15


@pytest.mark.parametrize("utc_offset", [-7.0, 0.0, 1.0, 5.5])
def test_a_year_without_dates_is_local_standard_time(utc_offset: float) -> None:
    got = read(weather(), utc_offset)
    start = datetime(NOMINAL_YEAR, 1, 1, tzinfo=UTC).timestamp() - utc_offset * 3600
    assert got.step == 3600
    assert got.label[0] == start
    assert got.time[0] == start + 1800
    months = local_months(got.time, utc_offset)
    assert np.bincount(months).tolist() == [
        24 * days for days in (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    ]


@pytest.mark.parametrize(("label", "shift"), [(None, 1800), ("start", 1800), ("middle", 0), ("end", -1800)])
def test_dates_name_the_start_unless_told_otherwise(label: str | None, shift: int) -> None:
    document = short() if label is None else short(timestampLabel=label)
    got = read(document, 1.0)
    assert got.label.tolist() == [3600 * row for row in range(24)]
    assert (got.time - got.label).tolist() == [shift] * 24


def test_quarter_hours() -> None:
    got = read(short(8, date=[900_000 * row for row in range(8)]), 0.0)
    assert got.step == 900
    assert got.time[1] == 1350
