"""Any JSON at all is a run, or a refusal that says why; what is taken is a brief."""

import copy
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from wires import FULL, PROCESSORS, PUBLISHED

from gnomon.core.brief import BRIEF, read_brief
from gnomon.core.errors import Invalid
from gnomon.web.body import DEEPEST
from gnomon.web.dialects.parallel.processors import PROCESSORS as NAMES
from gnomon.web.dialects.parallel.processors import UnknownProcessor
from gnomon.web.dialects.parallel.wire.group import read_batch, read_group
from gnomon.web.dialects.parallel.wire.references import LISTS, NAMED, ONE
from gnomon.web.dialects.parallel.wire.run import RunOrder, read_run
from gnomon.web.dialects.parallel.wire.schema_rules import TYPES, UNSUPPORTED

BRIEFS = Draft202012Validator(dict(BRIEF))
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(
        [*TYPES, *NAMES, "#", "#/$defs/A", "#/properties/a", "https://a.example", "a.example", ""]
    )
)
WORDS = st.sampled_from(
    [
        *(
            *ONE,
            *LISTS,
            *NAMED,
            *sorted(UNSUPPORTED),
            "type",
            "enum",
            "required",
            "$ref",
            "$defs",
            "$id",
            "format",
        ),
        *(
            "input",
            "processor",
            "task_spec",
            "output_schema",
            "input_schema",
            "json_schema",
            "a",
            "A",
            "const",
        ),
    ]
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(), inner, max_size=5),
    max_leaves=25,
)
SCHEMAS = st.recursive(
    st.fixed_dictionaries({"type": st.sampled_from(TYPES)}) | st.just({"$ref": "#/$defs/A"}) | LEAVES,
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(TYPES) | LEAVES,
            "properties": st.dictionaries(st.sampled_from("aAb"), inner, max_size=3),
            "$defs": st.dictionaries(st.sampled_from("AB"), inner, max_size=2),
            "$ref": st.sampled_from(["#", "#/$defs/A", "#/$defs/B", "#/properties/a", "#/anyOf/0", "b"]),
            "items": inner,
            "anyOf": st.lists(inner, max_size=2),
            "enum": st.lists(LEAVES, max_size=3),
            "required": st.lists(st.sampled_from("aAb"), max_size=2),
            "additionalProperties": inner,
            "not": inner,
            "dependentRequired": st.dictionaries(
                st.sampled_from("aA"), LEAVES | st.lists(LEAVES, max_size=2), max_size=2
            ),
        },
    ),
    max_leaves=12,
)


def read_any(body: Any, *, is_lenient: bool) -> None:
    try:
        order = read_run(body, processors=PROCESSORS, is_lenient=is_lenient)
    except Invalid as error:
        refusal = error.complaints
    except UnknownProcessor:
        return
    else:
        look_at(order)
        return
    assert 0 < len(refusal) <= 20
    assert all(one.message and len(one.message) < 1000 for one in refusal)


def look_at(order: RunOrder) -> None:
    if order.origin.is_brief:
        BRIEFS.validate(order.task_input)
        assert read_brief(order.task_input).json() == order.task_input
    assert "headers" not in repr(order.wording)
    order.terms()


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: Any = (
        value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    )
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


def with_value(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(body)
    target = changed
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    return changed


PLACES = [(body, path) for body in (FULL, PUBLISHED) for path in places(body)]


@settings(deadline=None)
@given(JSON, st.booleans())
def test_any_json(body: Any, is_lenient: bool) -> None:
    read_any(body, is_lenient=is_lenient)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(PLACES), JSON, st.booleans())
def test_any_json_at_any_place(place: tuple[Any, tuple[Any, ...]], value: Any, is_lenient: bool) -> None:
    body, path = place
    read_any(with_value(body, path, value), is_lenient=is_lenient)


@settings(max_examples=600, deadline=None)
@given(SCHEMAS, JSON, st.booleans())
@example({"type": "object", "properties": {"a": {"$ref": "#/properties/a"}}}, {}, False)
@example(
    {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": 3}}},
    {"a": 1},
    True,
)
@example({"type": "object", "properties": {"a": {"enum": [[], {}]}}}, {"a": 1}, False)
@example({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}}, {}, False)
def test_any_schema_with_any_input(schema: Any, task_input: Any, is_lenient: bool) -> None:
    spec = {"output_schema": {"json_schema": schema}, "input_schema": {"json_schema": schema}}
    read_any({"input": task_input, "processor": "pro", "task_spec": spec}, is_lenient=is_lenient)


@settings(deadline=None)
@given(JSON, st.booleans())
def test_any_batch(body: Any, is_lenient: bool) -> None:
    for one in (body, {"inputs": [body, FULL]}, {"inputs": [FULL], "default_task_spec": body}):
        try:
            read_batch(one, processors=PROCESSORS, is_lenient=is_lenient)
        except (Invalid, UnknownProcessor):
            continue
    try:
        read_group(body)
    except Invalid:
        return


LONG = "x" * 100_000


@pytest.mark.parametrize(
    "members",
    [
        {"metadata": {LONG: []}},
        {"metadata": {LONG: ""}},
        {"processor": LONG},
        {LONG: 1, "input": 3},
        {"memory_scope_key": LONG},
        {"source_policy": {"include_domains": [LONG]}},
        {"advanced_settings": {"location": LONG, "data_sources": {LONG: [LONG], "free": [LONG]}}},
        {"mcp_servers": [{"name": LONG, "url": LONG, "headers": {LONG: LONG}}]},
        {"mcp_servers": [{"name": "a", "url": LONG, "headers": {LONG: LONG}}] * 2},
        {"webhook": {"url": LONG, "event_types": [LONG]}},
        {"previous_interaction_id": LONG},
        {"task_spec": {"output_schema": {"type": LONG}}},
        {"task_spec": {"output_schema": {"json_schema": {"type": LONG[:9000]}}}},
        {"task_spec": {"output_schema": {"json_schema": {"properties": {LONG[:9000]: 3}}}}},
        {"task_spec": {"output_schema": {"json_schema": {"$ref": LONG[:9000]}}}},
    ],
)
@pytest.mark.parametrize("is_lenient", [False, True])
def test_no_complaint_repeats_all_that_was_sent(members: dict[str, Any], is_lenient: bool) -> None:
    body = {"input": "x", "processor": "base", **members}
    try:
        order = read_run(body, processors=PROCESSORS, is_lenient=is_lenient)
    except Invalid as error:
        told = repr(error.complaints)
    except UnknownProcessor as error:
        told = error.message
    else:
        told = repr(order.origin)
    assert len(told) < 5000


@pytest.mark.parametrize("word", ["items", "anyOf", "properties"])
def test_the_deepest_body_that_is_parsed_is_no_bomb(word: str) -> None:
    value: Any = {}
    for level in range(DEEPEST - 8):
        inner = {"items": value, "anyOf": [value], "properties": {"a": value}}[word]
        value = {"type": "object" if level % 2 else "array", word: inner}
    for path in (("input",), ("task_spec", "output_schema"), ("task_spec", "output_schema", "json_schema")):
        read_any(with_value(FULL, path, value), is_lenient=False)
        read_any(with_value(FULL, path, value), is_lenient=True)
