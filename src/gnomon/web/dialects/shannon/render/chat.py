"""Answers of the OpenAI-compatible routes: models, chat completions whole and in pieces, and those of a prompt."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from gnomon.core.task import Json, Task
from gnomon.web.dialects.shannon.models import Offered

PIECE: Final = 100
"""Characters of the answer in one chunk."""
_SINCE: Final = 1_767_225_600
"""When the models were named, in seconds of Unix: the beginning of 2026."""
_NOTHING: Final[Mapping[str, Json]] = {"content": ""}
"""An empty piece: the vendor's client takes one without members for none at all."""

Form = Literal["chat", "prompt"]


def models(offered: Sequence[Offered]) -> dict[str, Json]:
    """Write the models."""
    return {"object": "list", "data": [model(one) for one in offered]}


def model(offered: Offered) -> dict[str, Json]:
    """Write a model."""
    return {
        "id": offered.model.name,
        "object": "model",
        "created": _SINCE,
        "owned_by": "gnomon",
        "description": offered.model.description,
    }


def usage(task: Task) -> dict[str, Json]:
    """Write the tokens that a task has used, all its calls together."""
    read, written = (0, 0) if task.usage is None else (task.usage.input_tokens, task.usage.output_tokens)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes the answers to one request; their name is that of the task, so that a repetition is given the same."""

    form: Form
    model: str
    task_id: str
    created_at: datetime
    wants_usage: bool = False

    def whole(self, task: Task, content: str) -> dict[str, Json]:
        """Write an answer that is complete."""
        if self.form == "prompt":
            choice = {"index": 0, "text": content, "logprobs": None, "finish_reason": "stop"}
            return {**self._head("text_completion"), "choices": [choice], "usage": usage(task)}
        message = {"role": "assistant", "content": content, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage(task)}

    def opening(self) -> Iterator[dict[str, Json]]:
        """Say who speaks, before anything is said."""
        if self.form == "chat":
            yield self._chunk({"role": "assistant", "content": ""})

    def pieces(self, content: str) -> Iterator[dict[str, Json]]:
        """Write the answer piece by piece."""
        for start in range(0, len(content), PIECE):
            yield self._chunk({"content": content[start : start + PIECE]})

    def news(self, events: Sequence[Mapping[str, Json]], thought: str | None = None) -> dict[str, Json]:
        """Write what the work tells, beside an empty piece.

        A thought is told besides under the name by which many clients show what is no part of an answer.
        """
        piece = _NOTHING if thought is None else {**_NOTHING, "reasoning_content": thought}
        return {**self._chunk(piece), "shannon_events": list(events)}

    def closing(self, task: Task) -> Iterator[dict[str, Json]]:
        """Write the end, and what was used when that was asked for."""
        yield self._chunk(_NOTHING, "stop")
        if self.wants_usage:
            yield {**self._chunk(_NOTHING), "choices": [], "usage": usage(task)}

    def failure(self, error: Mapping[str, Json]) -> dict[str, Json]:
        """Write a failure so that OpenAI's clients raise it, and the vendor's show it as an event."""
        event = {"type": "ERROR_OCCURRED", "message": error["error"]["message"]}
        return {**self.news([event]), **error}

    def _head(self, noun: str) -> dict[str, Json]:
        mark = "chatcmpl" if self.form == "chat" else "cmpl"
        return {
            "id": f"{mark}-{self.task_id.rpartition('_')[2]}",
            "object": noun,
            "created": int(self.created_at.timestamp()),
            "model": self.model,
        }

    def _chunk(self, delta: Mapping[str, Json], finish: str | None = None) -> dict[str, Json]:
        more = {"usage": None} if self.wants_usage else {}
        if self.form == "prompt":
            text = delta.get("content", "")
            choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": finish}
            return {**self._head("text_completion"), "choices": [choice], **more}
        choice = {"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": finish}
        return {**self._head("chat.completion.chunk"), "choices": [choice], **more}
