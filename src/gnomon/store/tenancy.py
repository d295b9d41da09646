"""The shelf of users, their roles, and whose workspaces are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gnomon.core.access import Key, Workspace
from gnomon.core.ports import Reservation
from gnomon.core.tenancy import Accepted, Invite, Member, Organization, Place, Role, User
from gnomon.store.access import Acquaintance
from gnomon.store.driver import Shelf
from gnomon.store.invite import accept_invite, create_invite
from gnomon.store.member import (
    add_user,
    find_member,
    find_organization,
    find_subject,
    find_user,
    link_subject,
    list_members,
    put_member,
    remove_member,
    rename_organization,
)
from gnomon.store.workspace import (
    delete_workspace,
    find_created_workspace,
    find_workspace,
    list_abandoned,
    list_memberships,
    list_workspaces_of,
    rename_workspace,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberShelf(Shelf):
    """The shelf of users, their roles, and whose workspaces are."""

    known: Acquaintance

    async def find_created_workspace(
        self, maker: str, reservation: Reservation, now: datetime
    ) -> Workspace | None:
        """Return the workspace that the same request has made; raises `ReservationReused` and `NotFound`."""
        return await self.writer.run(find_created_workspace, maker, reservation, now)

    async def find_workspace(self, workspace: str) -> Workspace | None:
        """Return the workspace of that id."""
        return await self.readers.run(find_workspace, workspace)

    async def rename_workspace(self, workspace: str, identifier: str) -> Workspace:
        """Give a workspace another identifier; raises `NotFound` and `Conflict`."""
        return await self.writer.run(rename_workspace, workspace, identifier)

    async def delete_workspace(self, workspace: str, now: datetime) -> None:
        """Let nobody into a workspace any more; raises `NotFound` and `Conflict`."""
        await self.known.changing(self.writer.run(delete_workspace, workspace, now))

    async def list_abandoned(self, limit: int) -> Sequence[tuple[str, str]]:
        """List tasks of deleted workspaces that nobody has asked to stop yet."""
        return await self.readers.run(list_abandoned, limit)

    async def find_organization(self, organization: str) -> Organization | None:
        """Return an organization."""
        return await self.readers.run(find_organization, organization)

    async def rename_organization(self, organization: str, name: str) -> Organization:
        """Give an organization another name; raises `NotFound`."""
        return await self.writer.run(rename_organization, organization, name)

    async def list_workspaces_of(self, organization: str) -> Sequence[Workspace]:
        """List an organization's workspaces, oldest first."""
        return await self.readers.run(list_workspaces_of, organization)

    async def add_user(self, user: User) -> User:
        """Store a user; raises `Conflict` when another one has the subject."""
        return await self.writer.run(add_user, user)

    async def find_user(self, user_id: str) -> User | None:
        """Return the user of that id."""
        return await self.readers.run(find_user, user_id)

    async def find_subject(self, subject: str) -> User | None:
        """Return the user whom an identity provider calls so."""
        return await self.readers.run(find_subject, subject)

    async def link_subject(self, email: str, subject: str, now: datetime) -> User | None:
        """Let the one user who was invited at that address sign in so."""
        return await self.known.changing(self.writer.run(link_subject, email, subject, now))

    async def list_members(self, place: Place, place_id: str) -> Sequence[Member]:
        """List the users of a workspace or an organization."""
        return await self.readers.run(list_members, place, place_id)

    async def find_member(self, place: Place, place_id: str, user_id: str) -> Member | None:
        """Return a user in a workspace or an organization."""
        name = (place, place_id, user_id)
        return await self.known.members.find(name, lambda: self.readers.run(find_member, *name))

    async def put_member(
        self, place: Place, place_id: str, user_id: str, role: Role, now: datetime, *, is_forced: bool = False
    ) -> Member:
        """Let a user have a role; raises `NotFound` and `Conflict`."""
        verb = self.writer.run(put_member, place, place_id, user_id, role, now, is_forced=is_forced)
        return await self.known.changing(verb)

    async def remove_member(
        self, place: Place, place_id: str, user_id: str, now: datetime, *, is_forced: bool = False
    ) -> Member:
        """Let a user be a member no more; raises `NotFound` and `Conflict`."""
        verb = self.writer.run(remove_member, place, place_id, user_id, now, is_forced=is_forced)
        return await self.known.changing(verb)

    async def list_memberships(self, user_id: str) -> Sequence[tuple[Workspace, Role]]:
        """List the workspaces that a user is a member of, with the role in each."""
        return await self.readers.run(list_memberships, user_id)

    async def create_invite(
        self, invite: Invite, maker: str, reservation: Reservation | None = None
    ) -> Invite:
        """Store an invite, or find the one that the same request of a workspace has made."""
        return await self.writer.run(create_invite, invite, maker, reservation)

    async def accept_invite(
        self, organization: int, hashed: str, user: User, keys: Sequence[Key], now: datetime
    ) -> Accepted:
        """Use an invite up; raises `NotFound`."""
        verb = self.writer.run(accept_invite, organization, hashed, user, keys, now)
        return await self.known.changing(verb)
