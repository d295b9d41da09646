"""What stands after a label, as in `CEO: Jane Doe` and in the rows of tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gnomon.reading.terms import terms
from gnomon.workloads.research.plain.coverage import widened
from gnomon.workloads.research.plain.typed.candidate import Want

_LINE: Final = re.compile(r"[^\n]+")
_PIECE: Final = re.compile(r"(?:[^;|]|;(?!\s))+")
_COLON: Final = re.compile(r":[*_]*\s")
_CODE: Final = re.compile(r"\s*[\[{]*\s*(?:[{}]|[\"'][^\"'\n:]{1,60}[\"']\s*:|[\[{]\s*[\"'])")
"""How JSON and the like begins: its names are no labels."""
_MARKS: Final = " \t\r>*#\u2022+_-"
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*]")
_LONGEST_LABEL: Final = 60
_FEW: Final = 2
_LONGEST_LINE: Final = 2_000
"""Characters; what runs on longer is no row of labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A value and the label before it."""

    label: str
    start: int
    end: int
    """Where the value stands."""


def labels(text: str) -> list[Labelled]:
    """Return the values of a text that stand after labels."""
    lines_read = (line.span() for line in _LINE.finditer(text))
    return [each for a, b in lines_read if b - a <= _LONGEST_LINE for each in _in_line(text, a, b)]


def lines(text: str) -> list[tuple[int, int]]:
    """Return where the lines of a text stand, without the blanks around them."""
    found = ((line, line[0]) for line in _LINE.finditer(text) if line[0].strip())
    return [
        (line.start() + len(each) - len(each.lstrip()), line.end() - len(each) + len(each.rstrip()))
        for line, each in found
    ]


def without_code(text: str) -> str:
    """Return a text with blanks for its lines of JSON and the like, everything else at its place."""
    return _LINE.sub(lambda line: " " * len(line[0]) if _CODE.match(line[0]) else line[0], text)


def is_for(labelled: Labelled, want: Want) -> bool:
    """Say whether a label names the field: one has all words of the other, or words that say the same."""
    label, name = _named(labelled.label), set(terms(" ".join(want.name)))
    return bool(label and name) and (name <= widened(label) or label <= widened(name))


def is_told(labelled: Labelled, want: Want) -> bool:
    """Say whether what is said of the field has all words of a label: `the price of a wash in EUR`, `price_eur`."""
    label = _named(labelled.label)
    return bool(label) and label <= set(terms(" ".join(want.words)))


def _named(label: str) -> set[str]:
    """Return the terms of a label without what stands in brackets: `Revenue (CHF million)` names the revenue."""
    return set(terms(_BRACKETS.sub(" ", label))) if _BRACKETS.sub("", label).strip() else set(terms(label))


def is_full(labelled: Labelled, want: Want) -> bool:
    """Say whether a label has all words of the field's name, or words that say the same."""
    return set(terms(" ".join(want.name))) <= widened(_named(labelled.label))


def _in_line(text: str, start: int, end: int) -> Iterator[Labelled]:
    pieces = [found.span() for found in _PIECE.finditer(text, start, end) if found[0].strip()]
    pairs = [pair for piece in pieces if (pair := _pair(text, *piece))]
    if len(pieces) == _FEW and "|" in text[start:end] and not pairs:
        pairs = [_stripped(text, text[slice(*pieces[0])], *pieces[1])]
    yield from pairs


def _pair(text: str, start: int, end: int) -> Labelled | None:
    """Read `label: value`; a colon that no space follows belongs to a time or an address."""
    if _CODE.match(text, start, end):
        return None
    colon = _COLON.search(text, start, end)
    label = text[start : colon.start()].strip(_MARKS) if colon else ""
    if colon is None or not 0 < len(label) <= _LONGEST_LABEL or not text[colon.end() : end].strip(_MARKS):
        return None
    return _stripped(text, label, colon.end(), end)


def _stripped(text: str, label: str, start: int, end: int) -> Labelled:
    value = text[start:end]
    start += len(value) - len(value.lstrip(" \t\r*_"))
    kept = value.strip(" \t\r*_")
    if kept.endswith(".") and not re.search(r"\b\w\.$", kept[-3:]):
        kept = kept[:-1]
    return Labelled(label=label.strip(_MARKS), start=start, end=start + len(kept))
