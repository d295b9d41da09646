"""A table of weather becomes a record: every row at its moment, nothing missing in silence."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pvsyst.meteo import Label, MeteoError, MeteoSite, MeteoTable, make_record


def hours(year_of_month: dict[int, int], offset: float = 0.0) -> list[int]:
    """Return the starts of the hours of a typical year, month by month of the years given, in local time."""
    found: list[int] = []
    for month in range(1, 13):
        year = year_of_month.get(month, 2011)
        start = datetime(year, month, 1, tzinfo=UTC).timestamp() - offset * 3600
        after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC).timestamp() - offset * 3600
        found += range(round(start), round(after), 3600)
    return found


def table(moments: list[int], **given: Any) -> MeteoTable:
    rows = len(moments)
    usual: dict[str, Any] = {
        "site": MeteoSite(),
        "step": 3600,
        "label": "start",
        "is_typical": False,
        "columns": {"ghi": [100.0] * rows, "temp_air": [10.0] * rows, "wind_speed": [1.0] * rows},
    }
    return MeteoTable(moments=moments, **{**usual, **given})


LOCAL_2025 = datetime(2025, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("label", ["start", "middle", "end"])
@pytest.mark.parametrize("offset", [0.0, -7.0, 5.5, 13.0])
def test_a_typical_year_becomes_the_hours_of_one_local_year(label: Label, offset: float) -> None:
    shift = {"start": 0, "middle": 1800, "end": 3600}[label]
    # 2012 gives a February of 29 days, and a December of 1999 goes before it.
    starts = hours({2: 2012, 12: 1999}, offset)
    moments = [moment + shift for moment in starts]
    given_table = table(
        moments,
        label=label,
        is_typical=True,
        site=MeteoSite(utc_offset=offset),
        columns={
            "ghi": list(range(len(moments))),
            "temp_air": [1] * len(moments),
            "wind_speed": [1] * len(moments),
        },
    )
    made = make_record(given_table)
    first = LOCAL_2025 - offset * 3600 + shift
    assert made.document["date"] == [round(first + 3600 * hour) * 1000 for hour in range(8760)]
    assert made.document["timestampLabel"] == label
    leap = range((31 + 28) * 24, (31 + 29) * 24)
    assert made.document["ghi"] == [row for row in range(8784) if row not in leap]
    assert "24 rows of a 29 February" in made.notes[0]
    assert "of 1999 to 2012" in made.notes[1]


@pytest.mark.parametrize("offset", [2.0, -5.0])
def test_a_typical_year_in_utc_is_rolled_to_local_midnight(offset: float) -> None:
    # A leap February without its last day, as providers give it: no hour may get lost beside the gap.
    starts = hours({2: 2012, 3: 2016})
    del starts[(31 + 28) * 24 : (31 + 29) * 24]
    columns = {"ghi": list(range(8760)), "temp_air": [1] * 8760, "wind_speed": [1] * 8760}
    made = make_record(table(starts, is_typical=True, columns=columns), utc_offset=offset)
    # East of Greenwich the last hours of December in UTC are the first ones of January.
    first = round(-offset) % 8760
    assert made.document["ghi"] == [*range(first, 8760), *range(first)]
    begin = round(LOCAL_2025 - offset * 3600)
    assert made.document["date"] == [(begin + 3600 * hour) * 1000 for hour in range(8760)]


def test_a_year_of_its_own_keeps_its_dates_and_its_leap_day() -> None:
    start = round(datetime(2020, 2, 28, 23, tzinfo=UTC).timestamp())
    moments = [start + 3600 * hour for hour in range(26)]
    assert make_record(table(moments)).document["date"] == [moment * 1000 for moment in moments]


def columns(**given: list[float | None]) -> dict[str, list[float | None]]:
    return {"ghi": [1.0] * 20, "temp_air": [1.0] * 20, "wind_speed": [1.0] * 20, **given}


def lacking(count: int) -> list[float | None]:
    return [None] * count + [5.0] * (20 - count)


def test_rows_without_a_needed_value_are_left_out_and_told() -> None:
    made = make_record(table(list(range(0, 20 * 3600, 3600)), columns=columns(temp_air=lacking(2))))
    assert len(made.document["ghi"]) == len(made.document["date"]) == 18
    assert made.document["date"][0] == 7200_000
    assert made.notes == ("2 of 20 rows lack a value (2 without temperature) and were left out",)


def test_too_many_missing_rows_are_refused() -> None:
    with pytest.raises(MeteoError, match=r"3 of 20 rows lack a value \(3 without ghi\)"):
        make_record(table(list(range(0, 20 * 3600, 3600)), columns=columns(ghi=lacking(3))))


@pytest.mark.parametrize(("name", "count"), [("dhi", 3), ("dni", 1), ("relative_humidity", 1)])
def test_a_column_that_can_be_spared_is_left_out(name: str, count: int) -> None:
    made = make_record(table(list(range(0, 20 * 3600, 3600)), columns=columns(**{name: lacking(count)})))
    assert len(made.document["ghi"]) == 20
    assert set(made.document) == {"date", "timestampLabel", "ghi", "temperature", "windSpeed"}
    assert "the column was left out" in made.notes[0]


@pytest.mark.parametrize("name", ["ghi", "temp_air", "wind_speed"])
def test_a_needed_column_must_be_there(name: str) -> None:
    given_columns = columns()
    del given_columns[name]
    with pytest.raises(MeteoError, match=name):
        make_record(table(list(range(0, 20 * 3600, 3600)), columns=given_columns))


def test_a_wind_speed_may_be_assumed() -> None:
    given_columns = columns()
    del given_columns["wind_speed"]
    made = make_record(table(list(range(0, 20 * 3600, 3600)), columns=given_columns), default_wind=1.5)
    assert made.document["windSpeed"] == [1.5] * 20
    assert "1.5 m/s was assumed" in made.notes[0]


def test_values_just_below_zero_are_zero_and_others_stay() -> None:
    made = make_record(
        table(
            [0, 3600, 7200],
            columns={
                "ghi": [-3.0, 0.0, -50.0],
                "temp_air": [-3.0, 0.0, 1.0],
                "wind_speed": [-0.01, 1.0, 2.0],
            },
        )
    )
    assert made.document["ghi"] == [0.0, 0.0, -50.0]
    assert made.document["windSpeed"] == [0.0, 1.0, 2.0]
    assert made.document["temperature"] == [-3.0, 0.0, 1.0]
    assert len(made.notes) == 2


def test_two_rows_of_one_moment_are_refused() -> None:
    with pytest.raises(MeteoError, match="1970-01-01 01:00 UTC"):
        make_record(table([0, 3600, 3600]))


@given(st.permutations(range(6)))
def test_rows_come_out_by_time(order: list[int]) -> None:
    made = make_record(
        table(
            [3600 * row for row in order],
            columns={
                "ghi": [float(row) for row in order],
                "temp_air": [0.0] * 6,
                "wind_speed": [0.0] * 6,
            },
        )
    )
    assert made.document["ghi"] == [0, 1, 2, 3, 4, 5]
