"""A file that was read, ready for the index: all that takes long is done before the turn to write."""

import hashlib
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gnomon.library.folder import Content, Stamps
from gnomon.library.row import whole
from gnomon.reading.document import Document
from gnomon.reading.file import read_file
from gnomon.reading.passage import Cut, cut
from gnomon.reading.terms import tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A file's document, and the passages that it was cut into."""

    document: Document
    cuts: Sequence[Cut]


Parse = Callable[[bytes, str], Parsed]
"""Parses a file's bytes by its name, here or in another process; raises `Unreadable`."""


def parse(content: bytes, name: str) -> Parsed:
    """Parse a file in this process; raises `Unreadable`."""
    document = read_file(content, name)
    return Parsed(document=document, cuts=cut(document))


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A file that was read: what it is, and what stood in it."""

    folder: int
    name: str
    stamps: Stamps
    is_fresh: bool
    """It may have changed after it was read without its stamps telling."""
    sha256: bytes
    document: Document
    cuts: Sequence[Cut]
    lengths: Sequence[int]
    packed: bytes


def read_content(parse: Parse, place: tuple[int, str], content: Content, *, is_fresh: bool) -> Read:
    """Parse a file of a folder and prepare it for the index; raises `Unreadable`."""
    parsed = parse(content.bytes, place[1])
    document, cuts = _with_text(parsed.document), [_with_heading(each) for each in parsed.cuts]
    return Read(
        folder=place[0],
        name=place[1],
        stamps=content.stamps,
        is_fresh=is_fresh,
        sha256=fingerprint(content),
        document=document,
        cuts=cuts,
        lengths=[_length(document, each) for each in cuts],
        packed=pack(document.text),
    )


def fingerprint(content: Content) -> bytes:
    """Return the SHA-256 of a file's bytes."""
    return hashlib.sha256(content.bytes).digest()


def _with_text(document: Document) -> Document:
    headings = tuple(replace(each, words=whole(each.words)) for each in document.headings)
    origin = document.origin_url and whole(document.origin_url)
    title, text = whole(document.title), whole(document.text)
    return replace(document, title=title, text=text, headings=headings, origin_url=origin)


def _with_heading(each: Cut) -> Cut:
    return replace(each, heading=whole(each.heading))


def _length(document: Document, each: Cut) -> int:
    parts = (document.title, each.heading, document.text[each.start : each.end])
    return sum(1 for part in parts for _ in tokens(part))


def pack(text: str) -> bytes:
    """Compress a text."""
    return zlib.compress(text.encode(), 6)


def unpack(packed: bytes) -> str:
    """Return the text that was compressed."""
    return zlib.decompress(packed).decode()


def pack_headings(document: Document) -> str:
    """Write a document's headings as JSON: offset, depth, words."""
    return json.dumps([(each.start, each.depth, each.words) for each in document.headings])
