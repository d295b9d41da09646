"""The course of a task without a model: look, read, and look again for what is added on the way."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from gnomon.core.brief import GUIDANCE_LEFT_OUT
from gnomon.workloads.research.agent.hearing import hear, widened
from gnomon.workloads.research.agent.plan import Line, Plan, dotted, plain_plan
from gnomon.workloads.research.agent.review import reviewed
from gnomon.workloads.research.gather import together
from gnomon.workloads.research.plain.quoting import quoted_together
from gnomon.workloads.research.plain.second import read_alone
from gnomon.workloads.research.record import Question, Settled
from gnomon.workloads.research.search import Searching
from gnomon.workloads.research.study import Study
from gnomon.workloads.research.telling import tell_settled
from gnomon.workloads.research.turns import reply_text


async def read_through(
    study: Study, questions: Sequence[Question], searching: Callable[[], Searching]
) -> list[Settled]:
    """Answer without a model; when nothing at all is found, other words may be asked for once."""
    study.teller.progress(1, "planning")
    if study.brief.tools:
        study.cut("The task's tools were not called: no model is set that could decide on it.")
    if study.brief.guidance:
        study.cut(GUIDANCE_LEFT_OUT)
    await hear(study)
    plan = await _planned(study, questions)
    settled = await _look_and_read(study, plan, searching())
    while messages := await hear(study):
        plan, _ = widened(plan, messages)
        settled = await _look_and_read(study, plan, searching())
    if any(each.value is not None for each in settled) or not study.brief.may_ask:
        return settled
    names = ", ".join(dotted(each.path) or each.query for each in questions[:10])
    text = f"Nothing was found for: {names}. By which other words could it be looked for?"
    more = reply_text(await study.ctx.ask("other_words", {"text": text}))
    return await _look_and_read(study, _in_other_words(plan, more), searching()) if more else settled


async def _planned(study: Study, questions: Sequence[Question]) -> Plan:
    """Plan by the task's own words, those of messages, and those of who reviews the plan."""

    def plan() -> Plan:
        return widened(plain_plan(questions), [*study.feedback, *study.heard])[0]

    async def replan(_: str, said: str) -> Plan:
        study.feedback.append(said)
        return plan()

    if study.brief.review and not study.is_approved:
        return await reviewed(study, plan(), replan)
    study.teller.note("plan", f"To be found out: {'; '.join(line.name for line in plan().lines)}")
    return plan()


def _in_other_words(plan: Plan, more: str) -> Plan:
    def said(line: Line) -> Line:
        query = f"{line.question.query} {more}"
        return replace(line, question=replace(line.question, query=query), fresh=(query,))

    return replace(plan, lines=tuple(map(said, plan.lines)))


async def _look_and_read(study: Study, plan: Plan, searching: Searching) -> list[Settled]:
    finds = await searching.look([line.fresh for line in plan.lines])
    await study.ctx.checkpoint()

    async def one(place: int) -> Sequence[Settled]:
        question = plan.lines[place].question
        settled = await read_alone(study, question, finds[place])
        study.teller.settled(question.path)
        tell_settled(study.teller, settled[0])
        return settled

    done = await together([partial(one, place) for place in range(len(plan.lines))])
    settled = [each for some in done for each in some]
    if len(settled) > 1 and not plan.lines[0].question.path:
        return [_as_one(study, plan, settled)]
    return settled


def _as_one(study: Study, plan: Plan, settled: Sequence[Settled]) -> Settled:
    """Put what was found for a text and for what was added to it together, in this order."""
    found = [each for each in settled if each.value is not None]
    for line, each in zip(plan.lines[1:], settled[1:], strict=True):
        if each.value is None:
            study.cut(f"Nothing was found for what was added: {line.name}")
    if not found:
        return settled[0]
    return quoted_together(found)
