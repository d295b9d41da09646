"""Webhooks: endpoints and their secrets, deliveries, and the messages that a receiver pulls."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gnomon.core.access import Principal
from gnomon.core.delivery import (
    DEFAULT_TYPES,
    TEST_TYPE,
    Delivery,
    DeliveryAttempt,
    Endpoint,
    NewEndpoint,
    endpoint_id,
    signing_secret,
)
from gnomon.core.errors import Complaint, Invalid
from gnomon.core.event import EventType, write_time
from gnomon.core.ports import ChangeEndpoint, DeliveryQuery, Page, RotateSecret
from gnomon.core.service.access import require, require_still_valid, watch
from gnomon.core.service.cursor import require_cursor
from gnomon.core.service.house import House

MOST_OF_TASK = 10
"""Endpoints that one task may bring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants to be told, and where."""

    url: str | None
    event_types: frozenset[EventType] = DEFAULT_TYPES
    description: str | None = None
    dialect: str = "native"

    @property
    def has_own_secret(self) -> bool:
        """Say whether it gets a secret; only the native door shows one, others sign with the workspace's."""
        return self.dialect == "native"


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """An endpoint that will be stored, and its secret in clear: it is shown now and never again."""

    new: NewEndpoint
    secret: str | None = field(repr=False)
    """None: it signs with the workspace's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A stored endpoint, and its newest secret in clear: it is shown now and never again."""

    endpoint: Endpoint
    secret: str | None = field(repr=False)
    """None: it signs with the workspace's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A delivery and its body, byte for byte as it was or would be sent."""

    delivery: Delivery
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Messages in order; the next question goes on after `next`."""

    messages: Sequence[Message]
    next: int


async def create_endpoint(house: House, principal: Principal, wanted: Wanted) -> Opened:
    """Store an endpoint of the workspace.

    Raises
    ------
    Invalid
        When nothing may be sent to the url.
    QuotaExceeded
        When the workspace has as many endpoints as it may.
    """
    require(principal, "hooks")
    _check_url(house, wanted.url, "url")
    minted = _mint(house, principal, wanted)
    made = await house.store.create_endpoint(minted.new, house.clock.now(), house.limits.endpoints)
    return Opened(endpoint=made, secret=minted.secret)


def new_hooks(house: House, principal: Principal, wanted: Sequence[Wanted]) -> Sequence[Minted]:
    """Make the endpoints that one task brings; they are stored with it.

    Raises
    ------
    Invalid
        When there are too many, or nothing may be sent to one of the urls.
    """
    if not wanted:
        return ()
    require(principal, "hooks")
    if len(wanted) > MOST_OF_TASK:
        message = f"A task may bring {MOST_OF_TASK} webhooks; make endpoints of the workspace for more."
        raise Invalid([Complaint(("webhooks",), message, "too_long")])
    for position, one in enumerate(wanted):
        _check_url(house, one.url, "webhooks", position, "url")
    return [_mint(house, principal, one) for one in wanted]


async def get_endpoint(house: House, principal: Principal, endpoint_id: str) -> Endpoint:
    """Return an endpoint; raises `NotFound`."""
    require(principal, "hooks")
    return await house.store.get_endpoint(principal.workspace, endpoint_id)


async def list_endpoints(
    house: House, principal: Principal, *, limit: int, cursor: str | None
) -> Page[Endpoint]:
    """List the workspace's endpoints, oldest first."""
    require(principal, "hooks")
    return await house.store.list_endpoints(principal.workspace, limit=limit, cursor=cursor)


async def list_endpoints_of(house: House, principal: Principal, task_id: str) -> Sequence[Endpoint]:
    """List the endpoints that a task brought; raises `NotFound`."""
    require(principal, "read")
    await house.store.get_version(principal.workspace, task_id)
    page = await house.store.list_endpoints(principal.workspace, task_id=task_id, limit=MOST_OF_TASK)
    return page.records


async def change_endpoint(house: House, principal: Principal, command: ChangeEndpoint) -> Endpoint:
    """Store new values of an endpoint.

    Raises
    ------
    NotFound
        When the workspace has no such endpoint.
    PreconditionFailed
        When it has another version than the one expected.
    Invalid
        When nothing may be sent to the new url.
    """
    require(principal, "hooks")
    _check_url(house, command.url, "url")
    return await house.store.change_endpoint(
        replace(command, workspace=principal.workspace, now=house.clock.now())
    )


async def delete_endpoint(house: House, principal: Principal, endpoint_id: str) -> None:
    """Delete an endpoint with its deliveries; raises `NotFound`."""
    require(principal, "hooks")
    await house.store.delete_endpoint(principal.workspace, endpoint_id, house.clock.now())


