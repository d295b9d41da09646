import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.brief import ANSWER, Brief, Wish
from gnomon.core.workload import Failure
from gnomon.wiring.schemas import check_answer
from gnomon.workloads.research.basis import assemble, citations, gather, locate
from gnomon.workloads.research.record import Evidence, Settled, Source
from gnomon.workloads.research.wanted.fields import questions_of
from gnomon.workloads.research.wanted.validity import is_valid

TEXT = {"type": "string"}
NULLABLE = {"type": ["string", "null"]}
LETTER = Source(
    url="http://host/gnomon/v1/documents/doc_1/page?edition=2",
    title="A letter",
    text="Dear all,\nthe \u201cnew\u201d hall \u2013 built by O\u2019Brien \u2013 "
    "opened in an exam-\nple  year. It is ﬁne.",
    start=1_000,
    document="doc_1",
)
PAGE = Source(url="https://example.com/a#b", title="", text="The hall opened. It closed.", kind="page")


def settled(path: Any, value: Any, *, gap: str | None = None) -> Settled:
    evidence = () if value is None else (Evidence(source=PAGE, start=0, end=16),)
    return Settled(
        path=path, value=value, evidence=evidence, reasoning="It says so.", confidence="low", gap=gap
    )


def brief(required: tuple[str, ...] = (), **properties: Any) -> Brief:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return Brief(input="the hall", output=Wish(type="json", schema=schema))


def answer(asked: Brief, *found: Settled) -> dict[str, Any]:
    questions = questions_of(asked)
    written: dict[str, Any] = assemble(asked, questions, found, engine="extractive")
    assert is_valid(written, ANSWER)
    assert not check_answer(asked.json(), written)  # what the engine holds every answer against
    return written


def test_values_stand_in_the_shape_that_was_asked_for() -> None:
    person = {"type": "object", "properties": {"name": TEXT, "age": {"type": "integer"}}}
    asked = brief(name=TEXT, ceo=person, tags={"type": "array", "items": TEXT})
    found = [settled(("name",), "Acme"), settled(("ceo", "name"), "Jane"), settled(("tags",), ["a", "b"])]
    assert answer(asked, *found)["content"] == {"name": "Acme", "ceo": {"name": "Jane"}, "tags": ["a", "b"]}


def test_a_list_may_come_by_its_elements_alone() -> None:
    item = {"type": "object", "properties": {"name": TEXT}, "required": ["name"]}
    asked = brief(people={"type": "array", "items": item})
    found = [settled(("people", 1, "name"), "B"), settled(("people", 0, "name"), "A")]
    written = answer(asked, *found)
    assert written["content"] == {"people": [{"name": "A"}, {"name": "B"}]}
    assert [each["field"] for each in written["basis"][:2]] == ["people.1.name", "people.0.name"]


def test_what_has_no_value_is_null_where_it_may_be_and_else_left_out() -> None:
    asked = brief(("a",), a=NULLABLE, b=NULLABLE, c=TEXT)
    assert answer(asked, settled(("c",), None, gap="No."))["content"] == {"a": None, "b": None}


def test_an_optional_object_without_what_it_needs_is_left_out_and_says_so() -> None:
    seat = {"type": "object", "properties": {"city": TEXT, "zip": TEXT}, "required": ["zip"]}
    written = answer(brief(seat=seat), settled(("seat", "city"), "Berlin"))
    assert written["content"] == {}
    (city, _) = written["basis"]
    assert "left out" in city["reasoning"]
    assert city["confidence"] is None


def test_what_must_be_there_and_is_not_is_a_failure_that_names_all() -> None:
    seat = {"type": "object", "properties": {"city": TEXT}, "required": ["city"]}
    asked = brief(("a", "seat"), a=TEXT, seat=seat, c=TEXT)
    with pytest.raises(Failure, match=r"'a', 'seat\.city'") as failed:
        assemble(asked, [], [settled(("a",), None, gap="Looked for 'a'.")], engine="extractive")
    assert failed.value.code == "not_found"
    assert "required" in failed.value.message
    assert not failed.value.retryable


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer", "maximum": 5}, 6),
        ({"type": "string", "maxLength": 3}, "long"),
        ({"type": "string", "pattern": "^[0-9]+$"}, "abc"),
        ({"enum": ["a"]}, "b"),
        ({"type": "string", "format": "date"}, "yesterday"),
        ({"type": "integer"}, "5"),
        ({"type": "array", "items": TEXT, "minItems": 2}, ["a"]),
    ],
)
def test_a_value_that_breaks_its_schema_never_leaves(schema: dict[str, Any], value: Any) -> None:
    assert answer(brief(a=schema), settled(("a",), value))["content"] == {}


