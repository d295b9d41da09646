from typing import Any

import pytest

from gnomon.core.brief import Brief, Wish
from gnomon.workloads.research.plain.extractive import settle
from gnomon.workloads.research.plain.lists import MOST_ELEMENTS
from gnomon.workloads.research.record import Settled, Source
from gnomon.workloads.research.wanted.fields import questions_of

TEXT = {"type": "string"}
PRODUCT = {
    "type": "object",
    "properties": {"name": TEXT, "price": {"type": "number"}, "released": {"type": ["integer", "null"]}},
    "required": ["name", "price"],
}


def settle_list(
    name: str, items: dict[str, Any], *texts: str, heading: str = "", **more: Any
) -> list[Settled]:
    schema = {"type": "object", "properties": {name: {"type": "array", "items": items, **more}}}
    (question,) = questions_of(Brief(input="Acme Corp", output=Wish(type="json", schema=schema)))
    sources = [
        Source(url=f"http://host/{n}", title="Acme Corp", text=text, document=f"doc_{n}", heading=heading)
        for n, text in enumerate(texts)
    ]
    return settle(question, sources, {}, 100)


@pytest.mark.parametrize(
    ("name", "items", "text", "values"),
    [
        (
            "founders",
            TEXT,
            "Acme Corp was founded by Jane Doe, John Roe and Ann Poe.",
            ["Jane Doe", "John Roe", "Ann Poe"],
        ),
        ("languages", TEXT, "Languages: German, French and Italian", ["German", "French", "Italian"]),
        ("languages", TEXT, "city: Bern; languages: German, French; area: 50.", ["German", "French"]),
        ("emails", {"type": "string", "format": "email"}, "Write to a@b.de or c@d.de.", ["a@b.de", "c@d.de"]),
        ("statuses", {"enum": ["open", "closed"]}, "Statuses: open, closed", ["open", "closed"]),
        ("years", {"type": "integer"}, "Years: 1998, 2001", [1998, 2001]),
    ],
)
def test_lists_of_values(name: str, items: dict[str, Any], text: str, values: list[Any]) -> None:
    whole, *elements = settle_list(name, items, text)
    assert whole.value == values
    assert [(each.path, each.value) for each in elements] == [
        ((name, n), value) for n, value in enumerate(values)
    ]
    for each in elements:
        assert all(evidence.excerpt in text for evidence in each.evidence)


def test_items_below_a_heading_that_names_the_field() -> None:
    whole, *_ = settle_list("products", TEXT, "- Anvil\n- Rocket\n- Magnet", heading="Acme > Products")
    assert whole.value == ["Anvil", "Rocket", "Magnet"]


def test_values_are_distinct_and_two_documents_make_one_surer() -> None:
    whole, first, second = settle_list("languages", TEXT, "Languages: German, French", "Languages: german")
    assert whole.value == ["German", "French"]
    assert (first.confidence, second.confidence) == ("medium", "low")
    assert len({each.source.work for each in first.evidence}) == 2


def test_a_list_is_bounded() -> None:
    text = "Languages: " + ", ".join(f"L{n}" for n in range(200))
    whole, *elements = settle_list("languages", TEXT, text)
    assert len(whole.value or []) == len(elements) == MOST_ELEMENTS
    assert "left out" in whole.reasoning
    whole, *_ = settle_list("languages", TEXT, text, maxItems=3)
    assert whole.value == ["L0", "L1", "L2"]


def test_too_few_for_the_schema_is_a_gap() -> None:
    (whole,) = settle_list("languages", TEXT, "Languages: German", minItems=2)
    assert whole.value is None
    assert whole.gap


def test_rows_of_a_table_become_objects() -> None:
    text = (
        "name: Widget; price: $12.50; released: 2020.\nname: Gadget; price: $99.\nname: Gizmo; price: free."
    )
    whole, first, second = settle_list("catalog", PRODUCT, text)
    assert whole.value == [
        {"name": "Widget", "price": 12.5, "released": 2020},
        {"name": "Gadget", "price": 99, "released": None},
    ]
    assert [each.evidence[0].excerpt for each in (first, second)] == text.split("\n")[:2]
    assert second.path == ("catalog", 1)


def test_blocks_of_labels_become_objects() -> None:
    text = "Name: Widget\nPrice: $12.50\n\nName: Gadget\nPrice: $99"
    whole, *_ = settle_list("catalog", PRODUCT, text)
    assert [each["name"] for each in whole.value or []] == ["Widget", "Gadget"]


def test_prose_makes_no_objects() -> None:
    (whole,) = settle_list("catalog", PRODUCT, "The Widget costs $12.50 and the Gadget $99.")
    assert whole.value is None
    assert whole.gap


def test_lists_of_lists_are_left_to_a_model() -> None:
    (whole,) = settle_list("grid", {"type": "array", "items": TEXT}, "1 2 3")
    assert whole.gap
