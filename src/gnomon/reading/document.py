"""A document as it was read, and why one cannot be read."""

from dataclasses import dataclass
from typing import Literal

Cause = Literal["empty", "encrypted", "too_large", "damaged", "unsupported", "scanned"]


class Unreadable(Exception):
    """A file or page gives no text: `code` names the cause, `message` says what can be done."""

    def __init__(self, code: Cause, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading in the text of a document."""

    start: int
    depth: int
    """From 1, the outermost."""
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What was read of a file or page. Places are counted in characters of `text`."""

    title: str
    text: str
    headings: tuple[Heading, ...] = ()
    """In the order of the text; the words of each stand in it on a line of their own."""
    pages: tuple[int, ...] = ()
    """Where each printed page begins; none when the document has no pages."""
    published: str | None = None
    """The day on which it says to be published: `2026-11-22`."""
    origin_url: str | None = None
    """Where it was fetched, or the address that it names as its own."""
    media_type: str
    notes: tuple[str, ...] = ()
    """What was left out or guessed in reading, each a sentence for people."""
