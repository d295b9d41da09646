"""What a run gave and was given: whatever a workload says is read by the vendor's strict models."""

import json
from typing import Any

import pytest
from fixed_records import ANSWER, REPORT, completed, task
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from parallel._models import construct_type, validate_type
from parallel.types import RunInput, TaskGroup, TaskRun, TaskRunResult
from vendor import written

from gnomon.core.brief import ANSWER as ANSWER_SCHEMA
from gnomon.core.brief import Brief, Wish
from gnomon.core.ports import Given
from gnomon.core.task import Json
from gnomon.web.dialects.parallel.origin import Form, Origin, RunWarning, read_origin
from gnomon.web.dialects.parallel.render.given import run_input
from gnomon.web.dialects.parallel.render.output import output, result
from gnomon.web.dialects.parallel.render.run import run

letters = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    letters,
)
jsons = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(letters, inner, max_size=3)
)
objects = st.dictionaries(letters, jsons, max_size=3)
asked = st.none() | st.builds(
    Origin,
    processor=letters,
    output=st.sampled_from(["auto", "text", "json"]),
    enable_events=st.booleans(),
    warnings=st.lists(
        st.builds(RunWarning, message=letters, detail=st.none() | objects), max_size=2
    ).map(tuple),
)  # fmt: skip


def maybe(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def joined(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda each: {key: value for part in each for key, value in part.items()})


citations = joined(
    st.fixed_dictionaries({"url": letters}), maybe(title=st.none() | letters, excerpts=st.lists(letters, max_size=2))
)  # fmt: skip
bases = joined(
    st.fixed_dictionaries({"field": letters, "reasoning": letters}),
    maybe(
        confidence=st.sampled_from(["low", "medium", "high", None]), citations=st.lists(citations, max_size=2)
    ),
)
calls = joined(
    st.fixed_dictionaries({"id": letters, "server": letters, "tool": letters, "arguments": letters}),
    maybe(content=st.none() | letters, error=st.none() | letters),
)
usages = st.fixed_dictionaries(
    {
        "calls": st.integers(0, 9),
        "input_tokens": st.integers(0, 9),
        "output_tokens": st.integers(0, 9),
        "cost_usd": st.none() | st.floats(0, 9),
    }
)
beside = objects.map(
    lambda members: {n: v for n, v in members.items() if n not in ANSWER_SCHEMA["properties"]}
)
answers = joined(
    beside,
    st.fixed_dictionaries({"type": st.sampled_from(["text", "json"]), "content": letters | objects}),
    maybe(schema=objects, basis=st.lists(bases, max_size=3), tool_calls=st.lists(calls, max_size=2)),
    maybe(engine=letters, usage=usages, truncated=st.lists(letters, max_size=2)),
)
near_answers = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "json", "auto", 1]), "content": jsons},
    optional={"schema": jsons, "basis": jsons | st.lists(bases | jsons, max_size=2), "tool_calls": jsons},
)
is_answer = Draft202012Validator(ANSWER_SCHEMA).is_valid


def read_strictly(shown: Json) -> TaskRunResult:
    read = validate_type(type_=TaskRunResult, value=json.loads(json.dumps(shown)))
    loose = construct_type(type_=TaskRunResult, value=json.loads(json.dumps(shown)))
    assert isinstance(loose, TaskRunResult)
    assert written(loose) == written(read)
    assert written(loose)["output"]["content"] == shown["output"]["content"]
    return read


@given(value=jsons | answers | near_answers, origin=asked)
def test_any_result_is_an_output(value: Json, origin: Origin | None) -> None:
    shown = result(completed(value, origin))
    read = read_strictly(shown)
    if origin is not None and origin.output == "text":
        assert read.output.type == "text"


