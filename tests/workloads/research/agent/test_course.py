"""The agent over a real library and a model of a script: what it asks, keeps, drops, and tells."""

from itertools import pairwise

import pytest
from scripted_reader import Reader, sources_of
from stub_model import Answer, Refuse
from wanted import json_of

from gnomon.core.workload import ChildResult, Failure
from gnomon.engine.local import run_locally
from gnomon.workloads.research import RESEARCH

TEXTS = {
    "velden.md": "# Velden\n\nVelden has 48,250 inhabitants. Its mayor is Ada Lind. The bridges are the Old Bridge "
    "and the New Bridge.\n",
    "news.md": "# News\n\nMayor Ada Lind opened the market of Velden in 2024.\n",
    "far.md": "# Farum\n\nFarum has a lighthouse. It stands on Cape Brim.\n",
}
NAME = {"type": ["string", "null"]}
MAYOR = ("Ada Lind", "Its mayor is Ada Lind.")


def test_a_value_is_cited_where_it_stands(bureau, serve):
    office = bureau(TEXTS)
    answer = office.run("Velden", model=serve(Reader(values={"mayor": MAYOR})), output=json_of(mayor=NAME))
    assert answer["content"] == {"mayor": "Ada Lind"}
    (entry,) = answer["basis"]
    excerpts = [excerpt for citation in entry["citations"] for excerpt in citation["excerpts"]]
    assert excerpts == ["Its mayor is Ada Lind.", "Mayor Ada Lind opened the market of Velden in 2024."]
    assert all(any(excerpt in text for text in TEXTS.values()) for excerpt in excerpts)
    assert entry["confidence"] == "high", "two works say it, and a model picked it"
    assert answer["engine"] == "provider:stub"
    assert answer["usage"]["calls"] == 1
    assert answer["usage"]["input_tokens"] == 10


@pytest.mark.parametrize("has_model", [True, False])
def test_what_was_not_read_of_a_document_is_said_once(bureau, serve, monkeypatch, has_model):
    monkeypatch.setattr("gnomon.reading.draft.MOST_CHARACTERS", 400)
    texts = {"velden.md": TEXTS["velden.md"] + "\n\nVelden has a mayor.\n" * 40, "far.md": TEXTS["far.md"]}
    model = serve(Reader(values={"mayor": MAYOR})) if has_model else None
    answer = bureau(texts).run("Velden", model=model, output=json_of(mayor=NAME))
    told = [sentence for sentence in answer["truncated"] if "not searched as a whole" in sentence]
    assert told == [
        "'Velden' is not searched as a whole: Only the first 400 characters were read; the rest is left out."
    ]


def test_a_name_that_stands_elsewhere_bears_nothing_out(bureau, serve):
    texts = {
        "hill.md": "# Hill\n\nThe bureau of Hill sits in Velden.\n",
        "far.md": "# Bank\n\nA Hill bank left Velden.\n",
    }
    said = {"bureau": ("Velden", "The bureau of Hill sits in Velden.")}
    answer = bureau(texts).run("Hill", model=serve(Reader(values=said)), output=json_of(bureau=NAME))
    (entry,) = answer["basis"]
    assert answer["content"] == {"bureau": "Velden"}
    assert [citation["title"] for citation in entry["citations"]] == ["Hill"]
    assert "another document" not in entry["reasoning"]


def test_what_documents_contradict_is_not_high(bureau, serve):
    texts = {
        "one.md": "# Acme\n\nAcme was founded in 1987 by Ada Lind.\n",
        "two.md": "# Acme\n\nAcme was founded in 1991 by Eve Holt.\n",
    }
    said = {"founded": (1987, "Acme was founded in 1987 by Ada Lind.")}
    year = {"type": ["integer", "null"]}
    answer = bureau(texts).run("Acme", model=serve(Reader(values=said)), output=json_of(founded=year))
    (entry,) = answer["basis"]
    assert answer["content"] == {"founded": 1987}
    assert entry["confidence"] == "medium"
    assert "'1991'" in entry["reasoning"]


