"""What the vendor's service has and this server does not: told with what takes its place."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.web.answer import answer
from gnomon.web.dialects.shannon.render.openai_error import openai_error

router = APIRouter(include_in_schema=False)

_KEYS: Final = (
    "There are no accounts here: the operator makes workspaces (gnomon admin), and keys are made and ended at "
    "/gnomon/v1/keys."
)
BEYOND: Final[Mapping[str, str]] = {
    "auth": _KEYS,
    "api-keys": _KEYS,
    "daemon": "There are no daemons here: a program follows its tasks at /api/v1/stream/sse or by webhooks.",
    "channels": "There are no channels here: webhooks (/gnomon/v1/webhook-endpoints) tell other programs of tasks.",
    "llm-models": "The operator of this server chooses the model (--model).",
    "templates": "There are no templates here: a skill (/api/v1/skills) says how a task is to be done.",
}
"""The first segment of a path below `/api/v1`, and what is said of it."""
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


async def refuse_llm_models(_: Request) -> Response:
    """Say what takes the place of the vendor's list of models, where its chats are."""
    text = f"{BEYOND['llm-models']} What chats may name stands at /v1/models."
    return answer(openai_error(text, HTTPStatus.NOT_FOUND), status=HTTPStatus.NOT_FOUND)


router.add_api_route(
    "/v1/llm-models", refuse_llm_models, methods=list(_METHODS), name="no_llm_models_of_chats"
)


def _refuse(name: str, text: str) -> None:
    async def refuse(_: Request) -> Response:
        return answer({"error": text}, status=HTTPStatus.NOT_FOUND)

    for path in (f"/api/v1/{name}", f"/api/v1/{name}/{{rest:path}}"):
        router.add_api_route(path, refuse, methods=list(_METHODS), name=f"no_{name}")


for _name, _text in BEYOND.items():
    _refuse(_name, _text)
