"""Names of people, places and things, where a text says plainly whose they are."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from gnomon.reading.terms import terms
from gnomon.workloads.research.marks import DASHES
from gnomon.workloads.research.plain.coverage import BY, DOES, DOING, doers, roles
from gnomon.workloads.research.plain.typed.candidate import Candidate, Want
from gnomon.workloads.research.plain.typed.words import OPENERS, PLACES, WORKS

_WORD: Final = r"(?:[^\W\d_a-zß-öø-ÿ][\w'\u2019&.-]*[\w]|[^\W\d_a-zß-öø-ÿ]\.?)"
_LINK: Final = r"(?:of|the|de|del|della|di|da|du|la|le|van|von|der|den|bin|al|&)"
NAME: Final = re.compile(rf"(?<![\w.]){_WORD}(?:(?:\s+{_LINK}){{0,2}}\s+(?:[dl]['\u2019])?{_WORD}){{0,6}}")
_FIRST: Final = re.compile(r"\s*([\w'\u2019]+)?\.?\s*")
_QUOTED: Final = re.compile(
    r"\"([^\"\n]{2,120})\"|\u201c([^\u201d\n]{2,120})\u201d|\u00ab\s?([^\u00bb\n]{2,120})\s?\u00bb"
)
_PLACE_BEFORE: Final = re.compile(
    r"(?:\b(?:in|at|near|to|from|of)\s+(?:the\s+(?:city|town|state|village|country)\s+of\s+)?)$",
    re.IGNORECASE,
)
_TITLES: Final = re.compile(
    r"\s+(?:(?:the|its|a|an)\s+)?(?:[a-z-]+\s+){0,3}(?:(?:Mr|Mrs|Ms|Dr|Prof|Sir)\.?\s+)?"
)
_BETWEEN_CUE_AND_NAME: Final = re.compile(
    rf"^(?:\s*(?:[,:({re.escape(DASHES)}]|\bis\b|\bwas\b|\bnamed\b|\bcalled\b|\bappointed\b|\bremains\b)"
    r"|\s+(?:of|at|for)\s+(?:the\s+)?[\w&.' -]{1,40}?\s*(?:,|\bis\b|\bwas\b))?\s*(?:(?:mr|mrs|ms|dr|prof)\.?\s+)?$",
    re.IGNORECASE,
)
_BETWEEN_NAME_AND_CUE: Final = re.compile(
    r"^\s*(?:,|\(|\bis\b|\bwas\b|\bserves as\b|\b(?:has |had )?served as\b|\bserving as\b|\bacts as\b"
    r"|\bacting as\b|\bbecame\b|\bhas been\b|\bas\b|\bremains\b"
    r"|\b(?:was|is) (?:named|appointed|elected)\b|\b(?:named|appointed|elected)\b)"
    r"\s*(?:the|its|our|their|a|an|as)?\s*(?:(?:new|current)\s+)?(?:[\w&.' -]{1,30}?['\u2019]s\s+)?$",
    re.IGNORECASE,
)


def names(text: str, want: Want, cues: Sequence[str]) -> Iterator[Candidate]:
    """Yield the names that a text ties to one of the cues, which are words such as `ceo` in lower case."""
    spans = [span for span in _spans(text, cues) if not _is_about(text[slice(*span)], want)]
    cue_spans = [found.span() for cue in cues if cue for found in _cue(cue).finditer(text)]
    for start, end in spans:
        if weight := _tie(text, start, end, cue_spans, want):
            yield _candidate(text, start, end, "the name ", weight)
    if WORKS & set(want.name):
        yield from _quoted(text, cue_spans)


def _tie(text: str, start: int, end: int, cues: Sequence[tuple[int, int]], want: Want) -> float:
    """Say how plainly a name belongs to a cue: beside it with nothing but a link between."""
    if _is_done_by(text, start, want):
        return 1.0
    does = DOES.match(text, end)
    if does and set(terms(" ".join(want.name))) & set(terms(DOING[does[1]])):
        return 0.95
    for first, last in cues:
        if last <= start and _BETWEEN_CUE_AND_NAME.match(text[last:start]):
            return 1.0
        if end <= first and _BETWEEN_NAME_AND_CUE.match(text[end:first]):
            return 0.95
        is_place = bool(PLACES & set(want.words)) and last <= start and start - last <= 30
        if is_place and _PLACE_BEFORE.search(text[last:start]) and not re.search(r"[.;]", text[last:start]):
            return 0.9
    return 0.0


def _is_done_by(text: str, start: int, want: Want) -> bool:
    wanted = set(terms(" ".join(want.words)))
    if "by" in want.name or "person" in want.words:
        wanted = wanted.union(*(doers(word) for word in want.words))
    return any(
        _TITLES.fullmatch(text, by.end(), start) and wanted & roles(by[0])
        for by in BY.finditer(text, 0, start)
    )


def by_whom(text: str, want: Want) -> Iterator[Candidate]:
    """Yield the names by whom a text says that something was done, for a field that is said by the doing."""
    for start, end in _spans(text, ()):
        if not _is_about(text[start:end], want) and _is_done_by(text, start, want):
            yield _candidate(text, start, end, "the name ", 1.0)


def _spans(text: str, cues: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the capitalised spans of a text, without cues before them and the word that a sentence opens with."""
    forms = [_cue(cue) for cue in cues]
    for found in NAME.finditer(text):
        start, end = found.span()
        titles = (form.match(text, start, end) for form in forms)
        start = max([start, *(title.end() for title in titles if title)])
        start += len(text[start:end]) - len(text[start:end].lstrip())
        while (word := _FIRST.match(text, start, end)) and (word[1] or "").lower() in OPENERS:
            start = word.end()
        if end - start > 1:
            yield start, end


def _is_about(name: str, want: Want) -> bool:
    words = re.findall(r"[^\W_]+", name.lower())
    return all(word in want.about or word in want.name for word in words)


def _cue(cue: str) -> re.Pattern[str]:
    words = r"[\s-]+".join(map(re.escape, cue.split()))
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)


def _quoted(text: str, cues: Sequence[tuple[int, int]]) -> Iterator[Candidate]:
    for found in _QUOTED.finditer(text):
        number = found.lastindex or 1
        start, end = found.span(number)
        if cues:
            yield _candidate(text, start, end, "in quotes ", 0.8)


def _candidate(text: str, start: int, end: int, what: str, weight: float) -> Candidate:
    value = text[start:end].rstrip(" ,;:*_")
    return Candidate(value=value, start=start, end=start + len(value), why=f"{what}'{value}'", weight=weight)