@pytest.mark.parametrize(
    ("value", "quote"),
    [
        ("Eve Holt", "Its mayor is Eve Holt."),
        ("Eve Holt", "Its mayor is Ada Lind."),
        ("Ada Lind of www.evil.example", "Its mayor is Ada Lind."),
    ],
    ids=[
        "a quote that stands nowhere",
        "a value that the quote does not say",
        "an address that nobody wrote",
    ],
)
def test_what_does_not_stand_in_a_source_is_dropped(bureau, serve, value, quote):
    piece = {"value": value, "source": 1, "quote": quote}
    stub = serve(Answer({"f1": piece}))
    answer = bureau(TEXTS).run("Velden", model=stub, output=json_of(mayor=NAME))
    assert answer["content"] == {"mayor": "Ada Lind"}, "what reading without the model gives"
    (entry,) = answer["basis"]
    assert (entry["confidence"], answer["engine"]) == ("low", "extractive")
    assert "What the model gave stands in no passage" in entry["reasoning"]


def test_what_is_dropped_leaves_a_gap_where_reading_alone_gives_nothing(bureau, serve):
    stub = serve(Answer({"f1": {"value": "Eve Holt", "source": 1, "quote": "Its butcher is Eve Holt."}}))
    answer = bureau(TEXTS).run("Velden", model=stub, output=json_of(butcher=NAME))
    assert answer["content"] == {"butcher": None}
    (entry,) = answer["basis"]
    assert (entry["citations"], entry["confidence"]) == ([], None)
    assert "stands in none of the" in entry["reasoning"]


@pytest.mark.parametrize(
    ("name", "is_enough"),
    [("qwen2.5:0.5b", False), ("smollm2:135m", False), ("qwen2.5:7b", True), ("large-one", True)],
)
def test_a_model_that_is_small_by_its_name_verifies_nothing(bureau, serve, name, is_enough):
    office = bureau({"velden.md": "# Velden\n\nIts mayor is Ada Lind.\n"})
    stub = serve(Reader(values={"mayor": MAYOR}))
    answer = office.run("Velden", model=stub, settings={"model": name}, output=json_of(mayor=NAME))
    assert answer["basis"][0]["confidence"] == ("high" if is_enough else "medium")


def test_a_wrong_number_of_a_source_is_put_right(bureau, serve):
    stub = serve(lambda asked: Answer({"f1": {"value": MAYOR[0], "source": 99, "quote": MAYOR[1]}}))
    answer = bureau(TEXTS).run("Velden", model=stub, output=json_of(mayor=NAME))
    assert answer["content"] == {"mayor": "Ada Lind"}
    assert answer["basis"][0]["citations"][0]["title"] == "Velden"


def test_numbers_must_stand_in_the_quote(bureau, serve):
    said = {
        "people": (48250, "Velden has 48,250 inhabitants."),
        "area": (99, "Velden has 48,250 inhabitants."),
    }
    number = {"type": ["number", "null"]}
    answer = bureau(TEXTS).run(
        "Velden", model=serve(Reader(values=said)), output=json_of(people=number, area=number)
    )
    assert answer["content"] == {"people": 48250, "area": None}


def test_a_list_has_a_basis_for_each_element(bureau, serve):
    words = "The bridges are the Old Bridge and the New Bridge."
    said = {
        "bridges": ([("Old Bridge", words), ("New Bridge", words), ("No Bridge", "It has no bridge.")], "")
    }
    bridges = {"type": "array", "items": {"type": "string"}}
    answer = bureau(TEXTS).run("Velden", model=serve(Reader(values=said)), output=json_of(bridges=bridges))
    assert answer["content"] == {"bridges": ["Old Bridge", "New Bridge"]}
    assert [entry["field"] for entry in answer["basis"]] == ["bridges", "bridges.0", "bridges.1"]
    assert all(entry["citations"] for entry in answer["basis"])


def test_a_required_field_that_nothing_says_fails_and_is_named(bureau, serve):
    output = {
        "type": "json",
        "schema": {"type": "object", "properties": {"king": {"type": "string"}}, "required": ["king"]},
    }
    with pytest.raises(Failure, match="king") as failed:
        bureau(TEXTS).run("Velden", model=serve(Reader()), output=output)
    assert failed.value.code == "not_found"


def test_paragraphs_quote_or_are_left_out(bureau, serve):
    reader = Reader(
        parts=[("Who is mayor?", "mayor of Velden")],
        paragraphs=[
            ("The mayor of Velden is Ada Lind.", "Its mayor is Ada Lind."),
            ("Velden is the richest town on earth.", "Velden is rich beyond all words."),
            ("The mayor of Velden is paid 900 crowns.", "Its mayor is Ada Lind."),
        ],
    )
    office = bureau(TEXTS)
    answer = office.run("Tell me of Velden", model=serve(reader), output={"type": "text"})
    assert answer["content"] == "The mayor of Velden is Ada Lind. [1]\n\n[1] Velden"
    assert any("2 paragraphs" in sentence for sentence in answer["truncated"])
    assert answer["basis"][0]["field"] == "output"


