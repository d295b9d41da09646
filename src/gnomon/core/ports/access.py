"""Workspaces and keys: the seam."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from gnomon.core.access import Key, Workspace
from gnomon.core.ports.member import Founding
from gnomon.core.ports.seam import Reserved


class AccessStore(Protocol):
    """Workspaces and keys."""

    async def create_workspace(
        self,
        workspace: Workspace,
        keys: Sequence[Key],
        sealed: str | None = None,
        founding: Founding | None = None,
    ) -> Workspace:
        """Store a workspace, its first keys and its webhook secret; the number given is ignored for the next one.

        Raises
        ------
        Conflict
            When another workspace has the id or the identifier.
        QuotaExceeded
            When its organization has as many workspaces as it may have.
        ReservationReused, NotFound
            When the key was used with another request, or what the same one made was deleted since.
        """

    async def list_workspaces(self) -> Sequence[Workspace]:
        """List all workspaces, oldest first."""

    async def find_key(self, public_id: str) -> Key | None:
        """Return the key of that public part."""

    async def create_key(self, key: Key) -> Key:
        """Store a key."""

    async def list_keys(self, workspace: str) -> Sequence[Key]:
        """List a workspace's keys, oldest first, revoked ones included."""

    async def end_key(
        self, workspace: str, public_id: str, now: datetime, *, at: datetime, is_forced: bool = False
    ) -> Key:
        """Let a key be valid until then at most; from the answer on nobody finds it as it was.

        Raises
        ------
        NotFound
            When the workspace has no such key.
        Conflict
            When without it no key of the workspace could issue others, unless that is forced.
        """

    async def touch_keys(self, used: Mapping[str, datetime]) -> None:
        """Note when keys were last used; a time that is older than the one noted changes nothing."""

    async def use_once(self, workspace: str, name: str, now: datetime) -> bool:
        """Say whether nobody has used the name before; from now on somebody has."""

    async def find_reserved(self, workspace: str, key: str) -> Reserved | None:
        """Return what an idempotency key has made."""

    async def sweep_reservations(self, older_than: datetime, limit: int) -> int:
        """Forget reservations of before then; return how many."""
