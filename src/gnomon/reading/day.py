"""The day that a document names as its own."""

import re
from datetime import date

_ISO = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")
_SLASHED = re.compile(r"(?<!\d)(\d{4})/(\d{1,2})/(\d{1,2})(?!\d)")
_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: number for number, name in enumerate(_NAMES.split(), start=1)}
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?\.?\s+([A-Za-z]{3,9})\.?,?\s+(\d{4})(?!\d)")
_MONTH_FIRST = re.compile(r"\b([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")
_FIRST_YEAR = 1400


def find_day(text: str) -> str | None:
    """Find the first day in a short text, as `2026-11-22`: a metadata value, not prose."""
    text = text[:100]
    numbers = _ISO.search(text) or _SLASHED.search(text)
    if numbers:
        return _day(int(numbers[1]), int(numbers[2]), int(numbers[3]))
    named = _DAY_FIRST.search(text)
    if named:
        return _day(int(named[3]), _MONTHS.get(named[2][:3].lower(), 0), int(named[1]))
    named = _MONTH_FIRST.search(text)
    return _day(int(named[3]), _MONTHS.get(named[1][:3].lower(), 0), int(named[2])) if named else None


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat() if year >= _FIRST_YEAR else None
    except ValueError:
        return None
