"""What is added to a task on its way: messages that are sent to it while it runs, taken in between its stages."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gnomon.core.task import Json
from gnomon.workloads.research.agent.plan import Line, Plan, tidy
from gnomon.workloads.research.record import Question
from gnomon.workloads.research.study import Study
from gnomon.workloads.research.turns import LONGEST_REPLY, reply_text
from gnomon.workloads.research.wanted.fields import asked_of

MOST_HEARD: Final = 20
"""Messages that one task takes in."""
_ADDED: Final = "Added while the work was under way: "


async def hear(study: Study) -> Sequence[str]:
    """Give way if need be, then take in the messages that have come since, and return them.

    What is taken in at which point is kept as a step, so that a later attempt takes in the same there and asks a
    model nothing that was asked before.
    """
    await study.ctx.checkpoint()
    before, is_new = study.received, []

    async def look() -> list[Json]:
        is_new.append(True)
        return list(study.ctx.told[before:])

    study.hearings += 1
    messages: list[Json] = await study.ctx.step(f"heard {study.hearings}", look)
    study.received += len(messages)
    fresh = _readable(study, messages)
    for text in fresh:
        study.heard.append(text)
        study.add_words(f"{_ADDED}{text}")
        if is_new:
            study.teller.note("plan", f"Taken in: {text}")
    return fresh


def widened(plan: Plan, messages: Sequence[str]) -> tuple[Plan, Sequence[Line]]:
    """Add to a plan what messages ask for, and return with it the lines that are to be followed for that.

    To a text each message is another part, looked for by its own words, and by them beside the task's; to fields it
    is another query for each, of the field's words and the message's.
    """
    if not messages:
        return plan, ()
    first = plan.lines[0].question
    if first.path:
        asked = tuple(_asked_anew(line, messages) for line in plan.lines)
        return replace(plan, lines=asked), asked
    parts = [tidy(each) for each in messages]
    lines = [
        Line(question=Question(path=(), query=asked_of(each)), fresh=_queries(first.query, each))
        for each in messages
    ]
    known = {line.question.query for line in plan.lines}
    lines = [line for line in lines if line.question.query and line.question.query not in known]
    return replace(plan, lines=(*plan.lines, *lines), parts=(*plan.parts, *parts)), lines


def _asked_anew(line: Line, messages: Sequence[str]) -> Line:
    queries = [tidy(f"{line.question.query} {asked_of(each)}") for each in messages]
    return line.widened(queries)


def _queries(task: str, message: str) -> tuple[str, ...]:
    words = asked_of(message)
    return tidy(words), tidy(f"{task} {words}")


def _readable(study: Study, messages: Sequence[Json]) -> list[str]:
    texts = [_text(each) for each in messages]
    if strange := texts.count(""):
        study.cut(
            f"{strange} messages were left out: each must be a text, or an object with one as 'message'."
        )
    fresh = [text for text in texts if text]
    for text in fresh:
        tell_cut(study, text)
    room = MOST_HEARD - len(study.heard)
    if len(fresh) > room:
        study.cut(f"{len(fresh) - room} messages were left out: a task takes in {MOST_HEARD} at most.")
    return fresh[:room]


def tell_cut(study: Study, text: str) -> None:
    """Say of what a person has said when it is only the beginning."""
    if len(text) >= LONGEST_REPLY:
        study.cut(f"Of a message the first {LONGEST_REPLY:,} characters were taken in.")


def _text(message: Json) -> str:
    if isinstance(message, dict):
        message = message.get("message", message.get("text"))
    return reply_text(message) if isinstance(message, str) else ""
