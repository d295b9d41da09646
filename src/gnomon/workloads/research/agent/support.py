"""Whether a source says what a model took from it: decided by code, from the words of the source alone."""

import re
from calendar import month_abbr, month_name
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from gnomon.core.task import Json
from gnomon.reading.sentence import sentences
from gnomon.reading.terms import terms
from gnomon.workloads.research.basis import SHORTEST_QUOTE, locate
from gnomon.workloads.research.plain.typed.quantity import quantities
from gnomon.workloads.research.plain.typed.words import COUNTS, MONEY, YEARS
from gnomon.workloads.research.record import Evidence, Source
from gnomon.workloads.research.wanted.fields import words_of
from gnomon.workloads.research.wanted.shape import meaning

SHARE: Final = 0.6
"""Of the words of a text that must stand in the words quoted for it."""
_SHORT: Final = 4
"""Words up to which a text is a name, of which every word must stand there: one more makes another name of it."""
_CALENDAR: Final = range(1000, 2200)
"""What a number of four digits may be the year of."""
_NUMBER: Final = re.compile(r"\d+(?:[.,\u00a0\u202f ]\d{3})*(?:[.,]\d+)?|\d+")
_ADDRESS: Final = re.compile(r"(?:\w+:)?//[^\s)>\]]+|www\.[^\s)>\]]+|[\w.+-]+@[\w-]+\.\w[\w.-]*|\]\([^)]*\)")
"""Of pages and of mail, and the ends of links."""
_SCALES: Final = tuple(
    (re.compile(words, re.IGNORECASE), scale)
    for words, scale in (
        (r"%|\bper ?cent|\bpercentage", 1e-2),
        (r"\bhundreds?\b", 1e2),
        (r"\bthousands?\b|\d\s?k\b|'000|[€$£]k\b", 1e3),
        (r"\bmillions?\b|\bmn\b|\bmio\b|\d\s?mn?\b|[€$£]m\b", 1e6),
        (r"\bbillions?\b|\bbn\b|\d\s?bn?\b|[€$£]bn\b", 1e9),
        (r"\btrillions?\b|\btn\b|\d\s?tn?\b", 1e12),
    )
)
"""Words of a passage that say by how much its numbers are to be multiplied."""
_BELOW_NOTHING: Final = re.compile(
    r"[-\u2212\u2013(]\s?[€$£]?\s?\d|\b(?:minus|negative|loss|losses|lost|deficit|below|under|down|fell|falls|dropped|"
    r"declined?|decreased?|shrank|BC|BCE|south|west)\b",
    re.IGNORECASE,
)
_MONTHS: Final = {
    name.lower(): n for names in (month_name, month_abbr) for n, name in enumerate(names) if name
}
_MONTH: Final = re.compile(rf"\b({'|'.join(_MONTHS)}|sept)\b", re.IGNORECASE)
_CLOSE: Final = 1e-9


def find_evidence(source: Source, quote: object, value: Json) -> Evidence | None:
    """Find the quote in the source, or else the value's own sentence; None when neither stands there."""
    if isinstance(quote, str) and quote.strip():
        is_short = len(quote.strip()) < SHORTEST_QUOTE
        if (found := find_word(quote, source) if is_short else locate(quote, [source])) is not None:
            return found
    return find_word(value, source) if isinstance(value, str) and value.strip() else None


def find_word(value: str, source: Source) -> Evidence | None:
    """Find the sentence of a source in which a value stands as words of its own."""
    found = re.search(rf"(?<!\w){re.escape(value.strip())}(?!\w)", source.text)
    if found is None:
        return None
    start, end = found.span()
    around = next((span for span in sentences(source.text) if span.start <= start and end <= span.end), None)
    return Evidence(source=source, start=around.start if around else start, end=around.end if around else end)


