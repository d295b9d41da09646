"""Users, roles, organizations and invites; workspaces by those who are in one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gnomon.core.access import ALL_SCOPES, Key, KeyRole, Principal, Workspace, hash_key
from gnomon.core.delivery import signing_secret
from gnomon.core.errors import Complaint, Forbidden, Invalid, NotFound
from gnomon.core.ports import Founding, Reservation
from gnomon.core.service.access import (
    IDENTIFIER,
    NAME,
    Admission,
    Issued,
    get_workspace,
    mint_key,
    new_user,
    require,
    require_all,
    require_room,
    role_in,
    standing_of,
)
from gnomon.core.service.house import House
from gnomon.core.service.idempotency import one_at_a_time
from gnomon.core.task import crockford
from gnomon.core.tenancy import (
    SCOPES_OF,
    Accepted,
    Invite,
    Member,
    Organization,
    Place,
    Role,
    User,
    own_organization,
)

INVITE_LIFE = timedelta(days=7)
EMAIL = r"[^\s@]{1,64}@[^\s@]{1,190}"
_SCOPES = ALL_SCOPES - {"ops"}
_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A workspace that somebody opened for themselves; its key is shown now and never again."""

    workspace: Workspace
    key: str | None = field(repr=False)
    """None for who asks again: it is not kept."""

    @property
    def is_replay(self) -> bool:
        """Say whether the same request had made it before."""
        return self.key is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An invite; its token is shown now and never again."""

    invite: Invite
    token: str | None = field(repr=False)
    """None for who asks again: it is not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Who has accepted an invite, and their new keys in clear."""

    accepted: Accepted
    workspace_key: str = field(repr=False)
    user_key: str | None = field(repr=False)
    """Of a new user alone; others have theirs, or sign in without one."""


async def get_own(house: House, principal: Principal) -> Workspace:
    """Return the principal's workspace."""
    require(principal, "read")
    return await get_workspace(house, principal.workspace)


async def exists(house: House, number: int) -> bool:
    """Say whether any workspace has the number."""
    return any(workspace.number == number for workspace in await house.store.list_workspaces())


@one_at_a_time
async def open_workspace(
    house: House,
    principal: Principal,
    identifier: str,
    *,
    organization: Organization | None = None,
    reservation: Reservation | None = None,
) -> Opened:
    """Create a workspace of the organization, owned by who asks, with a workspace key.

    Raises
    ------
    Forbidden
        When the principal is no admin of its workspace, or of the organization that is named.
    Invalid
        When the identifier is not of the form.
    Conflict
        When another workspace has it.
    QuotaExceeded
        When the organization has as many workspaces as it may have.
    """
    require(principal, "keys")
    if organization is not None:
        await _require_organizer(house, principal, organization)
    own, members, now = await get_own(house, principal), house.store.members, house.clock.now()
    if reservation is not None and reservation.tries != 0:
        made = await members.find_created_workspace(own.id, reservation, now)
        if made is not None:
            return Opened(workspace=made, key=None)
    check_identifier(identifier)
    owner = None if principal.user_id is None else await members.find_user(principal.user_id)
    founding = Founding(owner=owner, most=house.limits.workspaces, maker=own.id, reservation=reservation)
    return await _found(house, identifier, own.organization_id, founding)


async def _found(house: House, identifier: str, organization: str, founding: Founding) -> Opened:
    new = Workspace(
        id="wsp_" + str(house.clock.chance(63)),
        number=0,
        identifier=identifier,
        created_at=house.clock.now(),
        organization_id=organization,
    )
    issued = mint_key(house, KeyRole.WORKSPACE, new.id, _SCOPES)
    sealed = house.vault.seal(signing_secret(house.clock.chance(256)).encode())
    stored = await house.store.create_workspace(new, [issued.key], sealed, founding)
    house.hub.access_changed()
    return Opened(workspace=stored, key=issued.text if stored.id == new.id else None)


async def rename_workspace(house: House, principal: Principal, identifier: str) -> Workspace:
    """Give the principal's workspace another identifier; raises `Forbidden`, `Invalid` and `Conflict`."""
    require(principal, "keys")
    check_identifier(identifier)
    return await house.store.members.rename_workspace(principal.workspace, identifier)


