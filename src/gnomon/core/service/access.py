"""Keys become principals; workspaces are made with their first keys, and keys by keys."""

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from gnomon.core.access import ALL_SCOPES, Key, KeyRole, Principal, Workspace, hash_key, mint, public_id
from gnomon.core.delivery import signing_secret
from gnomon.core.errors import (
    Complaint,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    QuotaExceeded,
    Unauthenticated,
)
from gnomon.core.hub import Subscription
from gnomon.core.ports import Founding
from gnomon.core.service.house import House
from gnomon.core.tenancy import SCOPES_OF, Role, User, role_of

LONGEST_OVERLAP = timedelta(days=30)
"""For so long may a key that was rotated be used beside the new one."""
MOST_KEYS = 1000
"""Valid keys of a workspace."""
NAME = r"[^\u0000-\u001f\u007f-\u009f]{1,200}"
"""What a key's name may be: one line of text."""
IDENTIFIER = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
"""What a workspace's identifier may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Founded:
    """A new workspace and its keys in clear: they are shown now and never again."""

    workspace: Workspace
    keys: Mapping[KeyRole, str] = field(repr=False)
    webhook_secret: str = field(repr=False)
    """What its webhooks are signed with, but those of endpoints with a secret of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Who was let in where, and as what: the stuff that a token is made of."""

    workspace: Workspace
    role: Role
    user_id: str | None
    key_ids: tuple[str, ...] = ()
    """The workspace's key and the user's: none for who has signed in elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A new key's record, and its text, which is shown now and never again."""

    key: Key
    text: str = field(repr=False)


async def found_workspace(
    house: House, identifier: str, *, show: Callable[[Founded], None] = lambda _: None
) -> Founded:
    """Create a workspace with a webhook secret and one key of each role; the first one's are the operator's.

    The user key is that of its owner, who is new, as is the organization.

    `show` gets them before anything is stored: a crash between the two leaves keys that open nothing, never a
    workspace whose keys nobody has.

    Raises
    ------
    Conflict
        When another workspace has the identifier.
    """
    now = house.clock.now()
    workspace = Workspace(
        id="wsp_" + str(house.clock.chance(63)), number=0, identifier=identifier, created_at=now
    )
    scopes = ALL_SCOPES - {"ops"} if await house.store.list_workspaces() else ALL_SCOPES
    owner = new_user(house, f"owner of {identifier}")
    of = {KeyRole.USER: owner.id}
    issued = {role: mint_key(house, role, workspace.id, scopes, user_id=of.get(role)) for role in KeyRole}
    founded = Founded(
        workspace=workspace,
        keys={role: made.text for role, made in issued.items()},
        webhook_secret=signing_secret(house.clock.chance(256)),
    )
    show(founded)
    sealed = house.vault.seal(founded.webhook_secret.encode())
    stored = await house.store.create_workspace(
        workspace, [made.key for made in issued.values()], sealed, Founding(owner=owner)
    )
    return replace(founded, workspace=stored)


async def create_workspace(house: House, principal: Principal, identifier: str) -> Founded:
    """Create a workspace for somebody else, with one key of each role, none of them the operator's.

    Raises
    ------
    Forbidden
        When the principal is no operator.
    Invalid
        When the identifier is not of the form.
    Conflict
        When another workspace has it.
    """
    require(principal, "ops")
    if not re.fullmatch(IDENTIFIER, identifier):
        message = "Give 1 to 63 lower-case letters, digits and hyphens, beginning and ending with no hyphen."
        raise Invalid([Complaint(("identifier",), message, "pattern")])
    return await found_workspace(house, identifier)


async def list_workspaces(house: House, principal: Principal) -> Sequence[Workspace]:
    """List all workspaces, oldest first; for operators."""
    require(principal, "ops")
    return await house.store.list_workspaces()


async def issue_key(
    house: House,
    principal: Principal,
    *,
    name: str,
    scopes: frozenset[str],
    expires_at: datetime | None = None,
    role: KeyRole = KeyRole.API,
) -> Issued:
    """Make a key of the principal's workspace that may do no more than its issuer, whose it is.

    A user key that a key of the workspace itself issues is that of a new user.

    Raises
    ------
    Forbidden
        When the principal may not issue keys, or lacks one of the scopes itself.
    Invalid
        When the name, the scopes or the expiry are not valid.
    QuotaExceeded
        When the workspace has as many keys as it may have.
    """
    require(principal, "keys")
    now = house.clock.now()
    if complaints := [*_of_name(name), *_of_scopes(scopes), *_of_expiry(expires_at, now)]:
        raise Invalid(complaints)
    require_all(principal, scopes)
    await require_room(house, principal.workspace, now)
    user_id = None if role is KeyRole.WORKSPACE else principal.user_id
    if role is KeyRole.USER and user_id is None:
        user_id = await _add_user(house, principal.workspace, name, role_of(scopes), now)
    made = mint_key(house, role, principal.workspace, scopes, name, expires_at, user_id)
    return await _issue(house, made)


