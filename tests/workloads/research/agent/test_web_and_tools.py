"""The agent on the web and with the task's own tools: real sockets, pages read, calls decided on."""

import json

import pytest
from outside import OPEN, PAGE, allowing, an_mcp_server, the_web
from scripted_reader import Reader, sources_of
from wanted import json_of

TEXTS = {"velden.md": "# Velden\n\nThe private note of Velden says that the vault code is tulip-9.\n"}
NAME = {"type": ["string", "null"]}
NUMBER = {"type": ["number", "null"]}
WORDS = "The mayor of Velden is Ada Lind."


def test_pages_are_read_and_cited_by_their_address(bureau, serve):
    stub = serve(Reader(values={"mayor": ("Ada Lind", WORDS)}))
    with the_web({"/velden": PAGE, "/gone": ""}) as web:
        office = bureau(TEXTS)
        answer = office.run("Velden", model=stub, settings=allowing(web), output=json_of(mayor=NAME))
    (entry,) = answer["basis"]
    assert answer["content"] == {"mayor": "Ada Lind"}
    assert [(c["url"], c["excerpts"]) for c in entry["citations"]] == [(f"{web.url}/velden", [WORDS])]
    assert any("/gone was not read" in sentence for sentence in answer["truncated"])


def test_pages_are_read_without_a_model_too(bureau):
    with the_web({"/velden": PAGE}) as web:
        answer = bureau({"far.md": "Nothing."}).run(
            "Velden", settings=allowing(web), output=json_of(mayor=NAME)
        )
    assert (answer["content"], answer["engine"]) == ({"mayor": "Ada Lind"}, "extractive")


def test_domains_hold_for_pages_and_it_is_said_of_documents(bureau):
    with the_web({"/velden": PAGE}) as web:
        answer = bureau(TEXTS).run(
            "Velden",
            settings=allowing(web),
            sources={"include": ["elsewhere.example"]},
            output=json_of(mayor=NAME),
        )
        assert "/velden" not in {asked.path for asked in web.asked}
    assert answer["content"] == {"mayor": None}
    assert any("domains" in sentence for sentence in answer["truncated"])


def test_a_budget_of_searches_is_kept_and_said(bureau):
    fields = {f"field_{n}": NAME for n in range(7)}
    with the_web({"/velden": PAGE}) as web:
        answer = bureau(TEXTS).run("Velden", settings=allowing(web), effort=1, output=json_of(**fields))
        assert sum(asked.path == "/search" for asked in web.asked) == 5
    assert any("2 queries were not put to the web" in sentence for sentence in answer["truncated"])


def test_values_of_own_documents_are_not_told_to_who_writes_queries_for_the_web(bureau, serve):
    said = {"code": ("tulip-9", "the vault code is tulip-9")}
    stub = serve(Reader(values=said, queries=["mayor"]))
    with the_web({"/velden": PAGE}) as web:
        bureau(TEXTS).run(
            "Velden", model=stub, settings=allowing(web), effort=4, output=json_of(code=NAME, king=NAME)
        )
        assert not any("tulip" in asked.target for asked in web.asked)
    thinking = [asked.prompt for asked in stub.requests if ":reflect" in (asked.key or "")]
    assert thinking
    assert not any("tulip" in prompt for prompt in thinking)


def test_a_tool_is_called_and_what_it_says_is_a_source(bureau, serve):
    pytest.importorskip("mcp")
    stub = serve(Reader(values={"sum": (42, "42")}, calls=[("add", {"a": 20, "b": 22})]))
    office = bureau(TEXTS)
    with an_mcp_server() as url:
        tools = [{"name": "numbers", "url": url, "allowed": ["add"]}]
        answer = office.run(
            "add 20 and 22", model=stub, settings=OPEN, tools=tools, effort=3, output=json_of(sum=NUMBER)
        )
    (call,) = answer["tool_calls"]
    assert (call["server"], call["tool"], json.loads(call["arguments"])) == (
        "numbers",
        "add",
        {"a": 20, "b": 22},
    )
    assert (call["content"], call["error"]) == ("42", None)
    assert office.notes("tool_call") == ['numbers: add({"a": 20, "b": 22})']
    deciding = [asked.prompt for asked in stub.requests if ":tools" in (asked.key or "")]
    assert len(deciding) == 2
    assert "42" in deciding[1], "what the same server gave before is shown"
    assert not any(sources_of(prompt) or "tulip" in prompt for prompt in deciding)


def test_a_tool_that_is_not_allowed_cannot_be_named(bureau, serve):
    pytest.importorskip("mcp")
    stub = serve(Reader(calls=[("fail", {})]))
    with an_mcp_server() as url:
        tools = [{"name": "numbers", "url": url, "allowed": ["add"]}]
        answer = bureau(TEXTS).run("q", model=stub, settings=OPEN, tools=tools, output=json_of(sum=NUMBER))
    assert not answer.get("tool_calls")


def test_without_a_model_tools_are_not_called_and_it_is_said(bureau):
    answer = bureau(TEXTS).run(
        "Velden", tools=[{"name": "n", "url": "https://tools.example/mcp"}], output=json_of(code=NAME)
    )
    assert any("tools were not called" in sentence for sentence in answer["truncated"])
