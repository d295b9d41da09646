"""Runs: what a body becomes, what is refused, what is only warned of."""

from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from wires import FULL, PREVIOUS, PROCESSORS, PUBLISHED, SCHEMA, refused, run_with, taken, told

from gnomon.core.brief import BRIEF
from gnomon.core.delivery import TERMINAL_TYPES
from gnomon.core.errors import Complaint, Invalid
from gnomon.core.event import EventType
from gnomon.web.dialects.parallel.processors import UnknownProcessor
from gnomon.web.dialects.parallel.render.errors import body_of
from gnomon.web.dialects.parallel.wire.run import read_run
from gnomon.web.ids import find_task_id


def test_the_least_run_is_an_open_question() -> None:
    order = taken(run_with())
    assert order.kind == "research"
    assert order.task_input == {
        "input": "How many?",
        "output": {"type": "auto"},
        "effort": 2,
        "is_fast": False,
    }
    assert (order.metadata, order.previous, order.hooks, order.secrets) == (None, None, (), {})
    assert (order.origin.output, order.origin.warnings, order.origin.is_brief) == ("auto", (), True)


def test_a_full_run_becomes_a_brief() -> None:
    order = taken(FULL)
    assert order.task_input == {
        "input": {"company": "Gnomon"},
        "output": {"type": "json", "schema": SCHEMA},
        "effort": 5,
        "is_fast": False,
        "sources": {"include": ["example.com/b"], "after": "2026-01-31"},
        "tools": [{"name": "files", "url": "https://mcp.example.com/mcp", "allowed": ["read"]}],
        "location": "us",
        "data_sources": {"free": ["pubmed"], "pay_per_use": ["carbonarc"]},
        "memory_scope": "team_1",
    }
    Draft202012Validator(dict(BRIEF)).validate(order.task_input)
    assert order.metadata == FULL["metadata"]
    assert order.previous == find_task_id(PREVIOUS)
    assert (order.origin.processor, order.origin.output) == ("pro", "json")
    assert order.origin.enable_events is False
    assert told(order) == []


def test_secrets_go_to_the_workload_alone() -> None:
    order = taken(FULL)
    assert order.secrets == {"tools": {"files": {"Authorization": "Bearer s3cret"}}}
    for shown in (order.task_input, order.wording, order.origin.write(), order, order.terms()):
        assert "s3cret" not in repr(shown)
    assert order.terms().secrets == order.secrets


def test_the_wording_is_the_body_without_input_and_secrets() -> None:
    (server,) = FULL["mcp_servers"]
    plain = {name: value for name, value in server.items() if name != "headers"}
    expected = {name: value for name, value in FULL.items() if name != "input"}
    assert taken(FULL).wording == {**expected, "mcp_servers": [plain]}


def test_both_forms_of_a_webhook_are_taken() -> None:
    new, old = taken(FULL).hooks
    assert (new.url, new.dialect, new.event_types) == ("https://example.com/h", "parallel", TERMINAL_TYPES)
    assert (old.url, old.dialect) == ("https://example.com/old", "parallel-output")
    assert old.event_types == TERMINAL_TYPES


@pytest.mark.parametrize(
    ("words", "types"),
    [
        (None, TERMINAL_TYPES),
        ([], TERMINAL_TYPES),
        (["task_run.action_required"], {EventType.WAITING}),
        (["task_run.status", "task_run.action_required"], TERMINAL_TYPES | {EventType.WAITING}),
    ],
)
def test_a_webhook_says_which_events(words: Any, types: Any) -> None:
    (hook,) = taken(run_with(webhook={"url": "https://a.example/", "event_types": words})).hooks
    assert hook.event_types == types


def test_a_plain_workload_is_given_the_input_and_its_client_is_told() -> None:
    order = taken(run_with(processor="lite", input={"a": 1}, task_spec={"output_schema": "a number"}))
    assert (order.kind, order.task_input, order.origin.is_brief) == ("echo", {"a": 1}, False)
    assert order.origin.output == "text"
    assert told(order) == ["The workload behind 'lite' is told the input alone, and nothing of: task_spec."]


def test_events_are_told_by_the_larger_processors_unless_the_client_says_otherwise() -> None:
    found = [
        taken(run_with(processor=name, enable_events=given)).origin.enable_events
        for name, given in (("base", None), ("base", True), ("pro", None), ("pro", False))
    ]
    assert found == [False, True, True, False]


def test_null_is_absent() -> None:
    names = {name for name in FULL if name not in ("input", "processor")}
    assert taken(run_with(**dict.fromkeys(names))).task_input == taken(run_with()).task_input