async def list_keys(house: House, principal: Principal) -> Sequence[Key]:
    """List the workspace's keys, oldest first, those that are no longer valid included."""
    require(principal, "keys")
    stored = await house.store.list_keys(principal.workspace)
    return [_with_last_use(key, house.attendance.last_use(key.public_id)) for key in stored]


async def rotate_key(
    house: House, principal: Principal, key_id: str, *, overlap: timedelta = timedelta()
) -> Issued:
    """Make a key like another one, which ends after the overlap.

    The new key expires when the old one would have. It is stored first: a crash between the two leaves both valid.

    Raises
    ------
    Forbidden
        When the principal may not issue keys, or the key may do what the principal may not, or is another user's.
    NotFound
        When the workspace has no such key.
    Conflict
        When the key is valid no more.
    Invalid
        When the overlap is out of range.
    """
    require(principal, "keys")
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        most = int(LONGEST_OVERLAP.total_seconds())
        message = f"Give 0 to {most} seconds; 0 ends the old key at once."
        raise Invalid([Complaint(("overlap_seconds",), message, "range")])
    old, now = await _get(house, principal.workspace, key_id), house.clock.now()
    if not old.is_valid_at(now):
        raise Conflict(f"{old.prefix} is valid no more; issue a new key instead.")
    require_all(principal, old.scopes)
    await _require_standing(house, principal, old, is_shown=True)
    await require_room(house, principal.workspace, now)
    made = mint_key(house, old.role, old.workspace, old.scopes, old.name, old.expires_at, old.user_id)
    issued = await _issue(house, made)
    await _end(house, old, now, at=now + overlap)
    return issued


async def revoke_key(house: House, principal: Principal, key_id: str, *, is_forced: bool = False) -> Key:
    """End a key at once, and all that is open by it; the principal's own key too. One that has ended stays so.

    Raises
    ------
    NotFound
        When the workspace has no such key.
    Forbidden
        When the principal may not manage keys, or the key's holder has a greater role.
    Conflict
        When no key would be left that can issue others, unless that is forced.
    """
    require(principal, "keys")
    key, now = await _get(house, principal.workspace, key_id), house.clock.now()
    await _require_standing(house, principal, key)
    return await _end(house, key, now, at=now, is_forced=is_forced)


async def is_still_valid(house: House, principal: Principal) -> bool:
    """Say whether all the keys that stand behind a principal may still be used, and its user is still a member."""
    now, workspace = house.clock.now(), principal.workspace
    if principal.expires_at is not None and principal.expires_at <= now:
        return False
    if principal.user_id is not None and await role_in(house, workspace, principal.user_id) is None:
        return False
    return all([await _find_good(house, workspace, public, now) for public in principal.key_ids])


def watch(house: House, principal: Principal, subscription: Subscription) -> AbstractContextManager[None]:
    """End a subscription when the principal's keys are valid no more, for the length of a block."""
    return house.vigil.watch(house.hub, principal, subscription, partial(is_still_valid, house))


async def require_still_valid(house: House, principal: Principal) -> None:
    """Let nobody have what was waited for by keys that were ended meanwhile.

    Raises
    ------
    Unauthenticated
        When one of them is valid no more.
    """
    if not await is_still_valid(house, principal):
        raise Unauthenticated("The key was revoked, or has expired, while the request waited.")


async def authenticate(house: House, text: str, *, roles: frozenset[KeyRole]) -> Principal:
    """Return who holds the key.

    Raises
    ------
    Unauthenticated
        When the key is malformed, unknown, of another role, expired or revoked; the message does not say which.
    """
    key = await _check(house, text, roles)
    good = await _good(house, key, key.workspace)
    if good is None:
        raise Unauthenticated("The key is not valid.")
    return Principal(
        workspace=key.workspace,
        key_id=key.public_id,
        scopes=good.scopes,
        key_ids=(key.public_id,),
        expires_at=key.expires_at,
        name=key.title,
        user_id=key.user_id,
    )


async def exchange(house: House, workspace_key: str, user_key: str) -> Admission:
    """Check a workspace's key and the key of a user who is a member of it; say what the user is there.

    Raises
    ------
    Unauthenticated
        When either key is not valid, or its user is no member.
    """
    workspace = await _check(house, workspace_key, frozenset({KeyRole.WORKSPACE}))
    user = await _check(house, user_key, frozenset({KeyRole.USER}))
    good = await _good(house, user, workspace.workspace)
    if good is None:
        raise Unauthenticated("These keys are not valid together.")
    role = await role_in(house, workspace.workspace, user.user_id) if user.user_id else None
    return Admission(
        workspace=await get_workspace(house, workspace.workspace),
        role=role or role_of(good.scopes),
        user_id=user.user_id,
        key_ids=(workspace.public_id, user.public_id),
    )


