"""Keys become principals; workspaces are made with their first keys."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from gnomon.core.access import ALL_SCOPES, Key, KeyRole, Principal, Workspace, hash_key, mint, public_id
from gnomon.core.errors import Forbidden, Unauthenticated
from gnomon.core.service.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Founded:
    """A new workspace and its keys in clear: they are shown now and never again."""

    workspace: Workspace
    keys: Mapping[KeyRole, str] = field(repr=False)


async def found_workspace(
    house: House, identifier: str, *, show: Callable[[Founded], None] = lambda _: None
) -> Founded:
    """Create a workspace with one key of each role.

    `show` gets the keys before anything is stored: a crash between the two leaves keys that open nothing, never a
    workspace whose keys nobody has.
    """
    now = house.clock.now()
    workspace = Workspace(
        id="wsp_" + str(house.clock.chance(63)), number=0, identifier=identifier, created_at=now
    )
    texts = {
        role: mint(role, public_chance=house.clock.chance(60), secret_chance=house.clock.chance(195))
        for role in KeyRole
    }
    keys = [_record(house, role, text, workspace) for role, text in texts.items()]
    founded = Founded(workspace=workspace, keys=texts)
    show(founded)
    return replace(founded, workspace=await house.store.create_workspace(workspace, keys))


def _record(house: House, role: KeyRole, text: str, workspace: Workspace) -> Key:
    public = public_id(text)
    assert public is not None
    return Key(
        public_id=public,
        role=role,
        workspace=workspace.id,
        hash=hash_key(text, house.pepper),
        scopes=ALL_SCOPES,
        created_at=workspace.created_at,
    )


async def authenticate(house: House, text: str, *, roles: frozenset[KeyRole]) -> Principal:
    """Return who holds the key.

    Raises
    ------
    Unauthenticated
        When the key is malformed, unknown, of another role, expired or revoked; the message does not say which.
    """
    key = await _check(house, text, roles)
    return Principal(workspace=key.workspace, key_id=key.public_id, scopes=key.scopes)


async def exchange(house: House, workspace_key: str, user_key: str) -> tuple[Key, Key]:
    """Check a pair of keys of one workspace and return their records.

    Raises
    ------
    Unauthenticated
        When either key is not valid, or they belong to two workspaces.
    """
    workspace = await _check(house, workspace_key, frozenset({KeyRole.WORKSPACE}))
    user = await _check(house, user_key, frozenset({KeyRole.USER}))
    if workspace.workspace != user.workspace:
        raise Unauthenticated("These keys are not valid together.")
    return workspace, user


async def recall(house: House, public_ids: tuple[str, ...], workspace: str) -> Principal:
    """Return the principal of keys that were checked before, if all are still valid.

    The last one names the principal; its scopes are those that all the keys share.

    Raises
    ------
    Unauthenticated
        When a key was revoked, has expired or is not of that workspace.
    """
    now = house.clock.now()
    scopes = ALL_SCOPES
    for public in public_ids:
        key = await house.store.find_key(public)
        if key is None or key.workspace != workspace or not key.is_valid_at(now):
            raise Unauthenticated("The keys behind this token are no longer valid.")
        scopes &= key.scopes
    return Principal(workspace=workspace, key_id=public_ids[-1], scopes=scopes)


def require(principal: Principal, scope: str) -> None:
    """Refuse a principal without the scope.

    Raises
    ------
    Forbidden
        When the key does not carry the scope.
    """
    if scope not in principal.scopes:
        raise Forbidden(f"This key lacks the scope '{scope}'; use a key that has it.")


async def _check(house: House, text: str, roles: frozenset[KeyRole]) -> Key:
    public = public_id(text)
    if public is None:
        raise Unauthenticated("The key is not valid.")
    key = await house.store.find_key(public)
    # The hash is computed for an unknown key too, so that the time taken does not tell which keys exist.
    given = hash_key(text, house.pepper)
    is_right = hmac.compare_digest(given, key.hash if key else "0" * len(given))
    if key is None or not is_right or key.role not in roles or not key.is_valid_at(house.clock.now()):
        raise Unauthenticated("The key is not valid.")
    return key
