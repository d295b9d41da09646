"""A mould never allows what its schema does not, once released; strict ones are as strict servers want them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.workloads.research.models.json_text import faults
from gnomon.workloads.research.models.mould import LONGEST_STRING, VALUE, mould

LEAVES: list[dict[str, Any]] = [
    {"type": "string"},
    {"type": "string", "maxLength": 3},
    {"type": "integer", "minimum": 0},
    {"type": "number"},
    {"type": "boolean"},
    {"type": ["string", "null"]},
    {"type": ["string", "integer"], "maxLength": 2, "minimum": 3},
    {"type": ["string", "null"], "enum": ["a", None, 7]},
    {"type": ["object", "null"], "properties": {"x": {"type": "boolean"}}},
    {"enum": ["a", "b"]},
    {"type": "string", "enum": ["a", "b"]},
    {"const": 7},
    {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    {"$ref": "#/$defs/place"},
]
PLACE = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "zip": {"type": "string"}},
    "required": ["city"],
}
NAMES = st.sampled_from(["a", "b", "c"])


def objects(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(NAMES, parts, min_size=1).flatmap(
        lambda properties: st.sets(st.sampled_from(sorted(properties))).map(
            lambda wanted: {"type": "object", "properties": properties, "required": sorted(wanted)}
        )
    )


SCHEMAS = st.recursive(
    st.sampled_from(LEAVES),
    lambda parts: (
        objects(parts)
        | parts.map(lambda part: {"type": "array", "items": part})
        | st.lists(parts, min_size=1, max_size=2).map(lambda some: {"anyOf": some})
    ),
    max_leaves=8,
).map(lambda schema: {**schema, "$defs": {"place": PLACE}})


def sample(draw: st.DrawFn, node: dict[str, Any], root: dict[str, Any]) -> Any:
    """Draw a value that the node allows, as a server would that is held to it."""
    if "$ref" in node:
        return sample(draw, root["$defs"][node["$ref"].rpartition("/")[2]], root)
    if "anyOf" in node:
        return sample(draw, draw(st.sampled_from(node["anyOf"])), root)
    if "const" in node:
        return node["const"]
    if "enum" in node:
        return draw(st.sampled_from(node["enum"]))
    kind = node["type"]
    if kind == "object":
        return {name: sample(draw, part, root) for name, part in node["properties"].items()}
    if kind == "array":
        return [sample(draw, node["items"], root) for _ in range(draw(st.integers(0, 2)))]
    if kind == "string":
        return draw(st.text("xyz", max_size=min(5, node["maxLength"])))
    return draw(PLAIN[kind].filter(lambda value: value is None or value >= node.get("minimum", 0)))


PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(0, 9),
    "number": st.floats(0, 9),
    "boolean": st.booleans(),
    "null": st.none(),
}


@given(st.data())
def test_what_a_mould_allows_is_released_valid(data: st.DataObject) -> None:
    schema = data.draw(SCHEMAS)
    made = mould(schema)
    said = data.draw(st.composite(lambda draw: sample(draw, dict(made.schema), dict(made.schema)))())
    assert not faults(said, made.schema)
    assert not faults(made.release(said), schema)


@given(SCHEMAS)
def test_each_object_of_a_strict_mould_is_closed_and_whole(schema: dict[str, Any]) -> None:
    made = mould(schema)
    assert made.is_strict
    assert made.schema["type"] == "object"
    for node in nodes(made.schema):
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])
        if node.get("type") == "string" and "enum" not in node:
            assert node["maxLength"] <= LONGEST_STRING


def nodes(node: Any) -> Any:
    if isinstance(node, dict):
        if "type" in node or "$ref" in node or "anyOf" in node:
            yield node
        for part in node.values():
            yield from nodes(part)
    if isinstance(node, list):
        for part in node:
            yield from nodes(part)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "properties": {"m": {"type": "object"}}},
        {"type": "object", "properties": {"m": {}}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]},
        {"type": "object", "properties": {"a": {"type": "array"}}},
        {"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}}]},
        {"type": "object", "properties": {"a": {"type": "string"}}, "anyOf": [{"required": ["a"]}]},
        {"type": "object", "properties": {"a": {"type": "string"}, "b": {"$ref": "#/properties/a"}}},
    ],
)
def test_what_cannot_be_said_strictly_is_left_to_our_own_check(schema: dict[str, Any]) -> None:
    assert not mould(schema).is_strict


def test_a_null_that_the_schema_allows_stays() -> None:
    schema = {"type": "object", "properties": {"a": {"type": ["string", "null"]}, "b": {"type": "string"}}}
    assert mould(schema).release({"a": None, "b": None}) == {"a": None}


def test_a_list_stands_in_an_object_on_its_way() -> None:
    made = mould({"type": "array", "items": {"$ref": "#/$defs/place"}, "$defs": {"place": PLACE}})
    assert made.schema["required"] == [VALUE]
    assert made.release({VALUE: [{"city": "Rome", "zip": None}]}) == [{"city": "Rome"}]


def test_a_schema_that_refers_to_itself_is_moulded() -> None:
    tree = {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/node"}},
                "required": ["name"],
            }
        },
    }
    made = mould(tree)
    said = {VALUE: {"name": "a", "next": {"name": "b", "next": None}}}
    assert not faults(said, made.schema)
    assert made.release(said) == {"name": "a", "next": {"name": "b"}}
