"""The answer: what was settled, in the wanted shape, and what each of its fields rests on."""

import re
import unicodedata
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from gnomon.core.brief import Brief
from gnomon.core.library import point
from gnomon.core.task import Json
from gnomon.core.workload import Failure
from gnomon.workloads.research.marks import APOSTROPHES, DASHES, QUOTES, UNSEEN
from gnomon.workloads.research.record import Evidence, Path, Question, Settled, Source, Usage
from gnomon.workloads.research.wanted.shape import Shape, read_shape
from gnomon.workloads.research.wanted.validity import is_valid, mismatches

SHORTEST_QUOTE: Final = 12
"""Characters of a quote that say where it stands."""
MOST_PLACES: Final = 3
"""Places of one source at which a quote may stand before it says nothing."""
NOTHING_USED: Final = Usage()
_ABSENT: Final = object()
_NAMED_AT_MOST: Final = 20
_ELLIPSIS: Final = re.compile(r"\.\.\.|…|\[…]|\[\.\.\.]")
_SAME: Final[Mapping[str, str]] = {
    **dict.fromkeys(APOSTROPHES, "'"),
    **dict.fromkeys(QUOTES, '"'),
    # A word that was divided at a line's end is the word; for finding, so is one with a hyphen in it.
    **dict.fromkeys((*DASHES, *UNSEEN), ""),
}
_COMPARED: Final = 16
"""Texts whose form for comparing is kept."""


def assemble(
    brief: Brief,
    questions: Sequence[Question],
    settled: Sequence[Settled],
    *,
    engine: str,
    usage: Usage = NOTHING_USED,
    truncated: Sequence[str] = (),
    tool_calls: Sequence[Mapping[str, Json]] = (),
    turns: Sequence[Mapping[str, Json]] = (),
) -> dict[str, Json]:
    """Write the `core.brief.ANSWER` of a brief.

    A field without a value is null where its schema takes that, and else left out where it may be.

    Raises
    ------
    Failure
        With the code ``not_found`` when a field that must be there and may not be null has no value.
    """
    unsettled = {each.path for each in questions} - {each.path for each in settled}
    settled = [*settled, *(_untried(path) for path in sorted(unsettled, key=field_of))]
    content: Json = _text(settled)
    if is_json := brief.output.type == "json" and bool(brief.output.schema):
        content = _content(read_shape(dict(brief.output.schema or {})), settled)
        settled = [_as_it_stands(each, content) for each in settled]
    return {
        "type": "json" if is_json else "text",
        "content": content,
        "basis": [_entry(each) for each in settled],
        "engine": engine,
        "usage": {
            "calls": usage.calls,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cost_usd": usage.cost_usd,
        },
        "truncated": list(truncated),
        **({"tool_calls": [dict(call) for call in tool_calls]} if tool_calls else {}),
        **({"turns": [dict(turn) for turn in turns]} if turns else {}),
    }


def field_of(path: Path) -> str:
    """Write a path as the basis names it: `ceo`, `ceos.0`; `output` for the whole of a text."""
    return ".".join(map(str, path)) or "output"


def gather(evidence: Iterable[Evidence]) -> list[list[Evidence]]:
    """Put what stands in one document together; the documents and their words keep their order."""
    groups: dict[tuple[str, str], list[Evidence]] = {}
    for each in evidence:
        group = groups.setdefault((each.source.kind, each.source.url.partition("#")[0]), [])
        if _span(each) not in map(_span, group):
            group.append(each)
    return list(groups.values())


def titled(source: Source) -> str:
    """Name a source to a reader."""
    return source.title or source.url


def citations(evidence: Iterable[Evidence]) -> list[dict[str, Json]]:
    """Cite each document once, with its words and an address that opens at the first of them."""
    return [
        {"url": _url(group), "title": group[0].source.title or None, "excerpts": [e.excerpt for e in group]}
        for group in gather(evidence)
    ]


def locate(quote: str, sources: Sequence[Source]) -> Evidence | None:
    """Find where a quote stands literally; white space, typographic marks and hyphenation may differ.

    What is too short to say where it stands, stands in too many places, or leaves something out is not found.
    """
    quote = quote.strip()
    wanted = _plain(quote)[0].strip("\"' ")
    if len(wanted) < SHORTEST_QUOTE:
        return None
    places = [(source, _place(quote, source.text)) for source in sources]
    if not any(span for _, span in places) and not _ELLIPSIS.search(quote):
        places = [(source, _place_alike(wanted, source.text)) for source in sources]
    found = ((source, span) for source, span in places if span)
    return next((Evidence(source=source, start=span[0], end=span[1]) for source, span in found), None)


def _place(quote: str, text: str) -> tuple[int, int] | None:
    start = text.find(quote)
    return (start, start + len(quote)) if start >= 0 and text.count(quote) <= MOST_PLACES else None


def _place_alike(wanted: str, text: str) -> tuple[int, int] | None:
    plain, offsets = _plain(text)
    found = plain.find(wanted)
    if found < 0 or plain.count(wanted) > MOST_PLACES:
        return None
    return offsets[found], offsets[found + len(wanted) - 1] + 1


