"""A plan under review: its version, and what was said of it so far."""

from collections.abc import Mapping
from typing import Final, Literal

from gnomon.core.task import Json, Question

_INTENTS: Final = ("feedback", "ready", "execute")


def version_of(question: Question) -> int:
    """Return the version of the plan that a question shows."""
    version = _body(question).get("version")
    return version if isinstance(version, int) and not isinstance(version, bool) else 1


def review(question: Question, status: Literal["reviewing", "approved"], query: str) -> dict[str, Json]:
    """Write a plan as both of the vendor's answers have it: at the top, and again under `plan`."""
    body, version = _body(question), version_of(question)
    plan, number = str(body.get("plan", "")), body.get("round", version)
    intent = body.get("intent") if body.get("intent") in _INTENTS else "ready"
    rounds = body.get("rounds")
    return {
        "status": status,
        "round": number,
        "version": version,
        "current_plan": plan,
        "rounds": rounds if isinstance(rounds, list) else [],
        "query": body.get("query", query),
        "plan": {
            "message": plan,
            "round": number,
            "version": version,
            "intent": "execute" if status == "approved" else intent,
        },
    }


def _body(question: Question) -> Mapping[str, Json]:
    return question.body if isinstance(question.body, Mapping) else {}
