"""Passages: pieces of a document of about 1,000 characters, which are what is indexed, found and ranked."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from gnomon.reading.document import Document, Heading
from gnomon.reading.sentence import Span, sentences

SIZE = 1_000
"""Characters at which a passage ends with its sentence."""
_MOST = 1_200
_ENOUGH = 750
"""At the end of a paragraph or of a page, this much is enough."""
_SHORT = 200
"""A last piece shorter than this goes with the passage before it."""
_LONGEST_PATH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where a passage begins and ends in the text of its document."""

    start: int
    end: int
    heading: str = ""
    """The headings above it, the outermost first, with ` > ` between."""
    page: int | None = None
    """The printed page on which it begins, from 1, where there are pages."""


def cut(document: Document) -> list[Cut]:
    """Cut a document into passages. None overlap; together they hold every word; a heading begins one."""
    paths = _Paths(document.headings)
    return [
        Cut(start=start, end=end, heading=paths.at(last), page=_page(document, start))
        for section in _sections(document, sentences(document.text))
        for start, last, end in _packed(document, section)
    ]


def _sections(document: Document, units: list[Span]) -> Iterator[list[Span]]:
    """Part the sentences before each heading; headings that follow each other stay together."""
    starts = {heading.start: heading.start + len(heading.words) for heading in document.headings}
    section: list[Span] = []
    has_body = False
    heading_ends = -1
    for unit in units:
        if unit.start in starts:
            if has_body:
                yield section
                section, has_body = [], False
            heading_ends = starts[unit.start]
        has_body = has_body or unit.start >= heading_ends
        section.append(unit)
    if section:
        yield section


def _packed(document: Document, section: list[Span]) -> Iterator[tuple[int, int, int]]:
    """Join sentences to passages; yield where each begins, where its last sentence begins, where it ends."""
    packs: list[list[Span]] = [[section[0]]]
    for unit in section[1:]:
        pack = packs[-1]
        if _is_full(document, pack, unit):
            packs.append([unit])
        else:
            pack.append(unit)
    if len(packs) > 1 and packs[-1][-1].end - packs[-1][0].start < _SHORT:
        packs[-2:] = [packs[-2] + packs[-1]]
    return ((pack[0].start, pack[-1].start, pack[-1].end) for pack in packs)


def _is_full(document: Document, pack: list[Span], unit: Span) -> bool:
    """Tell whether a passage ends before the next sentence."""
    size = pack[-1].end - pack[0].start
    if size >= SIZE or unit.end - pack[0].start > _MOST:
        return True
    if size < _ENOUGH:
        return False
    ends_paragraph = "\n\n" in document.text[pack[-1].end : unit.start]
    return ends_paragraph or _page(document, unit.start) != _page(document, pack[-1].start)


def _page(document: Document, start: int) -> int | None:
    return max(1, bisect_right(document.pages, start)) if document.pages else None


class _Paths:
    """The headings above each place of a text."""

    def __init__(self, headings: tuple[Heading, ...]) -> None:
        self._starts = [heading.start for heading in headings]
        self._paths: list[str] = []
        above: list[Heading] = []
        for heading in headings:
            above = [each for each in above if each.depth < heading.depth] + [heading]
            self._paths.append(" > ".join(each.words for each in above)[-_LONGEST_PATH:])

    def at(self, place: int) -> str:
        """Return the path of the headings above a place; empty before the first."""
        number = bisect_right(self._starts, place)
        return self._paths[number - 1] if number else ""
