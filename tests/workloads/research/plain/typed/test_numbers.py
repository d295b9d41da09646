from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.workloads.research.plain.typed.numbers import numbers
from gnomon.workloads.research.plain.typed.quantity import quantities
from gnomon.workloads.research.plain.typed.reading import read
from gnomon.workloads.research.plain.typed.want import wants_of
from gnomon.workloads.research.record import Question


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("1,234 employees", "1234", ""),
        ("1234 employees", "1234", ""),
        ("1 234 567 people", "1234567", ""),
        ("1\u202f234\u202f567 people", "1234567", ""),
        ("1'000 CHF", "1000", "CHF"),
        ("1.234,56 EUR", "1234.56", "EUR"),
        ("1.234.567 people", "1234567", ""),
        ("12,5 kg", "12.5", "kg"),
        ("1.234", "1.234", ""),
        (".5", "0.5", ""),
        ("\u20ac5.2 million", "5200000", "EUR"),
        ("$5m", "5000000", "USD"),
        ("US$ 3.4bn", "3400000000", "USD"),
        ("USD 20", "20", "USD"),
        ("20 dollars", "20", "USD"),
        ("3 million", "3000000", ""),
        ("10k users", "10000", ""),
        ("5 m tall", "5", "m"),
        ("12 %", "12", "%"),
        ("12 percent", "12", "%"),
        ("37.5% of all", "37.5", "%"),
        ("-5 \u00b0C", "-5", "degC"),
        ("\u22125 \u00b0C", "-5", "degC"),
        ("minus 5", "-5", ""),
        ("1,200 km/h", "1200", "km/h"),
        ("5 km\u00b2", "5", "km2"),
        ("32.5 MWp", "32.5", "MWp"),
        ("twenty-three thousand four hundred people", "23400", ""),
        ("two hundred and five", "205", ""),
        ("seven million", "7000000", ""),
        ("about 500 staff", "500", ""),
    ],
)
def test_written_forms_become_numbers(text: str, number: str, unit: str) -> None:
    (found,) = quantities(text)
    assert (found.number, found.unit) == (Decimal(number), unit)


@pytest.mark.parametrize(
    "text",
    [
        "10-20 people",
        "10\u201320 people",
        "between 10 and 20",
        "from 10 to 20 km",
        "$5-10 million",
        "more than 500",
        "at least 500",
        "up to 40 %",
        "over $3 billion",
        "version 1.2.3",
        "3rd of",
        "COVID-19",
        "5 \u00d7 6",
        "50/50",
        "10:30",
        "one of the",
        "on 4 March 2021",
        "#17",
    ],
)
def test_ranges_limits_and_names_with_digits_are_no_numbers(text: str) -> None:
    assert [each.written for each in quantities(text)] == []


def values(name: str, text: str, kind: str = "number", said: str = "") -> list[object]:
    schema = {"type": kind, "description": said}
    (want,) = wants_of(Question(path=(name,), query=name, schema=schema))
    return [each.value for each in numbers(text, want) if each.weight > 0.5]


@pytest.mark.parametrize(
    ("name", "said", "text", "value"),
    [
        ("revenue_usd", "", "Revenue was $5 million.", [5_000_000]),
        ("revenue_usd", "", "Revenue was \u20ac5 million.", []),
        ("revenue", "in EUR", "It made \u20ac5 million and $6 million.", [5_000_000]),
        ("revenue_millions_usd", "", "Revenue was $5.2 million.", [5.2]),
        ("revenue", "in millions of dollars", "Revenue was $5.2 million in 2021.", [5.2]),
        ("height_m", "", "It is 1,200 m high.", [1200]),
        ("height_m", "", "It is 1.2 km high.", []),
        ("height", "in metres", "It is 330 metres high and 12 ft wide.", [330]),
        ("share_percent", "", "It holds 12 % of 400 shares.", [12]),
        ("employees", "", "It has 400 employees and made $5 million.", [400]),
        ("founded_year", "", "Founded in 1998 with 12 people.", [1998]),
        ("year", "", "It has 2,021 members.", []),
        ("population", "", "In 2021 it had 83,200,000 inhabitants.", [83_200_000]),
    ],
)
def test_a_number_is_in_the_unit_of_its_field(name: str, said: str, text: str, value: list[float]) -> None:
    assert values(name, text, said=said) == value


def test_a_whole_number_is_wanted_whole() -> None:
    assert values("count", "There are 12.5 of them.", "integer") == []
    assert values("count", "There are 12 of them.", "integer") == [12]


def test_bounds_of_the_schema_hold() -> None:
    schema = {"type": "integer", "minimum": 10, "maximum": 20, "multipleOf": 5}
    (want,) = wants_of(Question(path=("count",), query="count", schema=schema))
    assert [each.value for each in read("7, then 15, then 16, then 25", want)] == [15]


@given(st.integers(-(10**12), 10**12))
def test_every_whole_number_is_read_back(number: int) -> None:
    text = f"The balance was {number:,} then."
    (found,) = quantities(text)
    assert found.number == number


@given(st.text(alphabet="0123456789.,$%km -+toandbillion\u20ac\u2013", max_size=50))
def test_a_number_stands_in_the_text(text: str) -> None:
    for found in quantities(text):
        assert text[found.start : found.end] == found.written
        assert found.number.is_finite()


@pytest.mark.parametrize(
    ("name", "value"),
    [("founded", 1987), ("established_in", 1987), ("first_opened", 1987), ("employees", 450)],
)
def test_a_number_named_by_what_happened_is_the_year_of_it(name: str, value: int) -> None:
    schema = {"type": ["integer", "null"]}
    (want,) = wants_of(Question(path=(name,), schema=schema, query=name))
    found = read("Acme was founded, established and opened in 1987 with 450 employees.", want)
    assert max(found, key=lambda each: each.weight).value == value
