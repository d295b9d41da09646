"""Numbers for a field, in the unit that it names and no other: nothing is converted silently."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from gnomon.core.task import Json
from gnomon.workloads.research.plain.typed.candidate import Candidate, Want
from gnomon.workloads.research.plain.typed.quantity import CURRENCIES, SCALES, UNITS, Quantity, quantities
from gnomon.workloads.research.plain.typed.words import (
    COUNTS,
    GENERIC,
    HAPPENINGS,
    MEASURES,
    MONEY,
    SHARES,
    YEARS,
)

_IN_SCALE: Final = re.compile(r"\b(?:in )?(thousands|millions|billions|thousand|million|billion|mn|bn)\b")
_UNIT: Final = "|".join(re.escape(each) for each in sorted({*UNITS, *CURRENCIES}, key=len, reverse=True))
_IN_UNIT: Final = re.compile(rf"\b(?:in|as|unit:?)\s+({_UNIT})(?!\w)")
UNIT_WORDS: Final = frozenset({*UNITS, *CURRENCIES, *SCALES, "percentage"}) - {"day", "year", "head"}
"""Words of a field that say in what it is counted."""
_COUNTED_IN: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*]|\bin\s.*")
_WORD: Final = re.compile(r"[^\W\d_]+\d?|[%$\u20ac\u00a3]")
_WEAK, _STRONG = 0.4, 1.0


def numbers(text: str, want: Want, label: str = "") -> Iterator[Candidate]:
    """Yield the numbers of a text that are in the unit of the field.

    The label before a number may say in what it is counted: `Revenue (EUR million): 5.2`.
    """
    units = wanted_units(want)
    wants_year = _wants_year(want, units)
    scale = _scale(want)
    for quantity in _as_labelled(text, label, may_be_year=wants_year):
        weight = float(quantity.is_year) if wants_year else _weight(quantity, units, want, label)
        if weight:
            value = _json(quantity.number / scale, is_whole=want.schema.get("type") == "integer")
            if value is not None and text[quantity.start : quantity.end].lower() not in want.about:
                yield Candidate(
                    value=value,
                    start=quantity.start,
                    end=quantity.end,
                    why=_why(quantity, scale),
                    weight=weight,
                )


def _as_labelled(text: str, label: str, *, may_be_year: bool = False) -> Iterator[Quantity]:
    """Read numbers in the unit and the scale that their label names, where they name none themselves."""
    words = _counted_in(label.lower())
    units = [word for word in words if word in CURRENCIES or word in UNITS]
    scales = [SCALES[word] for word in words if word in SCALES and word not in UNITS and len(word) > 1]
    for quantity in quantities(text):
        if not may_be_year and quantity.written == text.strip():
            quantity = replace(quantity, is_year=False)  # alone in its cell, it is no year by its looks
        if label and not quantity.unit and not quantity.is_year:
            unit = {**UNITS, **CURRENCIES}[units[0]] if units else ""
            scale = scales[0] if scales and quantity.is_plain else Decimal(1)
            is_money = bool(units) and units[0] in CURRENCIES
            yield replace(quantity, number=quantity.number * scale, unit=unit, is_money=is_money)
        else:
            yield quantity


def _counted_in(label: str) -> list[str]:
    """Return the words of a label that may name a unit: those in brackets, after `in`, or after its first word."""
    if (said := _COUNTED_IN.search(label)) is not None:
        return _WORD.findall(said[0])
    before_per: Sequence[str] = re.split(r"[\s_]per(?=[\s_])", label)[:1]
    return [word for part in before_per for word in _WORD.findall(part)[1:]]


def amounts(text: str, want: Want, label: str = "") -> Iterator[Candidate]:
    """Yield quantities as they are written, for a field that is a text."""
    units = wanted_units(want)
    for quantity in _as_labelled(text, label):
        if weight := _weight(quantity, units, want):
            start, end = quantity.start, quantity.end
            yield Candidate(
                value=quantity.written, start=start, end=end, why=_why(quantity, Decimal(1)), weight=weight
            )


def wanted_units(want: Want) -> frozenset[str]:
    """Return the units that a field names, in its name or as `in metres` in its description."""
    known = {**UNITS, **CURRENCIES}
    named = {known[word] for word in want.name[1:] if word in known and word not in SCALES}
    named |= {known[word] for word in want.name[1:] if word == "m"}
    said = f"{want.schema.get('title', '')} {want.schema.get('description', '')}".lower()
    named |= {known[found[1]] for found in _IN_UNIT.finditer(said)}
    if {"percent", "percentage", "pct"} & {*want.name, *said.split()}:
        named.add("%")
    return frozenset(named - {"year", "month", "d"} if set(want.name) & YEARS else named)


def _scale(want: Want) -> Decimal:
    said = " ".join([*want.name, str(want.schema.get("description", "")).lower()])
    found = _IN_SCALE.search(said)
    return SCALES[found[1]] if found else Decimal(1)


def _wants_year(want: Want, units: frozenset[str]) -> bool:
    if YEARS & set(want.name) or list(want.name) == ["years"]:
        return True
    is_happening = bool(want.name) and set(want.name) <= HAPPENINGS
    return not units and (is_happening or _years_said(want))


def _years_said(want: Want) -> bool:
    return bool(YEARS & set(want.words[:6])) and not MONEY & set(want.words) and not COUNTS & set(want.words)


def _weight(quantity: Quantity, units: frozenset[str], want: Want, label: str = "") -> float:
    """Say how well a quantity fits; one in another unit than the field's does not."""
    if units:
        return _STRONG if quantity.unit in units else 0.0
    measures = [MEASURES[word] for word in want.name if word in MEASURES]
    if measures and not quantity.unit:
        is_bare = bool(label) or any("" in each for each in measures)
        return 0.0 if quantity.is_year or not is_bare else _STRONG if label else _WEAK
    if measures and not any(quantity.unit in each for each in measures):
        return 0.0
    is_general = set(want.name) <= GENERIC
    names = set(want.about if is_general else want.name)
    if quantity.unit == "%":
        return _STRONG if names & SHARES else _WEAK * is_general
    if quantity.is_money:
        return 0.0 if names & COUNTS else _STRONG if names & MONEY else _WEAK
    if names & MONEY:
        return 0.0 if quantity.unit or quantity.is_year else _WEAK
    if quantity.unit:
        return 0.0 if names & COUNTS else 0.9
    return 0.0 if quantity.is_year else _STRONG


def _json(number: Decimal, *, is_whole: bool) -> Json:
    if number == number.to_integral_value():
        return int(number)
    return None if is_whole else float(number)


def _why(quantity: Quantity, scale: Decimal) -> str:
    unit = f" in {quantity.unit}" if quantity.unit else ""
    rough = ", which the text calls approximate" if quantity.is_rough else ""
    scaled = f", divided by {int(scale):,}" if scale != 1 else ""
    return f"the number '{quantity.written}'{unit}{scaled}{rough}"
