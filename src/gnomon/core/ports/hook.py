"""Webhook endpoints and their deliveries: the commands and the seam."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from gnomon.core.delivery import (
    Delivery,
    DeliveryAttempt,
    DeliveryStatus,
    Endpoint,
    NewEndpoint,
    Parcel,
    Sealed,
    Verdict,
)
from gnomon.core.event import EventType
from gnomon.core.ports.seam import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEndpoint:
    """New values of an endpoint; what is None stays. `if_version` refuses when somebody changed it since."""

    workspace: str
    endpoint_id: str
    now: datetime
    url: str | None = None
    event_types: frozenset[EventType] | None = None
    description: str | None = None
    is_enabled: bool | None = None
    if_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateSecret:
    """Sign with a new secret, and with the old one too until the overlap has passed."""

    workspace: str
    endpoint_id: str = ""
    """Whose secret; the workspace's verb needs none."""
    sealed: str = field(repr=False)
    overlap: timedelta
    now: datetime
    is_forced: bool = False
    """Rotate although an earlier overlap has not passed: the oldest secret is dropped at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryQuery:
    """Which deliveries of an endpoint: oldest first, `number` is the cursor."""

    workspace: str
    endpoint_id: str
    after: int = 0
    limit: int = 100
    ids: frozenset[str] | None = None
    statuses: frozenset[DeliveryStatus] | None = None
    event_types: frozenset[EventType] | None = None
    task_id: str | None = None
    after_event: int = 0
    """With `task_id`: events of the task numbered above this."""
    created_after: datetime | None = None
    created_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptMade:
    """What one POST came to, and what follows (`core.delivery.judge`)."""

    delivery_id: str
    now: datetime
    attempt: DeliveryAttempt
    verdict: Verdict
    body: bytes | None
    """What was sent; the first stored body stays, and is what later attempts send. None: it could not be written."""


class HookStore(Protocol):
    """Endpoints, and the outbox that the task verbs write in their own transactions.

    Every event of a public task writes one delivery for each endpoint that asks for its type: the workspace's own
    endpoints and those that were submitted with the task. Of one task and one endpoint only the oldest open
    delivery is due; its end frees the next.
    """

    async def create_endpoint(self, new: NewEndpoint, now: datetime, most: int | None = None) -> Endpoint:
        """Store an endpoint; raises `QuotaExceeded` when the workspace has `most` already."""

    async def get_endpoint(self, workspace: str, endpoint_id: str) -> Endpoint:
        """Return an endpoint; raises `NotFound`."""

    async def list_endpoints(
        self, workspace: str, *, task_id: str | None = None, limit: int = 100, cursor: str | None = None
    ) -> Page[Endpoint]:
        """List the workspace's endpoints (or those of one task), oldest first."""

    async def change_endpoint(self, command: ChangeEndpoint) -> Endpoint:
        """Store new values; raises `NotFound` and `PreconditionFailed`.

        Enabling one again makes what it missed due again: nothing that was written while it was disabled is lost.
        """

    async def delete_endpoint(self, workspace: str, endpoint_id: str, now: datetime) -> None:
        """Delete an endpoint; what was not delivered is dropped; raises `NotFound`."""

    async def rotate_secret(self, command: RotateSecret) -> Endpoint:
        """Store a new secret of the endpoint's own.

        Raises
        ------
        NotFound
            When there is no such endpoint.
        Conflict
            When it has no secret of its own, or an earlier overlap has not passed and the rotation is not forced.
        """

    async def list_workspace_secrets(self, workspace: str) -> Sequence[Sealed]:
        """List what endpoints without a secret of their own sign with, newest first; none was made, nothing."""

    async def rotate_workspace_secret(self, command: RotateSecret) -> Sequence[Sealed]:
        """Store the first or a new secret of the workspace; the command's endpoint does not count.

        Raises
        ------
        NotFound
            When there is no such workspace.
        Conflict
            When an earlier overlap has not passed, and the rotation is not forced.
        """

    async def post_test(self, workspace: str, endpoint_id: str, body: bytes, now: datetime) -> Delivery:
        """Write a test message with that body: due at once, behind nothing.

        Raises
        ------
        NotFound
            When there is no such endpoint.
        Conflict
            When the endpoint is disabled.
        """

    async def get_delivery(self, workspace: str, delivery_id: str) -> Delivery:
        """Return a delivery; raises `NotFound`."""

    async def list_deliveries(self, query: DeliveryQuery) -> Page[Delivery]:
        """List deliveries, oldest first; raises `NotFound`. The next cursor is the last number."""

    async def get_parcel(self, workspace: str, delivery_id: str) -> Parcel:
        """Return a delivery with what it delivers; raises `NotFound`."""

    async def list_parcels(self, query: DeliveryQuery) -> Page[Parcel]:
        """List deliveries with what they deliver: what a receiver pulls; raises `NotFound`."""

    async def list_delivery_attempts(self, workspace: str, delivery_id: str) -> Sequence[DeliveryAttempt]:
        """List the attempts of a delivery in order; raises `NotFound`."""

    async def redeliver(self, query: DeliveryQuery, now: datetime) -> int:
        """Make the deliveries that the query names due again, those that were delivered included; return how many.

        Their schedule begins anew; their ids, bodies and order stay. What is on its way is left alone. The limit of
        the query does not count.

        Raises
        ------
        NotFound
            When there is no such endpoint.
        Conflict
            When nothing is sent to it, because it is disabled or pulls.
        """

    async def claim_deliveries(
        self,
        now: datetime,
        *,
        limit: int,
        lease: timedelta,
        busy: Sequence[str] = (),
        share: int = 8,
        rooms: Mapping[str, int] = {},
        most_failing: int | None = None,
    ) -> Sequence[Parcel]:
        """Take due deliveries, none for a receiver in `busy` (`receiver_of`); they are due again after the lease.

        Endpoints that answer well come before those that fail at present, and among each sort the one that has
        waited longest comes first. One receiver gets at most `share`, or what `rooms` has for it, and all that
        fail together `most_failing`.
        """

    async def record_delivery(self, command: AttemptMade) -> Delivery:
        """Record an attempt and what follows: delivered, due again, exhausted, or the endpoint disabled."""

    async def recover_deliveries(self, now: datetime) -> int:
        """Make due what an earlier process had taken; return how many."""

    async def next_delivery_due(self, busy: Sequence[str] = ()) -> datetime | None:
        """Return when the next delivery is due for a receiver that is not in `busy`."""

    async def sweep_deliveries(self, finished_before: datetime, limit: int) -> int:
        """Delete deliveries that ended before then, with what else nobody can read any more; return how many.

        What was written before then for whoever pulls, or for an endpoint that was disabled before then, goes too.
        """
