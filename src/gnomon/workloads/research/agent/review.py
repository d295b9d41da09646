"""The review of a plan: it is shown to a person until that approves it, and made anew with what the person says."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, Literal

from gnomon.core.task import Json
from gnomon.core.workload import Failure
from gnomon.workloads.research.agent.hearing import tell_cut
from gnomon.workloads.research.agent.plan import Plan
from gnomon.workloads.research.study import Study
from gnomon.workloads.research.turns import question_text, reply_text

MOST_ROUNDS: Final = 10
_LONGEST_PLAN: Final = 2_400
_LONGEST_QUERY: Final = 2_000
_LARGEST: Final = 48_000
"""Octets of the rounds that are shown, the newest ones: a question has 65,536 at most, its plan included."""
_HEAD: Final = "To be found out:"


async def reviewed(study: Study, plan: Plan, replan: Callable[[str, str], Awaitable[Plan]]) -> Plan:
    """Return the plan that a person has approved; `replan` makes another of the plan shown and what is said of it.

    Raises
    ------
    Failure
        With the code ``review_expired`` when nobody answers in time, ``review_unsettled`` when the last round ends
        without an approval.
    """
    rounds: list[Json] = []
    for number in range(1, MOST_ROUNDS + 1):
        shown = plan_text(plan)
        rounds.append(await _said(study, f"plan {number}", "assistant", shown))
        reply = await study.ctx.ask(
            f"plan:{number}", _body(study, plan, number, shown, rounds), within=study.brief.review_seconds
        )
        if reply is None:
            raise _expired(study.brief.review_seconds)
        if is_approval(reply):
            return plan
        said = feedback_of(reply)
        tell_cut(study, said)
        rounds.append(await _said(study, f"feedback {number}", "user", said))
        plan = await replan(shown, said)
    raise Failure(
        "review_unsettled",
        f"The plan was not approved in {MOST_ROUNDS} rounds; submit the task in other words.",
    )


def plan_text(plan: Plan) -> str:
    """Write a plan for people: what is to be found out, by which queries, and what is not clear."""
    lines = [
        f"{number}. {line.name}\n   Queries: {'; '.join(line.put + line.fresh)}"
        for number, line in enumerate(plan.lines, start=1)
    ]
    asked = [f"To be made clear: {plan.clarification}"] if plan.clarification else []
    text = "\n".join([_HEAD, *lines])[: _LONGEST_PLAN - 400]
    return "\n".join([text, *asked])[:_LONGEST_PLAN]


def is_approval(reply: Json) -> bool:
    """Say whether an answer approves the plan; nothing but `{"action": "approve"}` does."""
    return isinstance(reply, dict) and reply.get("action") == "approve"


def feedback_of(reply: Json) -> str:
    """Read what an answer says of the plan, in whatever form it came."""
    said = reply.get("message") if isinstance(reply, dict) else reply
    return reply_text(reply if said is None else said)


def _body(study: Study, plan: Plan, number: int, shown: str, rounds: list[Json]) -> Json:
    kept = list(rounds)
    while len(json.dumps(kept, ensure_ascii=False).encode()) > _LARGEST:
        del kept[0]
    return {
        "kind": "review",
        "round": number,
        "version": number,
        "plan": shown,
        "intent": "feedback" if plan.clarification else "ready",
        "query": question_text(study.brief.input)[:_LONGEST_QUERY],
        "rounds": kept,
    }


async def _said(study: Study, key: str, role: Literal["assistant", "user"], message: str) -> Json:
    """Note who has said what, and when, once over all attempts; who follows the task sees it."""

    async def note() -> Json:
        study.teller.note("plan", message if role == "assistant" else f"Said of the plan: {message}")
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"role": role, "message": message, "timestamp": now}

    return await study.ctx.step(f"said {key}", note)


def _expired(seconds: float) -> Failure:
    text = f"The plan was neither approved nor answered within {seconds:g} seconds; submit the task again."
    return Failure("review_expired", text)
