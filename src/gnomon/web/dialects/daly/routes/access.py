"""Keys, or an identity provider's token, for a token."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.service import tenancy as service
from gnomon.web.answer import answer
from gnomon.web.auth import TOKEN_LIFE, issue_token, sign
from gnomon.web.body import read_json
from gnomon.web.desk import find_gate
from gnomon.web.dialects.daly.desk import AtDesk
from gnomon.web.dialects.daly.openapi import shows, takes
from gnomon.web.dialects.daly.render.tenancy import render_membership
from gnomon.web.dialects.daly.wire.resources import read_keys
from gnomon.web.dialects.daly.wire.tenancy import read_workspace
from gnomon.web.provider import find_user

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

_MEMBERSHIP = {"workspace_id": 1, "identifier": "acme-solar", "role": "member"}


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
    return _answer_token(await issue_token(find_gate(request), request, workspace_key, user_key))


@router.get(
    "/auth/workspaces",
    summary="List the workspaces of who has signed in",
    responses=shows([_MEMBERSHIP], "The workspaces, and the role in each.", 404),
)
async def list_memberships(request: Request, desk: AtDesk) -> Response:
    """List where the user of an identity provider's token is a member."""
    user = await find_user(find_gate(request), request)
    found = await service.list_memberships(desk.house, user)
    return answer([render_membership(workspace, role) for workspace, role in found])


@router.post(
    "/auth/exchange-supabase",
    summary="Exchange an identity provider's token for one of a workspace",
    responses=shows(_TOKEN, "A token for 24 hours.", 404, 413, 415, 422),
    openapi_extra=takes({"type": "object", "required": ["workspace_id"]}, {"workspace_id": 1}),
)
async def exchange_sign_in(request: Request, desk: AtDesk) -> Response:
    """Answer a token of the workspace that the user has chosen."""
    gate = find_gate(request)
    user = await find_user(gate, request)
    admission = await service.admit(desk.house, user, read_workspace(await read_json(request)))
    return _answer_token(sign(gate, admission))


def _answer_token(token: str) -> Response:
    life = int(TOKEN_LIFE.total_seconds())
    return answer({**_TOKEN, "token": token, "access_token": token, "expires_in": life})
