"""Workspaces: the caller's own, what its models take for granted, and who is in it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal, Workspace
from gnomon.core.errors import Forbidden, NotFound
from gnomon.core.ports import Reservation
from gnomon.core.service import House
from gnomon.core.service import tenancy as service
from gnomon.core.service.access import standing_of
from gnomon.core.service.resource import create_resource, get_resource, replace_resource
from gnomon.core.task import Json
from gnomon.core.tenancy import Member
from gnomon.web.answer import answer
from gnomon.web.body import read_json, read_optional
from gnomon.web.desk import Holder, Reader, Writer
from gnomon.web.dialects.daly.desk import AtDesk, IdempotencyKey
from gnomon.web.dialects.daly.nouns import WORKSPACE_SETTINGS
from gnomon.web.dialects.daly.openapi import shows, takes
from gnomon.web.dialects.daly.render.tenancy import render_opened, render_user, render_workspace
from gnomon.web.dialects.daly.wire.resources import read_object
from gnomon.web.dialects.daly.wire.tenancy import merged, read_change, read_identifier, read_role
from gnomon.web.reservation import replay_headers, reserve

router = APIRouter(prefix="/workspaces", tags=["workspaces"])

Admin = Annotated[Principal, Depends(Holder("keys"))]
"""Who may change a workspace and its members."""

SHOWN_ONCE = {"Cache-Control": "no-store"}
NEW = {"identifier": "acme-solar"}
DEFAULTS: dict[str, Json] = {"energyModel": {}, "preferences": {}}
"""The settings of a workspace that has said nothing: models take their own defaults."""
_WORKSPACE = {
    "id": 1,
    "identifier": "acme-solar",
    "organizationId": 1,
    "role": "owner",
    "createdAt": "2026-01-31T12:00:00.000Z",
}
_OPENED = {"workspace_id": 2, "identifier": "acme-solar", "api_key": "wk_live_<...>"}
USER = {
    "id": 1,
    "userId": "usr_17",
    "name": "Ann",
    "email": None,
    "role": "member",
    "createdAt": "2026-01-31T12:00:00.000Z",
}
_SETTINGS = {"energyModel": {"losses": {"lid": 0.015}}, "preferences": {}}
_NO_OTHER = "Only the workspace of the token can be changed; ask for a token of the other one."


@router.get(
    "", summary="List workspaces", responses=shows([_WORKSPACE], "The workspace of the token, alone.")
)
async def list_own(desk: AtDesk, reader: Reader) -> Response:
    """List the workspace of the token."""
    workspace = await service.get_own(desk.house, reader)
    return answer([await _rendered(desk.house, reader, workspace)])


@router.post(
    "",
    summary="Create a workspace",
    responses=shows(_OPENED, "The workspace and its key, shown once.", 409, 413, 415, 422, 429),
    openapi_extra=takes({"type": "object", "required": ["identifier"]}, NEW),
)
async def create(request: Request, desk: AtDesk, admin: Admin, _: IdempotencyKey = None) -> Response:
    """Create a workspace of the same organization, of which the caller is the owner.

    The same request again answers the same workspace, with null for the key: that is not kept.
    """
    identifier, kept = read_identifier(await read_json(request)), await reserve(request, admin)
    opened = await service.open_workspace(desk.house, admin, identifier, reservation=kept)
    await furnish(desk.house, admin, opened.workspace)
    return answer(render_opened(opened), headers={**SHOWN_ONCE, **replay_headers(is_replay=opened.is_replay)})


@router.get("/{number}", summary="Get the workspace", responses=shows(_WORKSPACE, "The workspace.", 404, 422))
async def get(number: int, desk: AtDesk, reader: Reader) -> Response:
    """Show the workspace of the token; others are not found."""
    workspace = await _own(desk.house, reader, number)
    return answer(await _rendered(desk.house, reader, workspace))


@router.put(
    "/{number}",
    summary="Rename the workspace",
    responses=shows(_WORKSPACE, "The workspace.", 404, 409, 413, 415, 422),
    openapi_extra=takes({"type": "object"}, NEW),
)
async def update(number: int, request: Request, desk: AtDesk, admin: Admin) -> Response:
    """Give the workspace another identifier; its keys and tokens stay as they are."""
    await _own_to_change(desk.house, admin, number)
    identifier = read_change(await read_optional(request), "identifier")
    renamed = await service.rename_workspace(desk.house, admin, identifier)
    return answer(await _rendered(desk.house, admin, renamed))


@router.delete(
    "/{number}",
    summary="Delete the workspace",
    responses=shows({"deleted": True}, "Its keys are dead, its tasks cancelled.", 404, 409, 422),
)
async def delete(number: int, desk: AtDesk, admin: Admin) -> Response:
    """Delete the workspace with all that is in it; the operator's is refused."""
    await _own_to_change(desk.house, admin, number)
    await service.delete_workspace(desk.house, admin)
    return answer({"deleted": True})


@router.get("/{number}/users", summary="List users", responses=shows([USER], "The users.", 404, 422))
async def list_users(number: int, desk: AtDesk, reader: Reader) -> Response:
    """List the users of the workspace, and what each may do."""
    await _own(desk.house, reader, number)
    return answer([render_user(member) for member in await service.list_users(desk.house, reader)])


