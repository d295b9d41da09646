"""Lists: the distinct values that the sources give, each with its own basis, and the whole of them."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gnomon.core.task import Json
from gnomon.reading.terms import terms
from gnomon.workloads.research.basis import titled
from gnomon.workloads.research.plain.coverage import widened
from gnomon.workloads.research.plain.items import BULLET, is_title
from gnomon.workloads.research.plain.records import settle_records
from gnomon.workloads.research.plain.typed.candidate import Kind, Want
from gnomon.workloads.research.plain.typed.labels import is_for, labels
from gnomon.workloads.research.plain.typed.names import NAME
from gnomon.workloads.research.plain.typed.reading import read
from gnomon.workloads.research.plain.typed.want import wants_of
from gnomon.workloads.research.plain.weighing import (
    LEAST_SUBJECT,
    Aim,
    Sentence,
    Weighed,
    aim_of,
    is_readable,
    read_sentences,
    subject_share,
    weigh_all,
)
from gnomon.workloads.research.record import ALONE, Evidence, Question, Settled, Source
from gnomon.workloads.research.wanted.shape import is_list, is_object, meaning
from gnomon.workloads.research.wanted.validity import is_valid

MOST_ELEMENTS: Final = 50
_NEAR: Final = 0.7
"""Score, against the best, from which another value counts as one of the list."""
_PARTED: Final = re.compile(r"\s*(?:,\s*(?:and|or|und|et|y)\b|[,;/\u00b7]|\b(?:and|und|et)\b|&(?=\s))\s*")
_LINK: Final = re.compile(r"\s*(?:,\s*(?:and\s+)?|\s+and\s+|\s*&\s*)")
_NAMES: Final = frozenset(("name", "names", "title", "titles", "label", "labels"))
_LONGEST_ITEM: Final = 80


@dataclass(frozen=True, slots=True)
class Element:
    """A value of a list and where it stands."""

    value: Json
    evidence: Evidence
    why: str


def settle_list(
    question: Question, sources: Sequence[Source], frequencies: Mapping[str, int], size: int
) -> list[Settled]:
    """Settle a list: the whole first, then each of its elements at the path with its index."""
    meant = meaning(question.schema)
    items = meant.get("items")
    items = meaning(items) if isinstance(items, dict) else {"type": "string"}
    one = replace(question, schema={**_told(meant), **items})
    if is_object(items):
        return _whole(question, settle_records(one, items, sources, frequencies, size))
    if is_list(items):
        return [_gap(question, "A list of lists cannot be read from a text without a model.")]
    wants = [want for want in wants_of(one) if is_readable(want)]
    there = read_sentences(sources)
    for want in wants:
        aim = aim_of(one, want, frequencies, size)
        found = [each for each in _elements(aim, there) if is_valid(each.value, one.schema)]
        if found:
            return _whole(question, [(each.value, [each.evidence], each.why) for each in found])
    return [_gap(question, f"Looked in {len(sources)} passages: none names what belongs into the list.")]


def _told(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    return {name: schema[name] for name in ("title", "description") if name in schema}


def _elements(aim: Aim, there: Sequence[Sentence]) -> Iterator[Element]:
    """Yield what stands in lists and after labels that name the field, else what sentences give alike."""
    about = [each for each in there if subject_share(aim, each) >= LEAST_SUBJECT]
    enumerated = [element for each in about for element in _enumerated(aim, each)]
    if enumerated:
        yield from enumerated
        return
    if aim.want.kind is Kind.TEXT:
        return
    weighed = weigh_all(aim, about)
    least = _NEAR * weighed[0].score if weighed else 0.0
    for each in weighed:
        if each.score >= least:
            yield Element(each.candidate.value, each.sentence.evidence, each.candidate.why)
            yield from _beside(aim, each)


def _beside(aim: Aim, weighed: Weighed) -> Iterator[Element]:
    """Yield the names that follow one in a row: `founded by Jane Doe, John Roe and Ann Poe`."""
    text, end = weighed.sentence.text, weighed.candidate.end
    while aim.want.kind is Kind.NAME and (link := _LINK.match(text, end)):
        name = NAME.match(text, link.end())
        if name is None:
            return
        end = name.end()
        yield Element(name[0], weighed.sentence.evidence, f"the name '{name[0]}' beside it")


def _enumerated(aim: Aim, sentence: Sentence) -> Iterator[Element]:
    """Read `languages: German, French and Italian`, and the items below a heading that names the field."""
    text = sentence.text
    for cell in labels(text):
        if is_for(cell, aim.want):
            why = f"stands after '{cell.label[:60]}'"
            for start, end in _parts(text, cell.start, cell.end):
                yield from _read(aim.want, sentence, start, end, why)
    heading = widened(terms(sentence.source.heading.rpartition(" > ")[2]))
    yield from _first_cell(aim, sentence, heading)
    bullet = BULLET.match(text)
    if bullet and aim.name and set(aim.name) <= heading:
        yield from _read(aim.want, sentence, *bullet.span("item"), "is an item below the heading")


def _first_cell(aim: Aim, sentence: Sentence, heading: Collection[str]) -> Iterator[Element]:
    """Read what a row is about, where names are wanted and its first column or its heading says of what."""
    cells = labels(sentence.text) if aim.want.kind in (Kind.TEXT, Kind.NAME) and sentence.is_row else []
    if not cells or any(is_for(cell, aim.want) for cell in cells) or not _NAMES & set(aim.want.words):
        return
    first, of_what = cells[0], set(aim.said) | set(aim.name)
    column = set(terms(first.label))
    is_fitting = bool(column) and column <= of_what
    is_fitting = is_fitting or (bool(of_what) and of_what <= set(heading))
    if is_fitting and is_title(sentence.text[first.start : first.end]):
        yield from _read(aim.want, sentence, first.start, first.end, f"stands after '{first.label[:60]}'")


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for found in _PARTED.finditer(text, start, end):
        if found.start() > start:
            yield start, found.start()
        start = found.end()
    if start < end:
        yield start, end


def _read(want: Want, sentence: Sentence, start: int, end: int, why: str) -> Iterator[Element]:
    piece = sentence.text[start:end].strip()
    if want.kind in (Kind.TEXT, Kind.NAME):
        if piece and len(piece) <= _LONGEST_ITEM:
            yield Element(piece, sentence.evidence, f"'{piece}', which {why}")
        return
    for candidate in read(piece, want):
        yield Element(candidate.value, sentence.evidence, f"'{piece}', which {why}")


Found = tuple[Json, Sequence[Evidence], str]


def _whole(question: Question, found: Sequence[Found]) -> list[Settled]:
    """Make the list of what was found: distinct, bounded, valid, with an entry for each element."""
    meant = meaning(question.schema)
    distinct: dict[str, Found] = {}
    for value, evidence, why in found:
        key = json.dumps(value, sort_keys=True, ensure_ascii=False).casefold()
        before = distinct.get(key)
        distinct[key] = (before[0], [*before[1], *evidence], before[2]) if before else (value, evidence, why)
    most = min(int(meant.get("maxItems", MOST_ELEMENTS)), MOST_ELEMENTS)
    kept = list(distinct.values())[:most]
    whole = [value for value, _, _ in kept]
    if not kept:
        return [_gap(question, "No row or block of the passages names the members of such an object.")]
    if not is_valid(whole, question.schema):
        return [_gap(question, f"The {len(kept)} values that were found are no list that the schema takes.")]
    works = {each.source.work for _, evidence, _ in kept for each in evidence}
    left = f" {len(distinct) - most} more were left out." if len(distinct) > most else ""
    told = f"Distinct values: {len(kept)}, from documents: {len(works)}; there may be others"
    reasoning = f"{told} that they do not name.{left} {ALONE}"
    firsts = [evidence[0] for _, evidence, _ in kept]
    head = Settled(path=question.path, value=whole, evidence=firsts, reasoning=reasoning, confidence="low")
    return [head, *(_element(question, index, each) for index, each in enumerate(kept))]


def _element(question: Question, index: int, found: Found) -> Settled:
    value, evidence, why = found
    works = len({each.source.work for each in evidence})
    return Settled(
        path=(*question.path, index),
        value=value,
        evidence=list(evidence)[:3],
        reasoning=f"In '{titled(evidence[0].source)}': {why}. {ALONE}",
        confidence="medium" if works > 1 else "low",
    )


def _gap(question: Question, why: str) -> Settled:
    return Settled(path=question.path, value=None, reasoning=why, gap=why)
