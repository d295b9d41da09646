"""Organizations: their name, their workspaces, and invites to them."""

from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Workspace
from gnomon.core.errors import Forbidden, NotFound
from gnomon.core.service import House
from gnomon.core.service import tenancy as service
from gnomon.core.service.access import get_workspace
from gnomon.core.tenancy import Organization, User
from gnomon.web.answer import answer
from gnomon.web.auth import Gate, checked, identify
from gnomon.web.body import read_json, read_optional
from gnomon.web.desk import Reader, find_gate
from gnomon.web.dialects.daly.desk import AtDesk, IdempotencyKey
from gnomon.web.dialects.daly.openapi import shows, takes
from gnomon.web.dialects.daly.render.tenancy import (
    render_invited,
    render_joined,
    render_opened,
    render_organization,
    render_user,
    render_workspace,
)
from gnomon.web.dialects.daly.routes.workspaces import NEW, SHOWN_ONCE, USER, Admin, find_number, furnish
from gnomon.web.dialects.daly.wire.tenancy import (
    read_acceptance,
    read_change,
    read_identifier,
    read_invite,
    read_role,
)
from gnomon.web.provider import find_user, is_from_provider
from gnomon.web.reservation import replay_headers, reserve

router = APIRouter(prefix="/organizations/{number}", tags=["organizations"])

_ORGANIZATION = {"id": 1, "name": "Acme", "createdAt": "2026-01-31T12:00:00.000Z"}
_LISTED = {
    "id": 1,
    "identifier": "acme-solar",
    "organizationId": 1,
    "role": "owner",
    "createdAt": "2026-01-31T12:00:00.000Z",
}
_OPENED = {"workspace_id": 2, "identifier": "acme-solar", "organization_id": 1, "api_key": "wk_live_<...>"}
_INVITE = {"role": "member", "email": "ann@example.com", "workspace_id": 1}
_INVITED = {
    "id": "inv_17",
    "organization_id": 1,
    "role": "member",
    "email": "ann@example.com",
    "invite_token": "inv_<...>",
    "expires_at": "2026-02-07T12:00:00.000Z",
}
_JOINED = {
    "organization_id": 1,
    "workspace_id": 1,
    "identifier": "acme-solar",
    "user_id": "usr_17",
    "role": "member",
    "workspace_api_key": "wk_live_<...>",
    "user_api_key": "uk_live_<...>",
}


@router.patch(
    "",
    summary="Rename the organization",
    responses=shows(_ORGANIZATION, "The organization.", 404, 413, 415, 422),
    openapi_extra=takes({"type": "object"}, {"name": "Acme"}),
)
async def change(number: int, request: Request, desk: AtDesk, admin: Admin) -> Response:
    """Give the organization of the token's workspace another name."""
    organization = await service.get_organization(desk.house, admin, number)
    name = read_change(await read_optional(request), "name")
    renamed = await service.rename_organization(desk.house, admin, organization, name)
    return answer(render_organization(renamed))


@router.get(
    "/workspaces", summary="List its workspaces", responses=shows([_LISTED], "The workspaces.", 404, 422)
)
async def list_workspaces(number: int, desk: AtDesk, reader: Reader) -> Response:
    """List the organization's workspaces: all to its owners and admins, to others those they are in."""
    organization = await service.get_organization(desk.house, reader, number)
    found = await service.list_organization(desk.house, reader, organization)
    return answer(
        [
            render_workspace(workspace, organization, await service.role_at(desk.house, reader, workspace))
            for workspace in found
        ]
    )


@router.post(
    "/workspaces",
    summary="Create a workspace of the organization",
    responses=shows(_OPENED, "The workspace and its key, shown once.", 404, 409, 413, 415, 422, 429),
    openapi_extra=takes({"type": "object", "required": ["identifier"]}, NEW),
)
async def create_workspace(
    number: int, request: Request, desk: AtDesk, admin: Admin, _: IdempotencyKey = None
) -> Response:
    """Create a workspace of which the caller is the owner, and the organization's other owners are admins."""
    organization = await service.get_organization(desk.house, admin, number)
    identifier, kept = read_identifier(await read_json(request)), await reserve(request, admin)
    opened = await service.open_workspace(
        desk.house, admin, identifier, organization=organization, reservation=kept
    )
    await furnish(desk.house, admin, opened.workspace)
    told = {**render_opened(opened), "organization_id": organization.number}
    return answer(told, headers={**SHOWN_ONCE, **replay_headers(is_replay=opened.is_replay)})


