"""What JSON Schemas say of inputs and of answers, and how much work a client's schema may make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.brief import Brief, Wish
from gnomon.core.workload import Workload
from gnomon.wiring import with_schema_check
from gnomon.wiring.schemas import check_answer

TEXT_SCHEMA = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
WORDS = st.sampled_from(
    ["type", "properties", "$ref", "anyOf", "items", "required", "$id", "multipleOf", "const"]
)
LEAVES = st.none() | st.integers() | st.sampled_from(["object", "#", "#/properties/a", "http://a/b", ""])
SCHEMAS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4)
)


def run(task_input: object, ctx: object) -> None:
    """Do nothing."""


def brief(schema: object) -> dict[str, object]:
    return Brief(input="x", output=Wish(type="json"), effort=1).json() | {
        "output": {"type": "json", "schema": schema}
    }


def told(schema: object, content: object) -> list[str]:
    found = check_answer(brief(schema), {"type": "json", "content": content})
    return [f"{'.'.join(map(str, each.loc))}: {each.message}" for each in found]


@pytest.mark.parametrize(
    ("task_input", "said"),
    [
        ("hello", "The workload 'shout' takes an object with 'text': an object is wanted, not a text."),
        ({}, "The workload 'shout' takes an object with 'text': 'text' is required."),
        (
            {"text": 5},
            "The workload 'shout' takes an object with 'text': a text is wanted as 'text', not a number.",
        ),
    ],
)
def test_a_refusal_says_who_refused_and_what_is_wanted(task_input: object, said: str) -> None:
    checked = with_schema_check(Workload(kind="shout", run=run, input_schema=TEXT_SCHEMA))
    assert checked.check is not None
    assert [complaint.message for complaint in checked.check(task_input)] == [said]


@pytest.mark.parametrize("task_input", ["hello", {}, [1], None, 5])
def test_without_a_schema_a_workload_takes_anything(task_input: object) -> None:
    checked = with_schema_check(Workload(kind="shout", run=run))
    assert checked.check is not None
    assert checked.check(task_input) == ()


@pytest.mark.parametrize(
    ("schema", "content", "said"),
    [
        ({"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "integer"}}}, {"a": 1}, []),
        (
            {"properties": {"a": {"type": ["integer", "null"]}}},
            {"a": "x"},
            ["content.a: a whole number or null is"],
        ),
        (
            {"additionalProperties": False, "properties": {}},
            {"a": 1},
            ["content: Additional properties are not"],
        ),
        ({"properties": {"a": {"type": "string", "format": "date"}}}, {"a": "soon"}, []),
        (
            {"$schema": "http://json-schema.org/draft-04/schema#", "$id": "https://a/b", "type": "object"},
            {},
            [],
        ),
        (
            {"properties": {"a": {"enum": ["x" * 500]}}},
            {"a": "y" * 50_000},
            ["content.a: a text is not one of"],
        ),
        (
            {"properties": {"a": {"$ref": "#/$defs/A"}}},
            {"a": 1},
            ["content: the schema of the brief is broken"],
        ),
        ({"$ref": "https://example.com/schema"}, {}, ["content: the schema of the brief is broken"]),
        (5, {}, ["content: the schema of the brief is broken"]),
    ],
)
def test_content_is_held_against_the_briefs_schema(schema: object, content: object, said: list[str]) -> None:
    found = told(schema, content)
    assert [each[: len(wanted)] for each, wanted in zip(found, said, strict=True)] == said
    assert all(len(each) < 400 for each in found)


def doubling(levels: int, **more: object) -> dict[str, object]:
    parts = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2, **more} for n in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": {**parts, f"d{levels}": {"type": "object"}}}


@pytest.mark.parametrize(
    "schema",
    [
        doubling(30),
        doubling(30, **{"$schema": "http://json-schema.org/draft-07/schema#"}),
        {"$ref": "#"},
    ],
    ids=["unfolds", "unfolds in another draft", "goes round"],
)
def test_a_schema_that_unfolds_without_end_is_given_up(
    schema: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gnomon.wiring.schemas.MOST_STEPS", 5_000)
    assert told(schema, {}) == ["content: comparing it with the schema of the brief is too much work"]


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"pattern": "(x+x+)+y"}}},
        {"patternProperties": {"(x+x+)+y": False}, "additionalProperties": False},
        {"patternProperties": {"(x+x+)+y": False}, "unevaluatedProperties": False},
    ],
)
def test_a_clients_regular_expressions_are_not_run(schema: object) -> None:
    assert told(schema, {"a": "x" * 60, "x" * 60: 1}) == []


@given(schema=SCHEMAS, content=st.dictionaries(WORDS, LEAVES, max_size=3))
def test_no_schema_makes_it_raise(schema: object, content: object) -> None:
    told(schema, content)


@given(task_input=SCHEMAS, result=SCHEMAS)
def test_no_input_and_no_result_makes_it_raise(task_input: object, result: object) -> None:
    check_answer(task_input, result)
