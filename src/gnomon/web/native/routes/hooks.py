"""Webhook endpoints and their deliveries."""

from datetime import timedelta

from fastapi import Request, Response

from gnomon.core.service import hook as service
from gnomon.core.service import secret
from gnomon.core.service.task import find_version
from gnomon.web.answer import answer
from gnomon.web.body import read_json, read_optional
from gnomon.web.desk import AtHouse, Reader, holding_on
from gnomon.web.native.desk import HookKeeper
from gnomon.web.native.openapi import BODY, asks, errors, router, shows, takes
from gnomon.web.native.render import hook as render
from gnomon.web.native.wire import ask, read
from gnomon.web.native.wire.hooks import (
    DeliveryFilters,
    HookChange,
    HookPage,
    NewHook,
    Pull,
    Redelivery,
    SecretRotation,
)
from gnomon.web.native.wire.tasks import IF_MATCH, revision
from gnomon.web.openapi import header

routes = router("webhooks")

_SHOWN_ONCE = {"Cache-Control": "no-store"}
_VERSION = {"ETag": "The version: what `If-Match` takes."}
_IF_MATCH = header(
    "If-Match", "The `ETag` that was read: 412 when somebody has changed it since.", pattern=IF_MATCH
)
_NEW = {"url": "https://receiver.example/gnomon", "event_types": ["task.completed", "task.failed"]}


@routes.post(
    "/webhook-endpoints",
    status_code=201,
    summary="Create a webhook endpoint",
    openapi_extra=takes(NewHook, _NEW),
    responses=shows("OpenedWebhookEndpoint", "The endpoint and its secret, shown once.", *BODY, status=201),
)
async def create_webhook_endpoint(request: Request, house: AtHouse, keeper: HookKeeper) -> Response:
    """Tell a url of every public task of the workspace; without a url, keep messages to be pulled."""
    wanted = read(NewHook, await read_json(request)).wanted()
    made = await service.create_endpoint(house, keeper, wanted)
    place = f"{request.scope['root_path']}/webhook-endpoints/{made.endpoint.id}"
    return answer(render.opened(made), status=201, headers={**_SHOWN_ONCE, "Location": place})


@routes.get(
    "/webhook-endpoints",
    summary="List webhook endpoints",
    openapi_extra=asks(HookPage),
    responses=shows("WebhookEndpointPage", "One page, oldest first.", 422),
)
async def list_webhook_endpoints(request: Request, house: AtHouse, keeper: HookKeeper) -> Response:
    """List the workspace's endpoints; those that came with a task are listed there."""
    page = ask(HookPage, request.query_params)
    found = await service.list_endpoints(house, keeper, limit=page.limit, cursor=page.cursor)
    return answer(render.endpoints(found))


@routes.get(
    "/webhook-endpoints/{endpoint_id}",
    summary="Read a webhook endpoint",
    responses=shows("WebhookEndpoint", "The endpoint.", 404, headers=_VERSION),
)
async def get_webhook_endpoint(endpoint_id: str, house: AtHouse, keeper: HookKeeper) -> Response:
    """Read an endpoint; its secret was shown when it was made."""
    found = await service.get_endpoint(house, keeper, endpoint_id)
    return answer(render.endpoint(found), headers={"ETag": f'"{found.version}"'})


@routes.patch(
    "/webhook-endpoints/{endpoint_id}",
    summary="Change a webhook endpoint",
    openapi_extra={**takes(HookChange, {"enabled": True}), **asks(None, _IF_MATCH)},
    responses=shows("WebhookEndpoint", "The endpoint as changed.", 404, 412, *BODY, headers=_VERSION),
)
async def change_webhook_endpoint(
    endpoint_id: str, request: Request, house: AtHouse, keeper: HookKeeper
) -> Response:
    """Store new values; what is enabled again is sent what it has missed, in order."""
    change = read(HookChange, await read_json(request))
    version = revision(request.headers.get("if-match"))
    command = change.command(keeper.workspace, endpoint_id, version, house.clock.now())
    changed = await service.change_endpoint(house, keeper, command)
    return answer(render.endpoint(changed), headers={"ETag": f'"{changed.version}"'})


@routes.delete(
    "/webhook-endpoints/{endpoint_id}",
    status_code=204,
    summary="Delete a webhook endpoint",
    responses={204: {"description": "It is deleted."}, **errors(404)},
)
async def delete_webhook_endpoint(endpoint_id: str, house: AtHouse, keeper: HookKeeper) -> Response:
    """Delete an endpoint with its deliveries; nothing more is sent."""
    await service.delete_endpoint(house, keeper, endpoint_id)
    return Response(status_code=204)


@routes.post(
    "/webhook-endpoints/{endpoint_id}/rotate-secret",
    summary="Rotate a webhook endpoint's secret",
    openapi_extra=takes(SecretRotation, {"overlap_seconds": 3600}, required=False),
    responses=shows("OpenedWebhookEndpoint", "The endpoint and its new secret, shown once.", 404, 409, *BODY),
)
async def rotate_webhook_secret(
    endpoint_id: str, request: Request, house: AtHouse, keeper: HookKeeper
) -> Response:
    """Sign with a new secret; until the overlap has passed, messages carry both signatures."""
    wanted = read(SecretRotation, await read_optional(request))
    overlap = timedelta(seconds=wanted.overlap_seconds)
    rotated = await service.rotate_secret(house, keeper, endpoint_id, overlap, is_forced=wanted.force)
    return answer(render.opened(rotated), headers=_SHOWN_ONCE)