def test_from_some_effort_on_parts_are_read_before_the_text_is_written(bureau, serve):
    parts = [("Who is mayor?", "mayor of Velden"), ("How many live there?", "inhabitants of Velden")]
    stub = serve(Reader(parts=parts, paragraphs=[("The mayor is Ada Lind.", "Its mayor is Ada Lind.")]))
    office = bureau(TEXTS)
    answer = office.run("Tell me of Velden", model=stub, effort=3, output={"type": "text"})
    steps = [asked.key.partition(":")[2].partition("-")[0] for asked in stub.requests]
    assert sorted(steps) == ["plan", "read", "read", "read", "write"]
    writing = sources_of(next(asked for asked in stub.requests if ":write" in asked.key).prompt)
    assert len(writing) == 1, "what was not marked is not written from"
    assert answer["content"].startswith("The mayor is Ada Lind. [1]")
    assert answer["engine"] == "provider:stub"


def test_it_is_looked_again_in_other_words(bureau, serve):
    reader = Reader(values={"lamp": ("Cape Brim", "It stands on Cape Brim.")}, queries=["lighthouse Farum"])
    stub = serve(reader)
    office = bureau(TEXTS)
    answer = office.run("pharos xyzzy", model=stub, effort=4, output=json_of(lamp=NAME))
    assert answer["content"] == {"lamp": "Cape Brim"}
    assert "Query: lighthouse Farum" in office.notes("search")


def test_what_is_asked_again_with_the_same_passages_is_paid_and_counted_once(bureau, serve):
    stub = serve(Reader(queries=["Velden"]))
    answer = bureau(TEXTS).run("Velden", model=stub, effort=4, output=json_of(king=NAME))
    steps = [asked.key.partition(":")[2].partition("-")[0] for asked in stub.requests]
    assert sorted(steps) == ["plan", "reflect", "settle"], "it was looked again, and found what was there"
    assert answer["usage"]["calls"] == len(stub.requests)


def test_one_round_is_one_round(bureau, serve):
    stub = serve(Reader(queries=["lighthouse Farum"]))
    office = bureau(TEXTS)
    office.run("pharos xyzzy", model=stub, effort=1, output=json_of(lamp=NAME))
    assert office.notes("search") == ["Query: lamp pharos xyzzy"]


def test_deciding_steps_are_shown_no_text_of_a_document(bureau, serve):
    stub = serve(Reader(values={"mayor": MAYOR}, queries=["x"]))
    office = bureau(TEXTS)
    office.run("Velden", model=stub, effort=4, output=json_of(mayor=NAME, king=NAME))
    steps = {asked.key.partition(":")[2].partition("-")[0]: asked for asked in stub.requests}
    assert set(steps) == {"plan", "settle", "reflect"}
    deciding = [steps["plan"], steps["reflect"]]
    assert not any("inhabitants" in asked.prompt or sources_of(asked.prompt) for asked in deciding)


def test_progress_never_goes_back_and_messages_are_of_work_done(bureau, serve):
    office = bureau(TEXTS)
    office.run("Velden", model=serve(Reader(values={"mayor": MAYOR})), effort=4, output=json_of(mayor=NAME))
    percents = [percent for percent, _ in office.log.progress]
    assert all(one <= other for one, other in pairwise(percents))
    assert percents[-1] == 100
    kinds = [message["kind"] for message in office.log.messages]
    assert kinds == ["usage", "plan", "search", "sources", "usage", "extract", "result"]
    assert office.notes("extract") == ["mayor: Ada Lind"]
    counted = next(message for message in office.log.messages if message["kind"] == "sources")
    assert counted["considered"] >= counted["read"] == len(counted["sample"]) > 0


def test_one_clarifying_question_flows_into_the_plan(bureau, serve):
    stub = serve(Reader(values={"mayor": MAYOR}, clarification="Which Velden?"))
    office = bureau(TEXTS)
    with pytest.raises(Failure, match="Which Velden") as failed:
        office.run("the town", model=stub, may_ask=True, output=json_of(mayor=NAME))
    assert failed.value.code == "question_open"
    answers = {"clarification": {"text": "The one with the mayor Velden"}}
    answer = office.run("the town", model=stub, may_ask=True, answers=answers, output=json_of(mayor=NAME))
    assert answer["content"] == {"mayor": "Ada Lind"}
    assert "The one with the mayor" in stub.requests[-1].prompt


