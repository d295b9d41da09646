"""Reading for a text: the model marks what answers a part, and code keeps the marks that stand in a source."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gnomon.core.task import Json
from gnomon.workloads.research.agent.guidance import kept_in_mind
from gnomon.workloads.research.agent.prompt import RULES, Shown, prompt, show
from gnomon.workloads.research.basis import locate
from gnomon.workloads.research.models.tokens import estimate_tokens, room
from gnomon.workloads.research.record import Evidence, Source
from gnomon.workloads.research.study import Study

READ_TOKENS: Final = 1_200
_MOST_SOURCES: Final = 16
_MOST_MARKS: Final = 8
_LONGEST_QUOTE: Final = 600
_ORDER: Final = (
    "Mark in the material what answers the part: give for each place the number of the source and the words, the "
    "most telling first. Give none where the material does not answer it."
)


async def read(study: Study, part: str, sources: Sequence[Source]) -> list[Evidence]:
    """Have the model mark what answers one part of the task, and return the marks that stand."""
    if not sources or study.model is None:
        return []
    head = (
        f"The task:\n{study.question}",
        kept_in_mind(study),
        f"The part of it that is read for now:\n{part}",
        _ORDER,
    )
    max_tokens = min(READ_TOKENS, study.model.window // 3)
    space = room(study.model.window, max_tokens) - estimate_tokens(RULES + "".join(head))
    shown = show(sources[:_MOST_SOURCES], space)
    filled = await study.fill(
        "read", prompt(RULES, *head, shown.text), _SCHEMA, max_tokens=max_tokens, purpose="read"
    )
    marks = [found for each in filled.json["marks"] if (found := _find(each, shown)) is not None]
    if filled.is_new and marks:
        study.teller.note("extract", f"{part}: {marks[0].excerpt}")
    return marks


_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["marks"],
    "properties": {
        "marks": {
            "type": "array",
            "maxItems": _MOST_MARKS,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["source", "quote"],
                "properties": {
                    "source": {"type": "integer"},
                    "quote": {"type": "string", "maxLength": _LONGEST_QUOTE},
                },
            },
        }
    },
}


def _find(mark: Mapping[str, Json], shown: Shown) -> Evidence | None:
    named = shown.number(mark["source"])
    if named is not None and (found := locate(mark["quote"], [named])) is not None:
        return found
    return locate(mark["quote"], shown.sources)