def says(evidence: Evidence, value: Json, schema: object = None, name: str = "") -> bool:
    """Say whether the words of the evidence carry the value of a field of this name.

    A truth value and a choice out of a list are judgements: that words stand there for them is all that code can see.
    """
    meant = meaning(schema) if isinstance(schema, Mapping) else {}
    if isinstance(value, bool) or "enum" in meant or "const" in meant:
        return True
    if isinstance(value, int | float):
        return _says_number(evidence, value) and not (_is_amount(name) and _is_year(evidence.excerpt, value))
    if isinstance(value, str):
        return _says_text(evidence.excerpt, value)
    if isinstance(value, dict):
        inner = meant.get("properties", {})
        parts = [(each, inner.get(named), named) for named, each in value.items() if each is not None]
        return bool(parts) and all(says(evidence, *each) for each in parts)
    inner = meant.get("items")
    return (
        isinstance(value, list) and bool(value) and all(says(evidence, each, inner, name) for each in value)
    )


def numbers(text: str) -> list[float]:
    """Read the numbers that a text writes, in either way of setting points and commas."""
    return [number for found in _NUMBER.findall(text) for number in _readings(found)]


def says_all(text: str, evidence: Sequence[Evidence]) -> bool:
    """Say whether a paragraph keeps to what its sources say: most of its words stand in them, and every number."""
    return _keeps_to(" ".join(each.source.text for each in evidence), text)


def _says_text(excerpt: str, value: str) -> bool:
    plain = " ".join(value.casefold().split())
    if not re.search(r"\w", plain):
        return False
    if re.search(rf"(?<!\w){re.escape(plain)}(?!\w)", " ".join(excerpt.casefold().split())):
        return True
    if (day := _day(value)) is not None:
        return _says_day(excerpt, day)
    return _keeps_to(excerpt, value, SHARE if len(plain.split()) > _SHORT else 1.0)


def _keeps_to(said: str, text: str, share: float = SHARE) -> bool:
    """Say whether a text has a share of its words, and all of its numbers and addresses, from what was said."""
    known = set(numbers(said))
    return (
        _share(set(terms(text)), set(terms(said))) >= share
        and all(number in known for number in numbers(text))
        and all(address in said for address in _ADDRESS.findall(text))
    )


def _share(wanted: Iterable[str], have: set[str]) -> float:
    words = list(wanted)
    return sum(word in have for word in words) / len(words) if words else 0.0


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError:
        return None


def _readings(text: str) -> list[float]:
    plain = re.sub(r"[\u00a0\u202f ]", "", text)
    candidates = {plain.replace(",", ""), plain.replace(".", "").replace(",", ".")}
    return [float(each) for each in candidates if re.fullmatch(r"\d+(?:\.\d+)?", each)]


def _says_number(evidence: Evidence, value: float) -> bool:
    """Say whether a number stands there, as it is or times what its passage says in words."""
    if value < 0 and not _BELOW_NOTHING.search(evidence.excerpt):
        return False
    scales = [1.0, *(scale for words, scale in _SCALES if words.search(evidence.source.text))]
    close = _CLOSE * max(abs(value), 1.0)
    there = numbers(evidence.excerpt)
    return any(abs(abs(value) - number * scale) <= close for number in there for scale in scales)


def _is_amount(name: str) -> bool:
    """Say whether a field's name is that of a count or of money, which no year is."""
    words = {word.lower() for word in words_of(name)}
    return bool((COUNTS | MONEY) & words) and not YEARS & words


def _is_year(excerpt: str, value: float) -> bool:
    """Say whether a number stands there as a year alone: nothing is named after it, and no label before it."""
    if value not in _CALENDAR:
        return False
    labelled = rf"\b(?:{'|'.join(COUNTS | MONEY)})\b[\s:=|*]*{int(value)}\b"
    if re.search(labelled, excerpt, re.IGNORECASE) or not re.search(rf"(?<!\d){int(value)}(?!\d)", excerpt):
        return False
    return not any(each.number == value and not each.is_year for each in quantities(excerpt))


def _says_day(excerpt: str, day: date) -> bool:
    """Say whether a day stands there; of months, those with English names are read."""
    there = {int(digits) for digits in re.findall(r"\d{1,4}", excerpt)}
    months = {_MONTHS[found[1].lower()[:3]] for found in _MONTH.finditer(excerpt)}
    return {day.year, day.day} <= there and (not months or day.month in months)
