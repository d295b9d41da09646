"""Where sentences begin and end: English and other Latin script, lists, tables, headings, wrapped lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gnomon.reading.abbreviation import ends_sentence

LONGEST = 1_000
"""Characters of one span. What runs on longer is cut, at the last blank if there is one."""
_NARROW = 40
_FILLED = 0.85
"""A line was wrapped when the next word would have filled it beyond this share of the longest line around it, and
that one is not narrow."""

_GAP = re.compile(r"\n(?:[^\S\n]*\n)+")
_LINE = re.compile(r"[^\n]+")
_MARKER = re.compile(r"[-*+•‣◦▪·\u2013—]\s|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)]\s")
_CLOSING = r"[\"'\u201d\u2019»)\]*_]*+(?:\[[^\[\]\n]{1,40}\])*+"
"""What still belongs to a sentence behind its stop: quotes, brackets, marks of notes."""
_STOP = re.compile(
    rf"(?:(?<![.!?…])[.!?…]++{_CLOSING}(?=\s)|[\u3002\uff01\uff1f][\u201d\u300d\u300f\uff09]*+)\s*+"
)
_LABEL = re.compile(r"[^:;.]{1,80}: ")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text, by characters."""

    start: int
    end: int


def sentences(text: str) -> list[Span]:
    """Find the sentences of a text. Together they cover all that is not blank, in order, and none overlap."""
    return [
        piece
        for block in blocks(text)
        for part in _parts(text, block)
        for whole in _sentences(text, part)
        for piece in _pieces(text, whole)
    ]


def blocks(text: str) -> Iterator[Span]:
    """Part a text at empty lines."""
    begin = 0
    for gap in _GAP.finditer(text):
        yield Span(begin, gap.start())
        begin = gap.end()
    yield Span(begin, len(text))


def _parts(text: str, block: Span) -> Iterator[Span]:
    """Part a block of lines where a line's end ends something, too: an item, a row, a short line."""
    found = (Span(*line.span()) for line in _LINE.finditer(text, block.start, block.end))
    lines = [line for line in found if not text[line.start : line.end].isspace()]
    begin = 0
    for number in range(1, len(lines)):
        if not _is_wrapped(text, lines, number):
            yield Span(lines[begin].start, lines[number - 1].end)
            begin = number
    if lines:
        yield Span(lines[begin].start, lines[-1].end)


def _is_wrapped(text: str, lines: list[Span], number: int) -> bool:
    """Tell whether a sentence may go on from the line before into line `number`."""
    line = text[lines[number - 1].start : lines[number - 1].end].rstrip()
    following = text[lines[number].start : lines[number].end].lstrip()
    if _MARKER.match(following) or "|" in line or "|" in following or "\t" in line.lstrip():
        return False
    if line[-1] == "." and _LABEL.match(following):
        return False
    if following[0].islower() or line[-1] in ",;-\u2013(":
        return True
    width = max(each.end - each.start for each in lines[max(0, number - 3) : number + 3])
    word = _WORD.match(following)
    return width > _NARROW and len(line) + 1 + (word.end() if word else 0) > width * _FILLED


def _sentences(text: str, part: Span) -> Iterator[Span]:
    begin = part.start
    for stop in _STOP.finditer(text, part.start, part.end):
        if stop.end() < part.end and ends_sentence(text, begin, stop.start(), stop.end()):
            yield Span(begin, stop.end())
            begin = stop.end()
    yield Span(begin, part.end)


def _pieces(text: str, whole: Span) -> Iterator[Span]:
    """Strip a span of blanks, and cut it where it is too long."""
    rest = _stripped(text, whole.start, whole.end)
    while rest.end - rest.start > LONGEST:
        most = rest.start + LONGEST
        blank = max(text.rfind(blank, rest.start, most) for blank in " \n\t")
        middle = blank if blank > rest.start else most
        yield _stripped(text, rest.start, middle)
        rest = _stripped(text, middle, rest.end)
    if rest.start < rest.end:
        yield rest


def _stripped(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
