"""What a task gave, as this door's clients read it: a text with its sources, or the text of JSON."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gnomon.core.task import Json, Status, Task, Usage

_FORMS: Final = ("text", "json")
_OWN_PROVIDER: Final = "gnomon"
_GRADES: Final = ("low", "medium", "high")
_NUMBERED: Final = re.compile(r"\[(\d{1,4})\] (.*)")
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
    is_found: bool | None = None
    """Whether anything was found that answers the question; None where the result does not tell."""
    confidence: str | None = None
    """How sure the least sure part of it is."""

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
        text = f"{_without_titles(text, citations)}\n\n{_sources(citations)}"
    engine = result.get("engine")
    return Answer(
        text=text,
        content=content,
        citations=citations,
        engine=engine if isinstance(engine, str) else None,
        notes=[note for note in _list(result.get("truncated")) if isinstance(note, str)],
        is_found=_is_found(content, citations) if _list(result.get("basis")) else None,
        confidence=_confidence(_list(result.get("basis"))),
    )


def _is_answer(result: Json) -> bool:
    if not isinstance(result, Mapping) or result.get("type") not in _FORMS:
        return False
    return isinstance(result.get("content"), str if result["type"] == "text" else Mapping)


def _is_found(content: Json, citations: Sequence[Mapping[str, Json]]) -> bool:
    """Say whether a text rests on a source, or any member of JSON has a value."""
    return bool(citations) if isinstance(content, str) else _has_value(content)


def _has_value(content: Json) -> bool:
    if isinstance(content, Mapping):
        return any(map(_has_value, content.values()))
    return any(map(_has_value, content)) if isinstance(content, list) else content is not None


def _confidence(basis: Sequence[Json]) -> str | None:
    given = {part.get("confidence") for part in basis if isinstance(part, Mapping)}
    return next((grade for grade in _GRADES if grade in given), None)


def _without_titles(text: str, citations: Sequence[Mapping[str, Json]]) -> str:
    """Leave out the titles under an answer, `[1] Title`, which the list of its sources says again."""
    lines = text.rstrip().split("\n")
    while lines and (said := _NUMBERED.fullmatch(lines[-1])) and _is_title(int(said[1]), said[2], citations):
        del lines[-1]
    return "\n".join(lines).rstrip()


def _is_title(number: int, title: str, citations: Sequence[Mapping[str, Json]]) -> bool:
    return 0 < number <= len(citations) and title.strip() == citations[number - 1]["title"]


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


def engine_of(usage: Usage | None, answer: Answer | None) -> str | None:
    """Return what answered; without an answer that tells it, the model that was asked last."""
    return (answer.engine if answer else None) or (usage.engine if usage else None)


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
