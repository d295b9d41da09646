"""A document while it is being read: text that grows line by line and knows its headings and pages."""

import re
from dataclasses import dataclass, field
from textwrap import indent

from gnomon.reading.document import Document, Heading, Unreadable
from gnomon.reading.form import INDENT

MOST_CHARACTERS = 4_000_000
"""Of one document's text: some 1,500 printed pages. What is beyond is cut off, and a note says so."""
_LONGEST_TITLE = 300
_ENDS = frozenset(".!?:")
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\xad\ufeff\ud800-\udfff\ufffe\uffff]")
_BLANK = re.compile(r"[^\S\n]+")
_BLANK_AT_END = re.compile(r"[^\S\n]+$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Give lines one kind of end, and drop what is no text: control characters, soft hyphens, halves of pairs."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n"))


def on_one_line(text: str) -> str:
    """Make all white space single blanks."""
    return " ".join(text.split())


@dataclass(slots=True, kw_only=True)
class Draft:
    """A document that is being read. Parts are parted by an empty line, lines of one part by none."""

    media_type: str
    title: str = ""
    published: str | None = None
    origin_url: str | None = None
    notes: list[str] = field(default_factory=list)
    length: int = 0
    _parts: list[str] = field(default_factory=list)
    _headings: list[Heading] = field(default_factory=list)
    _pages: list[int] = field(default_factory=list)
    _pages_begun: int = 0

    @property
    def is_full(self) -> bool:
        """Whether no more is taken."""
        return self.length >= MOST_CHARACTERS

    @property
    def is_open(self) -> bool:
        """Whether the last words end no sentence."""
        return bool(self._parts) and self._parts[-1].rstrip()[-1:] not in _ENDS

    def heading(self, words: str, depth: int) -> None:
        """Add a heading on a line of its own."""
        words = on_one_line(clean(words))
        if words and not self.is_full:
            start = self._add(words, "\n\n")
            self._headings.append(Heading(start=start, depth=depth, words=words))

    def paragraph(self, words: str) -> None:
        """Add a part: its lines stay lines, blanks at their ends go."""
        self._add(_trimmed(words), "\n\n")

    def code(self, words: str) -> None:
        """Add a block of code, set in as Markdown sets it in: a reader of the text can tell it."""
        self.paragraph(indent(words.expandtabs(4), INDENT))

    def line(self, words: str) -> None:
        """Add a line right below what stands: of a list, of a table."""
        self._add(_trimmed(words), "\n")

    def note(self, words: str) -> None:
        """Say once what was left out or guessed."""
        if words not in self.notes:
            self.notes.append(words)

    def cut_off(self) -> None:
        """Say that more would follow."""
        self.note(f"Only the first {MOST_CHARACTERS:,} characters were read; the rest is left out.")

    def page(self) -> None:
        """Begin a printed page."""
        self._pages_begun += 1

    def finish(self, name: str) -> Document:
        """Make the document; `name` stands in for a title."""
        if not self.length:
            raise Unreadable("empty", "It holds no text: nothing can be found in it.")
        text = "".join(self._parts)
        self._begin_pages()
        first = self._headings[0].words if self._headings and self._headings[0].depth == 1 else ""
        title = on_one_line(clean(self.title)) or first or on_one_line(clean(name)) or "Untitled"
        return Document(
            title=title[:_LONGEST_TITLE],
            text=text,
            headings=tuple(self._headings),
            pages=tuple(self._pages),
            published=self.published,
            origin_url=self.origin_url,
            media_type=self.media_type,
            notes=tuple(self.notes),
        )

    def _add(self, words: str, apart: str) -> int:
        """Append words behind what parts them from the text so far; return where they begin."""
        room = MOST_CHARACTERS - self.length
        if len(words) > room:
            self.cut_off()
        words = words[: max(0, room)]
        if not words:
            return self.length
        if self.length:
            self._parts.append(apart)
            self.length += len(apart)
        start = self.length
        self._begin_pages()
        self._parts.append(words)
        self.length += len(words)
        return start

    def _begin_pages(self) -> None:
        self._pages += [self.length] * self._pages_begun
        self._pages_begun = 0


def _trimmed(words: str) -> str:
    words = _BLANK_LINES.sub("\n\n", _BLANK_AT_END.sub("", clean(words)))
    return words.strip("\n").rstrip()
