"""Time series and long arrays as JSON, piece by piece: no answer ever holds all blocks of a plant in memory."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import orjson
from starlette.responses import Response, StreamingResponse

from gnomon.core.ports import BlobStore
from gnomon.core.task import Json

Columns = Mapping[str, npt.NDArray[np.float64]]
Shape = Callable[[Columns], Mapping[str, Json]]
Shown = Callable[[Sequence[Json]], Sequence[Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A stored npz and how its columns are shown; those of one `part` where several stand in it."""

    sha256: str
    shape: Shape
    part: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Stored JSON arrays that make one array together, and how the items of each are shown."""

    names: Sequence[str]
    shown: Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A stored JSON document that is passed on as it stands.

    `beside` holds members that are put into it, if it is an object, where it has none of their names.
    """

    sha256: str
    beside: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of the answer: a series, an object of several, an array in several pieces, a stored document."""

    key: str
    series: Series | Sequence[tuple[str, Series]] | Listed | Stored


def stream(
    head: Mapping[str, Json], members: Sequence[Member], blobs: BlobStore, headers: Mapping[str, str]
) -> StreamingResponse:
    """Answer with an object: `head` at once, then each member as its columns are read."""
    return StreamingResponse(
        _pieces(head, members, blobs), headers=dict(headers), media_type="application/json"
    )


async def answer_stored(sha256: str, blobs: BlobStore) -> Response:
    """Answer with a stored JSON document as it stands."""
    return Response(await blobs.get_blob(sha256), media_type="application/json")


async def _pieces(
    head: Mapping[str, Json], members: Sequence[Member], blobs: BlobStore
) -> AsyncIterator[bytes]:
    reader = _Reader(blobs)
    yield orjson.dumps(head)[:-1]
    for member in members:
        yield b"," + orjson.dumps(member.key) + b":"
        async for piece in _member(member.series, reader):
            yield piece
    yield b"}"


async def _member(
    series: Series | Sequence[tuple[str, Series]] | Listed | Stored, reader: "_Reader"
) -> AsyncIterator[bytes]:
    if isinstance(series, Series):
        yield await reader.encoded(series)
        return
    if isinstance(series, Stored):
        yield await reader.stored(series)
        return
    if isinstance(series, Listed):
        yield b"["
        before = b""
        for name in series.names:
            # Without its brackets; an array of nothing adds nothing.
            if piece := (await reader.items(name, series.shown))[1:-1]:
                yield before + piece
                before = b","
        yield b"]"
        return
    for index, (key, one) in enumerate(series):
        yield (b"," if index else b"{") + orjson.dumps(key) + b":" + await reader.encoded(one)
    yield b"}" if series else b"{}"


class _Reader:
    """Reads series one after another; neighbours that stand in one blob fetch it once."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._name, self._content = "", b""

    async def encoded(self, series: Series) -> bytes:
        if series.sha256 != self._name:
            self._name, self._content = series.sha256, await self._blobs.get_blob(series.sha256)
        return await asyncio.to_thread(_encode, self._content, series)

    async def stored(self, document: Stored) -> bytes:
        return _beside(await self._blobs.get_blob(document.sha256), document.beside)

    async def items(self, name: str, shown: Shown) -> bytes:
        content = await self._blobs.get_blob(name)
        return await asyncio.to_thread(lambda: orjson.dumps(shown(orjson.loads(content))))


def _beside(content: bytes, members: Mapping[str, Json]) -> bytes:
    # The text is not parsed: what is stored may be large, and its first brace is where members can be put.
    new = {key: value for key, value in members.items() if orjson.dumps(key) not in content}
    if not new or content[:1] != b"{":
        return content
    rest = content[1:].lstrip()
    return orjson.dumps(new)[:-1] + (b"" if rest[:1] == b"}" else b",") + rest


def _encode(content: bytes, series: Series) -> bytes:
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        columns = {
            name.rpartition("/")[2]: archive[name]
            for name in archive.files
            # A plain name belongs to every part of the file.
            if name.rpartition("/")[0] in ("", series.part)
        }
    return orjson.dumps(series.shape(columns), option=orjson.OPT_SERIALIZE_NUMPY)
