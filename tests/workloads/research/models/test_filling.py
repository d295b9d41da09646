"""JSON that is valid for the schema: held to it by the server, or asked for in words and put right."""

from typing import Any

import pytest
from asking_stub import PARIS, PROMPT, SCHEMA, asking
from stub_model import Answer, Asked, Behaviour, Hang, Refuse, StubModel

from gnomon.workloads.research.models.model import ModelFailure


async def test_json_is_held_to_a_strict_mould_and_comes_back_in_the_schema() -> None:
    with StubModel([Answer(PARIS)]) as stub:
        async with asking(stub) as model:
            reply = await model.fill(PROMPT, SCHEMA, max_tokens=40, key="k")
    assert (reply.json, reply.mode, reply.usage.calls) == ({"city": "Paris"}, "native", 1)
    [asked] = stub.requests
    assert asked.body["response_format"]["json_schema"]["strict"] is True
    assert asked.schema is not None
    assert asked.schema["properties"] == {
        "city": {"type": "string", "maxLength": 1000},
        "people": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    }


async def test_a_schema_that_no_strict_server_takes_is_sent_as_a_hint() -> None:
    free = {"type": "object", "additionalProperties": {"type": "integer"}}
    with StubModel([Answer({"a": 1})]) as stub:
        async with asking(stub) as model:
            reply = await model.fill(PROMPT, free, max_tokens=40, key="k")
    assert reply.json == {"a": 1}
    assert stub.requests[0].body["response_format"]["json_schema"]["strict"] is False


async def test_a_list_is_asked_for_in_an_object() -> None:
    with StubModel([Answer({"value": ["a", "b"]})]) as stub:
        async with asking(stub) as model:
            reply = await model.fill(
                PROMPT, {"type": "array", "items": {"type": "string"}}, max_tokens=40, key="k"
            )
    assert reply.json == ["a", "b"]


@pytest.mark.parametrize(
    "refusal",
    [Refuse(400, message="unknown field"), Refuse(422), Refuse(500, message="failed to parse grammar")],
    ids=str,
)
async def test_a_server_without_schemas_is_asked_in_words(refusal: Refuse) -> None:
    def without_schemas(asked: Asked) -> Behaviour:
        return refusal if asked.schema is not None else Answer('```json\n{"city": "Paris"}\n```')

    with StubModel(otherwise=without_schemas) as stub:
        async with asking(stub) as model:
            reply = await model.fill(PROMPT, SCHEMA, max_tokens=40, key="k")
    assert (reply.json, reply.mode) == ({"city": "Paris"}, "prompted")
    assert '"city"' in stub.requests[1].system
    assert stub.keys == ["k", "k#2"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("I think it is Paris.", "holds no JSON object"),
        ({"city": 75000, "people": None}, "/city: 75000 is not of type 'string'"),
        ({"people": 3}, "'city' is a required property"),
    ],
)
async def test_a_wrong_answer_is_put_right_by_naming_its_faults(wrong: Any, told: str) -> None:
    with StubModel([Answer(wrong), Answer(PARIS)]) as stub:
        async with asking(stub) as model:
            reply = await model.fill(PROMPT, SCHEMA, max_tokens=40, key="k")
    assert (reply.json, reply.mode, reply.usage.calls) == ({"city": "Paris"}, "repaired", 2)
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (20, 10)
    assert told in stub.requests[1].prompt
    assert [role for role, _ in stub.requests[1].turns] == ["system", "user", "assistant", "user"]


async def test_what_is_nested_too_deeply_is_a_fault() -> None:
    deep = '{"city": ' + '{"a": ' * 400 + "1" + "}" * 401
    with StubModel([Answer(deep), Answer(PARIS)]) as stub:
        async with asking(stub) as model:
            assert (await model.fill(PROMPT, SCHEMA, max_tokens=40, key="k")).mode == "repaired"


async def test_what_was_counted_before_the_time_was_up_is_told() -> None:
    with StubModel([Answer("no"), Hang()]) as stub:
        async with asking(stub) as model:
            with pytest.raises(ModelFailure) as caught:
                await model.fill(PROMPT, SCHEMA, max_tokens=40, key="k", seconds=1)
    assert (caught.value.code, caught.value.usage.calls) == ("model_timeout", 1)


async def test_repairs_are_bounded_and_what_they_took_is_told() -> None:
    with StubModel(otherwise=Answer("never")) as stub:
        async with asking(stub) as model:
            with pytest.raises(ModelFailure, match="did not answer in the wanted schema") as caught:
                await model.fill(PROMPT, SCHEMA, max_tokens=40, key="k")
    assert (caught.value.code, caught.value.retryable, caught.value.usage.calls) == (
        "answer_invalid",
        False,
        3,
    )
    assert stub.keys == ["k", "k#2", "k#3"]


async def test_json_that_was_cut_is_asked_for_once_more_at_twice_the_length() -> None:
    with StubModel([Answer('{"city": "Par', finish="length"), Answer(PARIS)]) as stub:
        async with asking(stub) as model:
            reply = await model.fill(PROMPT, SCHEMA, max_tokens=40, key="k")
    assert (reply.json, reply.mode, reply.usage.calls) == ({"city": "Paris"}, "native", 2)
    assert [asked.max_tokens for asked in stub.requests] == [40, 80]


async def test_json_that_is_cut_again_fails_clearly() -> None:
    with StubModel(otherwise=Answer('{"city": "Par', finish="length")) as stub:
        async with asking(stub) as model:
            with pytest.raises(ModelFailure, match="within 80 tokens") as caught:
                await model.fill(PROMPT, SCHEMA, max_tokens=40, key="k")
    assert (caught.value.code, len(stub.requests)) == ("answer_cut", 2)


async def test_a_busy_server_in_the_middle_of_a_repair_is_waited_for_under_the_repairs_own_key() -> None:
    with StubModel([Answer("no"), Refuse(429, retry_after=0.01), Answer(PARIS)]) as stub:
        async with asking(stub) as model:
            assert (await model.fill(PROMPT, SCHEMA, max_tokens=40, key="k")).mode == "repaired"
    assert stub.keys == ["k", "k#2", "k#2"]


async def test_what_was_counted_before_a_failure_is_told() -> None:
    with StubModel([Answer("no"), Refuse(401)]) as stub:
        async with asking(stub) as model:
            with pytest.raises(ModelFailure) as caught:
                await model.fill(PROMPT, SCHEMA, max_tokens=40, key="k")
    assert (caught.value.code, caught.value.usage.calls) == ("model_key_refused", 1)
