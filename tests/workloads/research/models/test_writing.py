"""Text and JSON from a server over real sockets."""

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from stub_model import Answer, StubModel

from gnomon.workloads.research.models.client import Model, ModelFailure, Prompt, open_model

PROMPT = Prompt(system="You are terse.", user="What is the capital of France?")
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["city"],
}


@asynccontextmanager
async def asking(stub: StubModel, **settings: object) -> AsyncIterator[Model]:
    model = open_model({"model": "stub-1", "model_url": stub.url, **settings}, {})
    assert model is not None
    async with model:
        yield model


async def test_a_text_comes_with_what_the_server_counted() -> None:
    with StubModel([Answer("Paris.", input_tokens=21, output_tokens=3)]) as stub:
        async with asking(stub) as model:
            reply = await model.write(PROMPT, max_tokens=40, key="task/step")
    assert (reply.text, reply.model, reply.mode) == ("Paris.", "stub-1", "text")
    assert (reply.usage.calls, reply.usage.input_tokens, reply.usage.output_tokens) == (1, 21, 3)
    [asked] = stub.requests
    assert (asked.system, asked.prompt, asked.key, asked.max_tokens) == (
        *(PROMPT.system, PROMPT.user, "task/step", 40),
    )


async def test_json_is_held_to_a_strict_mould_and_comes_back_in_the_schema() -> None:
    with StubModel([Answer({"city": "Paris", "people": None})]) as stub:
        async with asking(stub) as model:
            reply = await model.fill(PROMPT, SCHEMA, max_tokens=40, key="k")
    assert (reply.json, reply.mode) == ({"city": "Paris"}, "native")
    mould = stub.requests[0].schema
    assert mould is not None
    assert mould["required"] == ["city", "people"]
    assert mould["properties"]["people"]["type"] == ["integer", "null"]


async def test_no_model_is_set() -> None:
    assert open_model({}, {}) is None


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ModelFailure, match="ANTHROPIC_API_KEY") as caught:
        open_model({"model": "anthropic:claude-sonnet-4-5"}, {})
    assert (caught.value.code, caught.value.retryable) == ("model_key_missing", False)


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
