"""Models, chats and prompts in OpenAI's words."""

from typing import Any, Final

from gnomon.web.dialects.shannon.models import MODELS, USUAL
from gnomon.web.forms import COUNT, TEXT, Schema, many, maybe, named, record, told

_ID: Final = "01jz8k5w3v9m2q4x7c6t1r0f8e"
_OPEN: Schema = {"type": "object"}
_MAYBE_OPEN: Schema = {"type": ["object", "null"]}
_MODEL: dict[str, Any] = {
    "id": USUAL,
    "object": "model",
    "created": 1_767_225_600,
    "owned_by": "gnomon",
    "description": "A short answer, soon.",
}
_USAGE: dict[str, Any] = {"prompt_tokens": 200, "completion_tokens": 100, "total_tokens": 300}
_HEAD: dict[str, Any] = {"created": 1_767_225_600, "model": USUAL}
_ASKED: dict[str, Any] = {
    "model": USUAL,
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}
_HEAD_FORM: dict[str, Schema] = {"id": TEXT, "object": TEXT, "created": COUNT, "model": TEXT}
_MODEL_NAME = told({"enum": [*(model.name for model in MODELS), None, ""]}, f"`{USUAL}` unless it is said.")
_ASKED_FORM: dict[str, Schema] = {
    "model": _MODEL_NAME,
    "stream": told({"type": ["boolean", "null"]}, "Pieces as server-sent events, then `[DONE]`."),
    "stream_options": told(_MAYBE_OPEN, "`include_usage`: a last piece tells the tokens."),
    "response_format": told(_MAYBE_OPEN, "`text`, `json_object`, or `json_schema` with its `schema`."),
    "user": told({"type": ["string", "null"]}, "Kept with the task's metadata."),
    "metadata": told({**_MAYBE_OPEN, "additionalProperties": TEXT}, "Kept with the task."),
    "shannon_options": told(
        _MAYBE_OPEN, "`context`, `agent`, `agent_input`, `role`, `research_strategy`, `model_tier`."
    ),
    "n": told({"enum": [1, None]}, "There is one answer."),
}
_EVENT_FORM = told({"type": "array", "items": _OPEN}, "What the work tells, beside an empty piece.")


def _asked(more: dict[str, Schema], needed: tuple[str, ...], example: Any) -> dict[str, Any]:
    form = {"type": "object", "properties": {**_ASKED_FORM, **more}, "required": list(needed)}
    return {**form, "examples": [example]}


def _choice(name: str, value: Any, finish: str | None) -> dict[str, Any]:
    return {"index": 0, name: value, "logprobs": None, "finish_reason": finish}


def _choices(name: str, form: Schema) -> Schema:
    finish = {"enum": ["stop", None]}
    item = record({"index": COUNT, name: form, "logprobs": {"type": "null"}, "finish_reason": finish})
    return {"type": "array", "items": item}


_SAID = record({"role": TEXT, "content": TEXT, "refusal": {"type": "null"}})
_DELTA = record(
    {
        "role": TEXT,
        "content": TEXT,
        "reasoning_content": told(TEXT, "No part of the answer: what the task asks, and how it is answered."),
    },
    optional=("role", "content", "reasoning_content"),
)
_ANSWER: dict[str, Any] = {"role": "assistant", "content": "Paris.", "refusal": None}

SCHEMAS: dict[str, dict[str, Any]] = {
    "Model": record(
        {"id": TEXT, "object": TEXT, "created": COUNT, "owned_by": TEXT, "description": TEXT}, _MODEL
    ),
    "ModelList": record({"object": TEXT, "data": many("Model")}, {"object": "list", "data": [_MODEL]}),
    "ChatRequest": _asked(
        {"messages": told({"type": "array", "items": _OPEN}, "The user's question comes last.")},
        ("messages",),
        _ASKED,
    ),
    "CompletionRequest": _asked(
        {"prompt": told({"type": ["string", "array", "null"]}, "One prompt.")},
        (),
        {"model": USUAL, "prompt": "What is the capital of France?"},
    ),
    "ChatUsage": record({"prompt_tokens": COUNT, "completion_tokens": COUNT, "total_tokens": COUNT}, _USAGE),
    "ChatCompletion": record(
        {**_HEAD_FORM, "choices": _choices("message", _SAID), "usage": named("ChatUsage")},
        {
            "id": f"chatcmpl-{_ID}",
            "object": "chat.completion",
            **_HEAD,
            "choices": [_choice("message", _ANSWER, "stop")],
            "usage": _USAGE,
        },
    ),
    "ChatCompletionChunk": record(
        {
            **_HEAD_FORM,
            "choices": _choices("delta", _DELTA),
            "usage": maybe(named("ChatUsage")),
            "shannon_events": _EVENT_FORM,
            "error": told(_OPEN, "As in `OpenAIError`: how it ended when there is no answer."),
        },
        {
            "id": f"chatcmpl-{_ID}",
            "object": "chat.completion.chunk",
            **_HEAD,
            "choices": [_choice("delta", {"content": "Paris."}, None)],
        },
        optional=("usage", "shannon_events", "error"),
    ),
    "Completion": record(
        {
            **_HEAD_FORM,
            "choices": _choices("text", TEXT),
            "usage": maybe(named("ChatUsage")),
            "shannon_events": _EVENT_FORM,
            "error": told(_OPEN, "As in `OpenAIError`: how a stream ended when there is no answer."),
        },
        {
            "id": f"cmpl-{_ID}",
            "object": "text_completion",
            **_HEAD,
            "choices": [_choice("text", "Paris.", "stop")],
            "usage": _USAGE,
        },
        optional=("usage", "shannon_events", "error"),
    ),
    "OpenAIError": record(
        {
            "error": record(
                {
                    "message": TEXT,
                    "type": TEXT,
                    "param": maybe(TEXT),
                    "code": maybe(TEXT),
                    "approval": told(_OPEN, "Of `approval_required`: what the task waits to be told."),
                },
                optional=("approval",),
            )
        },
        {
            "error": {
                "message": "There is no model 'gpt'. Use 'shannon-chat'.",
                "type": "not_found_error",
                "param": "model",
                "code": "model_not_found",
            }
        },
    ),
}
