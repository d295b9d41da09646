import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.blob import Blob, name_of
from gnomon.core.errors import Invalid
from gnomon.core.fold import blobs_of
from gnomon.core.service.blob import fold, unfold


class Shelf:
    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    async def put_blob(self, content: bytes) -> Blob:
        self.blobs[name_of(content)] = content
        return Blob(sha256=name_of(content), size=len(content))

    async def get_blob(self, sha256: str) -> bytes:
        return self.blobs[sha256]


class ShelfOnly:
    """As much of a house as folding needs."""

    def __init__(self) -> None:
        self.store = Shelf()


LONG = [float(n) for n in range(10_000)]


@pytest.mark.parametrize(
    ("document", "apart"),
    [
        ({"a": LONG, "b": 1}, {"a"}),
        ({"a": LONG[:100]}, set()),
        ({"a": {"x": LONG, "y": LONG}}, {"a"}),
        ({"a": {"x": LONG[:100]}}, set()),
        ({"a": [{"x": LONG}]}, set()),
        (LONG, set()),
        ("x" * 100_000, set()),
    ],
)
async def test_large_members_stand_apart(document: Any, apart: set[str]) -> None:
    house: Any = ShelfOnly()
    folded = await fold(house, document)
    marked = {key for key in apart if set(folded.document[key]) == {"$blob"}}
    assert marked == apart
    assert len(folded.blobs) == len(apart)
    assert set(blobs_of(folded.document)) == set(folded.blobs)
    assert await unfold(house, folded.document) == document


async def test_equal_members_are_one_blob_whatever_their_order() -> None:
    house: Any = ShelfOnly()
    first = await fold(house, {"a": {"x": LONG, "y": LONG}})
    second = await fold(house, {"a": {"y": LONG, "x": LONG}})
    assert first.blobs == second.blobs


@pytest.mark.parametrize(
    "document",
    [
        {"a": {"$blob": "0"}},
        {"$blob": "0"},
        {"a": [1, {"b": {"$blob": 0, "c": 1}}]},
        [[{"$blob": None}]],
    ],
)
async def test_marks_of_a_sender_are_refused(document: Any) -> None:
    house: Any = ShelfOnly()
    with pytest.raises(Invalid, match="reserved"):
        await fold(house, document)


SCALAR = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)


@given(
    st.dictionaries(
        st.text(max_size=3),
        SCALAR | st.lists(SCALAR, max_size=3) | st.dictionaries(st.text(max_size=2), SCALAR),
    ).filter(lambda document: "$blob" not in json.dumps(document))
)
async def test_small_documents_are_left_as_they_are(document: Any) -> None:
    house: Any = ShelfOnly()
    assert (await fold(house, document)).document is document
