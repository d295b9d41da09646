"""The office: what the owner of a data folder may do while its server is stopped."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from gnomon.core.access import ALL_SCOPES, Key, KeyRole, Principal, Workspace
from gnomon.core.errors import NotFound
from gnomon.core.hub import Hub
from gnomon.core.service import House, access, tenancy
from gnomon.core.service.secret import WebhookSecret, get_webhook_secret, rotate_webhook_secret
from gnomon.core.tenancy import Member, Role
from gnomon.store.sqlite import SqliteStore
from gnomon.wiring.server import build_house, find_secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the owner of a stopped server's data folder may do about its workspaces and keys."""

    house: House

    async def list_workspaces(self) -> Sequence[Workspace]:
        """List all workspaces, oldest first."""
        return await self.house.store.list_workspaces()

    async def create_workspace(self, identifier: str) -> access.Founded:
        """Create a workspace with its keys; raises `Invalid` and `Conflict`."""
        first, *_ = await self.house.store.list_workspaces()
        return await access.create_workspace(self.house, await self._owner(first.identifier), identifier)

    async def list_keys(self, workspace: str) -> Sequence[Key]:
        """List a workspace's keys, oldest first; raises `NotFound`."""
        return await access.list_keys(self.house, await self._owner(workspace))

    async def issue_key(
        self, workspace: str, *, name: str, scopes: Iterable[str], role: str, expires_at: datetime | None
    ) -> access.Issued:
        """Issue a key, with all scopes that the workspace may have when none are named; raises `Invalid`."""
        owner = await self._owner(workspace)
        wanted = frozenset(scopes) or owner.scopes
        kind = KeyRole[role.upper()]
        return await access.issue_key(
            self.house, owner, name=name, scopes=wanted, role=kind, expires_at=expires_at
        )

    async def revoke_key(self, workspace: str, key_id: str) -> Key:
        """End a key, the last one too: here another one can always be issued."""
        return await access.revoke_key(self.house, await self._owner(workspace), key_id, is_forced=True)

    async def list_users(self, workspace: str) -> Sequence[Member]:
        """List a workspace's users with their roles; raises `NotFound`."""
        return await tenancy.list_users(self.house, await self._owner(workspace))

    async def add_user(
        self, workspace: str, *, name: str, role: str, email: str | None
    ) -> tuple[Member, access.Issued]:
        """Add a user with a user key; raises `Invalid`."""
        owner = await self._owner(workspace)
        return await tenancy.add_user(self.house, owner, name=name, role=Role(role), email=email)

    async def set_role(self, workspace: str, user_id: str, role: str, *, is_forced: bool) -> Member:
        """Let a user have another role; raises `NotFound` and `Conflict`."""
        owner = await self._owner(workspace)
        return await tenancy.set_role(self.house, owner, user_id, Role(role), is_forced=is_forced)

    async def remove_user(self, workspace: str, user_id: str, *, is_forced: bool) -> Member:
        """Let a user be a member no more; raises `NotFound` and `Conflict`."""
        owner = await self._owner(workspace)
        return await tenancy.remove_user(self.house, owner, user_id, is_forced=is_forced)

    async def get_webhook_secret(self, workspace: str) -> WebhookSecret:
        """Return a workspace's webhook secret; raises `NotFound`."""
        return await get_webhook_secret(self.house, await self._owner(workspace))

    async def rotate_webhook_secret(
        self, workspace: str, overlap: timedelta, *, is_forced: bool
    ) -> WebhookSecret:
        """Sign a workspace's webhooks with a new secret; raises `Conflict` and `Invalid`."""
        owner = await self._owner(workspace)
        return await rotate_webhook_secret(self.house, owner, overlap, is_forced=is_forced)

    async def _owner(self, identifier: str) -> Principal:
        workspaces = await self.house.store.list_workspaces()
        found = next((known for known in workspaces if known.identifier == identifier), None)
        if found is None:
            names = ", ".join(known.identifier for known in workspaces)
            raise NotFound(f"There is no workspace {identifier}; there is {names}.")
        scopes = ALL_SCOPES if found == workspaces[0] else ALL_SCOPES - {"ops"}
        return Principal(workspace=found.id, key_id="owner", scopes=scopes)


@asynccontextmanager
async def open_office(data: Path) -> AsyncIterator[Office]:
    """Open the data folder of a server that is stopped.

    Raises
    ------
    ValueError
        When it holds no server's data.
    Unavailable
        When the server runs.
    """
    if not (data / "gnomon.db").exists() or not (data / "secret.key").exists():
        raise ValueError(f"{data} holds no server's data; name the server's folder with --data.")
    hub = Hub()
    store = SqliteStore.open(data, hub)
    try:
        secret = await find_secret(data, store)
        yield Office(house=build_house(secret, store, hub))
    finally:
        await store.close()
