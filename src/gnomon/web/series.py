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
    """A stored npz and how its columns are shown."""

    sha256: str
    shape: Shape


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
    yield orjson.dumps(head)[:-1]
    for member in members:
        yield b"," + orjson.dumps(member.key) + b":"
        if isinstance(member.series, Series):
            yield await _encoded(member.series, blobs)
            continue
        for index, (key, series) in enumerate(member.series):
            yield (b"," if index else b"{") + orjson.dumps(key) + b":" + await _encoded(series, blobs)
        yield b"}" if member.series else b"{}"
    yield b"}"


async def _encoded(series: Series, blobs: BlobStore) -> bytes:
    content = await blobs.get_blob(series.sha256)
    return await asyncio.to_thread(_encode, content, series.shape)


def _encode(content: bytes, shape: Shape) -> bytes:
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        columns = {name: archive[name] for name in archive.files}
    return orjson.dumps(shape(columns), option=orjson.OPT_SERIALIZE_NUMPY)
