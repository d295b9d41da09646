"""What is read of a result: whether it answers, how sure it is, and its sources once."""

import pytest

from gnomon.core.task import Json
from gnomon.web.dialects.shannon.render.answer import model_of, read_answer

URL = "https://example.com/a"


def result(content: Json, *grades: str | None, form: str = "text") -> Json:
    cited = [{"url": URL, "title": "A [page]", "excerpts": ["So it is."]}]
    basis = [
        {"field": "output", "reasoning": "r", "confidence": grade, "citations": cited if grade else []}
        for grade in grades
    ]
    return {"type": form, "content": content, "basis": basis}


@pytest.mark.parametrize(
    ("given", "is_found", "confidence"),
    [
        (result("So it is. [1]", "medium"), True, "medium"),
        (result("Nothing was found.", None), False, None),
        (result({"a": 1, "b": None}, "high", None, form="json"), True, "high"),
        (result({"a": 0, "b": 2}, "high", "low", form="json"), True, "low"),
        (result({"a": None, "b": [{"c": None}]}, None, None, form="json"), False, None),
        (result("Said by a workload of its own."), None, None),
        ({"sum": 3}, None, None),
    ],
)
def test_tells_whether_anything_was_found(given: Json, is_found: bool | None, confidence: str | None) -> None:
    answer = read_answer(given)
    assert (answer.is_found, answer.confidence) == (is_found, confidence)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("So it is. [1]\n\n[1] A [page]", "So it is. [1]"),
        ("So it is. [1]\n\n[1] Another", "So it is. [1]\n\n[1] Another"),
        ("So it is.\n[2] A [page]", "So it is.\n[2] A [page]"),
        ("[1] A [page]\nis where it stands.", "[1] A [page]\nis where it stands."),
    ],
)
def test_a_source_is_named_once(content: str, said: str) -> None:
    assert read_answer(result(content, "high")).text == f"{said}\n\nSources:\n1. A [page] - {URL}"


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
