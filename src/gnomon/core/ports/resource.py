"""Resources and their revisions: the query and the seam."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gnomon.core.ports.seam import Page, Reservation
from gnomon.core.resource import NewResource, Resource
from gnomon.core.task import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceQuery:
    """Which resources to list, oldest first."""

    workspace: str
    kind: str
    limit: int = 1000
    cursor: str | None = None
    with_documents: bool = False


class ResourceStore(Protocol):
    """Resources and their revisions."""

    async def create(
        self, resource: NewResource, now: datetime, reservation: Reservation | None = None
    ) -> Resource:
        """Store a resource at revision 1, or return the one that the same request made before.

        Raises
        ------
        ReservationReused
            When the key was used with another fingerprint.
        NotFound
            When what the request made was deleted since.
        """

    async def find_created(self, workspace: str, reservation: Reservation, now: datetime) -> Resource | None:
        """Return the resource that the same request has made; a try of a guessed key takes what it finds.

        Raises
        ------
        ReservationReused
            When the key was used with another fingerprint.
        NotFound
            When what the request made was deleted since.
        """

    async def replace(
        self,
        workspace: str,
        kind: str,
        number: int,
        document: Json,
        links: Sequence[str],
        blobs: Sequence[str],
        name: str | None,
        now: datetime,
        if_revision: int | None = None,
    ) -> Resource:
        """Store a new document under the next revision.

        Raises
        ------
        NotFound
            When there is no such resource.
        Conflict
            When its latest task is active.
        PreconditionFailed
            When it has another revision than the one expected.
        """

    async def delete(self, workspace: str, kind: str, number: int, now: datetime) -> None:
        """Delete a resource: it is no longer found, its number is never used again.

        Raises
        ------
        NotFound
            When there is no such resource.
        Conflict
            When its latest task is active.
        """

    async def get(self, workspace: str, kind: str, number: int) -> Resource:
        """Return a resource with its document; raises `NotFound`."""

    async def find_by_id(self, workspace: str, resource_id: str) -> Resource | None:
        """Return the resource of that global id, if the workspace has it."""

    async def find_newest_linked(self, workspace: str, kind: str, target_id: str) -> Resource | None:
        """Return the newest resource of the kind that is linked to the target, without its document."""

    async def list(self, query: ResourceQuery) -> Page[Resource]:
        """List resources, oldest first."""
