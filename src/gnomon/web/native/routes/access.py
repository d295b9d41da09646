"""Keys and workspaces, and tickets for streams."""

from datetime import datetime, timedelta

from fastapi import Request, Response

from gnomon.core.service import House
from gnomon.core.service import access as service
from gnomon.core.service.task import find_version
from gnomon.core.service.ticket import open_ticket
from gnomon.web.answer import answer
from gnomon.web.body import read_json, read_optional
from gnomon.web.desk import AtHouse, Reader, find_gate
from gnomon.web.native.desk import KeyKeeper, Operator
from gnomon.web.native.openapi import BODY, asks, router, shows, takes
from gnomon.web.native.render import access as render
from gnomon.web.native.wire import ask, read
from gnomon.web.native.wire.access import ROLES, NewKey, NewWorkspace, Revocation, Rotation
from gnomon.web.ticket import write_ticket

routes = router("access")

_SHOWN_ONCE = {"Cache-Control": "no-store"}
_NEW_KEY = {"name": "nightly yield reports", "scopes": ["read", "write"]}


@routes.get("/keys", summary="List keys", responses=shows("KeyList", "Keys, oldest first."))
async def list_keys(house: AtHouse, keeper: KeyKeeper) -> Response:
    """List the workspace's keys, those that are no longer valid included; their texts are not kept."""
    return answer(render.keys(await service.list_keys(house, keeper)))


@routes.post(
    "/keys",
    status_code=201,
    summary="Issue a key",
    openapi_extra=takes(NewKey, _NEW_KEY),
    responses=shows("IssuedKey", "The key, shown once.", *BODY, status=201),
)
async def issue_key(request: Request, house: AtHouse, keeper: KeyKeeper) -> Response:
    """Issue a key that may do no more than the one that issues it."""
    wanted = read(NewKey, await read_json(request))
    issued = await service.issue_key(
        house,
        keeper,
        name=wanted.name,
        scopes=frozenset(wanted.scopes),
        expires_at=_end(house, wanted.lifetime_seconds),
        role=ROLES[wanted.role],
    )
    return answer(render.issued(issued), status=201, headers=_SHOWN_ONCE)


@routes.delete(
    "/keys/{key_id}",
    summary="Revoke a key",
    openapi_extra=asks(Revocation),
    responses=shows("Key", "The key as it has ended.", 404, 409, 422),
)
async def revoke_key(key_id: str, request: Request, house: AtHouse, keeper: KeyKeeper) -> Response:
    """End a key at once, with every stream and wait that is open by it; a key may revoke itself."""
    asked = ask(Revocation, request.query_params)
    return answer(render.key(await service.revoke_key(house, keeper, key_id, is_forced=asked.force)))


@routes.post(
    "/keys/{key_id}/rotate",
    status_code=201,
    summary="Rotate a key",
    openapi_extra=takes(Rotation, {"overlap_seconds": 3600}, required=False),
    responses=shows("IssuedKey", "The new key, shown once.", 404, 409, *BODY, status=201),
)
async def rotate_key(key_id: str, request: Request, house: AtHouse, keeper: KeyKeeper) -> Response:
    """Issue a key of the same name, role, scopes and expiry; the old one ends after the overlap."""
    wanted = read(Rotation, await read_optional(request))
    overlap = timedelta(seconds=wanted.overlap_seconds)
    issued = await service.rotate_key(house, keeper, key_id, overlap=overlap)
    return answer(render.issued(issued), status=201, headers=_SHOWN_ONCE)


@routes.get(
    "/workspaces", summary="List workspaces", responses=shows("WorkspaceList", "Workspaces, oldest first.")
)
async def list_workspaces(house: AtHouse, operator: Operator) -> Response:
    """List all workspaces of this server."""
    return answer(render.workspaces(await service.list_workspaces(house, operator)))


@routes.post(
    "/workspaces",
    status_code=201,
    summary="Create a workspace",
    openapi_extra=takes(NewWorkspace, {"identifier": "north-branch"}),
    responses=shows("FoundedWorkspace", "The workspace and its keys, shown once.", 409, *BODY, status=201),
)
async def create_workspace(request: Request, house: AtHouse, operator: Operator) -> Response:
    """Create a workspace with one key of each role; none of them is an operator's."""
    wanted = read(NewWorkspace, await read_json(request))
    founded = await service.create_workspace(house, operator, wanted.identifier)
    return answer(render.founded(founded), status=201, headers=_SHOWN_ONCE)


@routes.post(
    "/tasks/{task_id}/stream-tickets",
    status_code=201,
    summary="Ask for a ticket to a task's stream",
    responses=shows("StreamTicket", "The ticket, shown once.", 404, status=201),
)
async def open_stream_ticket(task_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """Give leave to open this task's stream once within a minute, to a browser that can send no header."""
    version = await find_version(house, reader, task_id)
    ticket = await open_ticket(house, reader, task_id)
    text = write_ticket(ticket, find_gate(request).token_secret)
    stream = f"{request.scope['root_path']}/tasks/{ticket.task_id}/stream"
    return answer(render.ticket(ticket, version, text, stream), status=201, headers=_SHOWN_ONCE)


def _end(house: House, lifetime: int | None) -> datetime | None:
    return None if lifetime is None else house.clock.now() + timedelta(seconds=lifetime)
