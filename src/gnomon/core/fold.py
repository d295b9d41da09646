"""The fold: large members of a document stand beside it as blobs, each with a mark in its place."""

import json
from collections.abc import Iterator, Mapping

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.task import Json

MARK = "$blob"
"""A member `{"$blob": <sha256>}` of a stored document stands for the JSON in that blob."""

LARGEST_INLINE = {b"{": 64 * 1024, b"[": 16 * 1024}
"""Bytes up to which an object and an array stay in their document; a record of weather has several arrays."""


def with_marks(document: Json, names: Mapping[str, str]) -> Json:
    """Put marks in the place of the members that are stored under those names."""
    return {**document, **{key: {MARK: name} for key, name in names.items()}} if names else document


def marked_blob(value: Json) -> str | None:
    """Return the blob's name when the value is a mark."""
    if isinstance(value, Mapping) and len(value) == 1:
        name = value.get(MARK)
        return name if isinstance(name, str) else None
    return None


def blobs_of(document: Json) -> Iterator[str]:
    """Yield the names of the blobs that a stored document refers to."""
    if isinstance(document, Mapping):
        yield from (name for value in document.values() if (name := marked_blob(value)) is not None)


def large_members(document: Json) -> Mapping[str, bytes]:
    """Give the text of each object or plain array of the first level that shall be stored apart.

    Raises
    ------
    Invalid
        When the document carries a mark of its own.
    """
    refuse_marks(document)
    if not isinstance(document, Mapping):
        return {}
    encoded = ((key, _encode(value)) for key, value in document.items() if _may_stand_apart(value))
    return {key: content for key, content in encoded if len(content) > LARGEST_INLINE[content[:1]]}


def _may_stand_apart(value: Json) -> bool:
    # A list of objects may name other resources, and must be readable without its blobs.
    return isinstance(value, Mapping) or (
        isinstance(value, list) and not any(isinstance(item, dict | list) for item in value)
    )


def _encode(value: Json) -> bytes:
    if isinstance(value, list):
        return json.dumps(value, separators=(",", ":")).encode()
    # Member by member, because one long call into the encoder would hold up every other thread.
    members = (f"{json.dumps(key)}:{json.dumps(value[key], separators=(',', ':'))}" for key in sorted(value))
    return ("{" + ",".join(members) + "}").encode()


def refuse_marks(document: Json) -> None:
    """Refuse a document that carries a mark of its own: it could name what its sender must not read.

    Raises
    ------
    Invalid
        When there is one; the complaint says where.
    """
    if _has_mark(document):
        _find_mark(document)


def _has_mark(document: Json) -> bool:
    """Say whether there is a mark anywhere: most documents have none, and the way to it costs several times more."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            if MARK in value:
                return True
            waiting.extend(inner for inner in value.values() if isinstance(inner, dict | list))
        elif isinstance(value, list):
            waiting.extend(inner for inner in value if isinstance(inner, dict | list))
    return False


def _find_mark(document: Json) -> None:
    waiting: list[tuple[tuple[str | int, ...], Json]] = [((), document)]
    while waiting:
        loc, value = waiting.pop()
        if isinstance(value, Mapping):
            if MARK in value:
                raise Invalid([Complaint((*loc, MARK), f"'{MARK}' is reserved; leave it out.", "reserved")])
            waiting.extend(((*loc, key), inner) for key, inner in value.items())
        elif isinstance(value, list):
            waiting.extend(
                ((*loc, index), inner) for index, inner in enumerate(value) if isinstance(inner, dict | list)
            )