def test_a_value_outside_the_schema_goes_nowhere() -> None:
    assert answer(brief(a=NULLABLE), settled(("b",), "x"), settled(("a", "c"), "x"))["content"] == {"a": None}


def test_what_does_not_fit_together_is_a_failure() -> None:
    schema = {"type": "object", "properties": {"a": TEXT}, "minProperties": 1}
    with pytest.raises(Failure, match="as a whole"):
        assemble(Brief(input="x", output=Wish(type="json", schema=schema)), [], [], engine="extractive")


def test_a_text_is_the_value_of_its_one_question() -> None:
    written = answer(Brief(input="What?"), settled((), "\u201cThe hall opened.\u201d [1]"))
    assert written["type"] == "text"
    assert written["basis"][0]["field"] == "output"


def test_a_text_that_was_not_found_says_so() -> None:
    written = answer(Brief(input="What?"), settled((), None, gap="Nothing was found."))
    assert written["content"] == "Nothing was found."
    assert written["basis"][0]["citations"] == []


def test_what_nobody_looked_into_is_in_the_basis_too() -> None:
    (entry,) = answer(brief(a=NULLABLE))["basis"]
    assert entry == {
        "field": "a",
        "reasoning": "This was not looked into.",
        "confidence": None,
        "citations": [],
    }


def test_citations_are_one_a_document_with_all_its_words() -> None:
    first, second = Evidence(source=LETTER, start=10, end=24), Evidence(source=LETTER, start=0, end=9)
    web = Evidence(source=PAGE, start=0, end=16)
    assert citations([first, web, second, first]) == [
        {
            "url": "http://host/gnomon/v1/documents/doc_1/page?edition=2&at=1010-1024,1000-1009#passage",
            "title": "A letter",
            "excerpts": [LETTER.text[10:24], "Dear all,"],
        },
        {"url": "https://example.com/a#b", "title": None, "excerpts": ["The hall opened."]},
    ]
    assert len(gather([first, web, second])) == 2


@pytest.mark.parametrize(
    ("quote", "excerpt"),
    [
        ("Dear all,\nthe", "Dear all,\nthe"),
        ("Dear all, the", "Dear all,\nthe"),
        ('the "new" hall', "the \u201cnew\u201d hall"),
        ("built by O'Brien", "built by O\u2019Brien"),
        ("opened in an example year", "opened in an exam-\nple  year"),
        ('"hall \u2014 built by O\'Brien"', "hall \u2013 built by O\u2019Brien"),
        ("year. It is fine.", "year. It is ﬁne."),
    ],
)
def test_a_quote_is_found_though_its_marks_differ_and_the_excerpt_is_the_slice(
    quote: str, excerpt: str
) -> None:
    found = locate(quote, [PAGE, LETTER])
    assert found is not None
    assert (found.excerpt, found.source) == (excerpt, LETTER)


@pytest.mark.parametrize(
    "quote",
    [
        "",
        "hall",
        "Dear all ... built",
        "Dear all \u2026 O\u2019Brien",
        "opened in a year",
        "DEAR ALL, THE NEW",
        "- - - - - - - -",
    ],
)
def test_a_quote_that_is_short_cut_or_changed_is_not_found(quote: str) -> None:
    assert locate(quote, [LETTER, PAGE]) is None


def test_a_quote_that_stands_everywhere_says_nothing() -> None:
    source = Source(url="u", title="", text="All rights reserved. " * 9, kind="page")
    assert locate("All rights reserved.", [source]) is None


@given(st.text(min_size=1, max_size=80), st.data())
def test_any_slice_is_found_where_it_stands_or_not_at_all(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    found = locate(text[start:end], [Source(url="u", title="", text=text, kind="page")])
    if found is not None:
        assert text[start:end].strip() == found.excerpt or len(found.excerpt) > 0
        assert found.excerpt in text


def test_the_golden_texts_are_found_however_they_are_wrapped(golden: Path) -> None:
    articles = json.loads((golden / "squad" / "dev-v2.0-part.json").read_text())["data"]
    text = articles[0]["paragraphs"][0]["context"]
    wrapped = Source(url="u", title="", text=text.replace(" ", "\n", 40), kind="page")
    found = locate(text[:200], [wrapped])
    assert found is not None
    assert found.excerpt.replace("\n", " ") == text[:200].strip()
