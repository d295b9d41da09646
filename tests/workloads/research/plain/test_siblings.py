from typing import Any

import pytest
from tests.workloads.research.plain.test_extractive import one, source

ROWS = (
    ("Oak Hill", "Lowmarsh", "3.5", "2011-04-02", "14"),
    ("Elm Ridge", "Farnby", "7.25", "2015-09-30", "29"),
    ("Ash Vale North", "Stokeley", "11.0", "2020-01-15", "4"),
)
WINDMILLS = "\n".join(
    f"Site: {name}; District: {district}; Capacity (MW): {capacity}; Opened: {opened}; Turbines: {turbines}."
    for name, district, capacity, opened, turbines in ROWS
)
PROSE = """In storms the turbines of Ash Vale North are turned by 70 degrees.
The masts of Elm Ridge were painted on 8 July 2018, after Ash Vale North had stood still for a week.
The mean availability was 0.91 at Oak Hill, 0.94 at Elm Ridge and 0.87 at Ash Vale North.
The noise limit of Oak Hill is 44 decibels."""
MANUAL = source("Bracken Power: manual", f"{WINDMILLS}\n\n{PROSE}")
NUMBER, DAY, TEXT = {"type": "number"}, {"type": "string", "format": "date"}, {"type": "string"}


def said(schema: dict[str, str], description: str) -> dict[str, str]:
    return {**schema, "description": description}


FIELDS: list[tuple[str, dict[str, str], str, Any]] = [
    ("capacity_mw", NUMBER, "Capacity of Ash Vale North in MW", 11),
    ("turbines", {"type": "integer"}, "Number of turbines at Ash Vale North", 4),
    ("opened", DAY, "Day on which Ash Vale North was opened", "2020-01-15"),
    ("district", TEXT, "District of Ash Vale North", "Stokeley"),
    ("availability", NUMBER, "Mean availability of Ash Vale North", 0.87),
]


@pytest.mark.parametrize(("name", "schema", "description", "value"), FIELDS)
@pytest.mark.parametrize(
    "about",
    [
        "Ash Vale North",
        "The windmill site Ash Vale North, of Bracken Power",
        "What is known about the site Ash Vale North?",
        "Bracken Power",
    ],
)
def test_the_name_in_a_description_decides_the_row(
    name: str, schema: dict[str, str], description: str, value: Any, about: str
) -> None:
    assert one(name, said(schema, description), [MANUAL], about).value == value


@pytest.mark.parametrize(("name", "schema", "description", "value"), FIELDS)
@pytest.mark.parametrize("about", ["Ash Vale North", "The windmill site Ash Vale North, of Bracken Power"])
def test_the_name_in_the_input_decides_the_row(
    name: str, schema: dict[str, str], description: str, value: Any, about: str
) -> None:
    plain = description.replace(" of Ash Vale North", "").replace(" at Ash Vale North", "")
    assert one(name, schema, [MANUAL], about).value == value
    assert one(name, said(schema, plain.replace("Ash Vale North", "it")), [MANUAL], about).value == value


@pytest.mark.parametrize(("name", "schema"), [each[:2] for each in FIELDS])
def test_several_rows_alike_give_none(name: str, schema: dict[str, str]) -> None:
    found = one(name, schema, [MANUAL], "Bracken Power")
    assert found.value is None
    assert "which one is meant is not plain" in str(found.gap)


@pytest.mark.parametrize("about", ["Ash Vale North", "Ash Vale North, of Bracken Power"])
def test_a_sentence_about_another_row_does_not_answer(about: str) -> None:
    assert one("noise_limit", NUMBER, [MANUAL], about).value is None
    assert one("noise_limit", NUMBER, [MANUAL], "Oak Hill").value == 44


def test_rows_that_agree_answer() -> None:
    text = (
        "Site: Oak Hill; Owner: Bracken Power; Blades: 3.\nSite: Elm Ridge; Owner: Bracken Power; Blades: 3."
    )
    assert one("blades", {"type": "integer"}, [source("Sites", text)], "Bracken Power").value == 3


def test_a_row_of_the_fields_words_and_one_of_the_inputs_leave_it_open() -> None:
    found = one("capacity_mw", said(NUMBER, "Capacity of the oak one"), [MANUAL], "Elm Ridge")
    assert found.value is None


def test_a_table_without_the_field_takes_no_sentence_away() -> None:
    schema = said(DAY, "Day on which the masts were painted")
    assert one("painted", schema, [MANUAL], "Bracken Power").value == "2018-07-08"