@pytest.mark.parametrize("body", [None, [], "run", 3, True])
def test_a_body_must_be_an_object(body: Any) -> None:
    assert refused(body) == [Complaint((), "The body must be an object.", "model_type")]


WRONG: list[tuple[dict[str, Any], tuple[str | int, ...], str]] = [
    ({"input": 3}, ("input",), "must be a text or an object"),
    ({"input": None}, ("input",), "must be a text or an object"),
    ({"processor": 3}, ("processor",), "must be a text"),
    ({"task_spec": "text"}, ("task_spec",), "must be an object"),
    ({"task_spec": {}}, ("task_spec", "output_schema"), "is missing"),
    ({"task_spec": {"output_schema": 3}}, ("task_spec", "output_schema"), "must be a text or an object"),
    ({"metadata": []}, ("metadata",), "must be an object"),
    ({"metadata": {"a": None}}, ("metadata", "a"), "must be a text, a number, true or false"),
    ({"metadata": {"a" * 17: "b"}}, ("metadata", "a" * 17), "has 17 characters; use 16"),
    ({"metadata": {"a": "b" * 513}}, ("metadata", "a"), "has 513 characters; use 512"),
    ({"metadata": {str(n): n for n in range(51)}}, ("metadata",), "may have 50 pairs"),
    ({"enable_events": "yes"}, ("enable_events",), "must be true or false"),
    ({"memory_scope_key": ""}, ("memory_scope_key",), "1 to 128 letters"),
    ({"memory_scope_key": "a b"}, ("memory_scope_key",), "1 to 128 letters"),
    ({"memory_scope_key": "a\n"}, ("memory_scope_key",), "1 to 128 letters"),
    ({"memory_scope_key": "a" * 129}, ("memory_scope_key",), "1 to 128 letters"),
    ({"mcp_servers": [3]}, ("mcp_servers", 0), "must be an object"),
    ({"mcp_servers": [{}]}, ("mcp_servers", 0, "name"), "is missing"),
    ({"webhook": "https://a.example"}, ("webhook",), "must be an object"),
    ({"webhook_url": {}}, ("webhook_url",), "must be a text"),
]


@pytest.mark.parametrize(("members", "loc", "word"), WRONG)
@pytest.mark.parametrize("is_lenient", [False, True])
def test_what_no_mode_takes(
    members: dict[str, Any], loc: tuple[str | int, ...], word: str, is_lenient: bool
) -> None:
    complaint = refused(run_with(**members), is_lenient=is_lenient)[0]
    assert complaint.loc == loc
    assert word in complaint.message


SERVER = {"name": "a", "url": "https://a.example/mcp"}
PARTS: list[tuple[dict[str, Any], tuple[str | int, ...], str]] = [
    ({"previous_interaction_id": "trun_1"}, ("previous_interaction_id",), "no such interaction"),
    ({"previous_interaction_id": ""}, ("previous_interaction_id",), "no such interaction"),
    ({"webhook": {"url": "url"}}, ("webhook", "url"), "absolute address"),
    ({"webhook_url": ""}, ("webhook_url",), "absolute address"),
    ({"webhook_url": "https://a.example/" + "a" * 2048}, ("webhook_url",), "absolute address"),
    (
        {"webhook": {"url": "https://a.example", "event_types": ["task_run.done"]}},
        ("webhook", "event_types", 0),
        "Use one of: task_run.action_required, task_run.status",
    ),
    ({"mcp_servers": [{**SERVER, "url": "url"}]}, ("mcp_servers", 0, "url"), "absolute address"),
    ({"mcp_servers": [{**SERVER, "url": "ftp://a.example"}]}, ("mcp_servers", 0, "url"), "absolute address"),
    ({"mcp_servers": [{**SERVER, "url": "https://u:p@a.example"}]}, ("mcp_servers", 0, "url"), "'headers'"),
    ({"mcp_servers": [{**SERVER, "name": ""}]}, ("mcp_servers", 0, "name"), "1 to 64"),
    ({"mcp_servers": [SERVER, SERVER]}, ("mcp_servers", 1, "name"), "Two servers"),
    (
        {"mcp_servers": [{**SERVER, "headers": {"a b": "c"}}]},
        ("mcp_servers", 0, "headers", "a b"),
        "letters",
    ),
    (
        {"mcp_servers": [{**SERVER, "headers": {"a": "b\r\nc: d"}}]},
        ("mcp_servers", 0, "headers", "a"),
        "line break",
    ),
    (
        {"mcp_servers": [{**SERVER, "name": str(n)} for n in range(11)]},
        ("mcp_servers",),
        "10 MCP servers at most; these are 11",
    ),
    ({"advanced_settings": {"location": "usa"}}, ("advanced_settings", "location"), "two letters"),
    (
        {"advanced_settings": {"data_sources": {"paid": ["a"]}}},
        ("advanced_settings", "data_sources", "paid"),
        "Use 'free' or 'pay_per_use'",
    ),
    (
        {"advanced_settings": {"data_sources": {"free": ["a"], "pay_per_use": ["a"]}}},
        ("advanced_settings", "data_sources", "pay_per_use", 0),
        "named already",
    ),
    (
        {"advanced_settings": {"data_sources": {"free": ["a"]}}, "mcp_servers": [SERVER]},
        ("advanced_settings", "data_sources", "free", 0),
        "an MCP server has that name",
    ),
    (
        {"advanced_settings": {"data_sources": {"free": [""]}}},
        ("advanced_settings", "data_sources", "free", 0),
        "1 to 64",
    ),
    (
        {"advanced_settings": {"data_sources": {"free": [str(n) for n in range(51)]}}},
        ("advanced_settings", "data_sources"),
        "50 data sources",
    ),
    (
        {"advanced_settings": {"data_sources": {"free": ["a"]}}, "processor": "base-fast"},
        ("advanced_settings", "data_sources"),
        "without '-fast'",
    ),
    (
        {"source_policy": {"include_domains": ["https://a.example"]}},
        ("source_policy", "include_domains", 0),
        "Leave the scheme out",
    ),
    ({"task_spec": {"output_schema": {"type": "xml"}}}, ("task_spec", "output_schema"), "must be a text, {"),
]


