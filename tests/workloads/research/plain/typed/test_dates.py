import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.workloads.research.plain.typed.candidate import Kind, Want
from gnomon.workloads.research.plain.typed.dates import dates

DAY = Want(kind=Kind.DATE, schema={"type": "string", "format": "date"})
ANY = Want(kind=Kind.DATE, schema={"type": "string"})


def read(text: str, want: Want = DAY) -> list[object]:
    return [each.value for each in dates(text, want)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("opened on 4 March 2021.", "2021-03-04"),
        ("March 4, 2021, a Thursday", "2021-03-04"),
        ("March 4th 2021", "2021-03-04"),
        ("the 4th of March 2021", "2021-03-04"),
        ("Mar. 4, 2021", "2021-03-04"),
        ("4-Mar-2021", "2021-03-04"),
        ("04.03.2021", "2021-03-04"),
        ("4. März 2021", "2021-03-04"),
        ("le 1er mars 2021", "2021-03-01"),
        ("4 de marzo de 2021", "2021-03-04"),
        ("2021-03-04", "2021-03-04"),
        ("2021/3/4", "2021-03-04"),
        ("2021-03-04T05:06:07Z", "2021-03-04"),
        ("31/12/2021", "2021-12-31"),
        ("12/31/2021", "2021-12-31"),
        ("03/03/2021", "2021-03-03"),
        ("born 29 February 2020 in Rome", "2020-02-29"),
    ],
)
def test_written_forms_become_iso(text: str, value: str) -> None:
    assert read(text) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "04/03/2021",  # one day here, another there
        "31 February 2021",
        "29 February 2021",
        "4\u20136 March 2021",  # several days
        "from 4 to 6 March 2021",
        "12 May",
        "4 March 21",
        "March 2021",
        "2021",
        "version 2021.3.4.5",
        "in 44 BC",
        "it may 2020 times",
    ],
)
def test_what_is_no_one_day_is_no_date(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("said", "text", "value"),
    [
        ("", "in March 2021", ["2021-03"]),
        ("", "in 2021", ["2021"]),
        ("as YYYY-MM-DD", "in March 2021", []),
        ("as YYYY-MM", "in March 2021", ["2021-03"]),
        ("as YYYY-MM", "in 2021", []),
        ("YYYY, the year", "in 2021", ["2021"]),
        ("", "1200 BC", []),
    ],
)
def test_a_date_is_as_exact_as_the_field_says(said: str, text: str, value: list[str]) -> None:
    want = Want(kind=Kind.DATE, schema={"type": "string", "description": said})
    assert read(text, want) == value


def test_a_moment_needs_its_time_and_zone() -> None:
    want = Want(kind=Kind.MOMENT, schema={"type": "string", "format": "date-time"})
    assert read("at 2021-03-04T05:06:07Z sharp", want) == ["2021-03-04T05:06:07Z"]
    assert read("at 2021-03-04 05:06:07+02:00", want) == ["2021-03-04T05:06:07+02:00"]
    assert read("on 2021-03-04", want) == []
    assert read("at 2021-02-30T05:06:07Z", want) == []


@given(
    st.dates(date(1000, 1, 1), date(2199, 12, 31)),
    st.sampled_from(["%d %B %Y", "%B %d, %Y", "%Y-%m-%d", "%d.%m.%Y"]),
)
def test_every_day_is_read_back(day: date, form: str) -> None:
    text = f"It was on {day.strftime(form)} that it rained."
    (found,) = dates(text, DAY)
    assert found.value == day.isoformat()
    assert text[found.start : found.end] == day.strftime(form)


@given(st.text(alphabet="0123456789./-: ,abcMarchDecoftheBC\u2013\n", max_size=60))
def test_a_date_stands_in_the_text_and_is_one(text: str) -> None:
    for found in dates(text, ANY):
        assert 0 <= found.start < found.end <= len(text)
        assert re.fullmatch(r"\d{4}(-\d\d){0,2}", str(found.value))
