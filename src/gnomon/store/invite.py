"""Invites: stored as hashes, used once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from gnomon.core.access import Key
from gnomon.core.errors import NotFound, QuotaExceeded
from gnomon.core.ports import Reservation
from gnomon.core.tenancy import MOST_INVITES, Accepted, Invite, Place, Role, User
from gnomon.store.access import insert_key
from gnomon.store.ledger import Ledger
from gnomon.store.member import add_user, find_member, find_user, get_member, is_open, put
from gnomon.store.reservation import claim_made, reserve
from gnomon.store.row import find_moment, micros, moment

_INVITE = (
    "id, organization, workspace, role, hash, created_at, expires_at, email, invited_by, "
    "accepted_at, accepted_by"
)


def create_invite(ledger: Ledger, invite: Invite, maker: str, kept: Reservation | None) -> Invite:
    """Store an invite, or find the one that the same request has made; raises `NotFound` without its workspace."""
    if (made := claim_made(ledger, maker, kept, invite.created_at)) is not None:
        return _get_invite(ledger, "id", made)
    if not is_open(ledger, invite.workspace):
        raise NotFound("There is no such workspace.")
    _refuse_too_many(ledger, invite)
    ledger.execute(
        f"INSERT INTO invite ({_INVITE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
        (
            *(invite.id, invite.organization_id, invite.workspace, invite.role.value, invite.hash),
            *(micros(invite.created_at), micros(invite.expires_at), invite.email, invite.invited_by),
        ),
    )
    reserve(ledger, maker, kept, invite.id, invite.created_at)
    return invite


def accept_invite(
    ledger: Ledger, organization: int, hashed: str, user: User, keys: Sequence[Key], now: datetime
) -> Accepted:
    """Use an invite up: its user, who is stored if new, is a member from now on, with the greater of two roles.

    The keys are stored as keys of the workspace.

    Raises
    ------
    NotFound
        When the organization has no such invite, it has expired, somebody has accepted it, or who made it may not
        make such a one any more.
    """
    invite = _get_invite(ledger, "hash", hashed)
    where = ledger.row(
        "SELECT 1 FROM organization WHERE id = ? AND number = ?", invite.organization_id, organization
    )
    is_open_still = invite.accepted_at is None and now < invite.expires_at
    if where is None or not is_open_still or not _is_backed(ledger, invite):
        raise _no_invite()
    is_new = find_user(ledger.connection, user.id) is None
    known = add_user(ledger, replace(user, email=invite.email or user.email))
    places: tuple[tuple[Place, str], ...] = (
        ("organization", invite.organization_id),
        ("workspace", invite.workspace),
    )
    for place, place_id in places:
        _raise(ledger, place, place_id, known.id, invite.role, now)
    ledger.execute(
        "UPDATE invite SET accepted_at = ?, accepted_by = ? WHERE id = ?", (micros(now), known.id, invite.id)
    )
    for key in keys:
        insert_key(ledger, replace(key, workspace=invite.workspace))
    used = replace(invite, accepted_at=now, accepted_by=known.id)
    return Accepted(
        invite=used, member=get_member(ledger, "workspace", invite.workspace, known.id), is_new=is_new
    )


def _is_backed(ledger: Ledger, invite: Invite) -> bool:
    """Say whether who made an invite could make it now: nobody comes back by an invite made before leaving."""
    if not is_open(ledger, invite.workspace):
        return False
    if invite.invited_by is None:
        return True
    host = find_member(ledger.connection, "organization", invite.organization_id, invite.invited_by)
    return host is not None and all(host.role.is_at_least(role) for role in (Role.ADMIN, invite.role))


def _raise(ledger: Ledger, place: Place, place_id: str, user_id: str, role: Role, now: datetime) -> None:
    """Let a user have a role, or keep a greater one."""
    known = find_member(ledger.connection, place, place_id, user_id)
    if known is None or not known.role.is_at_least(role):
        put(ledger, place, place_id, user_id, role, now)


def _refuse_too_many(ledger: Ledger, invite: Invite) -> None:
    row = ledger.row(
        "SELECT count(*) FROM invite WHERE organization = ? AND accepted_at IS NULL AND expires_at > ?",
        *(invite.organization_id, micros(invite.created_at)),
    )
    if row is not None and row[0] >= MOST_INVITES:
        raise QuotaExceeded(
            f"{MOST_INVITES} invites of this organization are open; let some be accepted, or expire.",
            quota="invites",
        )


def _get_invite(ledger: Ledger, by: Literal["id", "hash"], value: str) -> Invite:
    row = ledger.row(f"SELECT {_INVITE} FROM invite WHERE {by} = ?", value)
    if row is None:
        raise _no_invite()
    return Invite(
        id=row[0],
        organization_id=row[1],
        workspace=row[2],
        role=Role(row[3]),
        hash=row[4],
        created_at=moment(row[5]),
        expires_at=moment(row[6]),
        email=row[7],
        invited_by=row[8],
        accepted_at=find_moment(row[9]),
        accepted_by=row[10],
    )


def _no_invite() -> NotFound:
    return NotFound(
        "There is no such invite: it may have expired, or somebody has accepted it. Ask for a new one."
    )