async def delete_workspace(house: House, principal: Principal) -> None:
    """Delete the principal's workspace: its keys end, its tasks are cancelled, and nobody finds it any more.

    Raises
    ------
    Forbidden
        When the principal is no admin.
    Conflict
        When it is the operator's.
    """
    require(principal, "keys")
    await house.store.members.delete_workspace(principal.workspace, house.clock.now())
    house.hub.access_changed()
    await clear_deleted(house)


async def clear_deleted(house: House) -> datetime | None:
    """Cancel what still runs in deleted workspaces, also after a crash; nothing is due later."""
    while abandoned := await house.store.members.list_abandoned(_AT_ONCE):
        for workspace, task_id in abandoned:
            await house.store.cancel(workspace, task_id, house.clock.now(), house.cancel_within)
    return None


async def list_users(house: House, principal: Principal) -> Sequence[Member]:
    """List the users of the principal's workspace."""
    require(principal, "read")
    return await house.store.members.list_members("workspace", principal.workspace)


async def add_user(
    house: House, principal: Principal, *, name: str, role: Role, email: str | None = None
) -> tuple[Member, Issued]:
    """Add a user to the principal's workspace, with a user key.

    Raises
    ------
    Forbidden
        When the principal is no admin, or the role is greater than its own.
    Invalid
        When the name or the address is not valid.
    QuotaExceeded
        When the workspace has as many keys as it may have.
    """
    require(principal, "keys")
    _check_name(name)
    _check_email(email)
    await _require_rank(house, principal, role)
    _require_grant(principal, role)
    now, members = house.clock.now(), house.store.members
    await require_room(house, principal.workspace, now)
    user = await members.add_user(new_user(house, name, email=email and email.lower()))
    member = await members.put_member("workspace", principal.workspace, user.id, role, now, is_forced=True)
    issued = mint_key(house, KeyRole.USER, principal.workspace, _SCOPES, name, user_id=user.id)
    await house.store.create_key(issued.key)
    return member, issued


async def set_role(
    house: House, principal: Principal, user_id: str, role: Role, *, is_forced: bool = False
) -> Member:
    """Let a user of the principal's workspace have another role, from the next request on.

    Raises
    ------
    Forbidden
        When the principal is no admin, or the user's role, the old or the new, is greater than its own.
    NotFound
        When the workspace has no such user.
    Conflict
        When nobody would own the workspace any more, unless that is forced.
    """
    require(principal, "keys")
    old = await _member(house, "workspace", principal.workspace, user_id)
    await _require_rank(house, principal, role, old.role)
    _require_grant(principal, role)
    return await _put(house, "workspace", old, role, is_forced=is_forced)


async def remove_user(house: House, principal: Principal, user_id: str, *, is_forced: bool = False) -> Member:
    """Let a user be a member of the principal's workspace no more; what the user has open there ends.

    Raises
    ------
    Forbidden
        When the principal is no admin and not the user, or the user's role is greater than its own.
    NotFound
        When the workspace has no such user.
    Conflict
        When nobody would own the workspace any more, unless that is forced.
    """
    if user_id != principal.user_id:
        require(principal, "keys")
    old = await _member(house, "workspace", principal.workspace, user_id)
    await _require_rank(house, principal, old.role)
    return await _remove(house, "workspace", old, is_forced=is_forced)


async def list_organization_users(
    house: House, principal: Principal, organization: Organization
) -> Sequence[Member]:
    """List the users of an organization; raises `Forbidden` for who is no admin of it."""
    await _require_organizer(house, principal, organization)
    return await house.store.members.list_members("organization", organization.id)


async def set_organization_role(
    house: House, principal: Principal, organization: Organization, user_id: str, role: Role
) -> Member:
    """Let a user of an organization have another role in it; what the user is in its workspaces stays.

    Raises
    ------
    Forbidden
        When the principal is no admin of it, or the user's role, the old or the new, is greater than its own.
    NotFound
        When the organization has no such user.
    Conflict
        When nobody would own it any more.
    """
    await _require_organizer(house, principal, organization, role)
    old = await _member(house, "organization", organization.id, user_id)
    await _require_organizer(house, principal, organization, old.role)
    _require_grant(principal, role)
    return await _put(house, "organization", old, role)


