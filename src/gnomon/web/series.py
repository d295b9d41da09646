"""Time series as JSON, piece by piece: no answer ever holds all blocks of a plant in memory."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import orjson
from starlette.responses import StreamingResponse

from gnomon.core.ports import BlobStore
from gnomon.core.task import Json

Columns = Mapping[str, npt.NDArray[np.float64]]
Shape = Callable[[Columns], Mapping[str, Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A stored npz and how its columns are shown; those of one `part` where several stand in it."""

    sha256: str
    shape: Shape
    part: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of the answer that is one series, or an object of several."""

    key: str
    series: Series | Sequence[tuple[str, Series]]


def stream(
    head: Mapping[str, Json], members: Sequence[Member], blobs: BlobStore, headers: Mapping[str, str]
) -> StreamingResponse:
    """Answer with an object: `head` at once, then each member as its columns are read."""
    return StreamingResponse(
        _pieces(head, members, blobs), headers=dict(headers), media_type="application/json"
    )


async def _pieces(
    head: Mapping[str, Json], members: Sequence[Member], blobs: BlobStore
) -> AsyncIterator[bytes]:
    reader = _Reader(blobs)
    yield orjson.dumps(head)[:-1]
    for member in members:
        yield b"," + orjson.dumps(member.key) + b":"
        if isinstance(member.series, Series):
            yield await reader.encoded(member.series)
            continue
        for index, (key, series) in enumerate(member.series):
            yield (b"," if index else b"{") + orjson.dumps(key) + b":" + await reader.encoded(series)
        yield b"}" if member.series else b"{}"
    yield b"}"


class _Reader:
    """Reads series one after another; neighbours that stand in one blob fetch it once."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._name, self._content = "", b""

    async def encoded(self, series: Series) -> bytes:
        if series.sha256 != self._name:
            self._name, self._content = series.sha256, await self._blobs.get_blob(series.sha256)
        return await asyncio.to_thread(_encode, self._content, series)


def _encode(content: bytes, series: Series) -> bytes:
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        columns = {
            name.rpartition("/")[2]: archive[name]
            for name in archive.files
            # A plain name belongs to every part of the file.
            if name.rpartition("/")[0] in ("", series.part)
        }
    return orjson.dumps(series.shape(columns), option=orjson.OPT_SERIALIZE_NUMPY)
