"""Reading a sentence for what is wanted: every candidate stands in it and is valid for the field's schema."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from gnomon.workloads.research.plain.typed.candidate import Candidate, Kind, Want
from gnomon.workloads.research.plain.typed.choices import choices, truths, yes_or_no
from gnomon.workloads.research.plain.typed.contacts import emails, phones, urls
from gnomon.workloads.research.plain.typed.dates import dates
from gnomon.workloads.research.plain.typed.labels import (
    Labelled,
    is_for,
    is_full,
    is_told,
    labels,
    without_code,
)
from gnomon.workloads.research.plain.typed.names import by_whom, names
from gnomon.workloads.research.plain.typed.numbers import amounts, numbers
from gnomon.workloads.research.wanted.validity import is_valid

Extractor = Callable[[str, Want], Iterator[Candidate]]

_EXTRACTORS: Final[Mapping[Kind, Extractor]] = {
    Kind.DATE: dates,
    Kind.MOMENT: dates,
    Kind.NUMBER: numbers,
    Kind.EMAIL: emails,
    Kind.URL: urls,
    Kind.PHONE: phones,
    Kind.CHOICE: choices,
    Kind.TRUTH: truths,
}
LONGEST_READ: Final = 4_000
"""Characters of one sentence that are read."""


def read(text: str, want: Want, cues: Sequence[str] = ()) -> list[Candidate]:
    """Return what a sentence gives for a field, in the order of the text.

    `cues` are ways to say the field: its name, and words that mean the same. Where the text is made of labels and
    values, only a value whose label names the field is one.
    """
    text = without_code(text[:LONGEST_READ])
    there = labels(text)
    own = [each for each in there if is_for(each, want)]
    if len(there) > 1 and not own:
        own = [each for each in there if is_told(each, want)]
    if own or len(there) > 1:
        found = [candidate for each in own for candidate in in_cell(text, each, want)]
    else:
        found = list(_read(text, want, cues))
    fitting = [each for each in found if is_valid(each.value, want.schema)]
    return sorted(fitting, key=lambda each: (each.start, each.end))


def in_cell(text: str, labelled: Labelled, want: Want) -> Iterator[Candidate]:
    """Read the value after a label: of a text field the whole of it, of a typed one what has its type."""
    cell = text[labelled.start : labelled.end]
    is_named = is_full(labelled, want)
    if want.kind in (Kind.NAME, Kind.TEXT):
        why = f"'{cell[:60]}' after '{labelled.label[:60]}'"
        if cell and (want.kind is Kind.TEXT or _is_name(cell)):
            yield Candidate(value=cell, start=labelled.start, end=labelled.end, why=why, is_labelled=is_named)
        return
    for each in _in_cell(cell, labelled.label, want):
        start = labelled.start + each.start
        why = f"{each.why} after '{labelled.label[:60]}'"
        yield replace(each, start=start, end=labelled.start + each.end, why=why, is_labelled=is_named)


def _in_cell(cell: str, label: str, want: Want) -> Iterator[Candidate]:
    if want.kind is Kind.TRUTH:
        return yes_or_no(cell)
    if want.kind is Kind.NUMBER:
        return amounts(cell, want, label) if want.is_text else numbers(cell, want, label)
    return _read(cell, want, ())


def _is_name(cell: str) -> bool:
    return cell[0].isalpha() and (cell != cell.lower() or not cell.isascii() or " " not in cell)


def _read(text: str, want: Want, cues: Sequence[str]) -> Iterator[Candidate]:
    if want.kind is Kind.NUMBER and want.is_text:
        yield from amounts(text, want)
    elif want.kind in _EXTRACTORS:
        yield from _EXTRACTORS[want.kind](text, want)
    elif want.kind is Kind.NAME:
        yield from names(text, want, cues)
    elif want.kind is Kind.TEXT:
        yield from by_whom(text, want)