@router.get(
    "/users", summary="List its users", responses=shows([USER], "The users, and their roles in it.", 404, 422)
)
async def list_users(number: int, desk: AtDesk, admin: Admin) -> Response:
    """List the organization's users to its owners and admins."""
    organization = await service.get_organization(desk.house, admin, number)
    found = await service.list_organization_users(desk.house, admin, organization)
    return answer([render_user(member) for member in found])


@router.patch(
    "/users/{user}",
    summary="Change a user's role in it",
    responses=shows(USER, "The user.", 404, 409, 413, 415, 422),
    openapi_extra=takes({"type": "object", "required": ["role"]}, {"role": "member"}),
)
async def change_user(number: int, user: int, request: Request, desk: AtDesk, admin: Admin) -> Response:
    """Give a user of the organization another role; what the user is in its workspaces stays."""
    organization = await service.get_organization(desk.house, admin, number)
    role = read_role(await read_optional(request))
    user_id = find_number(await service.list_organization_users(desk.house, admin, organization), user)
    changed = await service.set_organization_role(desk.house, admin, organization, user_id, role)
    return answer(render_user(changed))


@router.delete(
    "/users/{user}",
    summary="Remove a user from it",
    responses=shows({"deleted": True}, "The user is in none of its workspaces any more.", 404, 409, 422),
)
async def remove_user(number: int, user: int, desk: AtDesk, admin: Admin) -> Response:
    """Let a user be a member of the organization and of its workspaces no more."""
    organization = await service.get_organization(desk.house, admin, number)
    user_id = find_number(await service.list_organization_users(desk.house, admin, organization), user)
    await service.remove_organization_user(desk.house, admin, organization, user_id)
    return answer({"deleted": True})


@router.post(
    "/invites",
    summary="Invite somebody",
    responses=shows(_INVITED, "The invite and its token, shown once.", 404, 413, 415, 422, 429),
    openapi_extra=takes({"type": "object"}, _INVITE),
)
async def invite(
    number: int, request: Request, desk: AtDesk, admin: Admin, _: IdempotencyKey = None
) -> Response:
    """Invite somebody to a workspace of the organization, with a role in both, for a week."""
    organization = await service.get_organization(desk.house, admin, number)
    wanted, kept = read_invite(await read_json(request)), await reserve(request, admin)
    workspace = await _workspace(desk.house, organization, wanted.workspace)
    invited = await service.invite(
        desk.house,
        admin,
        organization,
        role=wanted.role,
        email=wanted.email,
        workspace=workspace,
        reservation=kept,
    )
    told = render_invited(invited, organization)
    return answer(told, headers={**SHOWN_ONCE, **replay_headers(is_replay=invited.token is None)})


@router.post(
    "/invites/accept",
    summary="Accept an invite",
    responses=shows(
        _JOINED, "Where the user is a member now; the keys are shown once.", 404, 413, 415, 422, 429
    ),
    openapi_extra={
        **takes({"type": "object", "required": ["token"]}, {"token": "inv_<...>", "name": "Ann"}),
        "security": [{}, {"bearer": []}],
    },
)
async def accept(number: int, request: Request, desk: AtDesk) -> Response:
    """Accept an invite by its token: as the user of the credential sent along, or as a new user without one."""
    gate = find_gate(request)
    user, wanted = await _caller(gate, request), read_acceptance(await read_json(request))
    take_up = partial(service.accept, desk.house, number, wanted.token, user=user, name=wanted.name)
    joined = await checked(gate, request, take_up, wrong=NotFound)
    workspace = await get_workspace(desk.house, joined.accepted.invite.workspace)
    return answer(render_joined(joined, number, workspace), headers=SHOWN_ONCE)


async def _caller(gate: Gate, request: Request) -> User | None:
    """Say which user accepts; None for nobody who is known."""
    is_told = any(name in request.headers for name in ("authorization", "x-api-key"))
    if is_told and is_from_provider(gate, request):
        return await find_user(gate, request, is_new_allowed=True)
    if not is_told and gate.require_key:
        return None
    principal: Any = await identify(gate, request)
    if principal.user_id is None:
        if not gate.require_key:
            return None
        raise Forbidden("This key belongs to no user; send a user's token, or none to become a new user.")
    return await gate.house.store.members.find_user(principal.user_id)


async def _workspace(house: House, organization: Organization, number: int | None) -> Workspace | None:
    if number is None:
        return None
    for workspace in await house.store.members.list_workspaces_of(organization.id):
        if workspace.number == number:
            return workspace
    raise NotFound("The organization has no such workspace.")
