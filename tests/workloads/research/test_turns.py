"""Earlier turns: gathered from both ends, bounded, and what a follow-up takes from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.brief import Brief
from gnomon.core.workload import ChildResult
from gnomon.workloads.research.turns import (
    LONGEST_ANSWER,
    LONGEST_QUESTION,
    MOST_CHARACTERS,
    MOST_TURNS,
    Turn,
    conversation,
    leans,
    question_text,
    subject,
)


def before(task_input, result):
    return ChildResult(
        position=0, kind="research", status="completed", input=task_input, result=result, error=None
    )


def turn(question, answer="a"):
    return {"question": question, "answer": answer}


def test_turns_come_from_the_task_before_and_from_the_brief():
    past = before(
        {"input": "third"}, {"content": "c", "turns": [turn("first"), turn("second"), turn("third")]}
    )
    found = conversation(Brief(input="q", turns=[turn("fourth"), turn("third")]), past)
    assert [each.question for each in found.turns] == ["first", "second", "third", "fourth"]
    assert found.cuts == ()


def test_a_task_before_without_turns_is_one():
    found = conversation(
        Brief(input="q"), before({"input": {"town": "Velden"}}, {"content": {"mayor": "Ada"}})
    )
    assert found.turns == (Turn(question="town: Velden", answer='{"mayor": "Ada"}'),)


@pytest.mark.parametrize(
    "past",
    [
        before({"input": "q"}, None),
        before({"input": "q"}, [1]),
        before(None, {"content": "c"}),
        before({"input": 7}, {"content": "c"}),
        before({"input": "q"}, {"turns": [{"question": 1, "answer": None}, "x"]}),
    ],
)
def test_what_is_no_turn_is_left_out(past):
    assert conversation(Brief(input="q"), past).turns == ()


@given(st.lists(st.tuples(st.text(max_size=2_000), st.text(max_size=6_000)), max_size=20))
def test_a_conversation_is_bounded_and_says_what_was_cut(pairs):
    found = conversation(Brief(input="q", turns=[turn(*pair) for pair in pairs]), None)
    assert len(found.turns) <= MOST_TURNS
    assert sum(len(each.question) + len(each.answer) for each in found.turns) <= MOST_CHARACTERS
    assert all(len(each.question) <= LONGEST_QUESTION for each in found.turns)
    assert all(len(each.answer) <= LONGEST_ANSWER for each in found.turns)
    is_whole = [(each.question, each.answer) for each in found.turns] == pairs
    assert bool(found.cuts) != is_whole
    assert len(found.then("q", "a" * 9_000)) <= MOST_TURNS


@pytest.mark.parametrize(
    ("question", "is_leaning"),
    [
        ("When was it opened?", True),
        ("And their mayor?", True),
        ("what about its length", True),
        ("Why?", True),
        ("How long is the bridge of Velden?", False),
        ("Eiffel Tower", False),
        ("Who wrote Hamlet and where was the first performance held?", False),
    ],
)
def test_a_question_leans_on_the_one_before(question, is_leaning):
    assert leans(question) is is_leaning


@pytest.mark.parametrize(
    ("questions", "words"),
    [
        (["How long is the Bridge of Velden?"], "Bridge Velden"),
        (["How many people live in Velden?", "And who leads it?"], "Velden"),
        (["what is a gnomon"], "gnomon"),
        (["When did Apollo 11 land?"], "Apollo 11"),
        (["why?"], ""),
        ([], ""),
    ],
)
def test_a_follow_up_is_about_what_was_spoken_of(questions, words):
    assert subject([Turn(question=each, answer="a") for each in questions]) == words


def test_named_values_are_read_as_lines():
    assert question_text({"company": "Acme", "year": 2024}) == "company: Acme\nyear: 2024"
