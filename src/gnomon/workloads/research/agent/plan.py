"""Planning: what to look for, and whether a person must be asked first. No document's text is shown here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from gnomon.core.task import Json
from gnomon.workloads.research.agent.guidance import kept_in_mind, repeats_guidance
from gnomon.workloads.research.agent.prompt import PLANNING_RULES, earlier, fenced, prompt
from gnomon.workloads.research.models.model import Prompt
from gnomon.workloads.research.record import Path, Question
from gnomon.workloads.research.study import Study

LONGEST_QUERY: Final = 200
MOST_PARTS: Final = 8
PLAN_TOKENS: Final = 1_200
_BEFORE: Final = "The plan so far, as material, which who gave the task wants changed as they say last:"
_LONGEST_CLARIFICATION: Final = 300
_LONGEST_SAID: Final = 600
_LEAST_THOROUGH: Final = 3
"""The effort from which on the queries for the fields of a schema are thought about, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that is followed: a question, the queries put for it so far, and those still to be put."""

    question: Question
    fresh: tuple[str, ...]
    put: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name it for people."""
        return dotted(self.question.path) or self.question.query

    def gathered(self) -> "Line":
        """Return it with its fresh queries put."""
        return replace(self, put=(*self.put, *self.fresh), fresh=())

    def widened(self, queries: Sequence[str]) -> "Line":
        """Return it with more queries to put, beside those that are still to be put."""
        return replace(self, fresh=tuple(dict.fromkeys((*self.fresh, *self.further(queries).fresh))))

    def further(self, queries: Sequence[str]) -> "Line":
        """Return it with more queries to put."""
        known = {query.casefold() for query in self.put}
        fresh = dict.fromkeys(query for query in queries if query.casefold() not in known)
        return replace(self, fresh=tuple(fresh))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a task sets out to find, and what it would ask first."""

    lines: tuple[Line, ...]
    clarification: str | None = None
    parts: tuple[str, ...] = field(default=())
    """The sub-questions of a text."""
    is_new: bool = True

    def gathered(self) -> "Plan":
        """Return it with all of its queries put."""
        return replace(self, lines=tuple(line.gathered() for line in self.lines))


def dotted(path: Path) -> str:
    """Write a path as `a.0.b`."""
    return ".".join(map(str, path))


def plain_plan(questions: Sequence[Question]) -> Plan:
    """Plan without a model: every question is its own query."""
    return Plan(lines=tuple(Line(question=each, fresh=(each.query,)) for each in questions))


async def make_plan(study: Study, questions: Sequence[Question], before: str = "") -> Plan:
    """Plan with the model: sub-questions of a text, better queries for the fields of a schema, a question first.

    A schema at a low effort needs no plan: each field is its own query, and no call is made. Nor is one of a small
    model, which splits a question no better than the question says it, and takes minutes on a slow machine. A plan
    that a person will review is made by any model; `before` is the one that was shown.
    """
    plain = plain_plan(questions)
    is_shown = study.brief.may_ask or study.brief.review
    if study.is_small and not is_shown:
        return plain
    is_text = len(questions) == 1 and not questions[0].path
    if not is_text and study.brief.effort < _LEAST_THOROUGH and not is_shown:
        return plain
    most = min(MOST_PARTS, 2 * study.meter.budget.queries) if is_text else study.meter.budget.queries
    asked = _prompt_for_text(study, most) if is_text else _prompt_for_fields(study, questions, most)
    if before:
        asked = replace(asked, user=f"{asked.user}\n\n{_BEFORE}\n{fenced(before)}")
    schema = _schema(most if is_text else most * len(questions), len(questions), is_text=is_text)
    filled = await study.fill("plan", asked, schema, max_tokens=PLAN_TOKENS, purpose="plan")
    reply = _without_guidance(study, filled.json)
    plan = _text_plan(plain, reply) if is_text else _field_plan(plain, reply, most)
    return replace(plan, is_new=filled.is_new)


def _without_guidance(study: Study, reply: Json) -> Json:
    """Leave out the queries that would carry words of the guidance to who is searched."""
    kept = [part for part in reply["parts"] if not repeats_guidance(study, part["query"])]
    if dropped := len(reply["parts"]) - len(kept):
        study.cut(f"{dropped} queries were not put, because they repeat the task's guidance.")
    return {**reply, "parts": kept}


def _prompt_for_text(study: Study, most: int) -> Prompt:
    wanted = study.brief.output.description
    return prompt(
        PLANNING_RULES,
        earlier(study.recent) + f"The task:\n{study.question}",
        kept_in_mind(study),
        f"The answer shall be: {wanted}" if wanted else "",
        f"Split it into at most {most} sub-questions that documents could answer one by one, and give for each a "
        "short search query of plain words. One is enough when the task is one simple question.",
        _clarifying(study),
    )


def _prompt_for_fields(study: Study, questions: Sequence[Question], most: int) -> Prompt:
    return prompt(
        PLANNING_RULES,
        earlier(study.recent) + f"The task:\n{study.question}",
        kept_in_mind(study),
        "These fields are to be found out:\n" + listed(questions),
        f"Give for each field, by its number, up to {most} short search queries of plain words that name what the "
        "task is about.",
        _clarifying(study),
    )


def _clarifying(study: Study) -> str:
    if not (study.brief.may_ask or study.brief.review):
        return "Give null for 'clarification'."
    return (
        "If, and only if, the task cannot be understood without it, put one short question to the person who "
        "gave it into 'clarification'; else give null there."
    )


def listed(questions: Sequence[Question]) -> str:
    """Write fields as a numbered list: name, type, what the schema says of them."""
    return "\n".join(f"{number}. {_described(each)}" for number, each in enumerate(questions, start=1))


def _described(question: Question) -> str:
    kind, said = question.schema.get("type", "any"), str(question.schema.get("description", ""))
    kinds = " or ".join(kind) if isinstance(kind, list) else str(kind)
    choices = question.schema.get("enum")
    among = f", one of {choices}" if choices else ""
    return f"{dotted(question.path)} ({kinds}{among}){': ' + said[:_LONGEST_SAID] if said else ''}"


def _schema(most: int, fields: int, *, is_text: bool) -> Mapping[str, Any]:
    query = {"type": "string", "maxLength": LONGEST_QUERY}
    part = (
        {"question": {"type": "string", "maxLength": 300}, "query": query}
        if is_text
        else {"field": {"type": "integer", "minimum": 1, "maximum": fields}, "query": query}
    )
    item = {"type": "object", "additionalProperties": False, "required": list(part), "properties": part}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["parts", "clarification"],
        "properties": {
            "parts": {"type": "array", "maxItems": most, "items": item},
            "clarification": {"type": ["string", "null"], "maxLength": _LONGEST_CLARIFICATION},
        },
    }


def _text_plan(plain: Plan, reply: Json) -> Plan:
    main = plain.lines[0]
    queries = {tidy(part["question"]): tidy(part["query"]) for part in reply["parts"]}
    lines = [
        Line(question=Question(path=(), query=part), fresh=(query,))
        for part, query in queries.items()
        if part and query and part != main.question.query
    ]
    parts = tuple(line.question.query for line in lines)
    return Plan(lines=(main, *lines), parts=parts, clarification=_tidy_clarification(reply))


def _field_plan(plain: Plan, reply: Json, most: int) -> Plan:
    more: dict[int, list[str]] = {}
    for part in reply["parts"]:
        more.setdefault(part["field"] - 1, []).append(tidy(part["query"]))
    lines = tuple(
        replace(line, fresh=tuple(dict.fromkeys([*line.fresh, *filter(None, more.get(place, ())[:most])])))
        for place, line in enumerate(plain.lines)
    )
    return Plan(lines=lines, clarification=_tidy_clarification(reply))


def _tidy_clarification(reply: Json) -> str | None:
    words = " ".join((reply["clarification"] or "").split())
    return words or None


def tidy(query: str) -> str:
    """Make one line of plain words of a query."""
    return " ".join(query.split())[:LONGEST_QUERY]