async def remove_organization_user(
    house: House, principal: Principal, organization: Organization, user_id: str
) -> Member:
    """Let a user be a member of an organization and of its workspaces no more.

    Raises
    ------
    Forbidden
        When the principal is no admin of it, or the user's role in it is greater than its own.
    NotFound
        When the organization has no such user.
    Conflict
        When nobody would own it any more, or one of its workspaces.
    """
    await _require_organizer(house, principal, organization)
    old = await _member(house, "organization", organization.id, user_id)
    await _require_organizer(house, principal, organization, old.role)
    return await _remove(house, "organization", old)


async def get_organization(house: House, principal: Principal, number: int | None = None) -> Organization:
    """Return the organization of the principal's workspace; raises `NotFound` for another number than its own."""
    own = await get_own(house, principal)
    found = await house.store.members.find_organization(own.organization_id)
    if found is None or number not in (None, found.number):
        raise NotFound("There is no such organization.")
    return found


async def rename_organization(
    house: House, principal: Principal, organization: Organization, name: str
) -> Organization:
    """Give an organization another name; raises `Forbidden` and `Invalid`."""
    await _require_organizer(house, principal, organization)
    _check_name(name)
    return await house.store.members.rename_organization(organization.id, name)


async def list_organization(
    house: House, principal: Principal, organization: Organization
) -> Sequence[Workspace]:
    """List the workspaces of an organization: all for its owners and admins, for others those they are in."""
    require(principal, "read")
    found = await house.store.members.list_workspaces_of(organization.id)
    role = await organization_role(house, principal, organization)
    if role is not None and role.is_at_least(Role.ADMIN):
        return found
    seen = {principal.workspace}
    if principal.user_id is not None:
        seen |= {w.id for w, _ in await house.store.members.list_memberships(principal.user_id)}
    return [workspace for workspace in found if workspace.id in seen]


async def organization_role(house: House, principal: Principal, organization: Organization) -> Role | None:
    """Return what the principal is in an organization.

    A workspace's own key is there what it is in its workspace, if the organization was founded with that one.
    """
    if principal.user_id is None:
        is_first = own_organization(principal.workspace) == organization.id
        return await standing_of(house, principal) if is_first else None
    member = await house.store.members.find_member("organization", organization.id, principal.user_id)
    return None if member is None else member.role


async def role_at(house: House, principal: Principal, workspace: Workspace) -> Role | None:
    """Return what the principal is in a workspace of its organization; None for nothing."""
    if workspace.id == principal.workspace:
        return await standing_of(house, principal)
    return None if principal.user_id is None else await role_in(house, workspace.id, principal.user_id)


@one_at_a_time
async def invite(
    house: House,
    principal: Principal,
    organization: Organization,
    *,
    role: Role,
    email: str | None = None,
    workspace: Workspace | None = None,
    reservation: Reservation | None = None,
) -> Invited:
    """Invite somebody to an organization and one of its workspaces, for a week.

    Raises
    ------
    Forbidden
        When the principal is no admin of the organization, or the role is greater than its own, or allows what its
        key does not.
    Invalid
        When the address is none.
    QuotaExceeded
        When too many invites of the organization are open.
    """
    await _require_organizer(house, principal, organization, role)
    _require_grant(principal, role)
    _check_email(email)
    now, token = house.clock.now(), "inv_" + crockford(house.clock.chance(195), 39)
    new = Invite(
        id="inv_" + str(house.clock.chance(63)),
        organization_id=organization.id,
        workspace=principal.workspace if workspace is None else workspace.id,
        role=role,
        hash=hash_key(token, house.pepper),
        created_at=now,
        expires_at=now + INVITE_LIFE,
        email=email and email.lower(),
        invited_by=principal.user_id,
    )
    stored = await house.store.members.create_invite(new, principal.workspace, reservation)
    return Invited(invite=stored, token=token if stored.id == new.id else None)