def test_nothing_is_asked_of_who_may_not_be_asked(bureau, serve):
    stub = serve(Reader(values={"mayor": MAYOR}, clarification="Which Velden?"))
    answer = bureau(TEXTS).run("Velden", model=stub, effort=4, output=json_of(mayor=NAME))
    assert answer["content"] == {"mayor": "Ada Lind"}


def test_the_conversation_is_shown_and_goes_on(bureau, serve):
    stub = serve(Reader(values={"mayor": MAYOR}))
    before = ChildResult(
        position=0,
        kind="research",
        status="completed",
        input={"input": "How many people live in Velden?"},
        result={"type": "text", "content": "48,250."},
        error=None,
    )
    office = bureau(TEXTS)
    answer = office.run("Who is its mayor?", model=stub, predecessor=before, output=json_of(mayor=NAME))
    assert "How many people live in Velden?" in stub.requests[0].prompt
    assert [turn["question"] for turn in answer["turns"]] == [
        "How many people live in Velden?",
        "Who is its mayor?",
    ]
    assert any("Velden" in query for query in office.notes("search"))


def test_a_provider_that_is_down_fails_the_task_and_says_so(bureau, serve):
    stub = serve(Refuse(401, message="no such key"))
    with pytest.raises(Failure) as failed:
        bureau(TEXTS).run("Velden", model=stub, output=json_of(mayor=NAME))
    assert not failed.value.retryable
    assert "key" in failed.value.message


@pytest.mark.slow
def test_a_provider_that_fails_is_unavailable_and_may_be_tried_again(bureau, serve):
    stub = serve(Refuse(503))
    with pytest.raises(Failure) as failed:
        bureau(TEXTS).run("Velden", model=stub, output=json_of(mayor=NAME))
    assert (failed.value.code, failed.value.retryable) == ("provider_unavailable", True)


def test_it_falls_back_where_the_operator_wants_that_alone(bureau, serve):
    stub = serve(Refuse(401))
    answer = bureau(TEXTS).run(
        "Velden", model=stub, settings={"fallback": "extractive"}, output=json_of(mayor=NAME)
    )
    assert answer["engine"] == "extractive"
    assert any("read without it" in sentence for sentence in answer["truncated"])


def test_answers_of_no_use_are_paid_for_and_told(bureau, serve):
    stub = serve(Answer("I would rather not."))
    answer = bureau(TEXTS).run("Velden", model=stub, output=json_of(mayor=NAME))
    assert answer["engine"] == "extractive", "no word of the model is in it"
    assert answer["usage"]["calls"] == len(stub.requests) > 0
    assert any("not settled by the model" in sentence for sentence in answer["truncated"])


def test_when_the_budget_ends_the_rest_is_read_without_the_model(bureau, serve):
    stub = serve(Reader(values={"mayor": MAYOR}))
    answer = bureau(TEXTS).run(
        "Velden", model=stub, effort=6, budget={"tokens": 100}, output=json_of(mayor=NAME)
    )
    assert stub.requests == []
    assert any("100 tokens was used up" in sentence for sentence in answer["truncated"])
    assert answer["engine"] == "extractive"
    assert answer["usage"]["calls"] == 0


@pytest.mark.parametrize(
    ("budget", "settings"), [({"cost_usd": 1}, {}), ({}, {"max_cost": 0.5, "fallback": "extractive"})]
)
def test_a_limit_of_money_needs_a_price_that_is_known(bureau, serve, budget, settings):
    stub = serve(Reader(values={"mayor": MAYOR}))
    with pytest.raises(Failure) as failed:
        bureau(TEXTS).run("Velden", model=stub, budget=budget, settings=settings, output=json_of(mayor=NAME))
    assert (failed.value.code, failed.value.retryable) == ("price_unknown", False)
    assert "'tokens'" in failed.value.message
    assert stub.requests == [], "nothing was paid"


def test_without_a_limit_of_money_no_price_is_needed(bureau, serve):
    stub = serve(Reader(values={"mayor": MAYOR}))
    answer = bureau(TEXTS).run("Velden", model=stub, output=json_of(mayor=NAME))
    assert answer["usage"]["cost_usd"] is None
    assert answer["content"] == {"mayor": "Ada Lind"}


