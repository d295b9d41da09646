"""Which reader reads a file: by the end of its name."""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from gnomon.reading.document import Document, Unreadable
from gnomon.reading.markdown import read_markdown
from gnomon.reading.plain import read_plain

MOST_BYTES = 64 * 1024 * 1024
"""Of one file."""

Reader = Callable[[bytes, str], Document]

READERS: Mapping[str, Reader] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".txt": read_plain,
    ".text": read_plain,
    ".rst": read_plain,
}

SUFFIXES = frozenset(READERS)
"""Ends of the names that `read_file` takes, in small letters."""


def read_file(content: bytes, name: str) -> Document:
    """Read a file. Its name tells the format, and stands in for a title.

    Raises
    ------
    Unreadable
        When no text can be had of it.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise Unreadable(
            "unsupported",
            f"Files such as {path.name!r} are not read; these are: {', '.join(sorted(SUFFIXES))}.",
        )
    if len(content) > MOST_BYTES:
        raise Unreadable(
            "too_large", f"It has {len(content):,} bytes, and {MOST_BYTES:,} are read at most; split it."
        )
    if not content.strip():
        raise Unreadable("empty", "It is empty.")
    return reader(content, path.stem.replace("_", " "))