async def recall(house: House, public_ids: tuple[str, ...], workspace: str) -> Principal:
    """Return the principal of keys that were checked before, if all are still valid.

    The last one names the principal; its scopes are those that all the keys share, as far as its user's role goes.

    Raises
    ------
    Unauthenticated
        When a key was revoked, has expired or is not of that workspace, or its user is no member any more.
    """
    now = house.clock.now()
    keys = [await _find_good(house, workspace, public, now) for public in public_ids]
    valid = [key for key in keys if key]
    if len(valid) < len(keys):
        raise Unauthenticated("The keys behind this are no longer valid.")
    for key in valid:
        house.attendance.note(key, now)
    return Principal(
        workspace=workspace,
        key_id=public_ids[-1],
        scopes=ALL_SCOPES.intersection(*(key.scopes for key in valid)),
        key_ids=public_ids,
        expires_at=min((key.expires_at for key in valid if key.expires_at), default=None),
        name=valid[-1].title,
        user_id=valid[-1].user_id,
    )


async def recall_user(house: House, user_id: str, workspace: str) -> Principal:
    """Return the principal of a user who has signed in without a key, if still a member of the workspace.

    Raises
    ------
    Unauthenticated
        When the user is no member.
    """
    member = await house.store.members.find_member("workspace", workspace, user_id)
    if member is None:
        raise Unauthenticated("The user behind this is no member of the workspace any more.")
    # What the operator may do, nobody may without a key that says so.
    scopes = SCOPES_OF[member.role] - {"ops"}
    return Principal(
        workspace=workspace, key_id=user_id, scopes=scopes, name=member.user.name, user_id=user_id
    )


async def role_in(house: House, workspace: str, user_id: str) -> Role | None:
    """Return what a user is in a workspace; None for who is no member."""
    member = await house.store.members.find_member("workspace", workspace, user_id)
    return None if member is None else member.role


async def standing_of(house: House, principal: Principal) -> Role:
    """Return what the principal is in its workspace; a key of the workspace itself counts by what it may do."""
    if principal.user_id is None:
        return role_of(principal.scopes)
    return await role_in(house, principal.workspace, principal.user_id) or Role.VIEWER


async def get_workspace(house: House, workspace: str) -> Workspace:
    """Return the workspace of that id; raises `NotFound`."""
    found = await house.store.members.find_workspace(workspace)
    if found is None:
        raise NotFound("There is no such workspace.")
    return found


def new_user(house: House, name: str, *, email: str | None = None, subject: str | None = None) -> User:
    """Make the record of a user."""
    return User(
        id="usr_" + str(house.clock.chance(63)),
        number=0,
        name=name,
        created_at=house.clock.now(),
        email=email,
        subject=subject,
    )


def require(principal: Principal, scope: str) -> None:
    """Refuse a principal without the scope.

    Raises
    ------
    Forbidden
        When the key does not carry the scope.
    """
    if scope not in principal.scopes:
        if principal.user_id is not None and scope != "ops":
            least = min((r for r in SCOPES_OF if scope in SCOPES_OF[r]), key=lambda r: len(SCOPES_OF[r]))
            is_now = role_of(principal.scopes)
            raise Forbidden(
                f"This needs the role '{least}' (scope '{scope}'); you may do what a '{is_now}' may."
            )
        raise Forbidden(f"This key lacks the scope '{scope}'; use a key that has it.")


async def _check(house: House, text: str, roles: frozenset[KeyRole]) -> Key:
    public = public_id(text)
    if public is None:
        raise Unauthenticated("The key is not valid.")
    key = await house.store.find_key(public)
    now = house.clock.now()
    # The hash is computed for an unknown key too, so that the time taken does not tell which keys exist.
    given = hash_key(text, house.pepper)
    is_right = hmac.compare_digest(given, key.hash if key else "0" * len(given))
    if key is None or not is_right or key.role not in roles or not key.is_valid_at(now):
        raise Unauthenticated("The key is not valid.")
    house.attendance.note(key, now)
    return key


async def _find_good(house: House, workspace: str, public: str, now: datetime) -> Key | None:
    key = await house.store.find_key(public)
    return await _good(house, key, workspace) if key is not None and key.is_valid_at(now) else None


