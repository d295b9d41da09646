"""What a task shall keep in mind reaches prompts and no query; what a model uses is told call by call."""

import pytest
from scripted_reader import Reader
from stub_model import Answer
from wanted import json_of

from gnomon.core.brief import LONGEST_GUIDANCE, Brief, read_brief
from gnomon.core.event import find_usage
from gnomon.workloads.research import RESEARCH
from gnomon.workloads.research.work import check

TEXTS = {
    "velden.md": "# Velden\n\nVelden has 48,250 inhabitants. Its mayor is Ada Lind. The river is called the Drau.\n",
}
NAME = {"type": ["string", "null"]}
MAYOR = ("Ada Lind", "Its mayor is Ada Lind.")
WRITTEN = [("Its mayor is Ada Lind.", "Its mayor is Ada Lind.")]
GUIDANCE = "Answer in the manner of a town clerk of Zanzibar."


def uses(office):
    return [message for message in office.log.messages if message["kind"] == "usage"]


def test_it_stands_in_the_prompts_of_planning_reading_and_writing(bureau, serve):
    stub = serve(Reader(parts=[("Who is the mayor of Velden?", "mayor Velden")], paragraphs=WRITTEN))
    office = bureau(TEXTS)
    office.run("Tell me of Velden", model=stub, effort=3, guidance=GUIDANCE)
    assert {use["purpose"] for use in uses(office)} == {"plan", "read", "write"}
    for asked in stub.requests:
        before, _, material = asked.prompt.partition("≡")
        assert GUIDANCE in before, "it stands apart from what stands in sources"
        assert GUIDANCE not in material


def test_it_stands_in_the_prompts_of_settling(bureau, serve):
    stub = serve(Reader(values={"mayor": MAYOR}))
    answer = bureau(TEXTS).run("Velden", model=stub, guidance=GUIDANCE, output=json_of(mayor=NAME))
    assert GUIDANCE in stub.requests[-1].prompt
    assert answer["content"] == {"mayor": "Ada Lind"}


@pytest.mark.parametrize("has_model", [True, False])
def test_no_query_has_its_words(bureau, serve, has_model):
    parts = [
        ("Who is the mayor?", "manner of a town clerk of Zanzibar"),
        ("Which river is there?", "river Velden"),
    ]
    model = serve(Reader(parts=parts, paragraphs=WRITTEN)) if has_model else None
    office = bureau(TEXTS)
    answer = office.run("Velden", model=model, effort=3, guidance=GUIDANCE)
    queries = office.notes("search")
    assert queries
    assert not any("Zanzibar" in query or "clerk" in query for query in queries)
    told = "1 queries were not put" if has_model else "The guidance was left out"
    assert any(told in sentence for sentence in answer["truncated"])


def test_what_is_too_long_is_refused_with_what_to_do():
    (complaint,) = check({"input": "q", "guidance": "x" * (LONGEST_GUIDANCE + 1)})
    assert complaint.loc == ("guidance",)
    assert "20,001 characters; at most 20,000" in complaint.message
    assert not check({"input": "q", "guidance": "x" * LONGEST_GUIDANCE})


def test_a_brief_carries_it():
    given = Brief(input="q", guidance=GUIDANCE, review=True, review_seconds=30)
    assert read_brief(given.json()) == given
    assert RESEARCH.check is not None
    assert not RESEARCH.check(given.json())


def test_each_call_tells_what_it_used_and_the_sum_is_the_answers(bureau, serve):
    said = [
        "This is no JSON",
        {"f1": {"value": MAYOR[0], "source": 1, "quote": MAYOR[1]}},
    ]
    answers = iter(
        [Answer(said[0], input_tokens=70, output_tokens=7), Answer(said[1], input_tokens=90, output_tokens=9)]
    )
    office = bureau(TEXTS)
    answer = office.run("Velden", model=serve(lambda _: next(answers)), output=json_of(mayor=NAME))
    told = uses(office)
    assert [(use["input_tokens"], use["output_tokens"]) for use in told] == [(70, 7), (90, 9)]
    assert {(use["engine"], use["purpose"]) for use in told} == {("provider:stub", "settle")}
    sum_ = find_usage(told[0]) + find_usage(told[1])
    assert answer["usage"] == {
        "calls": sum_.calls,
        "input_tokens": sum_.input_tokens,
        "output_tokens": sum_.output_tokens,
        "cost_usd": sum_.cost_usd,
    }


def test_answers_of_no_use_are_told_too(bureau, serve):
    office = bureau(TEXTS)
    answer = office.run("Velden", model=serve(Answer("no JSON", input_tokens=5)), output=json_of(mayor=NAME))
    assert len(uses(office)) == answer["usage"]["calls"] == 3, "asked, and twice to put it right"


def test_without_a_model_nothing_is_used(bureau):
    office = bureau(TEXTS)
    office.run("Velden", output=json_of(mayor=NAME))
    assert uses(office) == []
