"""The models of providers and of OpenAI-compatible servers, as pydantic-ai makes them."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
from openai import AsyncOpenAI
from pydantic_ai.exceptions import UserError
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import Model, infer_model
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers import infer_provider_class

from gnomon.workloads.research.models.direct import Direct, Pricing
from gnomon.workloads.research.models.prices import price
from gnomon.workloads.research.models.wire import Trouble

EXACT = 0.0
"""The temperature of models whose servers would otherwise take a high one."""
LISTING = 5.0
"""Seconds for a server to list its models."""
_WINDOWS = ("max_model_len", "context_length", "context_window", "max_context_length")
_METAS = ("n_ctx", "n_ctx_train")
"""The words of vLLM, OpenRouter, Groq, LM Studio and llama.cpp for it."""
_PROVIDERS = (
    "Else write PROVIDER:NAME, such as openai:gpt-5-mini or anthropic:claude-sonnet-4-5, or local:NAME."
)
_PROFILE = OpenAIModelProfile(
    supports_json_schema_output=True,
    json_schema_transformer=None,
    openai_chat_supports_max_completion_tokens=False,
    openai_chat_supports_multiple_system_messages=False,
    openai_chat_streaming_requires_finish_reason=True,
)
"""Of servers that speak OpenAI's words on models of any family: `max_tokens` is the name that all of them know, and a
stream without an end is one that was cut."""


def make_provider(provider: str, model: str, *, key: str | None, address: str | None) -> Direct:
    """Make a model of a provider that pydantic-ai knows.

    Raises
    ------
    Trouble
        When it knows no such provider, or its key is missing.
    """
    try:
        made = _make(provider, model, key, address)
    except UserError as error:
        raise Trouble("model_unknown", _unknown(provider, model, str(error))) from error
    return Direct(made, _by_provider(made, model) if address is None else _by_url(address, model))


def _unknown(provider: str, model: str, told: str) -> str:
    """Say what is wrong with a name; one such as `qwen3:8b` is a model with its tag, and its server was not told."""
    try:
        infer_provider_class(provider)
    except ValueError:
        return (
            f"There is no provider {provider!r}. If {provider}:{model} is a model of a server of your own, say where "
            f"that is, for Ollama: --model {provider}:{model} --model-url http://127.0.0.1:11434/v1. {_PROVIDERS}"
        )
    return told


def _make(provider: str, model: str, key: str | None, address: str | None) -> Model:
    if provider in ("openai", "openai-responses", "openai-chat"):
        from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
        from pydantic_ai.providers.openai import OpenAIProvider

        kind = OpenAIChatModel if provider == "openai-chat" else OpenAIResponsesModel
        return kind(model, provider=OpenAIProvider(api_key=key, base_url=address))
    if provider == "anthropic":
        from pydantic_ai.models.anthropic import AnthropicModel
        from pydantic_ai.providers.anthropic import AnthropicProvider

        return AnthropicModel(model, provider=AnthropicProvider(api_key=key, base_url=address))
    return infer_model(f"{provider}:{model}")


def make_compatible(
    url: str,
    model: str,
    *,
    key: str | None,
    client: httpx2.AsyncClient | None = None,
    pricing: Pricing | None = None,
) -> Direct:
    """Make a model behind an OpenAI-compatible address."""
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    host = urlsplit(url).hostname or "server"
    provider = OpenAICompatibleProvider(host, base_url=url, api_key=key, http_client=client, profile=_PROFILE)
    made = OpenAIChatModel(model, provider=provider)

    async def find() -> int | None:
        return await find_window(provider.client, model)

    pays = pricing or _by_url(url, model)
    return Direct(made, pays, client=client, temperature=EXACT, find_window=find)


async def find_window(client: AsyncOpenAI, model: str) -> int | None:
    """Return the tokens that the server's list of models gives a model; None where it says nothing of them."""
    try:
        async with asyncio.timeout(LISTING):
            listed = await client.with_options(max_retries=0).models.list()
            models = [entry.model_dump() for entry in listed.data]
    # Servers need not have this list, or may send anything: then the window is what was set, or a guess.
    except Exception:  # noqa: BLE001 - a guess will do
        return None
    named = [entry for entry in models if entry.get("id") == model] or (models if len(models) == 1 else [])
    return _window(named[0]) if named else None


def _window(entry: Mapping[str, Any]) -> int | None:
    meta = entry.get("meta")
    inner = meta if isinstance(meta, dict) else {}
    told = [entry.get(word) for word in _WINDOWS] + [inner.get(word) for word in _METAS]
    known = [number for number in told if isinstance(number, int) and number > 0]
    return min(known, default=None)


def _by_provider(made: Model, model: str) -> Pricing:
    def pricing(response: ModelResponse) -> float | None:
        named = response.model_name or model
        return price(response.usage, named, provider=made.system)

    return pricing


def _by_url(url: str, model: str) -> Pricing:
    """Price what a known provider's address serves; whose any other server is, nobody knows."""

    def pricing(response: ModelResponse) -> float | None:
        return price(response.usage, response.model_name or model, url=url)

    return pricing
