"""Keys for a token."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.web.answer import answer
from gnomon.web.auth import TOKEN_LIFE, issue_token
from gnomon.web.body import read_json
from gnomon.web.desk import find_gate
from gnomon.web.dialects.daly.openapi import shows, takes
from gnomon.web.dialects.daly.wire.resources import read_keys

router = APIRouter(tags=["access"])

_KEYS = {
    "type": "object",
    "required": ["workspace_id", "user_id"],
    "properties": {
        "workspace_id": {"type": "string", "description": "The workspace key; also accepted as 'workspace'."},
        "user_id": {"type": "string", "description": "The user key; also accepted as 'user'."},
    },
}
_TOKEN = {
    "result": "success",
    "token": "<token>",
    "access_token": "<token>",
    "token_type": "bearer",
    "expires_in": 86400,
}


@router.post(
    "/auth/token",
    summary="Exchange a workspace key and a user key for a token",
    responses=shows(_TOKEN, "A token for 24 hours.", 413, 415, 422),
    openapi_extra={
        **takes(_KEYS, {"workspace_id": "wk_live_<...>", "user_id": "uk_live_<...>"}),
        "security": [],
    },
)
async def create_token(request: Request) -> Response:
    """Check both keys and answer a token under each of the names that clients look for."""
    workspace_key, user_key = read_keys(await read_json(request))
    token = await issue_token(find_gate(request), request, workspace_key, user_key)
    life = int(TOKEN_LIFE.total_seconds())
    return answer({**_TOKEN, "token": token, "access_token": token, "expires_in": life})