async def accept(
    house: House, number: int, token: str, *, user: User | None = None, name: str | None = None
) -> Joined:
    """Accept an invite to the organization of that number, as a user who is known, or as a new one.

    Raises
    ------
    Invalid
        When the name is not valid.
    NotFound
        When there is no such invite, it has expired, or somebody has accepted it.
    """
    _check_name(name or "invited")
    new = user or new_user(house, name or "invited")
    shared = mint_key(house, KeyRole.WORKSPACE, "", _SCOPES, f"for {new.name}"[:200])
    own = None if user else mint_key(house, KeyRole.USER, "", _SCOPES, new.name, user_id=new.id)
    keys: list[Key] = [issued.key for issued in (shared, own) if issued]
    hashed = hash_key(token, house.pepper)
    accepted = await house.store.members.accept_invite(number, hashed, new, keys, house.clock.now())
    house.hub.access_changed()
    return Joined(accepted=accepted, workspace_key=shared.text, user_key=own.text if own else None)


async def sign_in(
    house: House, subject: str, *, name: str, email: str | None = None, is_new_allowed: bool = False
) -> User | None:
    """Return the user whom an identity provider calls so, or who was invited at the address that it has verified.

    None for a stranger, unless a new user may be made.
    """
    members = house.store.members
    known = await members.find_subject(subject)
    if known is None and email is not None:
        known = await members.link_subject(email.lower(), subject, house.clock.now())
        house.hub.access_changed()
    if known is None and is_new_allowed:
        return new_user(house, name, email=email and email.lower(), subject=subject)
    return known


async def list_memberships(house: House, user: User) -> Sequence[tuple[Workspace, Role]]:
    """List the workspaces that a user is a member of, with the role in each."""
    return await house.store.members.list_memberships(user.id)


async def admit(house: House, user: User, number: int) -> Admission:
    """Let a user who has signed in into a workspace; raises `Forbidden` when the user is no member of it."""
    for workspace, role in await list_memberships(house, user):
        if workspace.number == number:
            return Admission(workspace=workspace, role=role, user_id=user.id)
    raise Forbidden("You are a member of no workspace of that id; GET /auth/workspaces lists yours.")


def check_identifier(identifier: str) -> None:
    """Require the form of an identifier; raises `Invalid`."""
    if not re.fullmatch(IDENTIFIER, identifier):
        message = "Give 1 to 63 lower-case letters, digits and hyphens, beginning and ending with no hyphen."
        raise Invalid([Complaint(("identifier",), message, "pattern")])


async def _require_rank(house: House, principal: Principal, *roles: Role) -> None:
    own = await standing_of(house, principal)
    if not all(own.is_at_least(role) for role in roles):
        raise Forbidden("A role that is greater than your own is not yours to give or to take; ask an owner.")


async def _require_organizer(
    house: House, principal: Principal, organization: Organization, *roles: Role
) -> None:
    require(principal, "keys")
    own = await organization_role(house, principal, organization)
    if own is None or not all(own.is_at_least(role) for role in (Role.ADMIN, *roles)):
        raise Forbidden(
            "This needs the organization's role admin, and owner to make owners; ask an owner of it."
        )


def _require_grant(principal: Principal, role: Role) -> None:
    """Let a key that can do little of what its user may give no role that can do more than the key."""
    require_all(principal, SCOPES_OF[role] - {"ops"})


async def _member(house: House, place: Place, place_id: str, user_id: str) -> Member:
    found = await house.store.members.find_member(place, place_id, user_id)
    if found is None:
        raise NotFound("There is no such user.")
    return found


async def _put(house: House, place: Place, old: Member, role: Role, *, is_forced: bool = False) -> Member:
    now = house.clock.now()
    member = await house.store.members.put_member(
        place, old.place, old.user.id, role, now, is_forced=is_forced
    )
    house.hub.access_changed()
    return member


async def _remove(house: House, place: Place, old: Member, *, is_forced: bool = False) -> Member:
    now = house.clock.now()
    member = await house.store.members.remove_member(place, old.place, old.user.id, now, is_forced=is_forced)
    house.hub.access_changed()
    return member


def _check_name(name: str) -> None:
    if not re.fullmatch(NAME, name):
        message = "Give a name of 1 to 200 characters on one line."
        raise Invalid([Complaint(("name",), message, "pattern")])


def _check_email(email: str | None) -> None:
    if email is not None and not re.fullmatch(EMAIL, email):
        message = "Give an e-mail address, or leave it out."
        raise Invalid([Complaint(("email",), message, "pattern")])
