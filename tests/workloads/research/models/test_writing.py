"""Text from a server over real sockets: what comes, what is counted, how it is named."""

import subprocess
import sys

import pytest
from asking_stub import PROMPT, asking
from stub_model import Answer, Asked, Behaviour, Cut, Refuse, StubModel

from gnomon.core.workload import Failure
from gnomon.workloads.research.models.client import ModelFailure, Prompt, open_model, require_usable


async def test_a_text_comes_with_what_the_server_counted() -> None:
    with StubModel([Answer("Paris.", input_tokens=21, output_tokens=3)]) as stub:
        async with asking(stub) as model:
            reply = await model.write(PROMPT, max_tokens=40, key="task/step")
    assert (reply.text, reply.model, reply.mode, reply.notes) == ("Paris.", "stub-1", "text", ())
    assert (reply.usage.calls, reply.usage.input_tokens, reply.usage.output_tokens) == (1, 21, 3)
    [asked] = stub.requests
    assert asked.turns == [("system", PROMPT.system), ("user", PROMPT.user)]
    assert (asked.key, asked.max_tokens) == ("task/step", 40)


async def test_the_price_of_an_unknown_server_is_not_known() -> None:
    with StubModel([Answer("Paris.")]) as stub:
        async with asking(stub) as model:
            reply = await model.write(PROMPT, max_tokens=40, key="k")
    assert reply.usage.cost_usd is None


async def test_tokens_that_were_not_counted_are_not_invented() -> None:
    with StubModel([Answer("Paris.", is_counted=False)]) as stub:
        async with asking(stub) as model:
            reply = await model.write(PROMPT, max_tokens=40, key="k")
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.cost_usd) == (0, 0, None)
    assert "did not count" in reply.notes[0]


async def test_what_is_shown_the_text_may_fail_in_its_own_name() -> None:
    def refuse(text: str) -> None:
        raise Failure("too_much", text)

    with StubModel([Answer("Paris.")]) as stub:
        async with asking(stub) as model:
            with pytest.raises(Failure, match="Paris"):
                await model.write(PROMPT, max_tokens=40, key="k", on_text=refuse)
    assert len(stub.requests) == 1


async def test_a_text_that_was_cut_says_so() -> None:
    with StubModel([Answer("Paris is", finish="length")]) as stub:
        async with asking(stub) as model:
            assert (await model.write(PROMPT, max_tokens=2, key="k")).is_truncated


async def test_a_text_is_shown_while_it_is_written() -> None:
    shown: list[str] = []
    with StubModel([Answer("Paris is the capital.", input_tokens=9, pause=0.01)]) as stub:
        async with asking(stub) as model:
            reply = await model.write(PROMPT, max_tokens=40, key="k", on_text=shown.append)
    assert shown == ["Paris", "Paris is", "Paris is the", "Paris is the capital."]
    assert (reply.text, reply.usage.input_tokens) == (shown[-1], 9)
    assert stub.requests[0].is_streamed


async def test_a_stream_that_was_cut_begins_anew_under_the_same_key() -> None:
    shown: list[str] = []
    with StubModel([Cut("This will never end"), Answer("Paris.")]) as stub:
        async with asking(stub) as model:
            reply = await model.write(PROMPT, max_tokens=40, key="k", on_text=shown.append)
    assert reply.text == "Paris."
    assert shown[0] == "This"
    assert shown[-1] == "Paris."
    assert stub.keys == ["k", "k"]


@pytest.mark.parametrize("key", ["with space", "zeile\nzwei", "schlüssel", "x" * 500])
async def test_a_key_that_no_header_may_hold_is_hashed(key: str) -> None:
    with StubModel() as stub:
        async with asking(stub) as model:
            await model.write(PROMPT, max_tokens=4, key=key)
            await model.write(PROMPT, max_tokens=4, key=key)
    assert len(set(stub.keys)) == 1
    assert len(str(stub.keys[0])) == 64


async def test_text_that_cannot_be_encoded_is_sent_without_what_cannot() -> None:
    with StubModel() as stub:
        async with asking(stub) as model:
            await model.write(Prompt(system="", user="half \ud800 a pair"), max_tokens=4, key="k")
    assert stub.requests[0].turns == [("user", "half ? a pair")]


async def test_the_temperature_is_low_unless_the_server_wants_to_choose_it() -> None:
    def choosy(asked: Asked) -> Behaviour:
        return (
            Refuse(400, message="temperature is not supported")
            if "temperature" in asked.body
            else Answer("ok")
        )

    with StubModel(otherwise=choosy) as stub:
        async with asking(stub) as model:
            assert (await model.write(PROMPT, max_tokens=4, key="k")).text == "ok"
            assert (await model.write(PROMPT, max_tokens=4, key="l")).text == "ok"
    assert [asked.body.get("temperature") for asked in stub.requests] == [0.0, None, None]


async def test_a_model_that_was_closed_connects_anew() -> None:
    with StubModel() as stub:
        async with asking(stub) as model:
            await model.write(PROMPT, max_tokens=4, key="k")
            await model.close()
            assert (await model.write(PROMPT, max_tokens=4, key="k")).text == "ok"


