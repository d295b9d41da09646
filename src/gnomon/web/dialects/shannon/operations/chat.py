"""The OpenAI-compatible routes, as the document tells of them."""

from collections.abc import Mapping
from typing import Final

from gnomon.core.session import SESSION_ID
from gnomon.web.dialects.shannon.operations.told import KEY, Told
from gnomon.web.openapi import header

_SESSION: Final = header(
    "X-Session-ID",
    "The session that it is the next turn of; a new one when it is left out or empty.",
    pattern=f"^({SESSION_ID.pattern})?$",
)
_STATUSES: Final = {
    200: "The answer, or with `stream` its pieces. `X-Workflow-ID` names the task, `X-Session-ID` its session."
}

CHAT: Final[Mapping[tuple[str, str], Told]] = {
    ("get", "/v1/models"): Told(
        summary="List models",
        shows="ModelList",
        statuses={200: "The models behind which something stands."},
        refusal="OpenAIError",
    ),
    ("get", "/v1/models/{model_id}"): Told(
        summary="Read a model",
        shows="Model",
        statuses={200: "The model."},
        refusals=(404,),
        refusal="OpenAIError",
    ),
    ("post", "/v1/chat/completions"): Told(
        summary="Answer a chat",
        shows="ChatCompletion",
        streams="ChatCompletionChunk",
        statuses=_STATUSES,
        body="ChatRequest",
        parameters=(_SESSION, KEY),
        refusals=(404, 409, 504),
        refusal="OpenAIError",
    ),
    ("post", "/v1/completions"): Told(
        summary="Answer a prompt",
        shows="Completion",
        streams="Completion",
        statuses=_STATUSES,
        body="CompletionRequest",
        parameters=(_SESSION, KEY),
        refusals=(404, 409, 504),
        refusal="OpenAIError",
    ),
}
