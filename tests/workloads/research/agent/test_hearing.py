"""What a running task is told changes its answer, is taken in at the same point again, and is named."""

import asyncio

import pytest
from folder_library import library_of
from journal import Died, Journal
from outside import PAGE, allowing, the_web
from scripted_reader import Reader
from stub_model import StubModel
from wanted import json_of

from gnomon.workloads.research import RESEARCH
from gnomon.workloads.research.agent.hearing import MOST_HEARD

TEXTS = {
    "velden.md": "# Velden\n\nVelden has 48,250 inhabitants. Its mayor is Ada Lind.\n",
    "harbour.md": "# Harbour\n\nThe harbour was dug in 1871 by the guild of weavers.\n",
}
MAYOR, DUG = "Its mayor is Ada Lind.", "The harbour was dug in 1871 by the guild of weavers."
ADDED = "Who dug the harbour?"
NAME = {"type": ["string", "null"]}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    with library_of(tmp_path_factory.mktemp("hearing"), TEXTS) as search:
        yield search


@pytest.fixture
def stub():
    reader = Reader(
        parts=[("Who is the mayor of Velden?", "mayor Velden")], paragraphs=[(MAYOR, MAYOR), (DUG, DUG)]
    )
    with StubModel(otherwise=reader) as stub:
        yield stub


def with_model(library, stub, **more):
    return Journal(library, {"model": "stub", "model_url": stub.url}, **more)


def tells(ctx, kind, *messages):
    """Tell the task as soon as a step of the kind has been made."""

    def on_step(key):
        if key.startswith(kind) and not ctx.told:
            ctx.told.extend(messages)

    ctx.on_step = on_step


def run(ctx, question="Who is the mayor of Velden?", **brief):
    return asyncio.run(RESEARCH.run({"input": question, "effort": 3, **brief}, ctx))


@pytest.mark.parametrize("moment", ["plan", "search", "read", "write"])
def test_a_text_covers_what_is_added_at_any_time(library, stub, moment):
    ctx = with_model(library, stub)
    assert "1871" not in run(with_model(library, stub))["content"]
    tells(ctx, moment, {"message": ADDED})
    answer = run(ctx)
    assert "Ada Lind" in answer["content"]
    assert "1871" in answer["content"]
    assert answer["heard"] == [ADDED]
    assert ADDED in stub.requests[-1].prompt
    notes = [each["text"] for each in ctx.messages if each["kind"] == "plan"]
    assert notes.count(f"Taken in: {ADDED}") == 1


def test_without_a_model_it_is_looked_for_and_told_with_the_rest(library):
    ctx = Journal(library, {})
    tells(ctx, "heard 1", ADDED)
    answer = run(ctx)
    assert "Ada Lind" in answer["content"]
    assert "1871" in answer["content"]
    assert answer["heard"] == [ADDED]
    assert {each["title"] for each in answer["basis"][0]["citations"]} == {"Velden", "Harbour"}


def test_fields_are_settled_anew_with_what_is_added(library):
    values = {"builder": ("the guild of weavers", DUG)}
    with StubModel(otherwise=Reader(values=values)) as stub:
        ctx = with_model(library, stub)
        tells(ctx, "settle", "I mean who dug the harbour")
        answer = run(ctx, "Velden", output=json_of(builder=NAME), effort=2)
    assert answer["content"] == {"builder": "the guild of weavers"}
    prompts = [asked.prompt for asked in stub.requests if ":settle" in asked.key]
    assert "I mean who dug the harbour" in prompts[-1]
    assert len(prompts) >= 1


def test_what_a_task_was_told_before_it_began_is_taken_in_at_once(library, stub):
    ctx = with_model(library, stub)
    ctx.told.append(ADDED)
    answer = run(ctx)
    assert ADDED in stub.requests[0].prompt, "the plan is made with it"
    assert "1871" in answer["content"]


def test_a_later_attempt_takes_in_the_same_at_the_same_point_and_pays_nothing_twice(library, stub):
    whole = with_model(library, stub)
    tells(whole, "read", ADDED)
    answer = run(whole)
    for dies_before in range(1, len(whole.steps)):
        ctx = with_model(library, stub, dies_before=dies_before)
        tells(ctx, "read", ADDED)
        with pytest.raises(Died):
            run(ctx)
        ctx.dies_before = None
        if ctx.told:
            assert run(ctx) == answer
            assert set(ctx.steps) == set(whole.steps)


def test_a_message_that_comes_between_attempts_changes_no_step_that_was_done(library, stub):
    undisturbed = with_model(library, stub)
    run(undisturbed)
    done = [key for key in undisturbed.steps if not key.startswith("heard")]
    ctx = with_model(library, stub, dies_before=len(undisturbed.steps) - 2)
    with pytest.raises(Died):
        run(ctx)
    before = set(ctx.steps)
    ctx.told.append(ADDED)
    ctx.dies_before = None
    answer = run(ctx)
    assert answer["heard"] == [ADDED]
    assert all(ctx.made[key] == 1 for key in before), "nothing that was paid for is asked again"
    assert done


def test_what_is_no_message_or_too_much_is_said(library):
    ctx = Journal(library, {})
    ctx.told = [7, {"other": 1}, "", *(f"message {n} of the harbour" for n in range(MOST_HEARD + 2))]
    answer = run(ctx)
    assert len(answer["heard"]) == MOST_HEARD
    assert any("3 messages were left out" in sentence for sentence in answer["truncated"])
    assert any("2 messages were left out" in sentence for sentence in answer["truncated"])


def test_an_answer_without_messages_has_no_such_member(library):
    assert "heard" not in run(Journal(library, {}))


def test_looking_again_puts_no_query_to_the_web_twice(library):
    with the_web({"/velden": PAGE}) as web:
        ctx = Journal(library, allowing(web))
        tells(ctx, "heard 1", ADDED, "How many inhabitants has it?")
        answer = run(ctx, effort=1)
        asked = [each.target for each in web.asked if each.path == "/search"]
    assert len(asked) == len(set(asked)) == 5, (
        "the task, and two for each message: all that its effort allows"
    )
    assert not any("were not put to the web" in sentence for sentence in answer["truncated"])