async def rotate_secret(
    house: House, principal: Principal, endpoint_id: str, overlap: timedelta, *, is_forced: bool = False
) -> Opened:
    """Sign with a new secret, and with the old one too until the overlap has passed.

    Raises
    ------
    NotFound
        When the workspace has no such endpoint.
    Conflict
        When it has no secret of its own, or an earlier overlap has not passed and the rotation is not forced.
    """
    require(principal, "hooks")
    secret = signing_secret(house.clock.chance(256))
    rotated = await house.store.rotate_secret(
        RotateSecret(
            workspace=principal.workspace,
            endpoint_id=endpoint_id,
            sealed=house.vault.seal(secret.encode()),
            overlap=overlap,
            now=house.clock.now(),
            is_forced=is_forced,
        )
    )
    return Opened(endpoint=rotated, secret=secret)


async def send_test(house: House, principal: Principal, endpoint_id: str) -> Delivery:
    """Send a message that is no event, the way that events are sent.

    Raises
    ------
    NotFound
        When the workspace has no such endpoint.
    Conflict
        When the endpoint is disabled.
    """
    require(principal, "hooks")
    now = house.clock.now()
    body = {"type": TEST_TYPE, "timestamp": write_time(now), "data": {"endpoint_id": endpoint_id}}
    written = json.dumps(body, separators=(",", ":")).encode()
    return await house.store.post_test(principal.workspace, endpoint_id, written, now)


async def list_deliveries(house: House, principal: Principal, query: DeliveryQuery) -> Page[Delivery]:
    """List an endpoint's deliveries, oldest first; raises `NotFound`."""
    require(principal, "hooks")
    return await house.store.list_deliveries(replace(query, workspace=principal.workspace))


async def get_delivery(house: House, principal: Principal, delivery_id: str) -> Delivery:
    """Return a delivery; raises `NotFound`."""
    require(principal, "hooks")
    return await house.store.get_delivery(principal.workspace, delivery_id)


async def list_attempts(house: House, principal: Principal, delivery_id: str) -> Sequence[DeliveryAttempt]:
    """List a delivery's attempts in order; raises `NotFound`."""
    require(principal, "hooks")
    return await house.store.list_delivery_attempts(principal.workspace, delivery_id)


async def redeliver(house: House, principal: Principal, query: DeliveryQuery) -> int:
    """Send again what the query names, in order; return how many.

    Raises
    ------
    NotFound
        When the workspace has no such endpoint.
    Conflict
        When nothing is sent to it, because it is disabled or pulls.
    """
    require(principal, "hooks")
    return await house.store.redeliver(replace(query, workspace=principal.workspace), house.clock.now())


async def redeliver_one(house: House, principal: Principal, delivery_id: str) -> Delivery:
    """Send one delivery again; raises `NotFound` and `Conflict`."""
    delivery = await get_delivery(house, principal, delivery_id)
    query = DeliveryQuery(
        workspace=principal.workspace, endpoint_id=delivery.endpoint_id, ids=frozenset({delivery_id})
    )
    await redeliver(house, principal, query)
    return await get_delivery(house, principal, delivery_id)


async def list_messages(house: House, principal: Principal, query: DeliveryQuery, wait: float = 0) -> Mail:
    """List messages above a number; when there is none, wait for one that long.

    Raises
    ------
    NotFound
        When the workspace has no such endpoint.
    Conflict
        When the number is beyond the last message.
    """
    require(principal, "hooks")
    query = replace(query, workspace=principal.workspace)
    clock = asyncio.get_running_loop().time
    limit = clock() + wait
    # Subscribed before reading: what is written between the two is not missed.
    with house.hub.subscribe(query.endpoint_id) as news, watch(house, principal, news):
        mail = await _read(house, query)
        if not mail.messages:
            await _require_cursor(house, query)
        if wait <= 0 or mail.messages:
            return mail
        while not mail.messages and not news.is_over() and await news.wait(limit - clock()):
            mail = await _read(house, replace(query, after=mail.next))
    await require_still_valid(house, principal)
    return mail


async def _require_cursor(house: House, query: DeliveryQuery) -> None:
    endpoint = await house.store.get_endpoint(query.workspace, query.endpoint_id)
    require_cursor(f"Endpoint {query.endpoint_id}", "message", query.after, endpoint.last_number)


async def _read(house: House, query: DeliveryQuery) -> Mail:
    page = await house.store.list_parcels(query)
    messages = [Message(delivery=parcel.delivery, body=parcel.write(house.bodies)) for parcel in page.records]
    last = messages[-1].delivery.number if messages else query.after
    return Mail(messages=messages, next=int(page.next) if page.next else last)


def _check_url(house: House, url: str | None, *loc: str | int) -> None:
    complaint = house.check_target(url) if url is not None else None
    if complaint is not None:
        raise Invalid([Complaint(loc, complaint, "forbidden_target")])


def _mint(house: House, principal: Principal, wanted: Wanted) -> Minted:
    secret = signing_secret(house.clock.chance(256)) if wanted.has_own_secret else None
    new = NewEndpoint(
        id=endpoint_id(house.clock.now(), house.clock.chance(80)),
        workspace=principal.workspace,
        url=wanted.url,
        sealed=None if secret is None else house.vault.seal(secret.encode()),
        event_types=wanted.event_types,
        description=wanted.description,
        dialect=wanted.dialect,
    )
    return Minted(new=new, secret=secret)