@given(answer=answers, form=st.sampled_from(["auto", "text", "json"]))
def test_an_answer_is_shown_in_full(answer: dict[str, Json], form: Form) -> None:
    assert is_answer(answer)
    shown = output(completed(answer, Origin(processor="base", output=form)))
    assert [part["field"] for part in shown["basis"]] == [part["field"] for part in answer.get("basis", [])]
    for part, kept in zip(shown["basis"], answer.get("basis", []), strict=True):
        assert part["reasoning"] == kept["reasoning"]
        assert part["confidence"] == kept.get("confidence")
        assert [each["url"] for each in part["citations"]] == [c["url"] for c in kept.get("citations", [])]
    names = [call["tool_call_id"] for call in shown["mcp_tool_calls"] or []]
    assert names == [call["id"] for call in answer.get("tool_calls", [])]
    assert shown["mcp_tool_calls"] is None or names
    if shown["type"] == "json":
        assert shown["output_schema"] == (answer.get("schema", {}) if form == "auto" else None)


@given(answer=answers, origin=asked)
def test_what_was_cut_off_is_a_warning_behind_those_of_the_request(
    answer: dict[str, Json], origin: Origin | None
) -> None:
    task = completed(answer, origin)
    shown = result(task)
    warnings = run(task)["warnings"] or []
    told = [{"type": "warning", "message": text, "detail": None} for text in answer.get("truncated", [])]
    assert shown["run"] == {**run(task), "warnings": [*warnings, *told] or None}
    named = {name: answer[name] for name in ("engine", "usage") if name in answer}
    assert shown["output"]["beta_fields"] == ({"gnomon": named} if named else None)
    read_strictly(shown)


@given(value=near_answers)
def test_what_is_not_quite_an_answer_is_shown_whole(value: dict[str, Json]) -> None:
    if not is_answer(without_nulls(value)):
        assert output(completed(value, Origin(processor="base")))["content"] == value


BASIS = {"field": "ceo", "reasoning": "It says so."}
CALL = {"id": "c1", "server": "s", "tool": "t", "arguments": "{}"}


@pytest.mark.parametrize("is_brief", [False, True])
@pytest.mark.parametrize("confidence", ["certain", ""])
def test_a_word_for_the_confidence_that_is_none_costs_no_more_than_itself(
    confidence: str, is_brief: bool
) -> None:
    given = {"type": "json", "content": {"ceo": "Ada"}, "basis": [{**BASIS, "confidence": confidence}, BASIS]}
    shown = output(completed(given, Origin(processor="base", output="json", is_brief=is_brief)))
    assert shown["content"] == {"ceo": "Ada"}
    assert [(part["field"], part["confidence"]) for part in shown["basis"]] == [("ceo", None)] * 2


@given(value=near_answers)
def test_what_is_right_of_an_answer_to_a_brief_is_shown(value: dict[str, Json]) -> None:
    value = {**value, "type": "json"}
    if isinstance(value["content"], str | dict):
        shown = result(completed(value, Origin(processor="base", output="json", is_brief=True)))
        read_strictly(shown)
        held = value["content"]
        assert shown["output"]["content"] == (held if isinstance(held, dict) else {"output": held})


def test_wrong_members_of_an_answer_to_a_brief_cost_themselves_alone() -> None:
    cited = {
        **BASIS,
        "confidence": 3,
        "citations": [{"url": "https://a.example/", "title": 4}, {"title": "b"}],
    }
    value = {
        "type": "text",
        "content": "Ada",
        "schema": 3,
        "basis": [cited, {"field": "ceo"}, BASIS, 7],
        "tool_calls": [{**CALL, "error": 5}, "x"],
    }
    shown = output(completed(value, Origin(processor="base", output="auto", is_brief=True)))
    assert (shown["type"], shown["content"]) == ("text", "Ada")
    first, second = shown["basis"]
    assert (first["confidence"], second["citations"]) == (None, [])
    assert first["citations"] == [{"url": "https://a.example/", "title": None, "excerpts": None}]
    (call,) = shown["mcp_tool_calls"]
    assert (call["tool_call_id"], call["error"]) == ("c1", None)


