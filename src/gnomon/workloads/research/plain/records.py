"""Lists of objects: one for each row or block that names its members itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from gnomon.core.task import Json
from gnomon.reading.terms import terms
from gnomon.workloads.research.plain.coverage import Scale, widened
from gnomon.workloads.research.plain.items import TITLES, filled_up, is_title, settle_items
from gnomon.workloads.research.plain.typed.labels import Labelled, is_for, labels, lines
from gnomon.workloads.research.plain.typed.reading import in_cell
from gnomon.workloads.research.plain.typed.want import wants_of
from gnomon.workloads.research.plain.weighing import LEAST_SUBJECT
from gnomon.workloads.research.record import Evidence, Question, Source
from gnomon.workloads.research.wanted.fields import words_of
from gnomon.workloads.research.wanted.shape import Schema, meaning
from gnomon.workloads.research.wanted.validity import is_valid

FEWEST_MEMBERS: Final = 2
"""Members that a row must name before it is taken for one of the objects."""


def settle_records(
    question: Question,
    items: Schema,
    sources: Sequence[Source],
    frequencies: Mapping[str, int],
    size: int,
) -> list[tuple[Json, Sequence[Evidence], str]]:
    """Return the objects that rows and blocks of labels give, each whole and valid by itself."""
    members = _members(question, items)
    subject = frozenset(terms(" ".join(_about(question, members))))
    scale = Scale(frequencies=frequencies, size=size)
    topic = frozenset(
        terms(" ".join([*map(str, question.path), str(question.schema.get("description", ""))]))
    )
    found: list[tuple[Json, Sequence[Evidence], str]] = []
    for evidence, text, around in _blocks(sources):
        if scale.share(subject, around) < LEAST_SUBJECT:
            continue
        value = _read_row(text, members, topic)
        enough = min(FEWEST_MEMBERS, len(members))
        if len(value) >= enough and is_valid(filled := filled_up(value, items), items):
            found.append((filled, [evidence], f"a row or block that names {', '.join(value)}"))
    return found or settle_items(members, topic, subject, scale, items, sources)


def _read_row(text: str, members: Mapping[str, Question], topic: frozenset[str]) -> dict[str, Json]:
    """Read the members that a row names; what it is about is its first cell, and the name of the object."""
    named = {name: given for name, member in members.items() if (given := _value(text, member)) is not None}
    title = next((name for name in members if name.lower() in TITLES), None)
    cells = labels(text)
    if title is None or title in named or "\n" in text or len(cells) < FEWEST_MEMBERS or not named:
        return named
    first = text[cells[0].start : cells[0].end]
    is_told = bool(topic & set(terms(cells[0].label))) or len(named) >= FEWEST_MEMBERS
    if not is_told or first in named.values() or not is_title(first):
        return named
    return {
        name: first if name == title else named[name] for name in members if name in named or name == title
    }


def _members(question: Question, items: Schema) -> dict[str, Question]:
    properties: Mapping[str, Json] = items.get("properties", {})
    return {
        name: replace(question, path=(*question.path, 0, name), schema=each)
        for name, each in properties.items()
        if isinstance(each, dict)
    }


def _about(question: Question, members: Mapping[str, Question]) -> Iterator[str]:
    """Yield the words of what the question is about: not those of the list, nor those of its members."""
    own = {word.lower() for part in question.path for word in words_of(str(part))}
    own |= {word for name in members for word in map(str.lower, words_of(name))}
    said = f"{question.schema.get('title', '')} {question.schema.get('description', '')}".lower()
    own |= set(terms(said))
    yield from (
        word for word in question.query.split() if word.lower() not in own and not own & set(terms(word))
    )


def _blocks(sources: Sequence[Source]) -> Iterator[tuple[Evidence, str, frozenset[str]]]:
    """Yield what may be a record: a line with labels, or lines with one label each that stand together."""
    for source in sources:
        title = widened(terms(f"{source.title} {source.heading}"))
        around = title | widened(terms(source.text))
        for start, end in _runs(source.text):
            evidence = Evidence(source=source, start=start, end=end)
            text = evidence.excerpt
            # The rows of a table speak each of something else.
            yield evidence, text, title | widened(terms(text)) if "\n" not in text else around


def _runs(text: str) -> Iterator[tuple[int, int]]:
    run: list[tuple[int, int]] = []
    seen: set[str] = set()
    for start, end in lines(text):
        own = [each.label.lower() for each in labels(text[start:end])]
        if run and (len(own) != 1 or seen.intersection(own) or "\n\n" in text[run[-1][1] : start]):
            yield run[0][0], run[-1][1]
            run, seen = [], set()
        if len(own) > 1:
            yield start, end
        elif own:
            run.append((start, end))
            seen.update(own)
    if run:
        yield run[0][0], run[-1][1]


def _value(text: str, member: Question) -> Json:
    there = labels(text)
    for want in wants_of(member):
        exact = [each for each in there if set(terms(each.label)) == set(terms(" ".join(want.name)))]
        cells: Sequence[Labelled] = exact or [each for each in there if is_for(each, want)]
        values = [found.value for cell in cells[:1] for found in in_cell(text, cell, want)]
        fitting = [value for value in values if is_valid(value, meaning(want.schema))]
        if len(fitting) == 1:
            return fitting[0]
    return None
