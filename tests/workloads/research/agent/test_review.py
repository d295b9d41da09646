"""A plan waits for its review: approved, changed by what is said of it, or not looked at in time."""

import asyncio

import pytest
from folder_library import library_of
from journal import Journal
from scripted_reader import Reader
from stub_model import StubModel
from wanted import json_of

from gnomon.core.workload import Asked, Failure
from gnomon.engine.child.pipe import to_json
from gnomon.engine.child.question import QUESTION_LIMIT
from gnomon.workloads.research import RESEARCH
from gnomon.workloads.research.agent.review import MOST_ROUNDS

TEXTS = {
    "velden.md": "# Velden\n\nVelden has 48,250 inhabitants. Its mayor is Ada Lind.\n",
    "harbour.md": "# Harbour\n\nThe harbour of Velden was dug in 1871.\n",
}
WRITTEN = [("Its mayor is Ada Lind.", "Its mayor is Ada Lind.")]
NAME = {"type": ["string", "null"]}
APPROVE = {"action": "approve"}


def feedback(text):
    return {"action": "feedback", "message": text}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    with library_of(tmp_path_factory.mktemp("review"), TEXTS) as search:
        yield search


@pytest.fixture
def stub():
    reader = Reader(parts=[("Who is the mayor of Velden?", "mayor Velden")], paragraphs=WRITTEN)
    with StubModel(otherwise=reader) as stub:
        yield stub


def run(ctx, question="Tell me of Velden", **brief):
    """Run an attempt to its answer, or to what it asks."""
    brief = {"input": question, "effort": 3, "review": True, **brief}
    ctx.attempt += 1
    try:
        return asyncio.run(RESEARCH.run(brief, ctx))
    except Asked as asked:
        return asked.key


def with_model(library, stub):
    return Journal(library, {"model": "stub", "model_url": stub.url})


def test_the_plan_is_shown_and_nothing_is_read_before_it_is_approved(library, stub):
    ctx = with_model(library, stub)
    assert run(ctx, review_seconds=60) == "plan:1"
    shown, within = ctx.asked["plan:1"]
    assert within == 60
    assert (shown["kind"], shown["round"], shown["version"], shown["intent"]) == ("review", 1, 1, "ready")
    assert shown["query"] == "Tell me of Velden"
    assert "Who is the mayor of Velden?" in shown["plan"]
    assert "mayor Velden" in shown["plan"], "its queries stand in it"
    assert [(each["role"], each["message"]) for each in shown["rounds"]] == [("assistant", shown["plan"])]
    assert len(stub.requests) == 1
    ctx.answers["plan:1"] = APPROVE
    answer = run(ctx, review_seconds=60)
    assert "Ada Lind" in answer["content"]
    assert answer["usage"]["calls"] == len(stub.requests), "the plan is not paid for twice"
    assert len(ctx.asked) == 1


def test_what_is_said_of_a_plan_makes_another_and_stands_in_its_rounds(library, stub):
    ctx = with_model(library, stub)
    run(ctx)
    ctx.answers["plan:1"] = feedback("Look at the harbour, too.")
    assert run(ctx) == "plan:2"
    assert len(stub.requests) == 2
    assert "Look at the harbour, too." in stub.requests[-1].prompt
    assert ctx.asked["plan:1"][0]["plan"] in stub.requests[-1].prompt, "it is told which plan is meant"
    shown, within = ctx.asked["plan:2"]
    assert (shown["round"], shown["version"], within) == (2, 2, 900)
    assert [each["role"] for each in shown["rounds"]] == ["assistant", "user", "assistant"]
    assert shown["rounds"][1]["message"] == "Look at the harbour, too."
    assert shown["rounds"][0] == ctx.asked["plan:1"][0]["rounds"][0], "what was shown stays as it was"
    ctx.answers["plan:2"] = APPROVE
    run(ctx)
    assert "Look at the harbour, too." in stub.requests[-1].prompt, "who writes is told, too"
    plans = [message["text"] for message in ctx.messages if message["kind"] == "plan"]
    assert len(plans) == 3, "each plan and what is said of it is told once"


def test_without_a_model_what_is_said_of_the_plan_is_looked_for_too(library):
    ctx = Journal(library, {})
    assert run(ctx) == "plan:1"
    assert "Tell me of Velden" in ctx.asked["plan:1"][0]["plan"]
    ctx.answers["plan:1"] = feedback("When was the harbour dug?")
    assert run(ctx) == "plan:2"
    assert "When was the harbour dug?" in ctx.asked["plan:2"][0]["plan"]
    ctx.answers["plan:2"] = APPROVE
    answer = run(ctx)
    assert "1871" in answer["content"]
    assert {citation["title"] for citation in answer["basis"][0]["citations"]} >= {"Harbour"}


def test_fields_are_looked_for_by_what_is_said_of_the_plan(library):
    ctx = Journal(library, {})
    wanted = {"output": json_of(mayor=NAME)}
    ctx.answers = {"plan:1": "look for inhabitants", "plan:2": APPROVE}
    answer = run(ctx, "Velden", **wanted)
    assert answer["content"] == {"mayor": "Ada Lind"}
    assert any("inhabitants" in query and "mayor" in query for query in _queries(ctx))
    assert "inhabitants" in ctx.asked["plan:2"][0]["plan"]


def _queries(ctx):
    return [message["text"] for message in ctx.messages if message["kind"] == "search"]


@pytest.mark.parametrize("has_model", [True, False])
def test_a_plan_that_nobody_looks_at_fails_the_task(library, stub, has_model):
    ctx = with_model(library, stub) if has_model else Journal(library, {})
    ctx.answers["plan:1"] = None
    with pytest.raises(Failure) as failed:
        run(ctx, review_seconds=5)
    assert (failed.value.code, failed.value.retryable) == ("review_expired", False)
    assert "5 seconds" in failed.value.message


def test_what_is_not_clear_is_asked_with_the_plan(library):
    with StubModel(otherwise=Reader(clarification="Which Velden?", paragraphs=WRITTEN)) as stub:
        ctx = with_model(library, stub)
        assert run(ctx, may_ask=True) == "plan:1"
    shown = ctx.asked["plan:1"][0]
    assert shown["intent"] == "feedback"
    assert "Which Velden?" in shown["plan"]


def test_it_ends_after_ten_rounds_and_what_is_asked_stays_small(library):
    ctx = Journal(library, {})
    ctx.answers = {f"plan:{n + 1}": feedback(f"{n} \u97f3" + "\u97f3" * 5_000) for n in range(MOST_ROUNDS)}
    with pytest.raises(Failure) as failed:
        run(ctx)
    assert failed.value.code == "review_unsettled"
    assert len(ctx.asked) == MOST_ROUNDS
    assert all(len(to_json(body)) <= QUESTION_LIMIT for body, _ in ctx.asked.values())


@pytest.mark.parametrize("strange", [True, {"action": "explode"}, {"approved": True}, 7, ""])
def test_only_an_approval_approves(library, strange):
    ctx = Journal(library, {})
    ctx.answers["plan:1"] = strange
    assert run(ctx) == "plan:2"
