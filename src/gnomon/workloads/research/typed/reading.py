"""Reading a sentence for what is wanted: every candidate stands in it and is valid for the field's schema."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from gnomon.workloads.research.typed.candidate import Candidate, Kind, Want
from gnomon.workloads.research.typed.choices import choices, truths
from gnomon.workloads.research.typed.contacts import emails, phones, urls
from gnomon.workloads.research.typed.dates import dates
from gnomon.workloads.research.typed.names import labelled, names
from gnomon.workloads.research.typed.numbers import amounts, numbers
from gnomon.workloads.research.validity import is_valid

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


def read(text: str, want: Want, cues: Sequence[str]) -> list[Candidate]:
    """Return what a sentence gives for a field, in the order of the text.

    `cues` are the ways to say the field: its name, and words that mean the same.
    """
    found = (each for each in _read(text[:LONGEST_READ], want, cues) if is_valid(each.value, want.schema))
    return sorted(found, key=lambda each: (each.start, each.end))


def _read(text: str, want: Want, cues: Sequence[str]) -> Iterator[Candidate]:
    if want.kind is Kind.NUMBER and want.is_text:
        yield from amounts(text, want)
    elif want.kind in _EXTRACTORS:
        yield from _EXTRACTORS[want.kind](text, want)
    elif want.kind is Kind.NAME:
        yield from names(text, want, cues)
    elif want.kind is Kind.TEXT:
        yield from _after_labels(text, cues)


def _after_labels(text: str, cues: Sequence[str]) -> Iterator[Candidate]:
    for start, end in labelled(text, cues):
        value = text[start:end]
        yield Candidate(value=value, start=start, end=end, why=f"what stands after the label, '{value[:80]}'")