@pytest.mark.parametrize(("members", "loc", "word"), PARTS)
def test_a_wrong_part_is_refused_or_left_out(
    members: dict[str, Any], loc: tuple[str | int, ...], word: str
) -> None:
    complaint = refused(run_with(**members))[0]
    assert complaint.loc == loc
    assert word in complaint.message
    warning = taken(run_with(**members), is_lenient=True).origin.warnings[0]
    assert word in warning.message
    assert "left out." in warning.message
    assert warning.detail == {"loc": list(loc)}


def test_the_published_suites_body_is_refused_with_every_reason() -> None:
    places = {".".join(map(str, complaint.loc)) for complaint in refused(PUBLISHED)}
    schema = "task_spec.output_schema.json_schema"
    assert places == {
        *(f"{schema}.{word}" for word in ("type", "properties", "required", "additionalProperties")),
        *("mcp_servers.0.url", "previous_interaction_id", "webhook.url"),
        "advanced_settings.data_sources.pay_per_use.0",
    }


def test_the_published_suites_body_is_taken_leniently() -> None:
    order = taken(PUBLISHED, is_lenient=True)
    assert order.task_input == {
        "input": PUBLISHED["input"],
        "output": {"type": "auto"},
        "effort": 2,
        "is_fast": False,
        "sources": {"include": ["wikipedia.org", "docs.python.org/3", ".edu"], "after": "2024-01-01"},
        "location": "us",
        "memory_scope": "memory_scope_key",
    }
    assert (order.previous, order.hooks, order.secrets) == (None, (), {})
    types = {warning.type for warning in order.origin.warnings}
    assert types == {"spec_validation_warning", "warning"}
    assert order.wording == {
        **{name: PUBLISHED[name] for name in KEPT},
        "task_spec": {"output_schema": {"type": "auto"}, "input_schema": "string"},
        "mcp_servers": [],
        "advanced_settings": {"location": "us"},
    }


KEPT = ("processor", "enable_events", "metadata", "source_policy", "memory_scope_key")


@pytest.mark.parametrize("is_lenient", [False, True])
def test_no_credential_of_an_address_is_told_or_kept(is_lenient: bool) -> None:
    secret = "https://u:PASSW0RD@x.example/mcp"
    wrong = {
        "webhook_url": f"ftp{secret[5:]}",
        "webhook": {"url": f"x{secret}"},
        "mcp_servers": [{"name": name, "url": secret} for name in ("a", secret)],
        "source_policy": {"include_domains": [secret, "u:PASSW0RD@x.example"]},
        "previous_interaction_id": secret,
        "advanced_settings": {"location": secret},
        "task_spec": {"output_schema": "a", "input_schema": {"json_schema": NUMBERS}},
    }
    body = run_with(input={"n": secret}, **wrong)
    if is_lenient:
        order = taken(body, is_lenient=True)
        assert len(order.origin.warnings) >= 8
        said = [order.wording, order.origin.write()]
        assert set(order.wording) == {"processor", "task_spec", "mcp_servers", "advanced_settings"}
    else:
        said = [refused(body)]
    assert "PASSW0RD" not in repr(said)


NUMBERS = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}


