"""A model over a scripted server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stub_model import StubModel

from gnomon.workloads.research.models.client import Model, Prompt, open_model

PROMPT = Prompt(system="You are terse.", user="What is the capital of France?")
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["city"],
}
PARIS = {"city": "Paris", "people": None}


@asynccontextmanager
async def asking(
    stub: StubModel, env: dict[str, str] | None = None, **settings: object
) -> AsyncIterator[Model]:
    """Open a model behind the server's address, or the provider's that the settings name."""
    where = {} if "model" in settings else {"model": "stub-1", "model_url": stub.url}
    model = open_model({**where, **settings}, env or {})
    assert model is not None
    async with model:
        yield model