def test_a_model_of_which_nothing_stands_is_told_of(bureau, serve):
    stub = serve(Reader(paragraphs=[("Velden is ruled by mice.", "Its mayor is Ada Lind.")]))
    answer = bureau(TEXTS).run("Who is mayor of Velden?", model=stub, output={"type": "text"})
    calls = answer["usage"]["calls"]
    assert calls == len(stub.requests) > 0
    assert answer["engine"] == "extractive", "what answered is the reading without a model"
    times = "once" if calls == 1 else f"{calls} times"
    told = f"was asked {times} and gave no words that could be verified"
    assert any(told in sentence for sentence in answer["truncated"])
    (entry,) = answer["basis"]
    assert told in entry["reasoning"]
    assert "No model" not in entry["reasoning"]


def test_a_budget_that_ends_on_the_way_leaves_what_is_settled(bureau, serve):
    names = [f"mayor_{n}" for n in range(9)]
    reader = Reader(values=dict.fromkeys(names, MAYOR))
    stub = serve(lambda asked: Answer(reader.reply(asked), input_tokens=4_000))
    output = json_of(**dict.fromkeys(names, NAME))
    answer = bureau(TEXTS).run("Velden", model=stub, effort=6, budget={"tokens": 12_000}, output=output)
    asked = len(stub.requests)
    assert 2 <= asked < 1 + len(names)
    assert answer["usage"]["input_tokens"] == 4_000 * asked
    by_model = [entry for entry in answer["basis"] if "model stub" in entry["reasoning"]]
    assert len(by_model) == asked - 1, "what was paid for is kept"
    others = [entry for entry in answer["basis"] if entry not in by_model]
    assert all(entry["confidence"] in ("low", None) for entry in others)
    told = [sentence for sentence in answer["truncated"] if "12,000 tokens was used up" in sentence]
    assert {entry["field"] for entry in others} <= set(" ".join(told).replace(":", "").split())
    assert answer["engine"] == "provider:stub"


def test_a_small_window_is_kept_to_and_it_is_said(bureau, serve):
    texts = {f"{n}.md": f"# Velden {n}\n\n" + f"Velden has a mayor, number {n}. " * 30 for n in range(9)}
    stub = serve(Reader())
    answer = bureau(texts).run(
        "mayor of Velden", model=stub, settings={"model_window": 2_000}, output=json_of(mayor=NAME)
    )
    (asked,) = stub.requests
    assert len(asked.prompt + asked.system) < 2_000 * 4
    assert any("window had no room" in sentence for sentence in answer["truncated"])


def test_a_task_that_is_longer_than_the_window_is_cut_and_it_is_said(bureau, serve):
    stub = serve(Reader(values={"mayor": MAYOR}))
    answer = bureau(TEXTS).run(
        "Velden " * 4_000, model=stub, settings={"model_window": 4_000}, output=json_of(mayor=NAME)
    )
    assert answer["content"] == {"mayor": "Ada Lind"}
    assert any("first 4,000 characters" in sentence for sentence in answer["truncated"])


def test_what_this_server_has_not_is_said(bureau, serve):
    stub = serve(Reader(values={"mayor": MAYOR}))
    answer = bureau(TEXTS).run(
        "Velden", model=stub, location="de", memory_scope="mine", output=json_of(mayor=NAME)
    )
    assert "Who asks is in: de" in stub.requests[0].prompt
    assert any("memory_scope" in sentence for sentence in answer["truncated"])


def test_where_nothing_can_be_searched_the_operator_is_told_what_to_do(serve, tmp_path):
    with pytest.raises(Failure, match="gnomon documents add") as failed:
        run_locally(RESEARCH, {"input": "q"}, blobs=tmp_path)
    assert failed.value.code == "no_sources"


def test_other_words_are_asked_for_once_when_nothing_is_found(bureau):
    office = bureau(TEXTS)
    with pytest.raises(Failure, match="other words") as failed:
        office.run("pharos xyzzy", may_ask=True, output=json_of(email=NAME))
    assert failed.value.code == "question_open"
    answers = {"other_words": "the lighthouse of Farum"}
    office.run("pharos xyzzy", may_ask=True, answers=answers, output=json_of(email=NAME))
    assert "Query: email pharos xyzzy the lighthouse of Farum" in office.notes("search")
