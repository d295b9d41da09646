"""JSON as it is stored: the same text, whether it is written in one call or in pieces."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.errors import Invalid
from gnomon.store import row

leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5)
)
MANY = list(range(50_000))
LARGE = [
    MANY,
    {str(number): number for number in MANY},
    {"é": MANY, "b": [], "c": {}, "": None},
    [[], {}, MANY, [{"a": 1}] * 30_000, "text"],
    [[number] * 100 for number in range(3000)],
    {str(number): {"a": [number] * 40} for number in range(3000)},
    [[[[MANY]], MANY]],
]


def plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@given(value=values)
def test_a_value_in_pieces_is_the_same_text(value: Any) -> None:
    with pytest.MonkeyPatch.context() as small:
        small.setattr(row, "_AT_ONCE", 3)
        small.setattr(row, "_PART", 2)
        assert row.dump(value) == plain(value)
    assert row.dump(value) == plain(value)


@pytest.mark.parametrize("value", LARGE)
def test_a_large_value_is_written_in_pieces(value: Any) -> None:
    pieces = list(row._pieces(value))
    assert "".join(pieces) == row.dump(value) == plain(value)
    assert max(map(len, pieces)) < len(plain(value)) / 2


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), {1, 2}, "\ud800", b"a"])
def test_what_is_no_json_is_refused_however_large_it_is(wrong: Any) -> None:
    for value in (wrong, [*MANY, wrong], {"a": MANY, "b": {"c": wrong}}):
        with pytest.raises(Invalid, match="not JSON that can be stored"):
            row.dump(value)


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[Any] = [*MANY]
    value.append(value)
    with pytest.raises(Invalid, match="not JSON that can be stored"):
        row.dump(value)
