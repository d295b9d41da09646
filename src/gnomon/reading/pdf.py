"""PDF files, by pypdf: the text of each page, with what the printing added taken out again."""

import logging
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from time import monotonic

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError, WrongPasswordError
from pypdf.generic import Destination

from gnomon.reading.document import Document, Unreadable
from gnomon.reading.draft import MOST_CHARACTERS, Draft, clean, on_one_line
from gnomon.reading.sheet import mend

MOST_PAGES = 3_000
SECONDS = 90.0
"""For the pages of one file together; then what has been read stands, and a note says so."""
_LEAST_WORDS = 3
_MOST_LISTED = 12
_DEEPEST = 4
_MOST_HEADINGS = 5_000
# All that pypdf raises for damaged bytes; what is no fault of the file is not named.
_DAMAGED = (
    *(
        PyPdfError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        AssertionError,
        ArithmeticError,
    ),
    *(
        RecursionError,
        NotImplementedError,
        LookupError,
        EOFError,
        OSError,
        MemoryError,
        struct.error,
        zlib.error,
    ),
)
_SHORTEST_TITLE, _LONGEST_TITLE = 4, 150
_NUMBERING = re.compile(r"^\d{1,3}(?:\.\d{1,3})*[.:)]?\s+")
_IDLE_TITLES = ("untitled", "microsoft word", "microsoft powerpoint", "powerpoint presentation", "layout 1")

# What pypdf warns of is told in notes; it would write a line for each broken object.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A line of the outline."""

    page: int
    depth: int
    words: str


def read_pdf(content: bytes, name: str) -> Document:
    """Read a PDF's pages; its outline tells the headings."""
    reader = _opened(content)
    draft = Draft(media_type="application/pdf", title=_title(reader))
    sheets = list(_sheets(reader, draft))
    if len(" ".join(sheets).split()) < _LEAST_WORDS:
        raise Unreadable(
            "scanned", "Its pages hold no text, only pictures of it perhaps; run text recognition over it."
        )
    _note_empty(sheets, draft)
    entries = _outline(reader)
    draft.title = draft.title or _first_line(sheets)
    for number, sheet in enumerate(mend(sheets, {entry.words for entry in entries})):
        draft.page()
        _write(
            sheet, {_unnumbered(entry.words): entry.depth for entry in entries if entry.page == number}, draft
        )
    return draft.finish(name)


def _opened(content: bytes) -> PdfReader:
    try:
        reader = PdfReader(BytesIO(content), strict=False)
        if reader.is_encrypted:
            reader.decrypt("")
        len(reader.pages)
    except (FileNotDecryptedError, WrongPasswordError, DependencyError) as error:
        raise Unreadable("encrypted", "It is locked by a password; save it without one.") from error
    except _DAMAGED as error:
        raise Unreadable(
            "damaged", "It is no whole PDF; open it in a viewer and print it to a new one."
        ) from error
    return reader


def _sheets(reader: PdfReader, draft: Draft) -> Iterator[str]:
    """Yield the text of each page, as long as there is time; a page that cannot be read is empty."""
    count = len(reader.pages)
    until = monotonic() + SECONDS
    broken: list[int] = []
    length = 0
    for number in range(min(count, MOST_PAGES)):
        text = _text(reader, number)
        if text is None:
            broken.append(number + 1)
        yield clean(text or "")
        length += len(text or "")
        if monotonic() > until or length > MOST_CHARACTERS:
            draft.note(f"Only the first {number + 1:,} of {count:,} pages were read.")
            break
    if count > MOST_PAGES:
        draft.note(f"Only the first {MOST_PAGES:,} of {count:,} pages were read.")
    if broken:
        draft.note(f"Damaged, and left out: {_listed(broken)}.")


def _text(reader: PdfReader, number: int) -> str | None:
    try:
        return reader.pages[number].extract_text()
    except _DAMAGED:
        return None


def _note_empty(sheets: Sequence[str], draft: Draft) -> None:
    empty = [number for number, sheet in enumerate(sheets, start=1) if not sheet.strip()]
    if empty:
        draft.note(f"Without text, pictures of it perhaps: {_listed(empty)}.")


def _listed(numbers: Sequence[int]) -> str:
    more = len(numbers) - _MOST_LISTED
    listed = ", ".join(map(str, numbers[:_MOST_LISTED])) + (f" and {more} more" if more > 0 else "")
    return f"{'page' if len(numbers) == 1 else 'pages'} {listed}"


def _title(reader: PdfReader) -> str:
    try:
        title = on_one_line(str((reader.metadata and reader.metadata.title) or ""))
    except _DAMAGED:
        return ""
    return "" if title.lower().startswith(_IDLE_TITLES) else title


def _first_line(sheets: Sequence[str]) -> str:
    """Return the first line when it may be a title."""
    first = next((line.strip() for sheet in sheets for line in sheet.split("\n") if line.strip()), "")
    return first if _SHORTEST_TITLE <= len(first) <= _LONGEST_TITLE else ""


def _unnumbered(words: str) -> str:
    """Return a heading's words as the outline and the page may both write them."""
    return _NUMBERING.sub("", words, count=1).casefold()


def _outline(reader: PdfReader) -> list[_Entry]:
    try:
        return list(islice(_entries(reader, reader.outline, 1), _MOST_HEADINGS))
    except _DAMAGED:
        return []


def _entries(reader: PdfReader, outline: Sequence[object], depth: int) -> Iterator[_Entry]:
    for each in outline:
        if isinstance(each, list) and depth < _DEEPEST:
            yield from _entries(reader, each, depth + 1)
        elif isinstance(each, Destination) and each.title:
            page = reader.get_destination_page_number(each)
            if page is not None:
                yield _Entry(page=page, depth=depth, words=on_one_line(clean(str(each.title))))


def _write(sheet: str, headings: dict[str, int], draft: Draft) -> None:
    """Write a page; a line that its outline names is a heading, and a sentence may go on from the page before."""
    lines: list[str] = []
    add = draft.line if draft.is_open and sheet.lstrip()[:1].islower() else draft.paragraph
    for line in sheet.split("\n"):
        depth = headings.pop(_unnumbered(on_one_line(line)), None)
        if depth is None:
            lines.append(line)
            continue
        add("\n".join(lines))
        draft.heading(line, depth)
        lines, add = [], draft.paragraph
    add("\n".join(lines))
