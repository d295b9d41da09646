"""Task specs: the vendor's rules for schemas, one by one; what their SDK makes of Python classes passes."""

import time
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, Optional

import pytest
from parallel.lib._pydantic import to_json_schema
from parallel_web_tools.core.schema import (
    TYPE_MAP,
    Column,
    InputSchema,
    SourceType,
    parse_input_and_output_models,
)
from pydantic import BaseModel, Field
from wires import refused, run_with, taken, told

from gnomon.web.dialects.parallel.wire.matching import MOST_COMPARISONS, Allowance, mismatches
from gnomon.web.dialects.parallel.wire.references import MOST_UNFOLDED
from gnomon.web.dialects.parallel.wire.schema_rules import TYPES, UNSUPPORTED
from gnomon.web.dialects.parallel.wire.spec import LONGEST_SPEC, LONGEST_SPEC_AND_INPUT

SCHEMA = ("task_spec", "output_schema", "json_schema")
Fields = dict[str, Any]


def closed(properties: Fields, **words: Any) -> Fields:
    """Write an object that gives no reason to warn."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **words,
    }


def asking(schema: Any, **members: Any) -> Fields:
    return run_with(task_spec={"output_schema": {"type": "json", "json_schema": schema}}, **members)


def nested(depth: int) -> Fields:
    schema = closed({"leaf": {"type": "string"}})
    for _ in range(depth - 1):
        schema = closed({"inner": schema})
    return schema


TEXT: Fields = {"type": "string"}


@pytest.mark.parametrize(
    ("given", "wish"),
    [
        ("a poem", {"type": "text", "description": "a poem"}),
        ("", {"type": "text", "description": ""}),
        ({"type": "text"}, {"type": "text"}),
        ({"type": "text", "description": None}, {"type": "text"}),
        ({"description": "a poem"}, {"type": "text", "description": "a poem"}),
        ({"type": "auto"}, {"type": "auto"}),
        ({}, {"type": "auto"}),
        ({"json_schema": closed({"a": TEXT})}, {"type": "json", "schema": closed({"a": TEXT})}),
        (
            {"type": "json", "json_schema": closed({"a": TEXT})},
            {"type": "json", "schema": closed({"a": TEXT})},
        ),
    ],
)
def test_shapes_are_told_apart(given: Any, wish: Fields) -> None:
    order = taken(run_with(task_spec={"output_schema": given}))
    assert order.task_input["output"] == wish
    assert order.origin.output == wish["type"]
    assert told(order) == []


@pytest.mark.parametrize(
    "given",
    [
        *({"type": "json"}, {"type": "json", "json_schema": "{}"}, {"json_schema": None}, {"type": "jsonn"}),
        *({"type": "text", "json_schema": {}}, {"type": ["text"]}, {"schema": {}}),
        {"type": "object", "properties": {}},
    ],
)
@pytest.mark.parametrize("member", ["output_schema", "input_schema"])
def test_other_shapes_are_refused_with_those_that_are_good(given: Any, member: str) -> None:
    (complaint,) = refused(run_with(task_spec={"output_schema": "x", member: given}))
    assert complaint.loc == ("task_spec", member)
    assert "must be a text, {'type': 'json', 'json_schema': {...}}" in complaint.message


def test_a_description_must_be_a_text() -> None:
    (complaint,) = refused(run_with(task_spec={"output_schema": {"type": "text", "description": 3}}))
    assert complaint.loc == ("task_spec", "output_schema", "description")


def fifty(name: str) -> Fields:
    return {f"{name}{n}": TEXT for n in range(50)}


ERRORS: list[tuple[str, Any, tuple[str | int, ...], str]] = [
    ("the root is an array", {"type": "array", "items": TEXT}, ("type",), "type 'object'"),
    ("the root has no type", {"properties": {"a": TEXT}}, ("type",), "type 'object'"),
    ("the root may be null", {"type": ["object", "null"], "properties": {"a": TEXT}}, ("type",), "type"),
    ("no properties", {"type": "object"}, ("properties",), "name the fields"),
    ("empty properties", closed({}), ("properties",), "name the fields"),
    ("a choice at the root", closed({"a": TEXT}, anyOf=[TEXT, TEXT]), ("anyOf",), "into a property"),
    ("only null", closed({"a": {"type": "null"}}), ("properties", "a", "type"), "only ever null"),
    ("only null in a list", closed({"a": {"type": ["null"]}}), ("properties", "a", "type"), "only ever null"),
    (
        "a choice of null",
        closed({"a": {"anyOf": [{"type": "null"}]}}),
        ("properties", "a", "anyOf", 0, "type"),
        "only ever null",
    ),
    (
        "items are null",
        closed({"a": {"type": "array", "items": {"type": "null"}}}),
        ("properties", "a", "items", "type"),
        "only ever null",
    ),
    ("six levels", nested(6), ("properties", "inner") * 5, "deeper than 5 objects"),
    ("101 properties", closed({**fifty("a"), **fifty("b"), "c": TEXT}), (), "100 properties, all levels"),
    (
        "101 properties on two levels",
        closed({**fifty("a"), "b": closed(fifty("c"))}),
        (),
        "this one has 101",
    ),
    (
        "501 values",
        closed({"a": {"enum": list(range(250))}, "b": {"enum": list(range(251))}}),
        (),
        "500 enum values, all levels together; this one has 501",
    ),
    (
        "long values",
        closed({"a": {"enum": ["x" * 30 + str(n) for n in range(251)]}}),
        ("properties", "a", "enum"),
        "more than 250 values may have 7500 characters",
    ),
    ("a foreign type", closed({"a": {"type": "date"}}), ("properties", "a", "type"), "as one of: object"),
    ("a type that is none", closed({"a": {"type": {}}}), ("properties", "a", "type"), "as one of: object"),
    ("no type of many", closed({"a": {"type": []}}), ("properties", "a", "type"), "as one of: object"),
    ("properties in a list", {"type": "object", "properties": [1]}, ("properties",), "must be an object"),
    ("a property that is a text", closed({"a": "string"}), ("properties", "a"), "must be a schema"),
    ("required is true", closed({"a": TEXT}, required=True), ("required",), "names of properties"),
    ("required has a number", closed({"a": TEXT}, required=[1]), ("required",), "names of properties"),
    (
        "what a field needs is a number",
        closed({"a": TEXT}, dependentRequired={"a": 3}),
        ("dependentRequired", "a"),
        "names of properties",
    ),
    ("enum is a text", closed({"a": {"enum": "b"}}), ("properties", "a", "enum"), "must be a list"),
    ("enum is empty", closed({"a": {"enum": []}}), ("properties", "a", "enum"), "is empty"),
    ("no choice", closed({"a": {"anyOf": []}}), ("properties", "a", "anyOf"), "is empty"),
    (
        "a choice is a text",
        closed({"a": {"anyOf": ["b"]}}),
        ("properties", "a", "anyOf", 0),
        "must be a schema",
    ),
    ("items are a list", closed({"a": {"items": [TEXT]}}), ("properties", "a", "items"), "must be a schema"),
    ("a remote reference", closed({"a": {"$ref": "https://a.example/s"}}), (), "leads to no schema"),
    ("a file", closed({"a": {"$ref": "file:///etc/passwd"}}), (), "leads to no schema"),
    ("a reference by name", closed({"a": {"$ref": "#person"}}), (), "leads to no schema"),
    ("a reference to nothing", closed({"a": {"$ref": "#/$defs/A"}}), (), "'#/$defs/A' leads to no schema"),
    ("a reference to a number", closed({"a": {"$ref": "#/required/0"}}), (), "leads to no schema"),
    ("a reference that is none", closed({"a": {"$ref": 3}}), (), "'3' leads to no schema"),
    ("the root itself", closed({"a": {"$ref": "#"}}), (), "refers back to itself"),
    (
        "a person's friends",
        closed(
            {"a": {"$ref": "#/$defs/P"}},
            **{"$defs": {"P": closed({"friends": {"type": "array", "items": {"$ref": "#/$defs/P"}}})}},
        ),
        (),
        "'#/$defs/P' refers back to itself",
    ),
    (
        "a name of its own inside",
        closed({"a": {"$id": "b"}}),
        ("properties", "a", "$id"),
        "refer with '$ref'",
    ),
    (
        "a dynamic reference",
        closed({"a": {"$dynamicRef": "#b"}}),
        ("properties", "a", "$dynamicRef"),
        "refer with '$ref'",
    ),
]


@pytest.mark.parametrize(
    ("schema", "loc", "word"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS]
)
@pytest.mark.parametrize("member", ["output_schema", "input_schema"])
def test_errors(member: str, schema: Any, loc: tuple[str | int, ...], word: str) -> None:
    spec = {"output_schema": "x", member: {"json_schema": schema}}
    complaints = refused(run_with(task_spec=spec))
    assert ("task_spec", member, "json_schema", *loc) in {one.loc for one in complaints}
    assert any(word in one.message for one in complaints), complaints
    order = taken(run_with(task_spec=spec), is_lenient=True)
    assert {one.type for one in order.origin.warnings} == {"spec_validation_warning"}
    assert all("The schema was left out." in text for text in told(order))


@pytest.mark.parametrize("word", sorted(UNSUPPORTED))
@pytest.mark.parametrize("place", [(), ("properties", "a"), ("properties", "b", "items")])
def test_unsupported_words(word: str, place: tuple[str, ...]) -> None:
    schema: Fields = closed({"a": {"type": "string"}, "b": {"type": "array", "items": {"type": "string"}}})
    target = schema
    for part in place:
        target = target[part]
    target[word] = 1
    (complaint,) = refused(asking(schema))
    assert complaint.loc == (*SCHEMA, *place, word)
    assert f"'{word}' is not supported; say it in the field's description" in complaint.message


def test_there_are_all_the_unsupported_words_of_the_contract() -> None:
    contract = """contains minContains maxContains minItems maxItems minLength maxLength minProperties
    maxProperties minimum maximum multipleOf pattern patternProperties propertyNames uniqueItems unevaluatedItems
    unevaluatedProperties"""
    # `format` is sent by the vendor's own command line; the exclusive bounds are minimum and maximum as well.
    assert set(contract.split()) | {"exclusiveMinimum", "exclusiveMaximum"} == UNSUPPORTED


@pytest.mark.parametrize("word", sorted({*UNSUPPORTED, "format", "$id", "type", "$ref"}))
def test_a_field_may_be_named_like_a_word(word: str) -> None:
    order = taken(asking(closed({word: TEXT, "x": {"enum": [{word: 1}], "default": {word: 1}}})))
    assert told(order) == []


@pytest.mark.parametrize(
    "schema",
    [
        nested(5),
        closed({**fifty("a"), **{f"b{n}": TEXT for n in range(50)}}),
        closed({"a": {"enum": list(range(500))}}),
        closed({"a": {"enum": ["x" * 40 + str(n) for n in range(250)]}}),
        closed({"a": {"anyOf": [TEXT, {"type": "null"}]}, "b": {"type": ["string", "null"]}}),
        closed({"a": {"$ref": "#/$defs/A"}, "b": {"$ref": "#/$defs/A"}}, **{"$defs": {"A": TEXT}}),
        closed({"a": TEXT, "b": {"$ref": "#/properties/a"}}),
        closed({"a": {"$ref": "#/definitions/A~1B"}}, definitions={"A/B": TEXT}),
        {"$ref": "#/$defs/A", "$defs": {"A": closed({"a": TEXT})}},
        closed({"a": True, "b": {}}, **{"$schema": "http://json-schema.org/draft-07/schema#", "$id": "a"}),
    ],
)
def test_the_bounds_themselves_pass(schema: Fields) -> None:
    order = taken(asking(schema, processor="ultra8x"))
    assert order.task_input["output"] == {"type": "json", "schema": schema}
    assert all("fields" in text for text in told(order))


def test_every_type_may_be_asked_for() -> None:
    rest = [one for one in TYPES if one != "null"]
    schema = closed({name: closed({"a": TEXT}) if name == "object" else {"type": name} for name in rest})
    assert told(taken(asking(schema, processor="core"))) == []


WARNINGS: list[tuple[str, Fields, str]] = [
    ("a field is not required", closed({"a": TEXT, "b": TEXT}, required=["b"]), "in 'required': a."),
    ("nothing is required", {**closed({"a": TEXT}), "required": []}, "in 'required': a."),
    ("an open root", {**closed({"a": TEXT}), "additionalProperties": True}, "to false in: the root."),
    (
        "an open inner object",
        closed({"a": {"type": "object", "properties": {"b": TEXT}, "required": ["b"]}}),
        "to false in: a.",
    ),
    (
        "a date",
        closed({"a": {**TEXT, "format": "date"}}),
        "'format' is not supported and only read as a hint: a.",
    ),
    *(
        (name, closed({name: TEXT}), f"leave out: {name}.")
        for name in (
            *("citations", "confidence", "evidence", "reasoning", "source", "sources", "source_urls"),
        )
    ),
    (
        "six fields of base",
        closed(dict.fromkeys("abcdef", TEXT)),
        "has 6 fields; this processor is good for",
    ),
]


@pytest.mark.parametrize(("schema", "word"), [row[1:] for row in WARNINGS], ids=[row[0] for row in WARNINGS])
def test_warnings(schema: Fields, word: str) -> None:
    order = taken(asking(schema))
    (warning,) = order.origin.warnings
    assert warning.type == "spec_validation_warning"
    assert word in warning.message
    assert order.task_input["output"]["schema"] == schema


@pytest.mark.parametrize(
    ("processor", "most"),
    [
        *(("base", 5), ("core", 10), ("core2x", 10), ("pro", 20), ("ultra", 20)),
        *(("ultra2x", 25), ("ultra4x-fast", 25), ("ultra8x", 25)),
    ],
)
def test_each_processor_is_good_for_so_many_fields(processor: str, most: int) -> None:
    names = [f"a{n}" for n in range(most + 1)]
    assert told(taken(asking(closed(dict.fromkeys(names[:-1], TEXT)), processor=processor))) == []
    (text,) = told(taken(asking(closed(dict.fromkeys(names, TEXT)), processor=processor)))
    assert f"good for about {most}." in text


def padded(length: int) -> Fields:
    """Make a spec of so many characters."""
    spec = {"output_schema": {"type": "json", "json_schema": closed({"a": {"description": ""}})}}
    bare = '{"output_schema":{"type":"json","json_schema":{"type":"object","properties":{"a":{"description":""}},'
    bare += '"required":["a"],"additionalProperties":false}}}'
    spec["output_schema"]["json_schema"]["properties"]["a"]["description"] = "x" * (length - len(bare))  # type: ignore[index]  # nested literals
    return spec


def test_a_spec_has_a_length() -> None:
    taken(run_with(task_spec=padded(LONGEST_SPEC)))
    (complaint,) = refused(run_with(task_spec=padded(LONGEST_SPEC + 1)))
    assert complaint.loc == ("task_spec",)
    assert "may have 15000 characters" in complaint.message
    order = taken(run_with(task_spec=padded(LONGEST_SPEC + 1)), is_lenient=True)
    assert order.task_input["output"] == {"type": "auto"}


def test_spec_and_input_have_a_length_together() -> None:
    room = LONGEST_SPEC_AND_INPUT - LONGEST_SPEC
    taken(run_with(task_spec=padded(LONGEST_SPEC), input="x" * room))
    body = run_with(task_spec=padded(LONGEST_SPEC), input="x" * (room + 1))
    (complaint,) = refused(body)
    assert "together may have 25000 characters" in complaint.message
    assert taken(body, is_lenient=True).task_input["output"] == {"type": "auto"}
    assert len(taken(run_with(input="x" * 10**6)).task_input["input"]) == 10**6


def holding(task_input: Any, schema: Any) -> list[str]:
    spec = {"output_schema": "x", "input_schema": {"json_schema": schema}}
    order = taken(run_with(task_spec=spec, input=task_input))
    assert {one.type for one in order.origin.warnings} <= {"input_validation_warning"}
    return told(order)


@pytest.mark.parametrize(
    ("task_input", "word"),
    [
        ({"a": "x"}, None),
        ({"a": 3}, "at 'a': 3 is not of type 'string'"),
        ({}, "'a' is a required property"),
        ({"a": "x", "b": 1}, "'b' was unexpected"),
        ("x", "'x' is not of type 'object'"),
    ],
)
def test_an_input_that_does_not_match_is_warned_of(task_input: Any, word: str | None) -> None:
    found = holding(task_input, closed({"a": TEXT}))
    assert (not found) if word is None else (word in found[0])


def test_an_input_is_held_against_references_too() -> None:
    schema = closed({"a": {"$ref": "#/$defs/A"}}, **{"$defs": {"A": {"enum": ["x"]}}})
    assert holding({"a": "x"}, schema) == []
    assert "is not one of ['x']" in holding({"a": "y"}, schema)[0]


def test_a_description_of_the_input_is_held_against_nothing() -> None:
    for given in ("a company", {"description": "a company"}, {"type": "text", "description": "a company"}):
        assert told(taken(run_with(task_spec={"output_schema": "x", "input_schema": given}))) == []


def doubling(levels: int) -> Fields:
    defs: Fields = {
        f"A{n}": {"anyOf": [{"$ref": f"#/$defs/A{n + 1}"}, {"$ref": f"#/$defs/A{n + 1}"}]}
        for n in range(levels)
    }
    return closed({"a": {"$ref": "#/$defs/A0"}}, **{"$defs": {**defs, f"A{levels}": TEXT}})


@pytest.mark.parametrize("levels", [13, 30, 100])
def test_references_that_unfold_to_too_much_are_refused(levels: int) -> None:
    begun = time.perf_counter()
    spec = {"output_schema": "x", "input_schema": {"json_schema": doubling(levels)}}
    (complaint,) = refused(run_with(input={"a": 3}, task_spec=spec))
    assert "unfolds to too much" in complaint.message
    assert time.perf_counter() - begun < 1


def test_a_chain_of_references_that_is_too_tall_is_refused() -> None:
    defs: Fields = {f"A{n}": {"$ref": f"#/$defs/A{n + 1}"} for n in range(200)}
    schema = closed({"a": {"$ref": "#/$defs/A0"}}, **{"$defs": {**defs, "A200": TEXT}})
    assert "unfolds to too much" in refused(asking(schema))[0].message


def test_arrays_within_arrays_are_bounded() -> None:
    schema: Fields = TEXT
    for _ in range(40):
        schema = {"type": "array", "items": schema}
    assert "unfolds to too much" in refused(asking(closed({"a": schema})))[0].message


def test_the_largest_comparison_is_quick() -> None:
    choices = [closed({"a": {"enum": [n]}}) for n in range(100)]
    schema = closed({"a": {"type": "array", "items": {"anyOf": choices}}})
    values = MOST_COMPARISONS // (100 * 3 + 3)
    begun = time.perf_counter()
    assert mismatches({"a": [{"a": 99}] * (values // 2 - 2)}, schema, Allowance()) == []
    assert time.perf_counter() - begun < 1
    assert "too much work" in mismatches({"a": [{"a": 99}] * values}, schema, Allowance())[0][1]
    assert MOST_COMPARISONS // MOST_UNFOLDED > 1


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Address(BaseModel):
    street: str
    zip: str | None = None


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Person(BaseModel):
    """What people ask for."""

    name: str = Field(description="In full.")
    age: Optional[int]  # noqa: UP045  as people write it
    addresses: list[Address]
    home: Address
    born: date
    seen: datetime
    colour: Colour
    level: Literal["a", "b"]
    only: Literal["x"]
    tags: list[str] = []
    counts: dict[str, int] = {}
    anything: Any = None
    either: Address | str
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


def test_what_the_sdk_makes_of_classes_passes_with_warnings_at_most() -> None:
    schema = to_json_schema(Person)
    order = taken(asking(schema, processor="pro"))
    assert order.task_input["output"]["schema"] == schema
    assert told(order) == [
        "'format' is not supported and only read as a hint: born, seen.",
        "Name every property in 'required': tags, counts, anything, Address.zip.",
        "Set 'additionalProperties' to false in: Address, counts, Cat, Dog.",
    ]


class Flat(BaseModel):
    name: str
    colour: Colour


def test_a_plain_class_passes_without_a_warning() -> None:
    assert told(taken(asking(to_json_schema(Flat)))) == []


def test_what_their_command_line_makes_of_every_type_of_column_passes() -> None:
    columns = [Column(f"c{n}", "a column", name) for n, name in enumerate(TYPE_MAP)]
    table = InputSchema(
        source="a",
        target="b",
        source_type=SourceType.CSV,
        source_columns=[Column("company", "which")],
        enriched_columns=columns,
    )
    given, wanted = parse_input_and_output_models(table)
    spec = {
        "input_schema": {"type": "json", "json_schema": given.model_json_schema()},
        "output_schema": {"type": "json", "json_schema": wanted.model_json_schema()},
    }
    order = taken(run_with(processor="pro", task_spec=spec, input={"company": "Example"}))
    dates = ", ".join(f"c{n}" for n, name in enumerate(TYPE_MAP) if "date" in name)
    assert told(order)[0].startswith(f"'format' is not supported and only read as a hint: {dates[:2]}")
    assert {one.type for one in order.origin.warnings} == {"spec_validation_warning"}
