"""One of some named values, and yes or no."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from gnomon.core.task import Json
from gnomon.workloads.research.fields import words_of
from gnomon.workloads.research.interim import terms
from gnomon.workloads.research.typed.candidate import Candidate, Want

_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_NOT: Final = frozenset(
    [*("not", "no", "never", "neither", "nor", "without", "isn't", "wasn't", "aren't", "weren't", "doesn't")]
    + [*("don't", "didn't", "hasn't", "haven't", "hadn't", "cannot", "can't", "won't", "lacks", "lacked")]
    + [*("non", "nicht", "kein", "keine", "ceased", "refused", "denies", "denied", "false", "unable")]
)
_UNSURE: Final = frozenset(
    [
        *(
            "may",
            "might",
            "could",
            "would",
            "should",
            "if",
            "whether",
            "perhaps",
            "possibly",
            "probably",
            "unless",
        )
    ]
    + [*("plans", "planned", "considering", "expected", "rumoured", "rumored", "allegedly", "reportedly")]
    + [*("proposed", "unclear", "likely", "unlikely", "hopes", "intends", "until", "formerly", "hardly")]
)
_YES: Final = re.compile(r"\s*(?:[:=|]|\bis\b)\s*(yes|true|y|ja|✓|✔|x)\s*(?=$|[|.;,\n])", re.IGNORECASE)
_NO: Final = re.compile(r"\s*(?:[:=|]|\bis\b)\s*(no|false|n|nein|none|✗|✘)\s*(?=$|[|.;,\n])", re.IGNORECASE)
_ASKING: Final = frozenset(
    {"is", "are", "has", "have", "was", "does", "do", "can", "whether", "if", "should"}
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


def truths(text: str, want: Want) -> Iterator[Candidate]:
    """Yield true where a text says the field's words, false where it denies them; nothing where it hedges."""
    words = _read(text)
    cue = [term for word in want.name if word not in _ASKING for term in terms(word)]
    where = [next((n for n, each in enumerate(words) if each[0] == term), None) for term in cue]
    places = [place for place in where if place is not None]
    if not cue or len(places) < len(cue):
        return
    first, last = min(places), max(places)
    start, end = words[first][1], words[last][2]
    if labelled := _labelled(text, end):
        yield Candidate(value=labelled[0], start=start, end=labelled[1], why=f"'{text[start : labelled[1]]}'")
    elif last - first <= len(cue) + _BEFORE and not _is_unsure(words) and not text.rstrip().endswith("?"):
        denied = _is_denied(words, first) or any(_is_not(words[n][3]) for n in range(first, last))
        why = f"'{text[start:end]}'{', which is denied' if denied else ''}"
        yield Candidate(value=not denied, start=start, end=end, why=why, weight=0.9)


def _labelled(text: str, end: int) -> tuple[bool, int] | None:
    for value, form in ((True, _YES), (False, _NO)):
        if found := form.match(text, end):
            return value, found.end(1)
    return None


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
    return word in _NOT


def _is_unsure(words: Sequence[tuple[str, int, int, str]]) -> bool:
    return any(each[3] in _UNSURE for each in words)
