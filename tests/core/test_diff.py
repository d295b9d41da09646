"""Differences: applied in order they give the new document, whatever the two are."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.diff import Comparison, Difference, compare, differences, merge_patch

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text("ab/~0", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text("ab/~", max_size=2), inner, max_size=4)
    ),
    max_leaves=20,
)


def _parts(path: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def _apply(document: Any, found: Difference) -> Any:
    """RFC 6902 by hand, checking that what is removed or replaced is what the difference says."""
    parts = _parts(found.path)
    if not parts:
        assert found.op == "replace"
        assert strict(document) == strict(found.old)
        return found.new
    inner = document
    for part in parts[:-1]:
        inner = inner[int(part)] if isinstance(inner, list) else inner[part]
    last: Any = int(parts[-1]) if isinstance(inner, list) else parts[-1]
    if found.op != "add":
        assert strict(inner[last]) == strict(found.old)
    if found.op == "remove":
        del inner[last]
    elif found.op == "add" and isinstance(inner, list):
        inner.insert(last, found.new)
    else:
        assert (last in inner) == (found.op == "replace") or isinstance(inner, list)
        inner[last] = found.new
    return document


def strict(value: Any) -> Any:
    """Tell true from 1, which Python does not."""
    if isinstance(value, dict):
        return {key: strict(inner) for key, inner in value.items()}
    return [strict(inner) for inner in value] if isinstance(value, list) else (type(value) is bool, value)


@given(JSON, JSON)
def test_applied_in_order_they_give_the_new_document(old: Any, new: Any) -> None:
    document = deepcopy(old)
    for found in differences(old, new):
        document = _apply(document, deepcopy(found))
    assert strict(document) == strict(new)


@given(JSON)
def test_a_document_does_not_differ_from_itself(document: Any) -> None:
    assert compare(document, deepcopy(document)) == Comparison(differences=())


@given(JSON, JSON, st.integers(0, 3))
def test_no_more_are_told_than_asked_for(old: Any, new: Any, most: int) -> None:
    every = list(differences(old, new))
    told = compare(old, new, most)
    assert list(told.differences) == every[:most]
    assert told.is_truncated == (len(every) > most)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (1, 1.0, []),
        (1, True, [("replace", "")]),
        ({"a": 1}, {"a": 1, "b/c": None}, [("add", "/b~1c")]),
        ({"a": {"~": [1, 2]}}, {"a": {"~": [1, 3]}}, [("replace", "/a/~0/1")]),
        ([1, 2, 3, 4], [1, 4], [("remove", "/2"), ("remove", "/1")]),
        ([1, 4], [1, 2, 3, 4], [("add", "/1"), ("add", "/2")]),
    ],
)
def test_what_is_told(old: Any, new: Any, expected: list[tuple[str, str]]) -> None:
    assert [(found.op, found.path) for found in differences(old, new)] == expected


def test_depth_does_not_matter() -> None:
    old: Any = 1
    new: Any = 2
    for _ in range(500):
        old, new = [old], [new]
    (found,) = differences(old, new)
    assert found.path == "/0" * 500


@pytest.mark.parametrize(
    ("document", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "c": 1}, {"a": None}, {"c": 1}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        (["a", "b"], ["c"], ["c"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": 1}, None, None),
    ],
)
def test_a_merge_patch_does_what_its_standard_says(document: Any, patch: Any, expected: Any) -> None:
    before = deepcopy(document)
    assert merge_patch(document, patch) == expected
    assert document == before
