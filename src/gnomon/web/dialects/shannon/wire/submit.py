"""A task: what a client asks for, as the house and the workload are asked.

Members stand at the top of the body or in its `context`, where the vendor's command line puts them; the top wins.
What has no meaning on this server is no error: the task is told of it in its `metadata.warnings`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gnomon.core.brief import LONGEST_GUIDANCE, LONGEST_REVIEW, Brief
from gnomon.core.errors import Complaint, Invalid
from gnomon.core.service.task import Terms
from gnomon.core.session import SESSION_ID
from gnomon.core.task import Json
from gnomon.web.dialects.shannon.modes import EFFORTS, STRATEGIES, USUAL, Assigned, Modes
from gnomon.web.dialects.shannon.origin import Origin
from gnomon.web.dialects.shannon.skilled import SkillText
from gnomon.web.dialects.shannon.wire.given import Given, read_members
from gnomon.web.dialects.shannon.wire.listing import NO_SESSION_ID

TIERS: Final = ("small", "medium", "large")
PROVIDERS: Final = (
    *("openai", "anthropic", "google", "groq", "xai", "deepseek", "qwen", "zai", "kimi", "minimax"),
    *("ollama", "mistral", "cohere"),
)
_MODELS: Final = ("model_tier", "model_override", "provider_override")
_ITERATIONS: Final = (1, 50)
_AGENTS: Final = (1, 20)
_LARGE: Final = 1e12
_ENDLESS: Final = 1e9
"""Seconds from which a limit of time is as good as none; a moment so far off could not be written."""
_MOST_GUIDES: Final = 10
"""Members of a context that a warning names."""

_NO_MEANING: Final[Mapping[str, str]] = {
    **dict.fromkeys(_MODELS, "The operator of this server chooses the models."),
    "disable_ai": "The operator of this server chooses whether models are called.",
    "max_iterations": "How far the work goes follows from 'mode' and 'research_strategy'.",
    "max_concurrent_agents": "How much runs at once is the server's to say.",
    "force_swarm": "One worker does the whole task.",
    "role": "There are no roles here.",
    "template": "There are no templates here.",
    "template_name": "There are no templates here.",
    "template_version": "There are no templates here.",
}
"""Members that change nothing when they ask for something, with what holds in their place."""
_ALWAYS: Final[Mapping[str, str]] = {
    "enable_verification": "Statements are held against their sources in any case.",
    "enable_citations": "Sources are given in any case.",
}
"""Members that change nothing when they are false."""
_SWITCHES: Final = ("disable_ai", "force_swarm")
_SETTINGS: Final = frozenset(
    {
        *_NO_MEANING,
        *_ALWAYS,
        *("force_research", "research_strategy", "require_review", "review_plan", "review_timeout"),
        *("skill", "mode", "attachments", "token_budget", "max_budget_usd", "max_budget_per_run_usd"),
        *("timeout_seconds", "history"),
    }
)
"""Members of a context that steer the work; all others are circumstances, which the work is told."""
_OF_BRIEFS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("token_budget", "max_budget_usd", "max_budget_per_run_usd"),
        "What runs in this mode takes no budget.",
    ),
    "research_strategy": "What runs in this mode is no research.",
}
"""Members that change nothing where no brief is taken, with what holds in their place."""
_TO_ANSWER: Final = 0.9
"""Part of its time after which research ends with what it has, rather than be ended with nothing."""
_NO_ATTACHMENTS: Final = (
    "Attachments are not taken with a task: put the files into a folder of documents of this server "
    "(gnomon documents add DIR), where the work finds them, and send the query without them."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOrder:
    """A task to make."""

    kind: str
    task_input: Json
    origin: Origin
    wording: Mapping[str, Json]
    session_id: str | None = None
    seconds: float | None = None
    """How long it may take from its submission on; None: what its workload allows. [s]"""

    def terms(self, session_id: str, now: datetime) -> Terms:
        """Say on what terms it is submitted, as a turn of a session."""
        return Terms(
            deadline_at=None if self.seconds is None else now + timedelta(seconds=self.seconds),
            origin=self.origin.write(),
            wording=self.wording,
            session_id=session_id,
            session_context=self.wording.get("context"),
        )


def named_skill(body: Json) -> str | None:
    """Return the name of the skill that a body asks for, if it can be read."""
    if not isinstance(body, Mapping):
        return None
    context = body.get("context")
    given = Given(body=body, context=context if isinstance(context, Mapping) else {})
    return given.text("skill")


def read_task(body: Json, *, modes: Modes, skill: SkillText | None = None) -> TaskOrder:
    """Read the body of a submission; members that nobody knows are left out of account.

    Raises
    ------
    Invalid
        When something is wrong with it, or nothing stands behind its mode.
    """
    given = _given(read_members(body))
    query = _query(given)
    mode = given.word("mode", EFFORTS, "Invalid mode (allowed: simple, standard, complex, supervisor)")
    session_id = _session(given)
    _check_models(given)
    given.text("skill")
    given.settle()
    mode = mode or USUAL
    assigned = _assigned(modes, mode)
    brief, warnings = _brief(given, query, mode, skill)
    if brief.review and not assigned.takes_brief:
        _refuse_review(given, mode, modes)
    given.settle()
    told = brief.json() if assigned.takes_brief else _plain(given, query)
    return TaskOrder(
        kind=assigned.kind,
        task_input=told,
        origin=Origin(
            mode=mode,
            query=query,
            is_brief=assigned.takes_brief,
            skill=None if skill is None else skill.name,
            warnings=(*warnings, *(() if assigned.takes_brief else _untold(given, skill))),
            guides=_guides(given, skill) if assigned.takes_brief else (),
        ),
        wording=_wording(given, query),
        session_id=session_id,
        seconds=_seconds(given),
    )


def _given(body: Mapping[str, Json]) -> Given:
    context = body.get("context")
    if context is not None and not isinstance(context, Mapping):
        raise Invalid([Complaint(("context",), "Invalid request body: 'context' must be an object.", "type")])
    given = Given(body=body, context=context or {})
    if given.value("attachments"):
        given.refuse("attachments", _NO_ATTACHMENTS, "unsupported")
    return given


def _query(given: Given) -> str:
    query = given.body.get("query")
    if query is not None and not isinstance(query, str):
        given.refuse("query", "Invalid request body: 'query' must be a string.", "type")
    elif not (query or "").strip():
        given.refuse("query", "Query is required", "missing")
    return query if isinstance(query, str) else ""


def _session(given: Given) -> str | None:
    session_id = given.body.get("session_id")
    if session_id in (None, ""):
        return None
    if isinstance(session_id, str) and SESSION_ID.fullmatch(session_id):
        return session_id
    given.refuse("session_id", NO_SESSION_ID, "pattern")
    return None


def _check_models(given: Given) -> None:
    given.word("model_tier", TIERS, f"Invalid model_tier (allowed: {', '.join(TIERS)})")
    given.text("model_override")
    told = f"Invalid provider_override: {{}} (allowed: {', '.join(PROVIDERS)})"
    given.word("provider_override", PROVIDERS, told)
    if given.flag("disable_ai") and any(given.value(name) for name in _MODELS):
        given.refuse("disable_ai", "disable_ai=true conflicts with model_tier/model_override", "conflict")
    for name, (least, most) in {"max_iterations": _ITERATIONS, "max_concurrent_agents": _AGENTS}.items():
        given.number(name, least, most, f"{name} out of range ({least}..{most})")
    for name in ("enable_verification", "enable_citations", "force_swarm", "force_research"):
        given.flag(name)


def _assigned(modes: Modes, mode: str) -> Assigned:
    assigned = modes.find(mode)
    if assigned is None:
        message = (
            f"Nothing stands behind the mode '{mode}' on this server; its operator gives it a kind of task "
            "with --mode NAME=KIND."
        )
        raise Invalid([Complaint(("mode",), message, "unavailable")])
    return assigned


def _brief(given: Given, query: str, mode: str, skill: SkillText | None) -> tuple[Brief, tuple[str, ...]]:
    strategy = given.word(
        "research_strategy",
        STRATEGIES,
        "Invalid research_strategy (allowed: quick, standard, deep, academic)",
    )
    review = bool(given.flag("require_review")) or (given.text("review_plan") or "").lower() == "manual"
    guidance, cut = _guidance(given, skill)
    brief = Brief(
        input=query,
        effort=EFFORTS[mode] if strategy is None else STRATEGIES[strategy],
        guidance=guidance,
        review=review,
        review_seconds=_review_seconds(given),
        budget=_budget(given) or None,
    )
    return brief, (*_meaningless(given), *cut)


def _review_seconds(given: Given) -> float:
    told = "review_timeout must be a number of seconds, 1 or more"
    seconds: float | None = given.number("review_timeout", 1, _LARGE, told, is_whole=False)
    return float(LONGEST_REVIEW) if seconds is None else min(seconds, float(LONGEST_REVIEW))


def _budget(given: Given) -> dict[str, float]:
    costs = [
        given.number(name, 0, _LARGE, f"{name} must be 0 or more", is_whole=False)
        for name in ("max_budget_usd", "max_budget_per_run_usd")
    ]
    seconds = _seconds(given)
    named = {
        "tokens": given.number("token_budget", 1, _LARGE, "token_budget must be 1 or more"),
        "cost_usd": next((cost for cost in costs if cost is not None), None),
        "seconds": None if seconds is None else round(_TO_ANSWER * seconds, 3),
    }
    return {name: value for name, value in named.items() if value is not None}


def _seconds(given: Given) -> float | None:
    seconds: float | None = given.number("timeout_seconds", 1, _LARGE, "timeout_seconds must be 1 or more")
    return None if seconds is None or seconds > _ENDLESS else seconds


def _refuse_review(given: Given, mode: str, modes: Modes) -> None:
    """Complain that nobody could be shown a plan, by the member that asks for it."""
    name = "require_review" if given.flag("require_review") else "review_plan"
    others = modes.briefed()
    remedy = f"use a mode that does ({', '.join(others)})" if others else "ask its operator for research"
    message = f"{name}: what runs in the mode '{mode}' makes no plan to review; leave it out, or {remedy}."
    given.refuse(name, message, "unsupported")


def _guidance(given: Given, skill: SkillText | None) -> tuple[str | None, tuple[str, ...]]:
    """Write what the work shall keep in mind: the skill's text, then each circumstance on a line of its own."""
    lines = [f"{name}: {_line(value)}" for name, value in given.context.items() if _is_told(name, value)]
    text = "\n\n".join(part for part in (skill.text if skill else "", "\n".join(lines)) if part)
    if len(text) <= LONGEST_GUIDANCE:
        return text or None, ()
    cut = f"The context and the skill are longer than {LONGEST_GUIDANCE} characters; the rest was left out."
    return text[:LONGEST_GUIDANCE], (cut,)