@routes.get(
    "/webhook-secret",
    summary="Read the workspace's webhook secret",
    responses=shows("WorkspaceWebhookSecret", "The newest secret, in clear.", 404),
)
async def get_webhook_secret(house: AtHouse, keeper: HookKeeper) -> Response:
    """Read what messages are signed with where an endpoint has no secret of its own: those of other APIs."""
    found = await secret.get_webhook_secret(house, keeper)
    return answer(render.webhook_secret(found), headers=_SHOWN_ONCE)


@routes.post(
    "/webhook-secret/rotate",
    summary="Rotate the workspace's webhook secret",
    openapi_extra=takes(SecretRotation, {"overlap_seconds": 3600}, required=False),
    responses=shows("WorkspaceWebhookSecret", "The new secret.", 409, *BODY),
)
async def rotate_workspace_webhook_secret(request: Request, house: AtHouse, keeper: HookKeeper) -> Response:
    """Sign with a new secret; what was submitted before is too, and until the overlap has passed with both."""
    wanted = read(SecretRotation, await read_optional(request))
    overlap = timedelta(seconds=wanted.overlap_seconds)
    rotated = await secret.rotate_webhook_secret(house, keeper, overlap, is_forced=wanted.force)
    return answer(render.webhook_secret(rotated), headers=_SHOWN_ONCE)


@routes.post(
    "/webhook-endpoints/{endpoint_id}/test",
    status_code=202,
    summary="Send a test message",
    responses=shows("Delivery", "The delivery; its attempts tell what came back.", 404, 409, status=202),
)
async def test_webhook_endpoint(endpoint_id: str, house: AtHouse, keeper: HookKeeper) -> Response:
    """Send a message of the type `webhook.test`, signed and guarded as all others are."""
    return answer(render.delivery(await service.send_test(house, keeper, endpoint_id)), status=202)


@routes.post(
    "/webhook-endpoints/{endpoint_id}/redeliver",
    status_code=202,
    summary="Send deliveries again",
    openapi_extra=takes(Redelivery, {"after": 41, "status": ["exhausted"]}),
    responses=shows("Redelivered", "How many.", 404, 409, *BODY, status=202),
)
async def redeliver_to_webhook_endpoint(
    endpoint_id: str, request: Request, house: AtHouse, keeper: HookKeeper
) -> Response:
    """Send again what the filters name: with their ids and bodies, each task's events in order."""
    query = read(Redelivery, await read_json(request)).query(keeper.workspace, endpoint_id)
    return answer({"count": await service.redeliver(house, keeper, query)}, status=202)


@routes.get(
    "/webhook-endpoints/{endpoint_id}/deliveries",
    summary="List a webhook endpoint's deliveries",
    openapi_extra=asks(DeliveryFilters),
    responses=shows("DeliveryPage", "One page, oldest first.", 404, 422),
)
async def list_deliveries(endpoint_id: str, request: Request, house: AtHouse, keeper: HookKeeper) -> Response:
    """List deliveries; `next` is the `after` of the page that follows."""
    query = ask(DeliveryFilters, request.query_params).query(keeper.workspace, endpoint_id)
    return answer(render.deliveries(await service.list_deliveries(house, keeper, query)))


@routes.get(
    "/webhook-endpoints/{endpoint_id}/messages",
    summary="Pull messages",
    openapi_extra=asks(Pull),
    responses=shows("MessageList", "Messages in order.", 404, 409, 422),
)
async def list_messages(endpoint_id: str, request: Request, house: AtHouse, keeper: HookKeeper) -> Response:
    """Read the messages that are or would be posted, with the same ids, numbers and bodies."""
    pull = ask(Pull, request.query_params)
    query = pull.query(keeper.workspace, endpoint_id)
    reading = service.list_messages(house, keeper, query, pull.wait)
    mail = await (holding_on(request, keeper, reading) if pull.wait else reading)
    return answer(render.mail(mail))


@routes.get(
    "/deliveries/{delivery_id}", summary="Read a delivery", responses=shows("Delivery", "The delivery.", 404)
)
async def get_delivery(delivery_id: str, house: AtHouse, keeper: HookKeeper) -> Response:
    """Read how a delivery stands."""
    return answer(render.delivery(await service.get_delivery(house, keeper, delivery_id)))


@routes.get(
    "/deliveries/{delivery_id}/attempts",
    summary="List a delivery's attempts",
    responses=shows("DeliveryAttemptList", "Attempts in order.", 404),
)
async def list_delivery_attempts(delivery_id: str, house: AtHouse, keeper: HookKeeper) -> Response:
    """List every attempt, what came back and how long it took."""
    return answer(render.attempts(await service.list_attempts(house, keeper, delivery_id)))


@routes.post(
    "/deliveries/{delivery_id}/redeliver",
    status_code=202,
    summary="Send a delivery again",
    responses=shows("Delivery", "The delivery as it stands.", 404, 409, status=202),
)
async def redeliver(delivery_id: str, house: AtHouse, keeper: HookKeeper) -> Response:
    """Send one delivery again, before later events of its task."""
    return answer(render.delivery(await service.redeliver_one(house, keeper, delivery_id)), status=202)


@routes.get(
    "/tasks/{task_id}/webhook-endpoints",
    summary="List the webhook endpoints that came with a task",
    responses=shows("TaskWebhookList", "Endpoints, oldest first.", 404),
)
async def list_webhook_endpoints_of_task(task_id: str, house: AtHouse, reader: Reader) -> Response:
    """List who is told of this task alone."""
    version = await find_version(house, reader, task_id)
    found = await service.list_endpoints_of(house, reader, task_id)
    return answer(render.endpoints_of(task_id, version, found))
