"""What stands after a label, as in `CEO: Jane Doe` and in the rows of tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gnomon.reading.terms import terms
from gnomon.workloads.research.coverage import widened
from gnomon.workloads.research.typed.candidate import Want

_LINE: Final = re.compile(r"[^\n]+")
_PIECE: Final = re.compile(r"(?:[^;|]|;(?!\s))+")
_PAIR: Final = re.compile(
    r"[\s>*#\u2022+_-]*(?P<label>[^:=\n]{1,60}?)[\s*_]*[:=](?!//)[\s*_]*(?P<value>\S.*?)[\s*_]*$"
)
_FEW: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A value and the label before it."""

    label: str
    start: int
    end: int
    """Where the value stands."""


def labels(text: str) -> list[Labelled]:
    """Return the values of a text that stand after labels."""
    return [each for line in _LINE.finditer(text) for each in _in_line(text, *line.span())]


def lines(text: str) -> list[tuple[int, int]]:
    """Return where the lines of a text stand, without the blanks around them."""
    found = ((line, line[0]) for line in _LINE.finditer(text) if line[0].strip())
    return [
        (line.start() + len(each) - len(each.lstrip()), line.end() - len(each) + len(each.rstrip()))
        for line, each in found
    ]


def is_for(labelled: Labelled, want: Want) -> bool:
    """Say whether a label names the field: one has all words of the other, or words that say the same."""
    label, name = set(terms(labelled.label)), set(terms(" ".join(want.name)))
    return bool(label and name) and (name <= widened(label) or label <= widened(name))


def _in_line(text: str, start: int, end: int) -> Iterator[Labelled]:
    pieces = [found.span() for found in _PIECE.finditer(text, start, end) if found[0].strip()]
    pairs = [(piece, _PAIR.match(text, *piece)) for piece in pieces]
    if len(pieces) == _FEW and "|" in text[start:end] and not any(pair for _, pair in pairs):
        yield _stripped(text, text[slice(*pieces[0])], *pieces[1])
        return
    for _, pair in pairs:
        if pair:
            yield _stripped(text, pair["label"], *pair.span("value"))


def _stripped(text: str, label: str, start: int, end: int) -> Labelled:
    value = text[start:end]
    start += len(value) - len(value.lstrip())
    kept = value.strip()
    if kept.endswith(".") and not re.search(r"\b\w\.$", kept):
        kept = kept[:-1]
    return Labelled(label=label.strip(), start=start, end=start + len(kept))
