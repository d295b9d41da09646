from typing import Any

import pytest

from gnomon.core.brief import Brief, Wish
from gnomon.workloads.research.plain.extractive import settle
from gnomon.workloads.research.record import Source
from gnomon.workloads.research.wanted.fields import questions_of

TEXT, NUMBER = {"type": "string"}, {"type": "number"}
DAY = {"type": ["string", "null"], "format": "date"}


def listed(name: str, items: dict[str, Any], text: str, heading: str = "", description: str = "") -> Any:
    wanted = {"type": "array", "items": items, "description": description}
    source = Source(url="http://host/1", title="Bracken Power", text=text, document="doc_1", heading=heading)
    schema = {"type": "object", "properties": {name: wanted}}
    (question,) = questions_of(Brief(input="Bracken Power", output=Wish(type="json", schema=schema)))
    whole, *elements = settle(question, [source], {}, 100)
    for each in elements:
        assert all(evidence.excerpt in source.text for evidence in each.evidence)
    return whole.value


def object_of(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": ["name"] if "name" in members else []}


SITES = """Site: Oak Hill; District: Lowmarsh; Capacity (MW): 3.5; Opened: 2011-04-02.
Site: Elm Ridge; District: Farnby; Capacity (MW): 7.25; Opened: 2015-09-30."""
OAK, ELM = "Oak Hill", "Elm Ridge"
PUMPS = "- Pump A: 12 kW, 35,000 EUR\n- Pump B: 7.5 kW, 9,900 EUR"
PUMP = object_of(name=TEXT, power_kw=NUMBER, price_eur=NUMBER)
PERSON = object_of(name=TEXT, role=TEXT)
STAFF = "- Jane Doe, site manager\n- John Roe, head of repairs"


@pytest.mark.parametrize(
    ("name", "items", "text", "values"),
    [
        ("sites", object_of(name=TEXT, capacity_mw=NUMBER), SITES, [(OAK, 3.5), (ELM, 7.25)]),
        ("sites", object_of(title=TEXT, opened=DAY), SITES, [(OAK, "2011-04-02"), (ELM, "2015-09-30")]),
        (
            "places",
            object_of(label=TEXT, district=TEXT, capacity_mw=NUMBER),
            SITES,
            [(OAK, "Lowmarsh", 3.5), (ELM, "Farnby", 7.25)],
        ),
        ("meetings", object_of(name=TEXT, place=TEXT), "Meeting: 4 May 2031; Place: Farnby; Hour: 9.", None),
        ("tools", object_of(name=TEXT, district=TEXT), SITES, None),
        ("pumps", PUMP, PUMPS, [("Pump A", 12, 35000), ("Pump B", 7.5, 9900)]),
        ("pumps", object_of(name=TEXT, power_kw=NUMBER, price_usd=NUMBER), PUMPS, None),
        ("pumps", object_of(name=TEXT, price_eur=NUMBER), PUMPS, None),
        ("people", PERSON, STAFF, [("Jane Doe", "site manager"), ("John Roe", "head of repairs")]),
        ("people", PERSON, "- Open the gate, then close it\n- Mind the dog, please", None),
        ("people", object_of(name=TEXT, town=TEXT), STAFF, None),
        ("crops", object_of(name=TEXT, rows=NUMBER), "- Beans: 12\n- Peas: 30", None),
    ],
)
def test_objects_of_rows_and_items(
    name: str, items: dict[str, Any], text: str, values: list[tuple[Any, ...]] | None
) -> None:
    members = list(items["properties"])
    wanted = values and [dict(zip(members, each, strict=True)) for each in values]
    assert listed(name, items, text) == wanted


def test_a_plain_number_is_a_members_below_a_heading_that_names_the_list() -> None:
    crops = object_of(name=TEXT, rows=NUMBER)
    found = listed("crops", crops, "- Beans: 12\n- Peas: 30", heading="Farm > Our crops")
    assert found == [{"name": "Beans", "rows": 12}, {"name": "Peas", "rows": 30}]


@pytest.mark.parametrize(
    ("name", "description", "heading", "values"),
    [
        ("names", "Names of the windmill sites", "", [OAK, ELM]),
        ("sites", "Names of all sites", "", [OAK, ELM]),
        ("names", "Names of the mills", "Our mills", [OAK, ELM]),
        ("names", "Names of the mills", "Our staff", None),
        ("names", "Names of the pumps", "", None),
        ("districts", "Names of the districts", "", ["Lowmarsh", "Farnby"]),
    ],
)
def test_names_are_the_first_column(
    name: str, description: str, heading: str, values: list[str] | None
) -> None:
    assert listed(name, TEXT, SITES, heading, description) == values