@lru_cache(_COMPARED)
def _plain(text: str) -> tuple[str, Sequence[int]]:
    """Write a text as it is compared, and for each of its characters where it stands in the original."""
    letters: list[str] = []
    offsets = array("I")
    is_divided = False
    for offset, letter in enumerate(text):
        if letter in DASHES:
            is_divided = text[offset - 1 : offset].isalpha() and text[offset + 1 : offset + 2] in ("\n", "\r")
        elif not letter.isspace():
            is_divided = False
        if letter.isspace() and (is_divided or letters[-1:] == [" "]):
            continue
        alike = _SAME.get(letter)
        for each in unicodedata.normalize("NFKC", letter) if alike is None else alike:
            letters.append(" " if each.isspace() else each)
            offsets.append(offset)
    return "".join(letters), offsets


def _span(evidence: Evidence) -> tuple[int, int]:
    first = evidence.source.start
    return first + evidence.start, first + evidence.end


def _url(group: Sequence[Evidence]) -> str:
    source = group[0].source
    return point(source.url, map(_span, group)) if source.kind == "document" else source.url


def _entry(settled: Settled) -> dict[str, Json]:
    return {
        "field": field_of(settled.path),
        "reasoning": settled.gap or settled.reasoning,
        "confidence": settled.confidence,
        "citations": citations(settled.evidence),
    }


def _untried(path: Path) -> Settled:
    gap = "This was not looked into."
    return Settled(path=path, value=None, reasoning=gap, gap=gap)


def _as_it_stands(settled: Settled, content: Json) -> Settled:
    """Return what was settled, as a gap where its value has no place in the answer."""
    if settled.value is None or _at(content, settled.path) is not None:
        return settled
    gap = f"'{str(settled.value)[:60]}' was found and left out: it, or what is around it, does not fit the schema."
    return replace(settled, value=None, gap=gap, confidence=None)


def _at(value: Any, path: Path) -> Any:
    """Return what stands at a path; None when nothing does."""
    for part in path:
        is_index = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if not is_index and not (isinstance(value, dict) and part in value):
            return None
        value = value[part]
    return value


def _text(settled: Sequence[Settled]) -> str:
    whole = next((each for each in settled if each.path == ()), None)
    if whole is None or not isinstance(whole.value, str):
        return (whole and whole.gap) or "Nothing was found that answers this."
    return whole.value


@dataclass(slots=True)
class _Building:
    """An answer as it grows out of what was settled."""

    values: Mapping[Path, Json]
    gaps: Mapping[Path, str | None]
    missing: list[tuple[Path, str | None]] = field(default_factory=list)

    def build(self, shape: Shape) -> Any:
        """Return the value of a field, or `_ABSENT`; note what must be there and is not."""
        if not shape.members:
            value = self._value(shape)
            return self._without(shape, [(shape.path, self.gaps.get(shape.path))]) if value is None else value
        before = len(self.missing)
        built = {str(member.path[-1]): self.build(member) for member in shape.members}
        present = {name: value for name, value in built.items() if value is not _ABSENT}
        lacking, self.missing[before:] = self.missing[before:], []
        has_any = any(value is not None for value in present.values())
        if not lacking and (has_any or shape.is_required or not shape.path):
            return present
        return self._without(shape, lacking)

    def _without(self, shape: Shape, lacking: Sequence[tuple[Path, str | None]]) -> Any:
        if shape.may_be_null and shape.path:
            return None
        if shape.is_required:
            self.missing.extend(lacking)
        return _ABSENT

    def _value(self, shape: Shape) -> Json:
        value = self.values.get(shape.path)
        if value is None:
            value = _elements(shape.path, self.values)
        return value if value is not None and is_valid(value, shape.schema) else None


def _elements(path: Path, values: Mapping[Path, Json]) -> Json:
    """Put together a list or an object of which only the parts were settled."""
    depth = len(path)
    parts = list(dict.fromkeys(each[depth] for each in values if len(each) > depth and each[:depth] == path))
    inner = {part: _element((*path, part), values) for part in parts}
    inner = {part: value for part, value in inner.items() if value is not None}
    if not inner:
        return None
    if all(isinstance(part, int) for part in inner):
        return [inner[part] for part in sorted(inner, key=int)]
    return {str(part): value for part, value in inner.items()}


def _element(path: Path, values: Mapping[Path, Json]) -> Json:
    value = values.get(path)
    return _elements(path, values) if value is None else value


def _content(shape: Shape, settled: Sequence[Settled]) -> dict[str, Json]:
    building = _Building(
        values={each.path: each.value for each in settled if each.value is not None},
        gaps={each.path: each.gap for each in settled},
    )
    content = building.build(shape)
    if building.missing:
        raise Failure("not_found", _not_found(building.missing))
    assert isinstance(content, dict)
    if wrong := mismatches(content, shape.schema):
        told = "; ".join(f"{field_of(place)}: {why}" for place, why in wrong)
        text = (
            f"What was found does not fit the schema as a whole ({told[:500]}); loosen it where it says so."
        )
        raise Failure("not_found", text)
    return content


def _not_found(missing: Sequence[tuple[Path, str | None]]) -> str:
    named = ", ".join(f"'{field_of(path)}'" for path, _ in missing[:_NAMED_AT_MOST])
    more = f" and {len(missing) - _NAMED_AT_MOST} more" if len(missing) > _NAMED_AT_MOST else ""
    why = next((gap for _, gap in missing if gap), "")
    return (
        f"No value was found for {named}{more}, which the schema requires and does not let be null. "
        f"{why}{' ' if why else ''}Let the schema take null there, or leave the name out of 'required'; "
        "or add documents that say it."
    )
