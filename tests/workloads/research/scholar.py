"""A slow model for tests that answers any question out of what it is shown: it splits, marks and writes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripted_reader import Reader, sources_of
from stub_model import Answer, Asked, Behaviour

_TASK = re.compile(r"The task:\n(.*)")
_SENTENCE = re.compile(r"[A-Z][^.\n|#]{20,400}\.")
_ASPECTS = ("Beginnings", "Numbers", "People", "Places", "Dates", "Causes", "Costs", "Outlook")
_QUOTED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Scholar:
    """Answers each call after so many seconds; its words are sentences of the sources."""

    pause: float = 2.0

    def __call__(self, asked: Asked) -> Behaviour:
        """Answer a request by the form that it wants."""
        prompt, reply = asked.prompt, self._reply(asked)
        tokens = len(asked.system + prompt) // 4, len(str(reply)) // 4
        return Answer(reply, input_tokens=tokens[0], output_tokens=tokens[1], pause=self.pause)

    def _reply(self, asked: Asked) -> Any:
        schema = asked.schema
        assert schema is not None, asked.prompt[:2000]
        wanted = schema["properties"]
        if "parts" in wanted and "question" in wanted["parts"]["items"]["properties"]:
            return {"parts": _split(asked.prompt, wanted["parts"]), "clarification": None}
        quotes = list(_quotes(asked.prompt))
        if "marks" in wanted:
            return {"marks": [{"source": number, "quote": words} for number, words in quotes]}
        if "paragraphs" in wanted:
            written = [{"text": words, "support": [_support(*each)]} for each in quotes if (words := each[1])]
            return {"paragraphs": written, "uncovered": []}
        return Reader().reply(asked)


def _split(prompt: str, parts: Mapping[str, Any]) -> list[dict[str, str]]:
    found = _TASK.search(prompt)
    task = found[1][:120] if found else ""
    aspects = _ASPECTS[: parts["maxItems"]]
    return [{"question": f"{each}: {task}", "query": f"{each} {task}"} for each in aspects]


def _quotes(prompt: str) -> Iterator[tuple[int, str]]:
    """Take the first sentence of each of the first sources that have one."""
    found = ((number, _SENTENCE.search(text)) for number, text in sources_of(prompt).items())
    told = [(number, sentence[0]) for number, sentence in found if sentence]
    yield from told[:_QUOTED]


def _support(number: int, words: str) -> dict[str, Any]:
    return {"source": number, "quote": words}
