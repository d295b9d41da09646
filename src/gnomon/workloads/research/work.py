"""Research as a piece of work: from a brief to an answer whose every value rests on words that stand in a source."""

import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import fields, replace
from functools import partial
from typing import Final

from gnomon.core.brief import LONGEST_GUIDANCE, Brief, read_brief
from gnomon.core.errors import Complaint
from gnomon.core.naming import no_such
from gnomon.core.task import Json
from gnomon.core.workload import AsyncContext, Failure, Parked
from gnomon.workloads.research.agent.course import Course
from gnomon.workloads.research.agent.hearing import hear, widened
from gnomon.workloads.research.agent.plan import Plan, make_plan, plain_plan
from gnomon.workloads.research.agent.review import reviewed
from gnomon.workloads.research.agent.tooling import Tooling
from gnomon.workloads.research.agent.verdict import in_vain
from gnomon.workloads.research.alone import read_through
from gnomon.workloads.research.basis import assemble
from gnomon.workloads.research.budget import Meter, Spent, budget_of
from gnomon.workloads.research.mcp.toolbox import Toolbox, ToolCall, read_servers
from gnomon.workloads.research.models.client import open_model
from gnomon.workloads.research.models.model import Model, ModelFailure
from gnomon.workloads.research.record import Question, Settled, Source
from gnomon.workloads.research.search import Searching
from gnomon.workloads.research.study import Study, Unusable
from gnomon.workloads.research.surfing import Surfing, in_reach
from gnomon.workloads.research.telling import Teller
from gnomon.workloads.research.turns import (
    Conversation,
    answer_text,
    conversation,
    leans,
    question_text,
    reply_text,
    subject,
)
from gnomon.workloads.research.underway import outlast
from gnomon.workloads.research.wanted import fields as wanted
from gnomon.workloads.research.web.hit import read_filters

EXTRACTIVE: Final = "extractive"
_LONGEST_TOLD: Final = 4_000
"""Characters of a tool's result that an answer repeats."""
_MOST_CUTS: Final = 50


async def run(task_input: Mapping[str, Json], ctx: AsyncContext) -> Json:
    """Answer a brief: with the model that is set, or by what the sources say word for word."""
    brief = read_brief(task_input)
    talk = conversation(brief, ctx.predecessor)
    questions = wanted.questions_of(_in_context(brief, talk))
    model = open_model(ctx.settings, os.environ)
    study = Study(
        ctx=ctx,
        brief=brief,
        meter=Meter(budget_of(brief, ctx.settings)),
        teller=Teller(ctx, len(questions)),
        conversation=talk,
        model=model,
    )
    for sentence in talk.cuts:
        study.cut(sentence)
    for name in ("data_sources", "memory_scope"):
        if getattr(brief, name):
            study.cut(f"'{name}' was left out: there is no such thing on this server.")
    async with AsyncExitStack() as stack:
        if model is not None:
            stack.push_async_callback(model.close)
        if ctx.settings.get("search") or (brief.tools and model is not None):
            study.reach = await stack.enter_async_context(in_reach(ctx.settings))
        try:
            settled = await _answered(study, questions)
        except Parked:
            await outlast(stack, ctx.task_id)
            raise
    study.teller.progress(95, "checking")
    if late := len(ctx.told) - study.received:
        study.cut(f"{late} messages came too late to be taken in.")
    return _answer(study, questions, in_vain(study, settled))


def check(task_input: Json) -> Sequence[Complaint]:
    """Find what a brief says that research cannot take."""
    if not isinstance(task_input, dict):
        return ()
    known = [field.name for field in fields(Brief)]
    strange = [name for name in task_input if name not in known]
    complaints = [Complaint((name,), no_such("member", name, known), "unknown") for name in strange]
    if not question_text(task_input.get("input", "")).strip():
        complaints.append(Complaint(("input",), "Say in 'input' what shall be found out.", "missing"))
    if len(str(task_input.get("guidance") or "")) > LONGEST_GUIDANCE:
        complaints.append(_too_much_guidance(str(task_input["guidance"])))
    return [*complaints, *wanted.check(task_input)]


def _too_much_guidance(guidance: str) -> Complaint:
    text = (
        f"The guidance has {len(guidance):,} characters; at most {LONGEST_GUIDANCE:,} are taken. Shorten it, or add "
        "what is material rather than instruction to the library as a document."
    )
    return Complaint(("guidance",), text, "too_long")


def _in_context(brief: Brief, talk: Conversation) -> Brief:
    """Add to a question that leans on an earlier one the words that say what it is about."""
    if not isinstance(brief.input, str) or not talk.turns or not leans(brief.input):
        return brief
    return replace(brief, input=f"{brief.input} {subject(talk.turns)}".strip())


