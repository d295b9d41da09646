"""Users, roles, organizations, and whose workspaces are: the seam."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gnomon.core.access import Key, Workspace
from gnomon.core.ports.seam import Reservation
from gnomon.core.tenancy import Accepted, Invite, Member, Organization, Place, Role, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """Who founds a workspace, and how many may be founded."""

    owner: User | None = None
    """Stored too, if new; without one the owners of the organization own the workspace."""
    most: int | None = None
    """Workspaces that the organization may have."""
    maker: str = ""
    """The workspace in which the request is made, which keeps its reservation."""
    reservation: Reservation | None = None


class MemberStore(Protocol):
    """Users, roles, organizations, and whose workspaces are."""

    async def find_created_workspace(
        self, maker: str, reservation: Reservation, now: datetime
    ) -> Workspace | None:
        """Return the workspace that the same request has made.

        Raises
        ------
        ReservationReused
            When the key was used with another request.
        NotFound
            When the workspace was deleted since.
        """

    async def find_workspace(self, workspace: str) -> Workspace | None:
        """Return the workspace of that id."""

    async def rename_workspace(self, workspace: str, identifier: str) -> Workspace:
        """Give a workspace another identifier; raises `NotFound` and `Conflict`."""

    async def delete_workspace(self, workspace: str, now: datetime) -> None:
        """End a workspace's keys, memberships, open invites and schedules, and let nobody find it any more.

        Raises
        ------
        NotFound
            When there is no such workspace.
        Conflict
            When it is the oldest, which is the operator's.
        """

    async def list_abandoned(self, limit: int) -> Sequence[tuple[str, str]]:
        """List tasks of deleted workspaces that nobody has asked to stop yet: each with its workspace."""

    async def find_organization(self, organization: str) -> Organization | None:
        """Return an organization."""

    async def rename_organization(self, organization: str, name: str) -> Organization:
        """Give an organization another name; raises `NotFound`."""

    async def list_workspaces_of(self, organization: str) -> Sequence[Workspace]:
        """List an organization's workspaces, oldest first."""

    async def add_user(self, user: User) -> User:
        """Store a user under the next number; one that is there already stays as it is; raises `Conflict`."""

    async def find_user(self, user_id: str) -> User | None:
        """Return the user of that id."""

    async def find_subject(self, subject: str) -> User | None:
        """Return the user whom an identity provider calls so."""

    async def link_subject(self, email: str, subject: str, now: datetime) -> User | None:
        """Let the one user who was invited at that address, and never signed in, sign in so.

        The user's keys end: somebody else may have accepted the invite.
        """

    async def list_members(self, place: Place, place_id: str) -> Sequence[Member]:
        """List the users of a workspace or an organization, in the order in which they came to this server."""

    async def find_member(self, place: Place, place_id: str, user_id: str) -> Member | None:
        """Return a user in a workspace or an organization."""

    async def put_member(
        self, place: Place, place_id: str, user_id: str, role: Role, now: datetime, *, is_forced: bool = False
    ) -> Member:
        """Let a user have a role.

        Raises
        ------
        NotFound
            When there is no such user.
        Conflict
            When nobody would own the place any more, unless that is forced.
        """

    async def remove_member(
        self, place: Place, place_id: str, user_id: str, now: datetime, *, is_forced: bool = False
    ) -> Member:
        """Let a user be a member no more, and end the keys that are good for nothing without that.

        Raises
        ------
        NotFound
            When the user is no member.
        Conflict
            When nobody would own the place any more, unless that is forced.
        """

    async def list_memberships(self, user_id: str) -> Sequence[tuple[Workspace, Role]]:
        """List the workspaces that a user is a member of, oldest first, with the role in each."""

    async def create_invite(
        self, invite: Invite, maker: str, reservation: Reservation | None = None
    ) -> Invite:
        """Store an invite, or find the one that the same request of a workspace has made.

        Raises
        ------
        ReservationReused
            When the key was used with another request.
        QuotaExceeded
            When too many invites of the organization are open.
        """

    async def accept_invite(
        self, organization: int, hashed: str, user: User, keys: Sequence[Key], now: datetime
    ) -> Accepted:
        """Use an invite up: its user, who is stored if new, is a member from now on, and has the keys.

        Raises
        ------
        NotFound
            When the organization has no such invite, it has expired, or somebody has accepted it.
        """