def test_a_place_is_told_once() -> None:
    for body, text in (
        ({"processor": "base"}, "'input' is missing."),
        (run_with(mcp_servers=[{"name": "a"}]), "'mcp_servers.0.url' is missing."),
        (run_with(memory_scope_key=""), "'memory_scope_key' may have 1 to 128"),
    ):
        with pytest.raises(Invalid) as caught:
            taken(body)
        shown = body_of(caught.value, 422, None)
        assert shown["error"]["message"].startswith(text)
        assert shown["error"]["message"].count("'") == 2


@pytest.mark.parametrize("given", ["bar", ["object", "bar"], "null", "string", [], 3])
def test_a_wrong_type_of_the_root_is_complained_of_once(given: Any) -> None:
    schema = {**SCHEMA, "type": given}
    (complaint,) = refused(run_with(task_spec={"output_schema": {"json_schema": schema}}))
    assert complaint.loc == ("task_spec", "output_schema", "json_schema", "type")


@pytest.mark.parametrize("is_lenient", [False, True])
@pytest.mark.parametrize("name", ["turbo", "", "PRO"])
def test_an_unknown_processor_is_forbidden(name: str, is_lenient: bool) -> None:
    with pytest.raises(UnknownProcessor):
        taken(run_with(processor=name), is_lenient=is_lenient)


def test_unknown_members_are_ignored_with_a_warning() -> None:
    order = taken(
        run_with(inptu="x", webhook={"url": "https://a.example", "secret": "s3cret"}, beta={"a": [1]})
    )
    found = {warning.detail["fields"][0] for warning in order.origin.warnings if warning.detail}
    assert found == {"inptu", "beta", "webhook.secret"}
    assert any("Did you mean 'input'?" in text for text in told(order))
    assert "s3cret" not in repr(order)


def test_warnings_are_bounded() -> None:
    assert len(told(taken(run_with(**{f"x{n}": n for n in range(10_000)})))) == 20


def test_complaints_are_bounded() -> None:
    headers = {f"a b{n}": "" for n in range(1000)}
    assert len(refused(run_with(mcp_servers=[{**SERVER, "headers": headers}]))) == 20


@pytest.mark.parametrize(
    ("loc", "place"),
    [
        (("webhooks", 0, "url"), ("webhook", "url")),
        (("webhooks", 1, "url"), ("webhook_url",)),
        (("webhooks",), ("webhook",)),
        (("after",), ("previous_interaction_id",)),
        (("input", "company"), ("input", "company")),
        (("output", "schema"), ("task_spec", "output_schema", "schema")),
        (("tools", 0), ("mcp_servers", 0)),
    ],
)
def test_what_the_house_complains_of_is_told_in_the_bodys_words(
    loc: tuple[str | int, ...], place: tuple[str | int, ...]
) -> None:
    (complaint,) = taken(FULL).in_its_words(Invalid([Complaint(loc, "no")])).complaints
    assert complaint.loc == place


def test_what_a_plain_workload_complains_of_lies_in_the_input() -> None:
    assert taken(run_with(processor="lite")).place_of(("input", "a")) == ("input", "input", "a")


def test_a_lenient_door_leaves_out_what_the_house_refuses_and_nothing_else() -> None:
    order = taken(FULL).without_previous()
    order = order.without_hooks(Invalid([Complaint(("webhooks", 1, "url"), "That is this machine.")]))
    assert (order.previous, [hook.url for hook in order.hooks]) == (None, ["https://example.com/h"])
    assert order.hook_places == (("webhook", "url"),)
    assert set(taken(FULL).wording) - set(order.wording) == {"previous_interaction_id", "webhook_url"}
    first, second = order.origin.warnings
    assert first.detail == {"loc": ["previous_interaction_id"]}
    assert second.detail == {"loc": ["webhook_url"]}
    assert second.message == "webhook_url: That is this machine. The webhook was left out."
    assert order.without_hooks(Invalid([Complaint(("webhooks",), "No more.")])).hooks == ()


def test_a_spec_of_its_own_outdoes_the_default() -> None:
    read: Callable[..., Any] = lambda body: read_run(  # noqa: E731  short beside its two uses
        body, processors=PROCESSORS, is_lenient=False, default_spec={"output_schema": "a poem"}
    )
    assert read(run_with()).task_input["output"] == {"type": "text", "description": "a poem"}
    assert read(run_with()).wording["task_spec"] == {"output_schema": "a poem"}
    own = run_with(task_spec={"output_schema": {"type": "auto"}})
    assert read(own).task_input["output"] == {"type": "auto"}
    assert read(run_with(task_spec=None)).task_input["output"]["type"] == "text"
