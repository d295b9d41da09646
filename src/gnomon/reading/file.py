"""Which reader reads a file: by the end of its name."""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from gnomon.reading.document import Document, Unreadable
from gnomon.reading.plain import read_plain
from gnomon.reading.rows import read_rows

MOST_BYTES = 64 * 1024 * 1024
"""Of one file."""

Reader = Callable[[bytes, str], Document]


def _read_markdown(content: bytes, name: str) -> Document:
    from gnomon.reading.markdown import read_markdown

    return read_markdown(content, name)


def _read_html(content: bytes, name: str) -> Document:
    from gnomon.reading.html import read_html

    return read_html(content, name)


def _read_pdf(content: bytes, name: str) -> Document:
    from gnomon.reading.pdf import read_pdf

    return read_pdf(content, name)


def _read_word(content: bytes, name: str) -> Document:
    from gnomon.reading.word import read_word

    return read_word(content, name)


# Parsers take time and memory to import, those of PDF and Word half a second: only who reads such a file has them.
READERS: Mapping[str, Reader] = {
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".txt": read_plain,
    ".text": read_plain,
    ".rst": read_plain,
    ".html": _read_html,
    ".htm": _read_html,
    ".xhtml": _read_html,
    ".pdf": _read_pdf,
    ".docx": _read_word,
    ".csv": read_rows,
    ".tsv": read_rows,
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
        known = ", ".join(sorted(SUFFIXES))
        raise Unreadable("unsupported", f"Files such as {path.name!r} are not read. These are: {known}.")
    if len(content) > MOST_BYTES:
        raise Unreadable(
            "too_large", f"It has {len(content):,} bytes; {MOST_BYTES:,} are read at most. Split it."
        )
    if not content.strip():
        raise Unreadable("empty", "It is empty.")
    return reader(content, path.stem.replace("_", " "))
