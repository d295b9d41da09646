"""Chats and prompts in OpenAI's words: orders, and refusals that name the parameter."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.errors import Complaint, Invalid
from gnomon.web.dialects.shannon.models import MODELS
from gnomon.web.dialects.shannon.render.openai_error import param_of
from gnomon.web.dialects.shannon.wire.chat import (
    WITHOUT_EFFECT,
    in_words_of,
    read_chat,
    read_prompt,
    read_session,
)
from gnomon.web.problems import InvalidQuery, Malformed

QUESTION = [{"role": "user", "content": "Why?"}]


def chat(*messages: tuple[str, Any], **more: Any) -> dict[str, Any]:
    said = [{"role": role, "content": content} for role, content in messages]
    return {"messages": said or QUESTION, **more}


def test_the_last_message_is_the_question_and_the_others_are_turns_and_guidance() -> None:
    order = read_chat(
        chat(
            ("system", "Be short."),
            ("user", "Who?"),
            ("assistant", "Ada."),
            ("developer", "Be kind."),
            ("user", "When?"),
            ("user", "Tell me."),
            ("assistant", "Then."),
            ("assistant", "Or so."),
            ("user", "Why?"),
        )
    )
    assert order.talk.question == "Why?"
    assert order.talk.guidance == "Be short.\n\nBe kind."
    assert order.talk.turns == (
        {"question": "Who?", "answer": "Ada."},
        {"question": "When?\n\nTell me.", "answer": "Then.\n\nOr so."},
    )
    assert (order.model, order.is_streamed, order.wish.type) == ("shannon-chat", False, "text")


def test_sources_that_an_answer_was_given_with_are_no_part_of_it() -> None:
    told = "It is so.\n\nSources:\n1. A - https://example.com/a\n2. B, or not - https://example.com/b"
    order = read_chat(chat(("user", "Who?"), ("assistant", told), ("user", "Why?")))
    assert order.talk.turns == ({"question": "Who?", "answer": "It is so."},)


def test_content_may_come_in_parts() -> None:
    parts = [{"type": "text", "text": "Who"}, {"type": "text", "text": "and why?"}]
    assert read_chat(chat(("user", parts))).talk.question == "Who\nand why?"


def test_a_chat_that_the_assistant_opens() -> None:
    order = read_chat(chat(("assistant", "Hello!"), ("user", "Why?")))
    assert order.talk.turns == ({"question": "", "answer": "Hello!"},)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "messages"),
    ({"messages": []}, "messages"),
    ({"messages": "Why?"}, "messages"),
    ({"messages": ["Why?"]}, "messages[0]"),
    (chat(("system", "Be short.")), "messages"),
    (chat(("user", "Who?"), ("assistant", "Ada.")), "messages"),
    (chat(("user", " ")), "messages[0].content"),
    (chat(("user", None)), "messages[0].content"),
    (chat(("user", 7)), "messages[0].content"),
    (chat(("poet", "Why?")), "messages[0].role"),
    (chat(("tool", "42")), "messages[0]"),
    (chat(("user", [{"type": "image_url", "image_url": {"url": "x"}}])), "messages[0].content[0]"),
    (chat(("user", [{"type": "text"}])), "messages[0].content[0]"),
    (chat(n=2), "n"),
    (chat(n=True), "n"),
    (chat(tools=[{"type": "function"}]), "tools"),
    (chat(tool_choice="required"), "tool_choice"),
    (chat(functions=[{"name": "f"}]), "functions"),
    (chat(audio={"voice": "x"}), "audio"),
    (chat(modalities=["text", "audio"]), "modalities"),
    (chat(logprobs=True), "logprobs"),
    (chat(stream="yes"), "stream"),
    (chat(model=7), "model"),
    (chat(stream_options={"include_usage": True}), "stream_options"),
    (chat(stream=True, stream_options=[]), "stream_options"),
    (chat(stream=True, stream_options={"include_usage": "y"}), "stream_options.include_usage"),
    (chat(response_format={"type": "xml"}), "response_format.type"),
    (chat(response_format={"type": "json_schema"}), "response_format.json_schema.schema"),
    (chat(shannon_options=[]), "shannon_options"),
    (chat(shannon_options={"agent": 7}), "shannon_options.agent"),
    (chat(shannon_options={"context": "x"}), "shannon_options.context"),
    (chat(metadata={"a": 1}), "metadata"),
]


@pytest.mark.parametrize(("body", "param"), REFUSED)
def test_a_refusal_names_the_parameter(body: dict[str, Any], param: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_chat(body)
    (complaint,) = refused.value.complaints
    assert param_of(complaint.loc) == param
    assert complaint.message.endswith((".", "?"))


@pytest.mark.parametrize("name", sorted(WITHOUT_EFFECT))
def test_what_has_no_effect_is_taken(name: str) -> None:
    assert read_chat(chat(**{name: 1})) == read_chat(chat())


@pytest.mark.parametrize("nothing", [None, [], False])
def test_what_asks_for_nothing_is_taken(nothing: Any) -> None:
    assert read_chat(chat(tools=nothing, functions=nothing)) == read_chat(chat())


def test_a_prompt_is_a_question() -> None:
    assert read_prompt({"prompt": "Why?"}).talk == read_prompt({"prompt": ["Why?"]}).talk
    assert read_prompt({"messages": QUESTION}).talk.question == "Why?"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"prompt": ""},
        {"prompt": ["a", "b"]},
        {"prompt": [1, 2]},
        {"prompt": "a", "n": 2},
        {"prompt": "a", "echo": True},
        {"prompt": "a", "suffix": "b"},
        {"prompt": "a", "best_of": 3},
    ],
)
def test_a_prompt_that_cannot_be_answered_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_prompt(body)


def test_a_brief_takes_the_form_and_what_was_said() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
    order = read_chat(chat(("system", "Be short."), ("user", "Why?"), response_format=wanted))
    brief = order.in_brief({"input": "Why?", "effort": 3, "guidance": "town: Velden"})
    assert brief["output"] == {"type": "json", "schema": schema}
    assert brief["guidance"] == "Be short.\n\ntown: Velden"
    with pytest.raises(Malformed):
        order.in_plain({"query": "Why?"})


def test_a_model_is_a_mode_and_a_strategy_that_options_win_over() -> None:
    model = next(one for one in MODELS if one.name == "shannon-deep-research")
    assert read_chat(chat()).task_body(model) == {
        "query": "Why?",
        "mode": "complex",
        "research_strategy": "deep",
    }
    options = {"research_strategy": "quick", "role": "writer", "context": {"town": "Velden"}}
    assert read_chat(chat(shannon_options=options)).task_body(model) == {
        "query": "Why?",
        "mode": "complex",
        "research_strategy": "quick",
        "context": {"town": "Velden", "role": "writer"},
    }


@pytest.mark.parametrize(
    ("place", "param"),
    [
        (("input", "output", "schema", "properties"), "response_format.json_schema.schema.properties"),
        (("input", "input"), "messages"),
        (("input", "turns", 0), "messages"),
        (("research_strategy",), "shannon_options.research_strategy"),
        (("mode",), "model"),
        (("session_id",), "X-Session-ID"),
        (("kind",), "shannon_options.agent"),
    ],
)
def test_what_the_house_complains_of_stands_where_the_client_wrote_it(
    place: tuple[str | int, ...], param: str
) -> None:
    error = in_words_of(read_chat(chat()), Invalid([Complaint(place, "No.")]))
    assert param_of(error.complaints[0].loc) == param


def test_what_an_agent_complains_of_is_its_input() -> None:
    order = read_chat(chat(shannon_options={"agent": "a", "agent_input": {"b": 1}}))
    error = in_words_of(order, Invalid([Complaint(("input", "b"), "No.")]))
    assert param_of(error.complaints[0].loc) == "shannon_options.agent_input.b"


@pytest.mark.parametrize("wanted", ["text", "json_schema", ["text"], True, 0, ""])
def test_a_form_of_an_answer_is_an_object(wanted: Any) -> None:
    with pytest.raises(Malformed) as refused:
        read_chat(chat(response_format=wanted))
    assert param_of(refused.value.complaints[0].loc) == "response_format"


@pytest.mark.parametrize(
    "name",
    ["model", "stream", "stream_options", "response_format", "user", "metadata", "shannon_options", "n"],
)
def test_null_is_not_given(name: str) -> None:
    assert read_chat(chat(**{name: None})) == read_chat(chat())


def test_a_session_has_a_name_of_the_pattern() -> None:
    assert read_session(None) is read_session("") is None
    assert read_session("user-1") == "user-1"


@pytest.mark.parametrize("name", ["a b", "\xa0", "\x85user-1", "user-1,user-2", "..", "x" * 129])
def test_a_session_has_no_other_name(name: str) -> None:
    with pytest.raises(InvalidQuery):
        read_session(name)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["messages", "model", "n", "stream", "tools", "response_format", "shannon_options", "metadata", "prompt"]
)


@given(st.dictionaries(NAMES, VALUES | st.just(QUESTION)))
def test_any_json_is_an_order_or_refused(body: dict[str, Any]) -> None:
    for read in (read_chat, read_prompt):
        try:
            order = read(json.loads(json.dumps(body)))
        except Malformed as refused:
            assert refused.complaints  # noqa: PT017 - an order is as good
        else:
            assert order.talk.question.strip()
