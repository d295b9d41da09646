"""Writing a text with a model: paragraphs that quote; a paragraph whose quotes stand nowhere is dropped."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gnomon.core.task import Json
from gnomon.workloads.research.agent.guidance import kept_in_mind
from gnomon.workloads.research.agent.lengths import Lengths, lengths_of, shortened
from gnomon.workloads.research.agent.prompt import RULES, Shown, earlier, prompt, show
from gnomon.workloads.research.agent.support import says_all
from gnomon.workloads.research.basis import locate
from gnomon.workloads.research.models.tokens import estimate_tokens, room
from gnomon.workloads.research.record import Evidence, Source
from gnomon.workloads.research.study import Study

_SHORTEST: Final = 900
"""Tokens of a text, without what each effort adds."""
_EACH_EFFORT: Final = 600
_MARK: Final = re.compile(r"\s*\[\d+(?:,\s*\d+)*\]")
_ORDER: Final = (
    "Write the answer in paragraphs, from the material alone. Give with each the numbers of its sources and the "
    "words of each that bear it. Write no citation, number in brackets or address into a paragraph. Keep numbers "
    "as the material writes them. List under 'uncovered' the numbers of the parts that the material says nothing of."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph, and the words of sources that it rests on."""

    text: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a model has written that its sources bear."""

    paragraphs: tuple[Paragraph, ...]
    dropped: int
    uncovered: tuple[int, ...] = ()
    """The parts, from 1, of which the model says that the material does not speak."""


async def write(study: Study, sources: Sequence[Source], parts: Sequence[str]) -> Written:
    """Have the model write the answer from these sources, and keep the paragraphs that they bear."""
    assert study.model is not None
    lengths = lengths_of(study)
    most = _SHORTEST + _EACH_EFFORT * study.brief.effort
    max_tokens = min(most, lengths.written_tokens, study.model.window // 3)
    wanted = study.brief.output.description
    head = (
        earlier(study.recent) + f"The task:\n{study.question}",
        kept_in_mind(study),
        f"The answer shall be: {wanted}" if wanted else "",
        "It shall cover:\n" + "\n".join(f"{n}. {part}" for n, part in enumerate(parts, 1)) if parts else "",
        _ORDER,
    )
    space = room(study.model.window, max_tokens) - estimate_tokens(RULES + "".join(head))
    shown = show(sources, shortened(space, lengths))
    if shown.left_out:
        study.cut("Passages were left out where the model's window had no room for them.")
    filled = await study.fill(
        "write",
        prompt(RULES, *head, shown.text),
        _schema(lengths),
        max_tokens=max_tokens,
        purpose="write",
        is_last=True,
    )
    return read_written(filled.json, shown)


def _schema(lengths: Lengths) -> Mapping[str, Any]:
    support = {"source": {"type": "integer"}, "quote": {"type": "string", "maxLength": lengths.quote}}
    paragraph = {
        "text": {"type": "string", "maxLength": lengths.paragraph},
        "support": {"type": "array", "maxItems": lengths.quotes, "items": _closed(support)},
    }
    return _closed(
        {
            "paragraphs": {"type": "array", "maxItems": lengths.paragraphs, "items": _closed(paragraph)},
            "uncovered": {"type": "array", "maxItems": 20, "items": {"type": "integer"}},
        }
    )


def _closed(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write the schema of an object that has these properties and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def read_written(reply: Json, shown: Shown) -> Written:
    """Keep the paragraphs that quote words which stand in a source and keep to what their sources say."""
    kept: list[Paragraph] = []
    for each in reply["paragraphs"]:
        evidence = tuple(found for one in each["support"] if (found := _locate(one, shown)) is not None)
        text = " ".join(_MARK.sub("", each["text"]).split())
        if text and evidence and says_all(text, evidence):
            kept.append(Paragraph(text=text, evidence=evidence))
    dropped = len(reply["paragraphs"]) - len(kept)
    return Written(paragraphs=tuple(kept), dropped=dropped, uncovered=tuple(reply["uncovered"]))


def _locate(support: Mapping[str, Json], shown: Shown) -> Evidence | None:
    named = shown.number(support["source"])
    if named is not None and (found := locate(support["quote"], [named])) is not None:
        return found
    return locate(support["quote"], shown.sources)


def render(paragraphs: Sequence[Paragraph]) -> tuple[str, list[Evidence]]:
    """Set the text, with the number of each source behind what rests on it, and their titles below."""
    titles: dict[str, str] = {}
    blocks: list[str] = []
    for paragraph in paragraphs:
        for each in paragraph.evidence:
            titles.setdefault(each.source.work, each.source.title)
        works = dict.fromkeys(each.source.work for each in paragraph.evidence)
        marks = "".join(f"[{list(titles).index(work) + 1}]" for work in works)
        blocks.append(f"{paragraph.text} {marks}")
    named = "\n".join(f"[{number}] {title}" for number, title in enumerate(titles.values(), start=1))
    return "\n\n".join([*blocks, named]), [each for paragraph in paragraphs for each in paragraph.evidence]
