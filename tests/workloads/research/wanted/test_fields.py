from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, HttpUrl

from gnomon.core.brief import Brief, Wish
from gnomon.workloads.research.wanted.fields import asked_of, check, questions_of, subject_of, words_of
from gnomon.workloads.research.wanted.shape import LARGEST, read_shape

TEXT = {"type": "string"}
ORDER = (
    "Please research the company Acme Corp and fill in all of the fields about the people in charge and where the "
    "firm sits, and what it makes for the European market."
)


def schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def asked(wanted: dict[str, Any], task_input: Any = "Acme Corp") -> dict[tuple[Any, ...], Any]:
    brief = Brief(input=task_input, output=Wish(type="json", schema=wanted))
    return {question.path: question for question in questions_of(brief)}


def complaints(wanted: Any) -> list[tuple[tuple[Any, ...], str]]:
    found = check({"input": "x", "output": {"type": "json", "schema": wanted}})
    return [(each.loc, each.type) for each in found]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ceo_name", ["ceo", "name"]),
        ("ceoName", ["ceo", "name"]),
        ("CEOName", ["CEO", "name"]),
        ("revenue2023", ["revenue2023"]),
        ("revenue_2023_usd", ["revenue", "2023", "usd"]),
        ("head-office", ["head-office"]),
    ],
)
def test_names_are_split_by_case_and_underscore(name: str, words: list[str]) -> None:
    assert words_of(name) == words


def test_a_leaf_is_looked_for_by_name_description_parents_and_subject() -> None:
    inner = schema(city={"type": "string", "description": "City of the main office (e.g. Paris)"})
    found = asked(schema(headquarters=inner))
    assert found[("headquarters", "city")].query == "city main office headquarters Acme Corp"


def test_arrays_nested_objects_and_choices_are_leaves_of_their_own() -> None:
    found = asked(
        schema(
            name=TEXT,
            founders={"type": "array", "items": TEXT},
            offices={"type": "array", "items": schema(city=TEXT)},
            seat=schema(city=TEXT, country=TEXT),
            status={"enum": ["a", None]},
        )
    )
    assert list(found) == [
        ("name",),
        ("founders",),
        ("offices",),
        ("seat", "city"),
        ("seat", "country"),
        ("status",),
    ]
    assert found[("status",)].may_be_null
    assert not found[("name",)].may_be_null


def test_references_are_unfolded_and_null_is_seen_through() -> None:
    wanted = schema(
        ceo={"anyOf": [{"$ref": "#/$defs/Person"}, {"type": "null"}]}, cfo={"$ref": "#/$defs/Person"}
    )
    wanted |= {"$defs": {"Person": schema(name={**TEXT, "maxLength": 9})}, "required": ["cfo"]}
    found = asked(wanted)
    assert found[("cfo", "name")].schema == {"type": "string", "maxLength": 9}
    assert list(found) == [("ceo", "name"), ("cfo", "name")]
    assert not found[("ceo", "name")].is_required


def test_required_counts_only_below_required_parents() -> None:
    inner = {**schema(city=TEXT), "required": ["city"]}
    assert not asked(schema(seat=inner))[("seat", "city")].is_required
    assert asked({**schema(seat=inner), "required": ["seat"]})[("seat", "city")].is_required


@pytest.mark.parametrize(
    ("task_input", "words"),
    [
        ("Acme Corp", ["Acme", "Corp"]),
        ({"company": "Acme Corp", "year": 2023}, ["Acme", "Corp", "2023"]),
        ({"question": "Who leads Acme?"}, ["leads", "Acme"]),
        (ORDER, ["Acme", "Corp", "European"]),
    ],
)
def test_the_subject_is_the_names_of_the_input(task_input: Any, words: list[str]) -> None:
    assert subject_of(task_input) == words


def test_a_text_is_asked_as_it_stands_when_it_is_short() -> None:
    (question,) = questions_of(Brief(input="Who is the CEO of\nAcme?"))
    assert (question.path, question.query) == ((), "Who is the CEO of Acme?")


def test_of_a_long_text_the_question_comes_first() -> None:
    text = "We had a long meeting about many things. " * 20 + "Which city hosts the fair?"
    assert asked_of(text).startswith("city hosts fair")


