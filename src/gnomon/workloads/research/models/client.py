"""Opens the model that is set: which server stands behind it, and whether all that it needs is there."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from gnomon.core.task import Json
from gnomon.workloads.research.models.asker import Asker, Server
from gnomon.workloads.research.models.late import Late, Make
from gnomon.workloads.research.models.model import Choice, Model, ModelFailure, Prompt, Reply, read_choice
from gnomon.workloads.research.models.resident import find_resident
from gnomon.workloads.research.models.shelf import find_gguf, require_known
from gnomon.workloads.research.models.wire import Wire

__all__ = ["Model", "ModelFailure", "Prompt", "Reply", "open_model", "require_usable"]

TIMEOUT = 180.0
"""Seconds for one try, unless set."""
LOCAL_TIMEOUT = 900.0
"""A processor reads some 80 tokens a second into a model of useful size."""
SMALL_FILE = 1_000_000_000
"""Bytes: at the usual four to five bits a weight, some 1.5 billion of them."""
UNKNOWN_WINDOW = 8192
"""Tokens, for a model of which nobody says."""
LOCAL = "local:"
URL_KEY = "GNOMON_MODEL_KEY"


@dataclass(frozen=True, slots=True)
class _Provider:
    """A provider whose key and package are known without importing anything."""

    variable: str
    package: str
    address: str


_PROVIDERS: Mapping[str, _Provider] = {
    "openai": _Provider("OPENAI_API_KEY", "openai", "OPENAI_BASE_URL"),
    "openai-chat": _Provider("OPENAI_API_KEY", "openai", "OPENAI_BASE_URL"),
    "openai-responses": _Provider("OPENAI_API_KEY", "openai", "OPENAI_BASE_URL"),
    "anthropic": _Provider("ANTHROPIC_API_KEY", "anthropic", "ANTHROPIC_BASE_URL"),
}


def open_model(settings: Mapping[str, Json], env: Mapping[str, str]) -> Model | None:
    """Return the model that is set, or None where none is; nothing is connected, imported or started yet.

    Raises
    ------
    ModelFailure
        When what it needs is not installed, or its key is not in the environment.
    """
    choice = read_choice(settings, env)
    if choice is None:
        return None
    if choice.model.startswith(LOCAL):
        return _open_local(choice)
    return _open_url(choice) if choice.url else _open_provider(choice)


def require_usable(settings: Mapping[str, Json], env: Mapping[str, str]) -> None:
    """Refuse the model that is set where `open_model` would, and open nothing.

    Raises
    ------
    ModelFailure
        When what it needs is not installed or not on this machine, or its key is not in the environment.
    """
    choice = read_choice(settings, env)
    if choice is None:
        return
    if choice.model.startswith(LOCAL):
        _find_local(choice)
    elif choice.url:
        _require_address(choice)
    else:
        _find_provider(choice)


def _find_provider(choice: Choice) -> tuple[str, str]:
    """Return the names of a provider and of its model, whose package and key are there."""
    provider, colon, model = choice.model.partition(":")
    if not colon or not model:
        raise ModelFailure(
            "model_unknown",
            f"{choice.model!r} names no provider: write it as openai:NAME, anthropic:NAME or local:NAME, or set the "
            "address of an OpenAI-compatible server with --model-url.",
        )
    known = _PROVIDERS.get(provider)
    _need("pydantic_ai", known.package if known else "openai", extra="models")
    if known and not choice.env.get(known.variable):
        raise ModelFailure(
            "model_key_missing",
            f"The model {choice.model} needs the key of its provider: set the variable {known.variable} in the "
            "server's environment.",
        )
    return provider, model


def _open_provider(choice: Choice) -> Model:
    provider, model = _find_provider(choice)
    known = _PROVIDERS.get(provider)

    def make() -> Wire:
        from gnomon.workloads.research.models.providers import make_provider

        address = choice.env.get(known.address) if known else None
        key = choice.env.get(known.variable) if known else None
        return make_provider(provider, model, key=key, address=address or None)

    engine = f"provider:{provider}/{model}"
    return _asker(choice, make, lane=provider, engine=engine, variable=known.variable if known else "")


def _require_address(choice: Choice) -> None:
    _need("pydantic_ai", "openai", extra="models")
    if not choice.url.startswith(("http://", "https://")):
        raise ModelFailure(
            "model_unknown",
            f"--model-url must be the address of an OpenAI-compatible server, such as http://localhost:11434/v1: "
            f"{choice.url!r} is none.",
        )


def _open_url(choice: Choice) -> Model:
    _require_address(choice)

    def make() -> Wire:
        from gnomon.workloads.research.models.providers import make_compatible

        return make_compatible(choice.url, choice.model, key=choice.env.get(URL_KEY) or None)

    engine = f"provider:{choice.model}"
    return _asker(choice, make, lane=choice.url, engine=engine, variable=URL_KEY)


def _find_local(choice: Choice) -> Path:
    """Return a model's file, where all that runs it is there; a name that nothing has is no matter of an extra."""
    named = choice.model.removeprefix(LOCAL)
    require_known(named, choice.env)
    _need("pydantic_ai", "openai", "xllamacpp", extra="local-llm")
    return find_gguf(named, choice.env)


def _open_local(choice: Choice) -> Model:
    file = _find_local(choice)
    cores = os.cpu_count() or 1
    width = min(choice.concurrency, max(1, cores // 4))
    window = choice.window or UNKNOWN_WINDOW
    resident = find_resident(file, window=window, width=width, threads=choice.threads or max(1, cores - 1))

    def make() -> Wire:
        from gnomon.workloads.research.models.local import Local

        return Local(resident, file.name)

    server = Server(
        name=choice.model,
        engine=f"{LOCAL}{file.name}",
        lane=str(file),
        concurrency=width,
        window=window,
        is_window_known=False,
        is_small=file.stat().st_size < SMALL_FILE,
        timeout=choice.timeout or LOCAL_TIMEOUT,
    )
    return Asker(server, Late(make))


def _asker(choice: Choice, make: Make, *, lane: str, engine: str, variable: str) -> Model:
    server = Server(
        name=choice.model,
        engine=engine,
        lane=lane,
        concurrency=choice.concurrency,
        window=choice.window or UNKNOWN_WINDOW,
        is_window_known=choice.window is not None,
        timeout=choice.timeout or TIMEOUT,
        variable=variable,
        key=choice.env.get(variable, ""),
    )
    return Asker(server, Late(make))


def _need(*packages: str, extra: str) -> None:
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise ModelFailure(
            "model_extra_missing",
            f"Asking a model needs what is not installed ({', '.join(missing)}): "
            f"pip install '.[{extra}]' in a clone of Gnomon.",
        )