def without_nulls(value: Json) -> Json:
    """Leave out what is null: it counts as absent."""
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: without_nulls(each) for key, each in value.items() if each is not None}


@pytest.mark.parametrize(
    ("value", "form", "kind", "content"),
    [
        ("a text", "auto", "text", "a text"),
        ("a text", "text", "text", "a text"),
        ("a text", "json", "text", "a text"),
        ({"a": 1}, "auto", "json", {"a": 1}),
        ({"a": 1}, "json", "json", {"a": 1}),
        ({"a": "é"}, "text", "text", '{"a": "é"}'),
        ([1, 2], "auto", "json", {"output": [1, 2]}),
        (None, "json", "json", {"output": None}),
        (True, "text", "text", "true"),
        (REPORT, "auto", "text", REPORT["content"]),
        (REPORT, "json", "text", REPORT["content"]),
        (ANSWER, "json", "json", ANSWER["content"]),
        ({"type": "json", "content": "words"}, "auto", "json", {"output": "words"}),
        ({"type": "text", "content": {"a": 1}}, "auto", "text", '{"a": 1}'),
        ({"type": "text", "content": 7}, "auto", "json", {"type": "text", "content": 7}),
        ({"type": "text"}, "auto", "json", {"type": "text"}),
    ],
)
def test_the_form_of_an_output(value: Json, form: Form, kind: str, content: Json) -> None:
    shown = output(completed(value, Origin(processor="base", output=form)))
    assert (shown["type"], shown["content"]) == (kind, content)


@given(attached=jsons, origin=asked)
def test_any_metadata_can_be_shown(attached: Json, origin: Origin | None) -> None:
    shown = run(task(asked=origin, metadata=attached))
    read = validate_type(type_=TaskRun, value=json.loads(json.dumps(shown)))
    assert (read.metadata is None) == (not isinstance(attached, dict))
    group = {"num_task_runs": 0, "task_run_status_counts": {}, "is_active": False}
    validate_type(
        type_=TaskGroup, value={"taskgroup_id": "tgrp_1", "status": group, "metadata": shown["metadata"]}
    )


@given(origin=asked.filter(lambda each: each is not None))
def test_an_origin_is_read_as_it_was_written(origin: Origin) -> None:
    kept = json.loads(json.dumps(origin.write()))
    assert kept["door"] == "parallel"
    assert read_origin(task(asked=None, origin=kept)) == origin


@pytest.mark.parametrize("kept", [None, {}, {"door": "daly"}, "parallel", ["parallel"]])
def test_a_task_of_another_door_is_its_kind(kept: Json) -> None:
    assert read_origin(task(asked=None, kind="energy_model", origin=kept)) == Origin(processor="energy_model")


@given(value=jsons, wording=st.none() | st.just({"processor": "base", "task_spec": {"output_schema": "x"}}))
def test_any_input_can_be_shown(value: Json, wording: Json) -> None:
    shown = run_input(task(asked=None), Given(input=value, wording=wording))
    read = validate_type(type_=RunInput, value=json.loads(json.dumps(shown)))
    assert read.input == (value if isinstance(value, str | dict) else {"input": value})


@given(asked_for=letters | objects, is_brief=st.booleans())
def test_the_input_of_a_run_is_what_was_asked_whether_it_went_in_a_brief(
    asked_for: str | dict[str, Json], is_brief: bool
) -> None:
    given = Brief(input=asked_for, output=Wish(type="text"), effort=3).json() if is_brief else asked_for
    shown = run_input(task(asked=Origin(processor="core", is_brief=is_brief)), Given(input=given))
    assert shown == {"processor": "core", "input": asked_for}


@pytest.mark.parametrize("given", [{"question": "Why?"}, ["Why?"], "Why?"])
def test_the_input_of_a_rerun_may_be_no_brief_any_more(given: Json) -> None:
    shown = run_input(task(asked=Origin(processor="core", is_brief=True)), Given(input=given))
    assert shown["input"] == ({"input": given} if isinstance(given, list) else given)
