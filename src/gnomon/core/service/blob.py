"""Large members of a document are stored beside it as blobs, and put back when it is read."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass

from gnomon.core.fold import large_members, marked_blob, with_marks
from gnomon.core.service.house import House
from gnomon.core.task import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A document fit to be stored as a row, and the blobs it refers to."""

    document: Json
    blobs: tuple[str, ...]


async def store_blob(house: House, content: bytes) -> str:
    """Store bytes and return their name."""
    return (await house.store.put_blob(content)).sha256


async def fold(house: House, document: Json) -> Folded:
    """Store each object or plain array of the first level that is large as a blob, and put its mark in its place.

    Raises
    ------
    Invalid
        When the document carries a mark of its own: it could name what its sender must not read.
    """
    large = await asyncio.to_thread(large_members, document)
    if not large:
        return Folded(document=document, blobs=())
    names = {key: await store_blob(house, content) for key, content in large.items()}
    return Folded(document=with_marks(document, names), blobs=tuple(names.values()))


async def unfold(house: House, document: Json) -> Json:
    """Put the blobs of a stored document back in their places."""
    if not isinstance(document, Mapping):
        return document
    marked = {key: name for key, value in document.items() if (name := marked_blob(value)) is not None}
    if not marked:
        return document
    contents = {key: await house.store.get_blob(name) for key, name in marked.items()}
    values = await asyncio.to_thread(lambda: {key: json.loads(text) for key, text in contents.items()})
    return {**document, **values}
