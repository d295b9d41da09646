"""Settling fields with a model: it picks a value, a source and words; code looks whether they stand there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from gnomon.core.task import Json
from gnomon.workloads.research.agent.guidance import kept_in_mind
from gnomon.workloads.research.agent.lengths import USUAL, Lengths, lengths_of, shortened
from gnomon.workloads.research.agent.plan import dotted, listed
from gnomon.workloads.research.agent.prompt import RULES, Shown, earlier, prompt, show
from gnomon.workloads.research.agent.support import find_evidence, says
from gnomon.workloads.research.gather import Finds
from gnomon.workloads.research.models.tokens import estimate_tokens, room
from gnomon.workloads.research.record import Evidence, Question, Source
from gnomon.workloads.research.study import Study
from gnomon.workloads.research.wanted.shape import is_list, meaning

_SOURCES_FOR_ONE: Final = 8
_SOURCES_FOR_ALL: Final = 16
_ORDER: Final = (
    "Give for each field 'f1', 'f2', ... by its number: its value, the number of the one source that says it, and "
    "the words of that source that say it. Give null for all three where no source says it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """What a model has picked for a field, or for an element of a list, that stands in a source."""

    value: Json
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """What became of a question that a model was asked."""

    question: Question
    picks: tuple[Pick, ...] = ()
    dropped: int = 0
    """Values that the model gave and no source says."""
    sources: tuple[Source, ...] = ()
    """What it was shown."""
    is_new: bool = True


async def pick(study: Study, batch: Sequence[tuple[Question, Finds]]) -> list[Picked]:
    """Have the model pick values for some fields out of what was found for them."""
    sources = _choose(batch)
    if not sources or study.model is None:
        return [Picked(question=question) for question, _ in batch]
    questions = [question for question, _ in batch]
    lengths = lengths_of(study)
    max_tokens = sum(lengths.list_tokens if _is_listing(each) else lengths.field_tokens for each in questions)
    max_tokens = min(max_tokens, study.model.window // 3)
    head = (
        earlier(study.recent) + f"The task:\n{study.question}",
        kept_in_mind(study),
        "Fields to fill from the material:\n" + listed(questions),
        _ORDER,
    )
    space = room(study.model.window, max_tokens) - estimate_tokens(RULES + "".join(head))
    shown = show(sources, shortened(space, lengths))
    if shown.left_out:
        study.cut("Passages were left out where the model's window had no room for them.")
    schema = reply_schema(questions, lengths)
    names = ", ".join(dotted(each.path) for each in questions)
    filled = await study.fill(
        f"settle {names}"[:120],
        prompt(RULES, *head, shown.text),
        schema,
        max_tokens=max_tokens,
        purpose="settle",
        is_last=True,
    )
    read = [_read(each, filled.json[f"f{n}"], shown) for n, each in enumerate(questions, start=1)]
    return [replace(each, is_new=filled.is_new) for each in read]


def _choose(batch: Sequence[tuple[Question, Finds]]) -> list[Source]:
    """Take the best of what was found for each in turn, each passage once."""
    most = _SOURCES_FOR_ONE if len(batch) == 1 else _SOURCES_FOR_ALL
    chosen: dict[tuple[str, int, str], Source] = {}
    for rank in range(_SOURCES_FOR_ONE):
        for _, finds in batch:
            if rank < len(finds.sources) and len(chosen) < most:
                source = finds.sources[rank]
                chosen.setdefault((source.url, source.start, source.text), source)
    return list(chosen.values())


def reply_schema(questions: Sequence[Question], lengths: Lengths = USUAL) -> Mapping[str, Any]:
    """Write the schema of the reply: for each field a value, a source and a quote, or a list of those."""
    fields = {f"f{number}": _wanted(each, lengths) for number, each in enumerate(questions, start=1)}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(fields),
        "properties": fields,
    }


def _is_listing(question: Question) -> bool:
    return is_list(meaning(question.schema))


def _wanted(question: Question, lengths: Lengths) -> Mapping[str, Any]:
    meant = meaning(question.schema)
    if not is_list(meant):
        return _piece(meant, lengths)
    items = meant.get("items")
    most = min(int(meant.get("maxItems", lengths.elements)), lengths.elements)
    inner = meaning(items) if isinstance(items, Mapping) else {}
    return {"type": "array", "maxItems": most, "items": _piece(inner, lengths)}


def _piece(schema: Mapping[str, Any], lengths: Lengths) -> Mapping[str, Any]:
    parts = {
        "value": {"anyOf": [bounded(schema, lengths.text), {"type": "null"}]},
        "source": {"type": ["integer", "null"]},
        "quote": {"type": ["string", "null"], "maxLength": lengths.quote},
    }
    return {"type": "object", "additionalProperties": False, "required": list(parts), "properties": parts}


def bounded(schema: Mapping[str, Any], longest: int) -> Mapping[str, Any]:
    """Give a schema without one a greatest length for its texts: a small model writes on without an end."""
    kind = schema.get("type")
    if kind == "string" and "enum" not in schema and "const" not in schema:
        return {"maxLength": longest, **schema}
    if kind == "object" and "properties" in schema:
        inner = {
            name: bounded(each, longest)
            for name, each in schema["properties"].items()
            if isinstance(each, dict)
        }
        return {**schema, "properties": {**schema["properties"], **inner}}
    return schema or {"type": "string", "maxLength": longest}


def _read(question: Question, reply: Json, shown: Shown) -> Picked:
    """Keep what stands in the sources that were shown; of the rest, count what was given."""
    pieces = reply if isinstance(reply, list) else [reply]
    meant = meaning(question.schema)
    items = meant.get("items")
    schema = dict(meaning(items) if isinstance(items, Mapping) else {}) if is_list(meant) else dict(meant)
    name = next((part for part in reversed(question.path) if isinstance(part, str)), "")
    given = [piece for piece in pieces if isinstance(piece, dict) and piece.get("value") is not None]
    picks = [found for piece in given if (found := _look_up(piece, shown, schema, name)) is not None]
    return Picked(
        question=question, picks=tuple(picks), dropped=len(given) - len(picks), sources=shown.sources
    )


def _look_up(piece: Mapping[str, Json], shown: Shown, schema: dict[str, Any], name: str) -> Pick | None:
    named = shown.number(piece.get("source"))
    others = [source for source in shown.sources if source is not named]
    for source in [named, *others] if named is not None else others:
        found = find_evidence(source, piece.get("quote"), piece["value"])
        if found is not None and says(found, piece["value"], schema, name):
            return Pick(value=piece["value"], evidence=found)
    return None
