import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.web.body import DEEPEST, LARGEST_INTEGER, parse
from gnomon.web.problems import BadRequest

REFUSED = {
    "empty": b"",
    "blank": b"  \n",
    "NaN": b'{"a": NaN}',
    "Infinity": b"[Infinity]",
    "minus Infinity": b"[-Infinity]",
    "too large for a double": b"[1e400]",
    "too large without an exponent": b"[" + b"9" * 400 + b".0]",
    "repeated key": b'{"a": 1, "b": {"c": 1, "c": 2}}',
    "half a surrogate pair": rb'{"a": "\ud800"}',
    "half a surrogate pair in a key": rb'{"\udc00": 1}',
    "NUL": rb'["\u0000"]',
    "NUL beside other letters": '["é\\u0000"]'.encode(),
    "not UTF-8": b'["\xff"]',
    "encoded surrogate": b'["\xed\xa0\x80"]',
    "integer beyond 64 bits": str(LARGEST_INTEGER + 1).encode(),
    "integer of 5000 digits": b"1" * 5000,
    "65 levels": b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
    "100000 levels": b"[" * 100_000,
    "trailing text": b"{} {}",
    "control character": b'["\x01"]',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED.keys())
def test_refuses(content: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(content)
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (rb'"\\u0000"', r"\u0000"),
        (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        (str(LARGEST_INTEGER).encode(), LARGEST_INTEGER),
        (b"[" * DEEPEST + b"]" * DEEPEST, None),
        (b"1e-400", 0.0),
    ],
)
def test_takes_what_is_close_to_that(content: bytes, value: Any) -> None:
    parsed = parse(content)
    assert value is None or parsed == value


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"NaN", "line 1, column 1)"),
        (b'{"ghi": [1.0, 2.0, NaN]}', "line 1, column 20)"),
        (b'{"NaN": "Infinity \\" NaN",\n "b": [\n  -Infinity]}', "line 3, column 3)"),
    ],
)
def test_says_where_what_is_no_number_stands(content: bytes, place: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(content)
    assert place in caught.value.message
    assert "send null, or leave the member out" in caught.value.message
    assert "series" not in caught.value.message


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abé", max_size=3), inner, max_size=4)
    ),
)


@given(PLAIN)
def test_takes_all_other_json_as_it_is(value: Any) -> None:
    assert parse(json.dumps(value).encode()) == value


@given(st.binary(max_size=60))
def test_never_fails_in_another_way(content: bytes) -> None:
    try:
        parse(content)
    except BadRequest:
        return
    json.loads(content)