async def _good(house: House, key: Key, workspace: str) -> Key | None:
    """Return a key with the scopes that its user's role in the workspace leaves of its own; None for no member's.

    A user's key is good in each workspace of the user, any other one in its own.
    """
    if key.workspace != workspace and (key.user_id is None or key.role is not KeyRole.USER):
        return None
    if key.user_id is None:
        return key
    role = await role_in(house, workspace, key.user_id)
    return None if role is None else replace(key, scopes=key.scopes & SCOPES_OF[role])


async def _require_standing(house: House, principal: Principal, key: Key, *, is_shown: bool = False) -> None:
    """Let users end keys of their own and of lesser ones, and see anew no key of another user.

    A workspace's own key does what its scopes say, as ever; the workspace keys that users share open nothing alone.
    """
    if principal.user_id in (None, key.user_id) or key.role is KeyRole.WORKSPACE:
        return
    if is_shown and key.user_id is not None:
        raise Forbidden(f"{key.prefix} is another user's, who alone can rotate it; revoke it instead.")
    holder = role_of(key.scopes)
    if key.user_id is not None:
        holder = await role_in(house, principal.workspace, key.user_id) or Role.VIEWER
    if not (await standing_of(house, principal)).is_at_least(holder):
        raise Forbidden(f"{key.prefix} is that of a greater role than yours; ask an owner.")


async def _add_user(house: House, workspace: str, name: str, role: Role, now: datetime) -> str:
    user = await house.store.members.add_user(new_user(house, name))
    await house.store.members.put_member("workspace", workspace, user.id, role, now, is_forced=True)
    return user.id


async def _get(house: House, workspace: str, key_id: str) -> Key:
    key = await house.store.find_key(key_id)
    if key is None or key.workspace != workspace:
        raise NotFound("There is no such key.")
    return key


async def _issue(house: House, made: Issued) -> Issued:
    stored = await house.store.create_key(made.key)
    house.attendance.expect(stored)
    return replace(made, key=stored)


async def _end(house: House, key: Key, now: datetime, *, at: datetime, is_forced: bool = False) -> Key:
    ended = await house.store.end_key(key.workspace, key.public_id, now, at=at, is_forced=is_forced)
    house.attendance.expect(ended)
    house.hub.access_changed()
    return ended


def mint_key(
    house: House,
    role: KeyRole,
    workspace: str,
    scopes: frozenset[str],
    name: str | None = None,
    expires_at: datetime | None = None,
    user_id: str | None = None,
) -> Issued:
    """Make a key, which is not stored yet."""
    text = mint(role, public_chance=house.clock.chance(60), secret_chance=house.clock.chance(195))
    public = public_id(text)
    assert public is not None
    key = Key(
        public_id=public,
        role=role,
        workspace=workspace,
        hash=hash_key(text, house.pepper),
        scopes=scopes,
        created_at=house.clock.now(),
        expires_at=expires_at,
        name=name,
        user_id=user_id,
    )
    return Issued(key=key, text=text)


async def require_room(house: House, workspace: str, now: datetime) -> None:
    """Refuse a workspace one more key than it may have; raises `QuotaExceeded`."""
    keys = await house.store.list_keys(workspace)
    if sum(key.is_valid_at(now) for key in keys) >= MOST_KEYS:
        raise QuotaExceeded(
            f"This workspace has {MOST_KEYS} valid keys; revoke one that is not used.", quota="keys"
        )


def require_all(principal: Principal, scopes: frozenset[str]) -> None:
    """Refuse to give what the principal lacks itself; raises `Forbidden`."""
    if lacking := scopes - principal.scopes:
        words = ", ".join(sorted(lacking))
        raise Forbidden(f"This key cannot give what it lacks itself: {words}. Use a key that has it.")


def _of_name(name: str) -> Sequence[Complaint]:
    if re.fullmatch(NAME, name):
        return ()
    return [Complaint(("name",), "Give a name of 1 to 200 characters on one line.", "pattern")]


def _of_scopes(scopes: frozenset[str]) -> Sequence[Complaint]:
    words = ", ".join(sorted(ALL_SCOPES))
    if not scopes:
        return [Complaint(("scopes",), f"Give at least one of {words}.", "missing")]
    if unknown := scopes - ALL_SCOPES:
        named = ", ".join(sorted(unknown))
        return [Complaint(("scopes",), f"There is no scope {named}; use {words}.", "enum")]
    return ()


def _of_expiry(expires_at: datetime | None, now: datetime) -> Sequence[Complaint]:
    if expires_at is None or expires_at > now:
        return ()
    return [
        Complaint(
            ("expires_at",), "Give a time to come, or leave it out for a key that stays valid.", "range"
        )
    ]


def _with_last_use(key: Key, seen: datetime | None) -> Key:
    return key if seen is None or (key.last_used_at or seen) > seen else replace(key, last_used_at=seen)
