"""Reflecting: which queries to put for what is still missing. No document's text is shown here."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gnomon.core.task import Json
from gnomon.workloads.research.agent.plan import LONGEST_QUERY, Line, dotted, tidy
from gnomon.workloads.research.agent.prompt import PLANNING_RULES, fenced, prompt
from gnomon.workloads.research.record import Settled
from gnomon.workloads.research.study import Study

REFLECT_TOKENS: Final = 800
_LONGEST_VALUE: Final = 80
_MOST_VALUES: Final = 20


async def reflect(
    study: Study, lines: Sequence[Line], settled: Sequence[Settled], *, is_web: bool
) -> list[Line]:
    """Ask the model how else the open lines could be looked for; those for which it knows nothing are left out.

    It is told the task, the queries put so far, and short values that are settled, for those may be what the next
    query needs. Where the web is searched, values out of own documents are not told: a query would carry them out.
    """
    most = study.meter.budget.queries
    asked = prompt(
        PLANNING_RULES,
        f"The task:\n{study.question}",
        "Nothing has been found yet for:\n" + _listed(lines),
        _known(settled, is_web=is_web),
        f"Give up to {most} other search queries for each, by its number: other words for the same, broader or "
        "narrower ones, names in full. Give none where there is no other way to look.",
    )
    filled = await study.fill(
        "reflect", asked, _schema(most, len(lines)), max_tokens=REFLECT_TOKENS, purpose="reflect"
    )
    return _further(lines, filled.json, most)


def _listed(lines: Sequence[Line]) -> str:
    return "\n".join(
        f"{number}. {line.name}; put so far: {'; '.join(line.put)}"
        for number, line in enumerate(lines, start=1)
    )


def _known(settled: Sequence[Settled], *, is_web: bool) -> str:
    told = [
        f"{dotted(each.path)}: {each.value}"
        for each in settled
        if isinstance(each.value, str | int | float)
        and len(str(each.value)) <= _LONGEST_VALUE
        and each.path
        and not (is_web and any(evidence.source.kind == "document" for evidence in each.evidence))
    ]
    return f"Settled so far, as material:\n{fenced(chr(10).join(told[:_MOST_VALUES]))}" if told else ""


def _schema(most: int, lines: int) -> Mapping[str, Any]:
    item = {
        "type": "object",
        "additionalProperties": False,
        "required": ["number", "query"],
        "properties": {
            "number": {"type": "integer", "minimum": 1, "maximum": lines},
            "query": {"type": "string", "maxLength": LONGEST_QUERY},
        },
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["queries"],
        "properties": {"queries": {"type": "array", "maxItems": most * lines, "items": item}},
    }


def _further(lines: Sequence[Line], reply: Json, most: int) -> list[Line]:
    queries: dict[int, list[str]] = {}
    for each in reply["queries"]:
        queries.setdefault(each["number"] - 1, []).append(tidy(each["query"]))
    further = [
        line.further([query for query in queries.get(place, ())[:most] if query])
        for place, line in enumerate(lines)
    ]
    return [line for line in further if line.fresh]
