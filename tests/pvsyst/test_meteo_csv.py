"""PVsyst's CSV of weather: what is written in it comes out, in our units and at the right moments."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pvsyst import PvsystError
from gnomon.pvsyst.meteo import MeteoError, make_record
from gnomon.pvsyst.meteo_csv import is_meteo_csv, read

HEAD = """#Meteo hourly data
#A remark without a value
#Site;Bern
#Country;Switzerland
#Data Source;Station, 2021
#Time step;Hour
#Latitude;46.95
#Longitude;7.45
#Altitude;560
#Time Zone;1
"""
ROWS = """Year;Month;Day;Hour;Minute;GHI;DHI;DNI;Tamb;WindVel;RelHum
;;;;;W/m2;W/m2;W/m2;deg.C;m/s;%
2021;1;1;11;0;100;60;200;-1.5;2;90
2021;1;1;12;0;150;70;260;0;-99;85
2021;1;1;13;0;120;66;;0.5;1.5;-99
"""


def utc(*parts: int) -> int:
    return round(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]  # a test gives the right number


def test_a_file_is_read_with_its_site_and_hours() -> None:
    table = read((HEAD + ROWS).encode())
    assert (table.site.name, table.site.latitude, table.site.longitude) == ("Bern", 46.95, 7.45)
    assert (table.site.elevation, table.site.utc_offset, table.source) == (560, 1, "Station, 2021")
    assert list(table.moments) == [utc(2021, 1, 1, hour) for hour in (10, 11, 12)]
    assert (table.step, table.label, table.is_typical) == (3600, "start", False)
    assert table.columns == {
        "ghi": [100, 150, 120],
        "dhi": [60, 70, 66],
        "dni": [200, 260, None],
        "temp_air": [-1.5, 0, 0.5],
        "wind_speed": [2, None, 1.5],
        "relative_humidity": [90, 85, None],
    }


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_separators_and_encodings_do_not_matter(separator: str, encoding: str) -> None:
    text = (HEAD + ROWS).replace("deg.C", "°C").replace("Station, 2021", "Station 2021")
    table = read(text.replace(";", separator).encode(encoding))
    assert table.columns["ghi"] == [100, 150, 120]
    assert table.site.name == "Bern"


def test_trailing_separators_and_decimal_commas_of_a_spreadsheet_are_read() -> None:
    text = (HEAD + ROWS).replace("\n", ";;;\n").replace("-1.5", "-1,5")
    assert read(text.encode()).columns["temp_air"] == [-1.5, 0, 0.5]


@pytest.mark.parametrize(
    ("column", "unit", "values", "read_as"),
    [
        ("RelHum", "", ("0.5", "1"), [50, 100]),
        ("RelHum", "%", ("0.5", "1"), [0.5, 1]),
        ("RelHum", "", ("50", "99"), [50, 99]),
        ("GHI", "kW/m²", ("0.5", "0"), [500, 0]),
        ("GHI", "W/m2", ("500", "-999"), [500, None]),
        ("Tamb", "°F", ("50", "32"), [10, 0]),
        ("T_Amb", "K", ("273.15", "283.15"), [0, 10]),
        ("GlobHor", "W/m2", ("3", ""), [3, None]),
    ],
)
def test_units_become_ours(
    column: str, unit: str, values: tuple[str, str], read_as: list[float | None]
) -> None:
    rows = f"Year;Month;Day;Hour;Minute;{column}\n;;;;;{unit}\n" + "".join(
        f"2021;1;1;{hour};0;{value}\n" for hour, value in enumerate(values)
    )
    (found,) = read((HEAD + rows).encode()).columns.values()
    assert found == [None if value is None else pytest.approx(value) for value in read_as]


def test_rows_at_minute_30_are_the_middles_of_their_hours() -> None:
    text = HEAD + "Year;Month;Day;Hour;Minute;GHI\n2021;1;1;1;30;0\n2021;1;1;2;30;0\n2021;1;1;23;30;0\n"
    table = read(text.encode())
    assert (table.label, table.moments[0]) == ("middle", utc(2021, 1, 1, 0, 30))
    assert "minute 30" in table.notes[0]


def test_hour_24_is_the_next_day() -> None:
    text = HEAD + "Year;Month;Day;Hour;Minute;GHI\n2021;12;31;23;0;0\n2021;12;31;24;0;0\n"
    assert read(text.encode()).moments[1] == utc(2021, 12, 31, 23)


def test_a_column_that_is_not_known_is_told() -> None:
    text = HEAD + "Year;Month;Day;Hour;Minute;GHI;GPI;Cloud\n2021;1;1;1;0;0;5;3\n2021;1;1;2;0;0;5;3\n"
    assert read(text.encode()).unread == ("GPI", "Cloud")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Year;Month\n2021;1\n", "first lines begin with #"),
        (HEAD, "first lines begin with #"),
        (HEAD + "Year;Month;Day;Minute;GHI;DHI\n", "names no columns Hour"),
        (HEAD + "a b\n1 2\n", "names no columns Year"),
        (HEAD.replace("#Time Zone;1\n", "") + ROWS, "Time Zone: the header has none"),
        (HEAD.replace("Zone;1", "Zone;100") + ROWS, "no number of hours"),
        (HEAD.replace("46.95", "north") + ROWS, "Latitude: 'north' is not a number"),
        (HEAD + ROWS.replace("2021;1;1;12", "2021;2;30;12"), "line 14: 2021-2-30 is no date"),
        (HEAD + ROWS.replace("2021;1;1;12;0", "2021;1;1;25;0"), "line 14: 25:00 is no time"),
        (HEAD + ROWS.replace("2021;1;1;12;0", "2021;1;x;12;0"), "line 14: 'x' is no part of a time"),
        (HEAD + ROWS.replace("150;70", "oops;70"), "GHI: line 14: 'oops' is no number"),
        (HEAD + ROWS.replace("150;70", "inf;70"), "'inf' is no number"),
        (HEAD + ROWS.replace("W/m2", "MJ/m2", 1), "export the column in W/m2"),
        (HEAD + "Year;Month;Day;Hour;Minute;GHI\n2021;1;1;1;0;0\n", "fewer than two rows"),
        (
            HEAD + "Year;Month;Day;Hour;Minute;GHI\n2021;1;1;1;0;0\n2021;1;2;1;0;0\n",
            "rows of an hour or less",
        ),
    ],
)
def test_what_cannot_be_read_is_named(text: str, words: str) -> None:
    with pytest.raises(PvsystError, match=words):
        read(text.encode())


@given(st.binary(max_size=400))
def test_bytes_of_any_kind_are_read_or_refused(content: bytes) -> None:
    is_meteo_csv(content)
    for given_bytes in (content, HEAD.encode() + content, (HEAD + ROWS).encode() + content):
        try:
            read(given_bytes)
        except PvsystError:
            continue


@given(st.text(alphabet="#;,\t\n0123456789.-GHIYearMonthDou ", max_size=300))
def test_text_of_the_form_is_read_or_refused(text: str) -> None:
    try:
        make_record(read((HEAD + text).encode()))
    except (PvsystError, MeteoError):
        return


def test_the_form_is_recognised() -> None:
    assert is_meteo_csv((HEAD + ROWS).encode())
    assert is_meteo_csv((HEAD + ROWS).replace(";", "\t").encode("utf-8-sig"))
    assert not is_meteo_csv(b"#Something\nelse;entirely\n")
    assert not is_meteo_csv(b"LOCATION,Bern,-,CHE\n")


def test_a_zone_may_be_given_where_the_header_has_none() -> None:
    text = HEAD.replace("#Time Zone;1\n", "") + ROWS
    assert read(text.encode(), utc_offset=2).moments[0] == utc(2021, 1, 1, 9)
