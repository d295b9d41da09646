import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from gnomon.core.blob import Blob, name_of
from gnomon.web.series import Listed, Member, Series, Stored, stream


class Shelf:
    """Blobs in memory, and the order in which they were asked for."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.asked: list[str] = []

    async def put_blob(self, content: bytes) -> Blob:
        self.blobs[name_of(content)] = content
        return Blob(sha256=name_of(content), size=len(content))

    async def get_blob(self, sha256: str) -> bytes:
        self.asked.append(sha256)
        return self.blobs[sha256]

    async def sweep_blobs(self, older_than: Any) -> int:
        return 0


def everything(columns: Mapping[str, Any]) -> Mapping[str, Any]:
    return dict(columns)


async def stored(shelf: Shelf, **columns: Any) -> Series:
    buffer = io.BytesIO()
    np.savez(buffer, **columns)
    return Series(sha256=(await shelf.put_blob(buffer.getvalue())).sha256, shape=everything)


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_pieces_make_one_document(count: int) -> None:
    shelf = Shelf()
    plant = await stored(shelf, a=np.array([0.1, np.nan, 1e300]))
    blocks = [(str(i), await stored(shelf, b=np.arange(3.0) + i)) for i in range(count)]
    members = [Member(key="plant", series=plant), Member(key="blocks", series=blocks)]
    answer = stream({"x": 1}, members, shelf, {"A": "b"})
    pieces = [bytes(piece) async for piece in answer.body_iterator]  # type: ignore[arg-type]
    assert json.loads(b"".join(pieces)) == {
        "x": 1,
        "plant": {"a": [0.1, None, 1e300]},
        "blocks": {str(i): {"b": [0.0 + i, 1.0 + i, 2.0 + i]} for i in range(count)},
    }
    assert answer.headers["a"] == "b"


async def test_blocks_are_read_one_after_another() -> None:
    shelf = Shelf()
    blocks = [(str(i), await stored(shelf, b=np.arange(3.0) + i)) for i in range(3)]
    pieces = stream({"x": 1}, [Member(key="blocks", series=blocks)], shelf, {}).body_iterator
    await anext(pieces)  # type: ignore[call-overload]
    assert shelf.asked == []
    await anext(pieces)  # type: ignore[call-overload]
    await anext(pieces)  # type: ignore[call-overload]
    assert len(shelf.asked) == 1


async def test_neighbours_in_one_file_are_fetched_once() -> None:
    shelf = Shelf()
    columns = {"date": np.zeros(2), "1/power": np.ones(2), "11/power": np.full(2, 11.0)}
    both = await stored(shelf, **columns)
    blocks = [(part, Series(sha256=both.sha256, shape=everything, part=part)) for part in ("1", "11")]
    answer = stream({}, [Member(key="blocks", series=blocks)], shelf, {})
    pieces = [bytes(piece) async for piece in answer.body_iterator]  # type: ignore[arg-type]
    assert json.loads(b"{" + b"".join(pieces).partition(b",")[2])["blocks"] == {
        "1": {"date": [0.0, 0.0], "power": [1.0, 1.0]},
        "11": {"date": [0.0, 0.0], "power": [11.0, 11.0]},
    }
    assert shelf.asked == [both.sha256]


@pytest.mark.parametrize("pieces", [[], [[]], [[1]], [[1, 2], [], [3]], [[], [4, 5]]])
async def test_stored_arrays_make_one(pieces: list[list[int]]) -> None:
    shelf = Shelf()
    names = [(await shelf.put_blob(json.dumps(piece).encode())).sha256 for piece in pieces]
    member = Member(key="items", series=Listed(names=names, shown=lambda items: [{"x": n} for n in items]))
    answer = stream({"a": 1}, [member], shelf, {})
    told = b"".join([bytes(piece) async for piece in answer.body_iterator])  # type: ignore[arg-type]
    assert json.loads(told) == {"a": 1, "items": [{"x": n} for piece in pieces for n in piece]}
    assert shelf.asked == names


@pytest.mark.parametrize(
    ("content", "beside", "whole"),
    [
        (b'{"a": 1}', {}, {"a": 1}),
        (b'{"a": 1}', {"b": [2]}, {"b": [2], "a": 1}),
        (b"{}", {"b": 2}, {"b": 2}),
        (b"{ }", {"b": 2}, {"b": 2}),
        (b'{"b": 1}', {"b": 2, "c": 3}, {"c": 3, "b": 1}),
        (b"[1]", {"b": 2}, [1]),
    ],
)
async def test_a_stored_document_is_passed_on_as_it_stands(
    content: bytes, beside: dict[str, Any], whole: Any
) -> None:
    shelf = Shelf()
    document = Stored(sha256=(await shelf.put_blob(content)).sha256, beside=beside)
    answer = stream({"x": 1}, [Member(key="document", series=document)], shelf, {})
    pieces = [bytes(piece) async for piece in answer.body_iterator]  # type: ignore[arg-type]
    assert json.loads(b"".join(pieces)) == {"x": 1, "document": whole}
