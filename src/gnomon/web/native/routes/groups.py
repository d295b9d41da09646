"""Groups: tasks that are added, counted, listed and cancelled together."""

from functools import partial

from fastapi import Request, Response

from gnomon.core.errors import Invalid
from gnomon.core.group import Group
from gnomon.core.service import House
from gnomon.core.service import group as service
from gnomon.core.service.cursor import require_cursor
from gnomon.web.answer import answer
from gnomon.web.body import read_as, read_optional
from gnomon.web.desk import AtHouse, Canceller, Reader, Writer
from gnomon.web.native.openapi import BODY, asks, router, shows, takes
from gnomon.web.native.pacing import retry_after_group
from gnomon.web.native.render import group as render
from gnomon.web.native.routes.tasks import (
    IDEMPOTENCY_KEY,
    IF_NONE_MATCH,
    STANDING,
    UNCHANGED,
    etag,
    is_known,
)
from gnomon.web.native.wire import ask, read
from gnomon.web.native.wire.groups import Batch, MemberSpan, NewGroup
from gnomon.web.native.wire.reading import MOST_COMPLAINTS
from gnomon.web.native.wire.tasks import Wish
from gnomon.web.reservation import replay_headers, reserve

routes = router("groups")

_PLACE = {"Location": "Where the group is."}
_MADE_BEFORE = {"Idempotency-Replayed": "`true` when the key had made the group before."}
_REPLAYED = {"Idempotency-Replayed": "`true` when the key had added the tasks before."}
_BATCH = {
    "tasks": [
        {"kind": "shout", "input": {"text": "hello"}, "metadata": {"line": 1}},
        {"kind": "shout", "input": {"text": "world"}, "metadata": {"line": 2}},
    ]
}


@routes.post(
    "/groups",
    status_code=201,
    summary="Create a group",
    openapi_extra={
        **takes(NewGroup, {"metadata": {"batch": "2026-01"}}, required=False),
        **asks(None, IDEMPOTENCY_KEY),
    },
    responses=shows(
        "Group",
        "The empty group.",
        409,
        *BODY,
        status=201,
        headers={**_PLACE, **_MADE_BEFORE, **STANDING},
    ),
)
async def create_group(request: Request, house: AtHouse, writer: Writer) -> Response:
    """Make an empty group; the same `Idempotency-Key` again shows the group that it has made, as it stands."""
    order = read(NewGroup, await read_optional(request))
    made = await service.create(
        house, writer, metadata=order.metadata, reservation=await reserve(request, writer)
    )
    place = f"{request.scope['root_path']}/groups/{made.group.id}"
    replayed = replay_headers(is_replay=made.is_replay)
    return _answer(house, made.group, status=201, Location=place, **replayed)


@routes.get(
    "/groups/{group_id}",
    summary="Read a group",
    openapi_extra=asks(None, IF_NONE_MATCH),
    responses={**shows("Group", "The group as it stands.", 404, headers=STANDING), **UNCHANGED},
)
async def get_group(group_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """Read how many members stand how, without reading any of them."""
    group = await service.get(house, reader, group_id)
    if is_known(request, group.version):
        return Response(status_code=304, headers=_standing(house, group))
    return _answer(house, group)


@routes.post(
    "/groups/{group_id}/tasks",
    status_code=202,
    summary="Add tasks to a group",
    openapi_extra={**takes(Batch, _BATCH), **asks(None, IDEMPOTENCY_KEY)},
    responses=shows(
        "AddedTasks",
        "The tasks, all of them.",
        404,
        409,
        *BODY,
        status=202,
        headers={**_REPLAYED, **STANDING},
    ),
)
async def add_tasks(group_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Store up to 1000 tasks in one transaction, all or none; once this is answered, none is ever lost.

    Members read `GET /groups/{group_id}/tasks` from `after` on.
    """
    orders = (await read_as(request, partial(read, Batch))).orders()
    try:
        added = await service.add(house, writer, group_id, orders, reservation=await reserve(request, writer))
    except Invalid as invalid:
        raise Invalid(invalid.under("tasks").complaints[:MOST_COMPLAINTS]) from invalid
    headers = replay_headers(is_replay=added.is_replay)
    return answer(render.added(added), status=202, headers={**headers, **_standing(house, added.group)})


@routes.get(
    "/groups/{group_id}/tasks",
    summary="List a group's tasks in the order in which they joined",
    openapi_extra=asks(MemberSpan),
    responses=shows("MemberPage", "One page.", 404, 409, 422),
)
async def list_members(group_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """List members by `group_number`; `after` takes the last one seen, now or when others have joined since."""
    span = ask(MemberSpan, request.query_params)
    # Read first: what is listed is at least as new as the version that it is listed under.
    group = await service.get(house, reader, group_id)
    require_cursor(f"Group {group_id}", "member", span.after, group.version)
    found = await service.list_members(house, reader, span.query(reader.workspace, group_id))
    return answer(render.members(group, found, span.limit))


@routes.post(
    "/groups/{group_id}/cancel",
    status_code=202,
    summary="Cancel a group's tasks",
    openapi_extra=takes(Wish, {"reason": "They are no longer needed."}, required=False),
    responses={
        **shows("Group", "All of its tasks have ended, now or before.", 404, *BODY, headers=STANDING),
        **shows("Group", "Some will have ended within the grace period.", status=202, headers=STANDING),
    },
)
async def cancel_group(group_id: str, request: Request, house: AtHouse, canceller: Canceller) -> Response:
    """Cancel every present member that has not ended; tasks may be added afterwards."""
    wish = read(Wish, await read_optional(request))
    group = await service.cancel(house, canceller, group_id, wish.reason)
    return _answer(house, group, status=202 if group.is_active else 200)


def _answer(house: House, group: Group, *, status: int = 200, **headers: str) -> Response:
    return answer(render.group(group), status=status, headers={**headers, **_standing(house, group)})


def _standing(house: House, group: Group) -> dict[str, str]:
    headers, seconds = {"ETag": etag(group.version)}, retry_after_group(group, house.clock.now())
    return headers if seconds is None else {**headers, "Retry-After": str(seconds)}