@pytest.mark.parametrize(
    ("models", "window"),
    [
        (None, 8192),
        ([], 8192),
        ([{"id": "other", "max_model_len": 100}, {"id": "another"}], 8192),
        ([{"id": "stub-1", "object": "model"}], 8192),
        ([{"id": "other"}, {"id": "stub-1", "max_model_len": 16384}], 16384),
        ([{"id": "/path/of/the/only/one", "meta": {"n_ctx": 4096, "n_ctx_train": 32768}}], 4096),
        ([{"id": "stub-1", "context_length": "many", "meta": [1]}], 8192),
    ],
)
async def test_the_window_is_what_the_server_lists_or_a_careful_guess(
    models: list[dict[str, object]] | None, window: int
) -> None:
    with StubModel(models=models) as stub:
        async with asking(stub) as model:
            assert (model.window, model.name, model.engine) == (window, "stub-1", "provider:stub-1")


async def test_a_window_that_was_set_is_kept_to() -> None:
    with StubModel(models=[{"id": "m", "max_model_len": 16384}]) as stub:
        async with asking(stub, model="m", model_url=stub.url, model_window=3000) as model:
            assert model.window == 3000


async def test_a_prompt_that_the_server_has_cut_in_silence_is_told() -> None:
    long = Prompt(system="", user="a sentence of some length. " * 1000)
    with StubModel([Answer("ok", input_tokens=2048), Answer("ok", input_tokens=6000)]) as stub:
        async with asking(stub) as model:
            assert "cut the prompt" in (await model.write(long, max_tokens=4, key="k")).notes[0]
            assert not (await model.write(long, max_tokens=4, key="k")).notes


async def test_no_model_is_set() -> None:
    assert open_model({"model": "", "model_url": None}, {}) is None
    require_usable({"model": "", "model_url": None}, {})


@pytest.mark.parametrize(
    ("settings", "code", "told"),
    [
        ({"model": "anthropic:claude-sonnet-4-5"}, "model_key_missing", "ANTHROPIC_API_KEY"),
        ({"model": "openai:gpt-5-mini"}, "model_key_missing", "OPENAI_API_KEY"),
        ({"model": "gpt-5-mini"}, "model_unknown", "openai:NAME"),
        ({"model": "m", "model_url": "localhost:11434"}, "model_unknown", "--model-url must be the address"),
        ({"model": "local:/nowhere/model.gguf"}, "model_missing", "GGUF"),
        ({"model": "local:nosuch"}, "model_missing", "'nosuch'. Known by name: smollm2; .*pull smollm2"),
        ({"model": "local:minilm"}, "model_missing", "no model 'minilm'. Known by name: smollm2"),
        ({"model": "local:"}, "model_missing", "no model ''"),
        ({"model": "local:smollm2"}, "model_missing", "gnomon models pull smollm2"),
    ],
)
def test_a_choice_that_cannot_work_is_refused_with_its_remedy(
    settings: dict[str, str], code: str, told: str
) -> None:
    with pytest.raises(ModelFailure, match=told) as caught:
        open_model(settings, {"GNOMON_MODELS": "/nowhere"})
    assert (caught.value.code, caught.value.retryable) == (code, False)
    with pytest.raises(ModelFailure, match=told):
        require_usable(settings, {"GNOMON_MODELS": "/nowhere"})


@pytest.mark.parametrize(("model", "told"), [("nosuch:model", "no provider 'nosuch'"), ("groq:m", "groq")])
async def test_a_provider_that_is_not_known_or_not_installed_is_told_when_it_is_asked(
    model: str, told: str
) -> None:
    opened = open_model({"model": model}, {})
    assert opened is not None
    with pytest.raises(ModelFailure, match=told) as caught:
        await opened.write(PROMPT, max_tokens=4, key="k")
    assert caught.value.code in ("model_unknown", "model_extra_missing")
    assert not caught.value.retryable


@pytest.mark.parametrize(
    ("missing", "settings", "extra"),
    [
        ("pydantic_ai", {"model": "openai:gpt-5-mini"}, "models"),
        ("openai", {"model": "m", "model_url": "http://localhost:1/v1"}, "models"),
        ("xllamacpp", {"model": "local:m.gguf"}, "local-llm"),
    ],
)
def test_what_is_not_installed_is_named_with_its_extra(
    missing: str, settings: dict[str, str], extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ModelFailure, match=rf"{missing}.*pip install '\.\[{extra}\]'") as caught:
        require_usable(settings, {"OPENAI_API_KEY": "k"})
    assert caught.value.code == "model_extra_missing"
    with pytest.raises(ModelFailure, match=missing):
        open_model(settings, {"OPENAI_API_KEY": "k"})


def test_nothing_of_a_provider_is_imported_until_a_model_is_asked() -> None:
    script = (
        "import sys\n"
        "from gnomon.workloads.research.models.client import open_model\n"
        "assert open_model({}, {}) is None\n"
        "open_model({'model': 'm', 'model_url': 'http://localhost:1/v1'}, {})\n"
        "heavy = {'pydantic_ai', 'openai', 'anthropic', 'genai_prices', 'xllamacpp', 'httpx2'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
