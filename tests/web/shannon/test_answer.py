"""The provider and the model that an engine's name stands for."""

import pytest

from gnomon.web.dialects.shannon.render.answer import model_of


@pytest.mark.parametrize(
    ("engine", "shown"),
    [
        ("provider:openai/gpt-5-mini", ("openai", "gpt-5-mini")),
        ("provider:scholar", ("openai-compatible", "scholar")),
        ("provider:llama3.1:8b", ("openai-compatible", "llama3.1:8b")),
        ("local:qwen", ("local", "qwen")),
        ("extractive", ("gnomon", "extractive")),
        (None, ("gnomon", "")),
    ],
)
def test_an_engine_is_a_model_of_a_provider(engine: str | None, shown: tuple[str, str]) -> None:
    assert model_of(engine) == shown
