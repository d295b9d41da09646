"""The providers' own words, against a stub of their endpoints, and what their prices are."""

import pytest
from asking_stub import PARIS, PROMPT, SCHEMA, asking
from pydantic_ai.usage import RequestUsage
from stub_model import Answer, Refuse, StubModel

from gnomon.workloads.research.models.client import open_model
from gnomon.workloads.research.models.direct import THOUGHT
from gnomon.workloads.research.models.model import ModelFailure
from gnomon.workloads.research.models.prices import price

CLAUDE = "anthropic:claude-sonnet-4-6"
OLD_CLAUDE = "anthropic:claude-3-haiku-20240307"
GPT = "openai:gpt-4.1-mini"


def keys(stub: StubModel) -> dict[str, str]:
    return {
        "ANTHROPIC_API_KEY": "key-a",
        "ANTHROPIC_BASE_URL": stub.root,
        "OPENAI_API_KEY": "key-o",
        "OPENAI_BASE_URL": stub.url,
    }


@pytest.mark.parametrize(
    ("name", "path", "key"),
    [
        (CLAUDE, "/v1/messages", "key-a"),
        (GPT, "/v1/responses", "key-o"),
        ("openai-chat:gpt-4.1-mini", "/v1/chat/completions", "key-o"),
    ],
)
async def test_a_provider_is_asked_in_its_own_words(name: str, path: str, key: str) -> None:
    with StubModel([Answer("Paris.", input_tokens=12, output_tokens=3)]) as stub:
        async with asking(stub, keys(stub), model=name) as model:
            reply = await model.write(PROMPT, max_tokens=40, key="task/step")
            assert model.engine == "provider:" + name.replace(":", "/", 1)
            assert model.window > 100_000
    assert (reply.text, reply.usage.input_tokens, reply.usage.output_tokens) == ("Paris.", 12, 3)
    [asked] = stub.requests
    assert (asked.path.partition("?")[0], asked.headers["authorization"]) == (path, f"Bearer {key}")
    assert (asked.system, asked.prompt, asked.key, asked.max_tokens) == (
        PROMPT.system,
        PROMPT.user,
        "task/step",
        40,
    )


@pytest.mark.parametrize("name", [CLAUDE, GPT])
async def test_a_provider_that_can_holds_answers_to_the_schema(name: str) -> None:
    with StubModel([Answer(PARIS)]) as stub:
        async with asking(stub, keys(stub), model=name) as model:
            reply = await model.fill(PROMPT, SCHEMA, max_tokens=40, key="k")
    assert (reply.json, reply.mode) == ({"city": "Paris"}, "native")
    held_to = stub.requests[0].schema
    assert held_to is not None
    assert held_to["required"] == ["city", "people"]
    assert held_to["additionalProperties"] is False


async def test_a_model_that_cannot_is_asked_in_words() -> None:
    with StubModel([Answer('{"city": "Paris"}')]) as stub:
        async with asking(stub, keys(stub), model=OLD_CLAUDE) as model:
            reply = await model.fill(PROMPT, SCHEMA, max_tokens=40, key="k")
    assert (reply.json, reply.mode) == ({"city": "Paris"}, "prompted")
    assert stub.requests[0].schema is None
    assert "JSON Schema" in stub.requests[0].system


@pytest.mark.parametrize("name", [CLAUDE, GPT])
async def test_a_busy_provider_is_waited_for(name: str) -> None:
    with StubModel([Refuse(429, retry_after=0.05), Answer("Paris.")]) as stub:
        async with asking(stub, keys(stub), model=name) as model:
            assert (await model.write(PROMPT, max_tokens=40, key="k")).text == "Paris."
    assert stub.keys == ["k", "k"]


@pytest.mark.parametrize(("name", "variable"), [(CLAUDE, "ANTHROPIC_API_KEY"), (GPT, "OPENAI_API_KEY")])
async def test_a_refused_key_is_named_by_its_variable(name: str, variable: str) -> None:
    with StubModel(api_key="another") as stub:
        async with asking(stub, keys(stub), model=name) as model:
            with pytest.raises(ModelFailure, match=variable) as caught:
                await model.write(PROMPT, max_tokens=40, key="k")
    assert caught.value.code == "model_key_refused"


async def test_claude_is_heard_while_it_writes() -> None:
    shown: list[str] = []
    with StubModel([Answer("Paris it is.", output_tokens=7)]) as stub:
        async with asking(stub, keys(stub), model=CLAUDE) as model:
            reply = await model.write(PROMPT, max_tokens=40, key="k", on_text=shown.append)
    assert shown == ["Paris", "Paris it", "Paris it is."]
    assert (reply.text, reply.usage.output_tokens) == ("Paris it is.", 7)


@pytest.mark.parametrize("name", [CLAUDE, GPT])
async def test_an_answer_that_ran_out_of_tokens_says_so(name: str) -> None:
    with StubModel([Answer("Paris is", finish="length")]) as stub:
        async with asking(stub, keys(stub), model=name) as model:
            assert (await model.write(PROMPT, max_tokens=2, key="k")).is_truncated


async def test_a_model_that_thinks_has_tokens_for_its_thoughts() -> None:
    with StubModel() as stub:
        async with asking(stub, keys(stub), model="openai:gpt-5-mini") as model:
            await model.write(PROMPT, max_tokens=40, key="k")
    assert stub.requests[0].max_tokens == 40 + THOUGHT


def test_a_price_is_the_tables() -> None:
    used = RequestUsage(input_tokens=1000, output_tokens=500)
    assert price(used, "gpt-5", provider="openai") == pytest.approx(0.00625)
    assert price(used, "gpt-5", url="https://api.openai.com/v1") == pytest.approx(0.00625)


@pytest.mark.parametrize(
    ("model", "where"),
    [
        ("no-such-model", {"provider": "openai"}),
        ("gpt-5", {"provider": "nobody"}),
        ("gpt-5", {"url": "http://127.0.0.1:8000/v1"}),
        ("gpt-5", {}),
    ],
)
def test_a_price_that_is_not_known_is_none(model: str, where: dict[str, str]) -> None:
    assert price(RequestUsage(input_tokens=1000, output_tokens=500), model, **where) is None


@pytest.mark.parametrize(
    ("name", "is_known"), [(GPT, True), (CLAUDE, True), ("openai:no-such-model-of-theirs", False)]
)
async def test_whether_a_price_is_known_is_known_before_a_call(name: str, is_known: bool) -> None:
    model = open_model({"model": name}, {"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"})
    assert model is not None
    assert await model.is_priced() is is_known
    await model.close()