@router.patch(
    "/{number}/users/{user}",
    summary="Change a user's role",
    responses=shows(USER, "The user.", 404, 409, 413, 415, 422),
    openapi_extra=takes({"type": "object", "required": ["role"]}, {"role": "member"}),
)
async def change_user(number: int, user: int, request: Request, desk: AtDesk, admin: Admin) -> Response:
    """Give a user of the workspace another role, from the next request on."""
    user_id = await _user_to_change(desk.house, admin, number, user)
    role = read_role(await read_optional(request))
    return answer(render_user(await service.set_role(desk.house, admin, user_id, role)))


@router.delete(
    "/{number}/users/{user}",
    summary="Remove a user",
    responses=shows({"deleted": True}, "What the user has open here ends.", 404, 409, 422),
)
async def remove_user(number: int, user: int, desk: AtDesk, admin: Admin) -> Response:
    """Let a user be a member of the workspace no more."""
    user_id = await _user_to_change(desk.house, admin, number, user)
    await service.remove_user(desk.house, admin, user_id)
    return answer({"deleted": True})


@router.get(
    "/{number}/settings", summary="Get the settings", responses=shows(_SETTINGS, "The settings.", 404, 422)
)
async def get_settings(number: int, desk: AtDesk, reader: Reader) -> Response:
    """Show what the workspace's models take where they say nothing, and its preferences."""
    await _own(desk.house, reader, number)
    return answer(await _settings(desk.house, reader))


@router.put(
    "/{number}/settings",
    summary="Replace the settings",
    responses=shows(_SETTINGS, "The settings.", 404, 413, 415, 422),
    openapi_extra=takes(WORKSPACE_SETTINGS, _SETTINGS),
)
async def replace_settings(number: int, request: Request, desk: AtDesk, writer: Writer) -> Response:
    """Put new settings in the place of the old ones."""
    await _own(desk.house, writer, number)
    return answer(await _save(desk.house, writer, read_object(await read_json(request))))


@router.patch(
    "/{number}/settings",
    summary="Change some settings",
    responses=shows(_SETTINGS, "The whole settings.", 404, 413, 415, 422),
    openapi_extra=takes({"type": "object"}, {"energyModel": {"losses": {"lid": 0.015}}}),
)
async def change_settings(
    number: int,
    request: Request,
    desk: AtDesk,
    writer: Annotated[Principal, Depends(Holder("write", ("read",)))],
) -> Response:
    """Lay what is sent over the settings, object by object; null takes a field away."""
    await _own(desk.house, writer, number)
    patch = read_object(await read_json(request))
    document = merged(await _settings(desk.house, writer), patch)
    return answer(await _save(desk.house, writer, document))


async def furnish(house: House, principal: Principal, workspace: Workspace) -> None:
    """Give a new workspace its settings."""
    within = replace(principal, workspace=workspace.id, scopes=frozenset({"read", "write"}))
    await _make(house, within, DEFAULTS)


async def _save(house: House, principal: Principal, document: Json) -> Json:
    able = _able(principal)
    await _make(house, able, DEFAULTS)
    return (await replace_resource(house, able, WORKSPACE_SETTINGS, 1, document)).document


async def _make(house: House, principal: Principal, document: Json) -> None:
    """Make the settings, of which a workspace has one; where they are, they stay."""
    try:
        await get_resource(house, principal, WORKSPACE_SETTINGS, 1)
    except NotFound:
        # Two requests at once make one: what is reserved holds a line's end, which no client can send.
        only = Reservation(key=f"{WORKSPACE_SETTINGS}\n1", fingerprint="")
        await create_resource(house, principal, WORKSPACE_SETTINGS, document, reservation=only)


async def _settings(house: House, principal: Principal) -> Json:
    try:
        return (await get_resource(house, principal, WORKSPACE_SETTINGS, 1, is_whole=True)).document
    except NotFound:
        return DEFAULTS


async def _own(house: House, principal: Principal, number: int) -> Workspace:
    own = await service.get_own(house, principal)
    if own.number != number:
        raise NotFound("There is no such workspace.")
    return own


def find_number(members: Sequence[Member], number: int) -> str:
    """Return the id of the user of that number; raises `NotFound`."""
    for member in members:
        if member.user.number == number:
            return member.user.id
    raise NotFound("There is no such user.")


async def _user_to_change(house: House, principal: Principal, number: int, user: int) -> str:
    able = _able(principal)
    await _own(house, able, number)
    return find_number(await service.list_users(house, able), user)


def _able(principal: Principal) -> Principal:
    """Let who may change something be shown what it is."""
    return replace(principal, scopes=principal.scopes | {"read"})


async def _own_to_change(house: House, principal: Principal, number: int) -> None:
    """Require the workspace of the token: another one is refused, as the contract says, and not hidden."""
    own = await service.get_own(house, _able(principal))
    if own.number != number:
        raise (
            Forbidden(_NO_OTHER)
            if await service.exists(house, number)
            else NotFound("There is no such workspace.")
        )


async def _rendered(house: House, principal: Principal, workspace: Workspace) -> dict[str, Any]:
    organization = await service.get_organization(house, _able(principal))
    return render_workspace(workspace, organization, await standing_of(house, principal))
