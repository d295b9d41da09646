"""What a task gave, as this door's clients read it: a text with its sources, or the text of JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gnomon.core.task import Json, Status, Task, Usage

_FORMS: Final = ("text", "json")
_OWN_PROVIDER: Final = "gnomon"
_COMPATIBLE: Final = "openai-compatible"
"""The provider of a model that is named by its server's address alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A completed task's result, whatever its kind."""

    text: str
    """What `result` says: the answer and, under a text, its sources."""
    content: Json
    """The answer itself."""
    citations: Sequence[Mapping[str, Json]] = ()
    engine: str | None = None
    notes: Sequence[str] = ()
    """What was cut off or left out, and why."""

    def response(self) -> dict[str, Json]:
        """Write `response`: the members of an answer that has some, beside the text and the sources."""
        members = self.content if isinstance(self.content, Mapping) else {}
        return {"result": self.text, "citations": list(self.citations), **members}


def find_answer(task: Task) -> Answer | None:
    """Read what a task gave; None before it has completed."""
    return read_answer(task.result) if task.status is Status.COMPLETED else None


def read_answer(result: Json) -> Answer:
    """Read the result of a task of any kind; one that is no answer to a brief is shown as it is."""
    if not _is_answer(result):
        return Answer(text=_text(result), content=result)
    content, citations = result["content"], list(_citations(result))
    text = _text(content)
    if result["type"] == "text" and citations:
        text = f"{text.rstrip()}\n\n{_sources(citations)}"
    engine = result.get("engine")
    return Answer(
        text=text,
        content=content,
        citations=citations,
        engine=engine if isinstance(engine, str) else None,
        notes=[note for note in _list(result.get("truncated")) if isinstance(note, str)],
    )


def _is_answer(result: Json) -> bool:
    if not isinstance(result, Mapping) or result.get("type") not in _FORMS:
        return False
    return isinstance(result.get("content"), str if result["type"] == "text" else Mapping)


def _text(content: Json) -> str:
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _citations(result: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """Yield each source once, in the order in which the answer rests on them."""
    seen: set[str] = set()
    for basis in _list(result.get("basis")):
        for cited in _list(basis.get("citations")) if isinstance(basis, Mapping) else ():
            url = cited.get("url") if isinstance(cited, Mapping) else None
            if isinstance(url, str) and url not in seen:
                seen.add(url)
                yield _citation(url, cited)


def _citation(url: str, cited: Mapping[str, Json]) -> Mapping[str, Json]:
    excerpts = [text for text in _list(cited.get("excerpts")) if isinstance(text, str)]
    title = cited.get("title")
    return {
        "url": url,
        "title": title if isinstance(title, str) else url,
        "source": _host(url),
        "snippet": excerpts[0] if excerpts else "",
        "excerpts": excerpts,
    }


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _sources(citations: Sequence[Mapping[str, Json]]) -> str:
    lines = [f"{number}. {each['title']} - {each['url']}" for number, each in enumerate(citations, 1)]
    return "\n".join(["Sources:", *lines])


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list) else ()


def model_of(engine: str | None) -> tuple[str, str]:
    """Return the provider and the model that an engine's name stands for.

    >>> model_of("provider:openai/gpt-5-mini"), model_of("local:qwen"), model_of("extractive")
    (('openai', 'gpt-5-mini'), ('local', 'qwen'), ('gnomon', 'extractive'))
    >>> model_of("provider:scholar")
    ('openai-compatible', 'scholar')
    """
    place, _, name = (engine or "").partition(":")
    if place == "provider" and name:
        provider, slash, model = name.partition("/")
        return (provider, model) if slash else (_COMPATIBLE, name)
    return (place, name) if name else (_OWN_PROVIDER, place)


def usage_of(usage: Usage) -> dict[str, Json]:
    """Write what was used, under all the names by which the vendor's clients read it.

    A cost that is not known is left out.
    """
    total = usage.input_tokens + usage.output_tokens
    told: dict[str, Json] = {
        "total_tokens": total,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
    }
    if usage.cost_usd is None:
        return told
    return {**told, "estimated_cost": usage.cost_usd, "cost_usd": usage.cost_usd}