def test_earlier_names_help_where_the_input_names_nothing() -> None:
    (leaning,) = questions_of(Brief(input="And who leads it?"), context=["Acme"])
    (own,) = questions_of(Brief(input="And who leads Globex?"), context=["Acme"])
    assert leaning.query.endswith("Acme")
    assert "Acme" not in own.query


def test_auto_is_a_text() -> None:
    (question,) = questions_of(Brief(input="What is it?", output=Wish(type="auto")))
    assert question.path == ()


def deep(levels: int) -> dict[str, Any]:
    wanted: dict[str, Any] = TEXT
    for _ in range(levels):
        wanted = schema(a=wanted)
    return wanted


@pytest.mark.parametrize(
    ("wanted", "place", "kind"),
    [
        (TEXT, (), "root"),
        ({"type": "object"}, (), "root"),
        ("text", (), "schema_form"),
        (schema(a={"$ref": "https://example.com/x"}), ("properties", "a", "$ref"), "reference"),
        (schema(a={"$ref": "#/$defs/none"}), ("properties", "a", "$ref"), "reference"),
        (schema(a={"$dynamicRef": "#a"}), ("properties", "a", "$dynamicRef"), "unsupported_keyword"),
        (schema(a={"type": "text"}), ("properties", "a", "type"), "type"),
        (schema(a={"type": ["string", 1]}), ("properties", "a", "type"), "type"),
        (schema(a={"enum": []}), ("properties", "a", "enum"), "schema_form"),
        (schema(a={"enum": list(range(501))}), ("properties", "a", "enum"), "too_many"),
        (schema(a={"pattern": "(a+)+"}), ("properties", "a", "pattern"), "pattern"),
        (schema(a={"pattern": "["}), ("properties", "a", "pattern"), "pattern"),
        (schema(a={"maxLength": "9"}), ("properties", "a", "maxLength"), "schema_form"),
        (schema(a={"multipleOf": 0}), ("properties", "a", "multipleOf"), "schema_form"),
        (schema(a=1), ("properties", "a"), "schema_form"),
        ({**schema(a=TEXT), "required": [1]}, ("required",), "schema_form"),
        (deep(12), (), "depth"),
        (deep(80), (), "too_large"),
        (schema(**{f"f{n}": TEXT for n in range(101)}), (), "too_many"),
        (schema(a={"enum": ["x"] * LARGEST}), (), "too_large"),
    ],
)
def test_a_schema_that_cannot_be_answered_is_refused_with_its_place(
    wanted: Any, place: Any, kind: str
) -> None:
    assert complaints(wanted) == [(("output", "schema", *place), kind)]


def test_a_reference_back_to_itself_is_refused() -> None:
    wanted = schema(a={"$ref": "#/$defs/Node"}) | {"$defs": {"Node": schema(next={"$ref": "#/$defs/Node"})}}
    ((_, kind),) = complaints(wanted)
    assert kind == "reference"


def test_references_that_multiply_are_refused() -> None:
    level = {
        f"d{n}": schema(**{name: {"$ref": f"#/$defs/d{n + 1}"} for name in "abcdefgh"}) for n in range(9)
    }
    wanted = schema(a={"$ref": "#/$defs/d0"}) | {"$defs": {**level, "d9": TEXT}}
    ((_, kind),) = complaints(wanted)
    assert kind == "too_large"


def test_nothing_is_wrong_with_what_pydantic_writes() -> None:
    class Office(BaseModel):
        city: str
        staff: int | None = Field(default=None, ge=0)

    class Company(BaseModel):
        name: str
        revenue: Decimal | None
        site: HttpUrl | None = None
        status: Literal["active", "dissolved"]
        offices: list[Office]
        seat: Office | None = None

    assert complaints(Company.model_json_schema()) == []
    assert ("seat", "city") in asked(Company.model_json_schema())


@pytest.mark.parametrize("task_input", [None, 1, [], {}, {"output": 1}, {"output": {"type": "json"}}])
def test_the_check_raises_for_no_json(task_input: Any) -> None:
    check(task_input)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "items", "anyOf", "allOf", "$ref", "enum", "required", "a", "pattern"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_schema_or_complained_about(wanted: Any) -> None:
    if not check({"input": "x", "output": {"type": "json", "schema": wanted}}):
        assert list(read_shape(wanted).leaves())
        asked(wanted)
