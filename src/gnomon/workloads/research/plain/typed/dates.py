"""Dates in the forms that people write, as ISO 8601; what could mean two days is none."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from gnomon.workloads.research.marks import DASHES
from gnomon.workloads.research.plain.typed.candidate import Candidate, Kind, Want

_MONTHS: Final = (
    "january jan januar janvier enero janeiro gennaio januari",
    "february feb februar février fevrier febrero fevereiro febbraio februari",
    "march mar märz maerz mars marzo março marco maart",
    "april apr avril abril aprile",
    "may mai mayo maio maggio mei",
    "june jun juni juin junio junho giugno",
    "july jul juli juillet julio julho luglio",
    "august aug août aout agosto augustus",
    "september sep sept septembre septiembre setembro settembre",
    "october oct oktober octobre octubre outubro ottobre okt",
    "november nov novembre noviembre novembro",
    "december dec dezember décembre decembre diciembre dezembro dicembre dez",
)
_NUMBER_OF: Final = {name: number for number, row in enumerate(_MONTHS, 1) for name in row.split()}
_MONTH: Final = f"(?P<month>{'|'.join(sorted(_NUMBER_OF, key=len, reverse=True))})\\b\\.?"
_DAY: Final = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|er|\.|º)?"
_YEAR: Final = r"(?P<year>1\d{3}|20\d{2}|21\d{2})"
_DASH: Final = f"[{re.escape(DASHES)}]"
_BEFORE: Final = rf"(?<![\w/.,$€£¥#])(?<!\d{_DASH})"
_AFTER: Final = rf"(?![\w]|[.,/:]\d|{_DASH}\d)"
_TIME: Final = r"[Tt ](?P<time>\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:\d\d))"


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(_BEFORE + pattern + _AFTER, re.IGNORECASE)


_MOMENT: Final = _form(rf"{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d){_TIME}")
_WHOLE: Final = (
    _form(rf"{_YEAR}(?P<mark>[-/.])(?P<month>0?[1-9]|1[0-2])(?P=mark){_DAY}(?:[Tt ]\d\d:\d\d\S*)?"),
    _form(rf"{_DAY}(?:\s+(?:of|de|di)\s+|\s+|{_DASH}){_MONTH}(?:\s+de(?:l)?\s+|,?\s+|{_DASH}){_YEAR}"),
    _form(rf"{_MONTH}(?:\s+the)?\s+{_DAY},?\s+{_YEAR}"),
    _form(rf"{_YEAR}[\s,-]+{_MONTH}[\s-]+{_DAY}"),
    _form(rf"(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?{_YEAR}"),
)
_SLASHED: Final = _form(rf"(?P<one>\d{{1,2}})(?P<mark>[/-])(?P<two>\d{{1,2}})(?P=mark){_YEAR}")
_OF_MONTH: Final = (
    _form(rf"{_MONTH}(?:\s+of)?,?\s+{_YEAR}"),
    _form(rf"{_YEAR}-(?P<month>0[1-9]|1[0-2])"),
)
_OF_DAY: Final = (_form(rf"{_MONTH}(?:\s+the)?\s+{_DAY}"), _form(rf"{_DAY}(?:\s+of)?\s+{_MONTH}"))
_OF_YEAR: Final = _form(_YEAR)
_RANGE_BEFORE: Final = re.compile(
    rf"(?:\d(?:st|nd|rd|th)?\s*(?:{_DASH}|to|and|bis|until)\s*|\d{{1,2}}[./]\s?{_DASH}\s?)$", re.IGNORECASE
)
_ERA: Final = re.compile(r"\s*(?:B\.?C\.?(?:E\.?)?|BP)\b")
_IN_DAYS: Final = re.compile(r"yyyy-mm-dd|iso[- ]?8601 date|full date", re.IGNORECASE)
_IN_MONTHS: Final = re.compile(
    r"yyyy-mm(?!-)|year[- ](?:and|or)[- ]month|month (?:and|or) year", re.IGNORECASE
)
_IN_YEARS: Final = re.compile(
    r"(?<![-/\w])yyyy(?![-/\w])|\byear only\b|\bonly the year\b|\bor year\b", re.IGNORECASE
)


def dates(text: str, want: Want) -> Iterator[Candidate]:
    """Yield the dates of a text that are as exact as the field wants."""
    if want.kind is Kind.MOMENT:
        yield from _moments(text)
        return
    taken: list[tuple[int, int]] = []
    for found, value, weight in _read(text):
        inside = any(start < found.end() and found.start() < end for start, end in taken)
        if inside:
            continue
        taken.append(found.span())
        if value and len(value) in _lengths(want):
            why = f"the date '{found[0]}'"
            yield Candidate(value=value, start=found.start(), end=found.end(), why=why, weight=weight)


def date_spans(text: str) -> list[tuple[int, int]]:
    """Say where dates with a month stand, so that their digits are not taken for numbers."""
    whole = [found.span() for found, value, _ in _read(text) if value is None or len(value) > len("2021")]
    return [*whole, *(found.span() for form in _OF_DAY for found in form.finditer(text))]


def _lengths(want: Want) -> frozenset[int]:
    """Return the lengths of the ISO dates that do: of a day, a month, a year."""
    said = f"{want.schema.get('description', '')} {want.schema.get('title', '')}"
    lengths = {10}
    if want.schema.get("format") != "date":
        if _IN_MONTHS.search(said):
            lengths.add(7)
        if _IN_YEARS.search(said):
            lengths.add(4)
        if lengths == {10} and not _IN_DAYS.search(said):
            lengths |= {7, 4}
    return frozenset(lengths)


def _moments(text: str) -> Iterator[Candidate]:
    for found in _MOMENT.finditer(text):
        if _day(found):
            value = datetime.fromisoformat(found[0].upper().replace(" ", "T")).isoformat()
            why = f"the date and time '{found[0]}'"
            value = value.replace("+00:00", "Z")
            yield Candidate(value=value, start=found.start(), end=found.end(), why=why)


def _read(text: str) -> Iterator[tuple[re.Match[str], str | None, float]]:
    """Yield the dates of a text, the fullest first; None for what is one in form, but not which."""
    for form in _WHOLE:
        for found in form.finditer(text):
            is_range = _RANGE_BEFORE.search(text, 0, found.start())
            yield found, None if is_range else _day(found), 1.0
    for found in _SLASHED.finditer(text):
        yield found, _slashed(found), 1.0
    for form in _OF_MONTH:
        for found in form.finditer(text):
            is_range = _RANGE_BEFORE.search(text, 0, found.start())
            yield found, None if is_range else f"{found['year']}-{_month(found):02}", 0.9
    for found in _OF_YEAR.finditer(text):
        yield found, None if _ERA.match(text, found.end()) else found["year"], 0.8


def _day(found: re.Match[str]) -> str | None:
    try:
        return date(int(found["year"]), _month(found), int(found["day"])).isoformat()
    except ValueError:
        return None


def _month(found: re.Match[str]) -> int:
    month = found["month"].lower()
    return int(month) if month.isdigit() else _NUMBER_OF[month]


def _slashed(found: re.Match[str]) -> str | None:
    """Read 31/12/2021 and 12/31/2021; 1/2/2021 is a day in January here and one in February there."""
    one, two, year = int(found["one"]), int(found["two"]), int(found["year"])
    if one != two and max(one, two) <= 12:
        return None
    day, month = (one, two) if one > 12 else (two, one)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
