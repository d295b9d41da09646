"""A file that was read, ready for the index: all that takes long is done before the turn to write."""

import hashlib
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gnomon.library.folder import Content
from gnomon.reading.document import Document
from gnomon.reading.file import read_file
from gnomon.reading.passage import Cut, cut
from gnomon.reading.terms import tokens

Parse = Callable[[bytes, str], tuple[Document, Sequence[Cut]]]
"""Makes a document and its passages of a file's bytes and name; raises `Unreadable`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A file that was read: what it is, and what stood in it."""

    folder: int
    name: str
    size: int
    mtime_ns: int
    is_fresh: bool
    """It may have changed after it was read without its stamps telling."""
    sha256: bytes
    document: Document
    cuts: Sequence[Cut]
    lengths: Sequence[int]
    packed: bytes


def parse_here(content: bytes, name: str) -> tuple[Document, Sequence[Cut]]:
    """Parse in this process; raises `Unreadable`."""
    document = read_file(content, name)
    return document, cut(document)


def read_content(folder: int, name: str, content: Content, parse: Parse, *, is_fresh: bool) -> Read:
    """Read a file's bytes and cut its text; raises `Unreadable`."""
    document, cuts = parse(content.bytes, name)
    return Read(
        folder=folder,
        name=name,
        size=content.size,
        mtime_ns=content.mtime_ns,
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
