"""Who works where: organizations, users, their roles in workspaces, and invites."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from gnomon.core.access import ALL_SCOPES

Place = Literal["workspace", "organization"]
"""Where users are members."""

MOST_INVITES = 1000
"""Invites of an organization that nobody has accepted yet."""


class Role(StrEnum):
    """What a user is in a workspace, or in an organization."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"

    @property
    def rank(self) -> int:
        """Return how much the role may do: a greater one may do all that a smaller one may."""
        return _RANKS[self]

    def is_at_least(self, other: "Role") -> bool:
        """Say whether the role may do all that the other one may."""
        return self.rank >= other.rank


_RANKS = {role: rank for rank, role in enumerate(reversed(Role))}

SCOPES_OF: Mapping[Role, frozenset[str]] = {
    Role.VIEWER: frozenset({"read"}),
    Role.MEMBER: frozenset({"read", "write", "cancel"}),
    Role.ADMIN: ALL_SCOPES - {"ops"},
    Role.OWNER: ALL_SCOPES,
}
"""What each role allows; `ops` only to who holds a key that carries it."""


def scopes_of(role: Role | None) -> frozenset[str]:
    """Return what a role allows; nothing without one."""
    return frozenset() if role is None else SCOPES_OF[role]


def role_of(scopes: frozenset[str]) -> Role:
    """Return what somebody without a role counts as, by what their key may do."""
    if scopes >= SCOPES_OF[Role.ADMIN]:
        return Role.OWNER
    if scopes & {"keys", "hooks"}:
        return Role.ADMIN
    return Role.MEMBER if scopes & {"write", "cancel"} else Role.VIEWER


def own_organization(workspace: str) -> str:
    """Return the id of the organization that is founded with a workspace."""
    return f"org_{workspace.removeprefix('wsp_')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """Whom workspaces belong to."""

    id: str
    number: int
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person, or a program that has its own user key."""

    id: str
    number: int
    name: str
    created_at: datetime
    email: str | None = None
    """In small letters; known from an invite to it that was accepted, or told by who made the user."""
    subject: str | None = None
    """What an identity provider calls the user: its issuer and the subject there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A user in a workspace, or in an organization."""

    user: User
    place: str
    """The workspace's id, or the organization's."""
    role: Role
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """Lets who has its token become a member of an organization and of one of its workspaces, once."""

    id: str
    organization_id: str
    workspace: str
    role: Role
    hash: str
    created_at: datetime
    expires_at: datetime
    email: str | None = None
    invited_by: str | None = None
    accepted_at: datetime | None = None
    accepted_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of an invite."""

    invite: Invite
    member: Member
    """As the user now is in the workspace."""
    is_new: bool
    """The user was made by this."""
