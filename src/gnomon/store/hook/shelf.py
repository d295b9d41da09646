"""The shelf of webhooks: verbs go to the writer, questions to a reader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gnomon.core.delivery import Delivery, DeliveryAttempt, Endpoint, NewEndpoint, Parcel, Sealed
from gnomon.core.ports import AttemptMade, ChangeEndpoint, DeliveryQuery, Page, RotateSecret
from gnomon.store.driver import Shelf
from gnomon.store.hook import delivery, endpoint, parcel, secret, sending, sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class HookShelf(Shelf):
    """Endpoints and deliveries."""

    async def create_endpoint(self, new: NewEndpoint, now: datetime, most: int | None = None) -> Endpoint:
        """Store an endpoint; raises `QuotaExceeded` when the workspace has `most` already."""
        return await self.writer.run(endpoint.create_endpoint, new, now, most)

    async def get_endpoint(self, workspace: str, endpoint_id: str) -> Endpoint:
        """Return an endpoint; raises `NotFound`."""
        return await self.readers.run(endpoint.get_endpoint, workspace, endpoint_id)

    async def list_endpoints(
        self, workspace: str, *, task_id: str | None = None, limit: int = 100, cursor: str | None = None
    ) -> Page[Endpoint]:
        """List the workspace's endpoints (or those of one task), oldest first."""
        return await self.readers.run(
            endpoint.list_endpoints, workspace, task_id=task_id, limit=limit, cursor=cursor
        )

    async def change_endpoint(self, command: ChangeEndpoint) -> Endpoint:
        """Store new values; raises `NotFound` and `PreconditionFailed`."""
        return await self.writer.run(endpoint.change_endpoint, command)

    async def delete_endpoint(self, workspace: str, endpoint_id: str, now: datetime) -> None:
        """Delete an endpoint; raises `NotFound`."""
        await self.writer.run(endpoint.delete_endpoint, workspace, endpoint_id, now)

    async def rotate_secret(self, command: RotateSecret) -> Endpoint:
        """Store a new secret of its own; raises `NotFound` and `Conflict`."""
        return await self.writer.run(endpoint.rotate_secret, command)

    async def list_workspace_secrets(self, workspace: str) -> Sequence[Sealed]:
        """List what endpoints without a secret of their own sign with, newest first."""
        return await self.readers.run(secret.list_workspace_secrets, workspace)

    async def rotate_workspace_secret(self, command: RotateSecret) -> Sequence[Sealed]:
        """Store the first or a new secret of the workspace; raises `NotFound` and `Conflict`."""
        return await self.writer.run(secret.rotate_workspace_secret, command)

    async def post_test(self, workspace: str, endpoint_id: str, body: bytes, now: datetime) -> Delivery:
        """Write a test message; raises `NotFound` and `Conflict`."""
        return await self.writer.run(delivery.post_test, workspace, endpoint_id, body, now)

    async def get_delivery(self, workspace: str, delivery_id: str) -> Delivery:
        """Return a delivery; raises `NotFound`."""
        return await self.readers.run(delivery.get_delivery, workspace, delivery_id)

    async def list_deliveries(self, query: DeliveryQuery) -> Page[Delivery]:
        """List deliveries, oldest first; raises `NotFound`."""
        return await self.readers.run(delivery.list_deliveries, query)

    async def get_parcel(self, workspace: str, delivery_id: str) -> Parcel:
        """Return a delivery with what it delivers; raises `NotFound` and `Gone`."""
        return await self.readers.run(parcel.get_parcel, workspace, delivery_id)

    async def list_parcels(self, query: DeliveryQuery) -> Page[Parcel]:
        """List deliveries with what they deliver; raises `NotFound`."""
        return await self.readers.run(parcel.list_parcels, query)

    async def list_delivery_attempts(self, workspace: str, delivery_id: str) -> Sequence[DeliveryAttempt]:
        """List the attempts of a delivery in order; raises `NotFound`."""
        return await self.readers.run(delivery.list_delivery_attempts, workspace, delivery_id)

    async def redeliver(self, query: DeliveryQuery, now: datetime) -> int:
        """Make the deliveries that the query names due again, oldest first, in pieces; return how many."""
        count, upto = 0, None
        while True:
            done = await self.writer.run(delivery.redeliver, query, upto, now)
            count, upto = count + done.count, done.upto
            if done.next is None:
                return count
            query = replace(query, after=done.next)

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
        """Take due deliveries; the writer only marks them, a reader reads what they deliver."""
        taking = sending.Taking(
            now=now, lease=lease, limit=limit, share=share, rooms=rooms, most_failing=most_failing, busy=busy
        )
        taken = await self.writer.run(sending.claim_deliveries, taking)
        return await self.readers.run(parcel.read_parcels, taken) if taken else ()

    async def record_delivery(self, command: AttemptMade) -> Delivery:
        """Record an attempt and what follows; raises `NotFound`."""
        return await self.writer.run(sending.record_delivery, command)

    async def recover_deliveries(self, now: datetime) -> int:
        """Make due what an earlier process had taken; return how many."""
        return await self.writer.run(sending.recover_deliveries, now)

    async def next_delivery_due(self, busy: Sequence[str] = ()) -> datetime | None:
        """Return when the next delivery is due for a receiver that is not in `busy`."""
        return await self.readers.run(sending.next_delivery_due, busy)

    async def sweep_deliveries(self, finished_before: datetime, limit: int) -> int:
        """Delete deliveries that nobody needs any more; return how many."""
        return await self.writer.run(sweep.sweep_deliveries, finished_before, limit)
