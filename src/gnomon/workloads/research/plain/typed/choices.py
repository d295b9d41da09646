"""One of some named values, and yes or no."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from gnomon.core.task import Json
from gnomon.reading.terms import terms
from gnomon.workloads.research.plain.typed.candidate import Candidate, Kind, Want
from gnomon.workloads.research.plain.typed.words import ASKING, NOT, PLACES, UNSURE
from gnomon.workloads.research.wanted.fields import words_of

_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_YES: Final = re.compile(r"\s*(yes|true|y|ja|\u2713|\u2714|x)\s*(?=$|[.,(])", re.IGNORECASE)
_NO: Final = re.compile(r"\s*(no|false|n|nein|none|\u2717|\u2718)\s*(?=$|[.,(])", re.IGNORECASE)
_LYING: Final = re.compile(
    r"\b(?:lies|situated|located|found)\s+(?:in|within)\s+(?:the\s+)?(?:[a-z]+\s+of\s+(?:the\s+)?)?(?:[A-Z]\w*,\s+)?$"
)
_BEFORE: Final = 4
"""Words before a cue in which a negation belongs to it."""


def choices(text: str, want: Want) -> Iterator[Candidate]:
    """Yield the named values that a text has in words; what is denied is none, and longer words win."""
    words = _read(text)
    found = [(value, *place) for value in want.schema.get("enum", ()) for place in _places(value, words)]
    for value, first, last in found:
        is_within = any(a <= first and last <= b and (a, b) != (first, last) for _, a, b in found)
        if is_within or _is_denied(words, first) or _is_unsure(words):
            continue
        start, end = words[first][1], words[last][2]
        why = f"the word '{text[start:end]}'"
        yield Candidate(value=value, start=start, end=end, why=why)


def says_where(text: str, start: int, want: Want) -> bool:
    """Say whether one of the named places stands where a text says that something lies: `it lies in Utopia`."""
    return want.kind is Kind.CHOICE and bool(PLACES & set(want.name)) and bool(_LYING.search(text[:start]))


def truths(text: str, want: Want) -> Iterator[Candidate]:
    """Yield true where a text says the field's words, false where it denies them; nothing where it hedges."""
    words = _read(text)
    cue = [term for word in want.name if word not in ASKING for term in terms(word)]
    where = [next((n for n, each in enumerate(words) if each[0] == term), None) for term in cue]
    places = [place for place in where if place is not None]
    if not cue or len(places) < len(cue):
        return
    first, last = min(places), max(places)
    start, end = words[first][1], words[last][2]
    if last - first <= len(cue) + _BEFORE and not _is_unsure(words) and not text.rstrip().endswith("?"):
        denied = _is_denied(words, first) or any(_is_not(words[n][3]) for n in range(first, last))
        why = f"'{text[start:end]}'{', which is denied' if denied else ''}"
        yield Candidate(value=not denied, start=start, end=end, why=why, weight=0.9)


def yes_or_no(cell: str) -> Iterator[Candidate]:
    """Read what stands after a label as yes or no."""
    for value, form in ((True, _YES), (False, _NO)):
        if found := form.match(cell):
            yield Candidate(value=value, start=found.start(1), end=found.end(1), why=f"'{found[1]}'")


def _read(text: str) -> list[tuple[str, int, int, str]]:
    """Return the words of a text: each its term, its place, itself in lower case."""
    read = []
    for found in _WORD.finditer(text):
        word = found[0].lower()
        read.append((next(iter(terms(word)), word), found.start(), found.end(), word.replace("\u2019", "'")))
    return read


def _places(value: Json, words: Sequence[tuple[str, int, int, str]]) -> Iterator[tuple[int, int]]:
    if not isinstance(value, str):
        return
    wanted = [next(iter(terms(word)), word.lower()) for word in words_of(value)]
    there = [each[0] for each in words]
    for first in range(len(there) - len(wanted) + 1):
        if wanted and there[first : first + len(wanted)] == wanted:
            yield first, first + len(wanted) - 1


def _is_denied(words: Sequence[tuple[str, int, int, str]], first: int) -> bool:
    return any(_is_not(each[3]) for each in words[max(0, first - _BEFORE) : first])


def _is_not(word: str) -> bool:
    return word in NOT


def _is_unsure(words: Sequence[tuple[str, int, int, str]]) -> bool:
    return any(each[3] in UNSURE for each in words)