def _guides(given: Given, skill: SkillText | None) -> tuple[str, ...]:
    """Name what the guidance is made of."""
    names = [name for name, value in given.context.items() if _is_told(name, value)]
    more = ("...",) if len(names) > _MOST_GUIDES else ()
    listed = ", ".join((*(repr(name[:80]) for name in names[:_MOST_GUIDES]), *more))
    members = (f"context {listed}",) if names else ()
    return (*((f"the skill {skill.name!r}",) if skill else ()), *members)


def _is_told(name: str, value: Json) -> bool:
    return name not in _SETTINGS and value not in (None, "", [], {})


def _line(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.split())


def _meaningless(given: Given) -> tuple[str, ...]:
    asked = {name: told for name, told in _NO_MEANING.items() if _is_asked(given, name)}
    refused = {name: told for name, told in _ALWAYS.items() if given.flag(name) is False}
    return tuple(f"'{name}' changes nothing. {told}" for name, told in {**asked, **refused}.items())


def _is_asked(given: Given, name: str) -> bool:
    if name in _SWITCHES:
        return bool(given.flag(name))
    return given.value(name) not in (None, False, [], {})


def _plain(given: Given, query: str) -> Json:
    """Write the input of a workload that takes no briefs: the query, with the context if there is any."""
    return {"query": query, "context": dict(given.context)} if given.context else {"query": query}


def _untold(given: Given, skill: SkillText | None) -> tuple[str, ...]:
    """Say what was asked for and is not told what takes no briefs."""
    asked = [name for name in _OF_BRIEFS if given.value(name) is not None]
    told = tuple(f"'{name}' changes nothing. {_OF_BRIEFS[name]}" for name in asked)
    if skill is None:
        return told
    return (*told, "What runs in this mode takes no guidance, and is not told the skill.")


_KEPT: Final = (
    *("mode", "skill", *_MODELS, "research_strategy", "max_iterations", "max_concurrent_agents"),
    *("enable_verification", "context"),
)


def _wording(given: Given, query: str) -> dict[str, Json]:
    """Write the request as it was sent, of what is known."""
    kept = {name: given.body[name] for name in _KEPT if given.body.get(name) is not None}
    return {"query": query, **kept}