async def _answered(study: Study, questions: Sequence[Question]) -> list[Settled]:
    if study.model is None:
        return await read_through(study, questions, partial(_searching, study))
    try:
        return await _with_model(study, study.model, questions)
    except ModelFailure as failure:
        if study.ctx.settings.get("fallback") != EXTRACTIVE:
            raise _unavailable(failure, study.model) from failure
        study.cut(f"The model did not answer, so the documents were read without it: {failure.message}")
        study.model, study.used_model = None, ""
        return await read_through(study, questions, partial(_searching, study))


def _unavailable(failure: ModelFailure, model: Model) -> Failure:
    if not failure.retryable:
        return failure
    return Failure("provider_unavailable", f"{model.name}: {failure.message}", retryable=True)


def _unpriced(model: Model) -> Failure:
    return Failure(
        "price_unknown",
        f"The price of {model.name} is not known, so a limit in US dollars could not be held, and it was not asked. "
        "Leave the limit out ('cost_usd' of the task's budget, --max-cost of the server), and set 'tokens' in the "
        "budget instead.",
    )


async def _with_model(study: Study, model: Model, questions: Sequence[Question]) -> list[Settled]:
    if study.meter.budget.is_cost_limited and not await model.is_priced():
        raise _unpriced(model)
    study.teller.progress(1, "planning")
    await hear(study)
    plan = await _plan(study, questions)
    searching = _searching(study)
    searching.given = await _use_tools(study)
    await hear(study)
    plan, _ = widened(plan, study.heard)
    study.teller.fields = len(plan.lines)
    course = Course(study=study, searching=searching)
    is_text = len(questions) == 1 and not questions[0].path
    return await (course.text(plan) if is_text else course.fields(plan))


async def _use_tools(study: Study) -> tuple[Source, ...]:
    """Have the task's tools called, and return what they said as passages."""
    if not study.brief.tools or study.reach is None:
        return ()
    servers = read_servers(study.brief.tools, study.ctx.secrets)
    urls = {server.name: server.url for server in servers}
    async with Toolbox(servers, study.reach.gate) as toolbox:
        tooling = Tooling(study=study, toolbox=toolbox, urls=urls)
        said = await tooling.use()
    study.tool_calls = [_told(call) for call in tooling.calls]
    return said


def _told(call: ToolCall) -> dict[str, Json]:
    content = call.content
    if content is not None and len(content) > _LONGEST_TOLD:
        content = f"{content[: _LONGEST_TOLD - 1]}…"
    return {**call.json(), "content": content}


def _searching(study: Study) -> Searching:
    if study.reach is None or study.reach.search is None:
        return Searching(study=study)
    filters = read_filters(study.brief.sources)
    surfing = Surfing(study=study, reach=study.reach, search=study.reach.search, filters=filters)
    return Searching(study=study, surfing=surfing)


async def _plan(study: Study, questions: Sequence[Question]) -> Plan:
    """Plan, and plan anew with what a person answers to the one question that may be asked, or says of the plan."""
    plan = await _planned(study, questions)
    if study.brief.review:
        plan = await reviewed(study, plan, partial(_replanned, study, questions))
        study.is_approved = True
        return plan
    if plan.clarification and study.brief.may_ask:
        reply = await study.ctx.ask("clarification", {"text": plan.clarification})
        study.add_words(reply_text(reply))
        plan = await _planned(study, questions)
    if plan.is_new:
        _tell_plan(study, plan)
    return plan


async def _planned(study: Study, questions: Sequence[Question], before: str = "") -> Plan:
    try:
        return await make_plan(study, questions, before)
    except Spent as spent:
        study.cut(f"It was planned without the model, because {spent} was used up.")
    except Unusable as error:
        study.cut(f"It was planned without the model: {error}")
    return widened(plain_plan(questions), study.feedback)[0]


async def _replanned(study: Study, questions: Sequence[Question], before: str, said: str) -> Plan:
    study.feedback.append(said)
    study.add_words(f"Said of the plan: {said}")
    return await _planned(study, questions, before)


def _tell_plan(study: Study, plan: Plan) -> None:
    names = [line.name for line in plan.lines]
    study.teller.note("plan", f"To be found out: {'; '.join(names)}")


def _answer(study: Study, questions: Sequence[Question], settled: Sequence[Settled]) -> Json:
    model = study.model if study.has_model_answered else None
    cuts = list(study.cuts)
    if len(cuts) > _MOST_CUTS:
        cuts[_MOST_CUTS:] = [f"{len(cuts) - _MOST_CUTS} more of the kind."]
    answer = assemble(
        study.brief,
        questions,
        settled,
        engine=model.engine if model is not None else EXTRACTIVE,
        usage=study.meter.usage,
        truncated=cuts,
        tool_calls=study.tool_calls,
    )
    if study.heard:
        answer["heard"] = list(study.heard)
    talk = study.conversation
    answer["turns"] = talk.then(question_text(study.brief.input), answer_text(answer["content"]))
    study.teller.note("result", answer_text(answer["content"]))
    study.teller.progress(100, "checking")
    return answer
