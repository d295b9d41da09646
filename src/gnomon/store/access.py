"""The keys of workspaces, and who is known lately."""

import asyncio
import sqlite3
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, TypeVar

from gnomon.core.access import Key, KeyRole, can_manage_keys
from gnomon.core.errors import Conflict, NotFound
from gnomon.core.tenancy import Member, Place, scopes_of
from gnomon.store.ledger import Ledger
from gnomon.store.member import list_members
from gnomon.store.row import Row, find_micros, find_moment, micros, moment

K = TypeVar("K")
R = TypeVar("R")
T = TypeVar("T")


def find_key(connection: sqlite3.Connection, public_id: str) -> Key | None:
    """Return the key of that public part."""
    row = connection.execute(f"SELECT {_KEY} FROM access_key WHERE public_id = ?", (public_id,)).fetchone()
    return _key_of(row) if row else None


def list_keys(connection: sqlite3.Connection, workspace: str) -> Sequence[Key]:
    """List a workspace's keys, oldest first, revoked ones included."""
    rows = connection.execute(
        f"SELECT {_KEY} FROM access_key WHERE workspace = ? ORDER BY created_at, public_id", (workspace,)
    )
    return [_key_of(row) for row in rows]


def create_key(ledger: Ledger, key: Key) -> Key:
    """Store a key.

    Raises
    ------
    NotFound
        When there is no such workspace.
    """
    if ledger.row("SELECT 1 FROM workspace WHERE id = ? AND deleted_at IS NULL", key.workspace) is None:
        raise NotFound(f"There is no workspace {key.workspace}.")
    insert_key(ledger, key)
    return key


def insert_key(ledger: Ledger, key: Key) -> None:
    """Store a key of a workspace that is there."""
    ledger.execute(
        f"INSERT INTO access_key ({_KEY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(key.public_id, key.role.value, key.workspace, key.hash, " ".join(sorted(key.scopes))),
            *(micros(key.created_at), find_micros(key.expires_at), find_micros(key.revoked_at)),
            *(key.name, find_micros(key.last_used_at), key.user_id),
        ),
    )


def end_key(
    ledger: Ledger, workspace: str, public_id: str, now: datetime, *, at: datetime, is_forced: bool
) -> Key:
    """Let a key be valid until then at most; one that ends now counts as revoked.

    Raises
    ------
    NotFound
        When the workspace has no such key.
    Conflict
        When without it no key of the workspace could issue others, unless that is forced.
    """
    key = find_key(ledger.connection, public_id)
    if key is None or key.workspace != workspace:
        raise NotFound(f"There is no key {public_id}.")
    if not key.is_valid_at(max(now, at)):
        return key
    if not is_forced and _is_last_manager(ledger, key, now, max(now, at)):
        raise Conflict(
            f"Without {key.prefix} no key of this workspace could issue others; issue another key with the "
            "scope 'keys' first, or force it."
        )
    ended = replace(key, revoked_at=now) if at <= now else replace(key, expires_at=at)
    ledger.execute(
        "UPDATE access_key SET revoked_at = ?, expires_at = ? WHERE public_id = ?",
        (find_micros(ended.revoked_at), find_micros(ended.expires_at), public_id),
    )
    return ended


def _is_last_manager(ledger: Ledger, key: Key, now: datetime, then: datetime) -> bool:
    """Say whether keys can be issued now, and could not be without this one."""
    keys = {known.public_id: known for known in _within_roles(ledger, key.workspace)}
    others = [known for known in keys.values() if known.public_id != key.public_id]
    return can_manage_keys(keys.values(), now) and not can_manage_keys(others, then)


def _within_roles(ledger: Ledger, workspace: str) -> Sequence[Key]:
    """Return the workspace's keys, each with the scopes that its user's role leaves of its own."""
    roles = {
        member.user.id: member.role for member in list_members(ledger.connection, "workspace", workspace)
    }
    keys = list_keys(ledger.connection, workspace)
    return [
        key if key.user_id is None else replace(key, scopes=key.scopes & scopes_of(roles.get(key.user_id)))
        for key in keys
    ]


def touch_keys(ledger: Ledger, used: Mapping[str, datetime]) -> None:
    """Note when keys were last used; a time that is older than the one noted changes nothing."""
    for public_id, at in used.items():
        ledger.execute(
            "UPDATE access_key SET last_used_at = MAX(COALESCE(last_used_at, 0), ?) WHERE public_id = ?",
            (micros(at), public_id),
        )


def use_once(ledger: Ledger, workspace: str, name: str, now: datetime) -> bool:
    """Say whether nobody has used the name before; from now on somebody has.

    The name stands among the reservations and is swept with them: what it names must have expired by then.
    """
    row = ledger.row(
        "INSERT INTO reservation (workspace, key, fingerprint, made_id, created_at) VALUES (?, ?, '', '', ?) "
        "ON CONFLICT DO NOTHING RETURNING 1",
        *(workspace, f"once:{name}", micros(now)),
    )
    return row is not None


class Known(Generic[K, R]):
    """What was found lately, as it stands: every request asks for a key, and for its user's role.

    No other process writes to the folder. What is read while a verb changes keys or members may be read as it was,
    and is not remembered.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[K, R] = OrderedDict()
        self._changes = 0

    async def find(self, name: K, read: Callable[[], Awaitable[R | None]]) -> R | None:
        """Return what goes by the name."""
        if (known := self._known.get(name)) is not None:
            return known
        changes = self._changes
        found = await read()
        if found is not None and changes == self._changes:
            self._known[name] = found
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return found

    def forget(self) -> None:
        """Forget all, because something has changed."""
        self._changes += 1
        self._known.clear()


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """Who is known: keys, and users in workspaces."""

    keys: Known[str, Key] = field(default_factory=Known)
    members: Known[tuple[Place, str, str], Member] = field(default_factory=Known)

    async def changing(self, verb: Awaitable[T]) -> T:
        """Forget all once the verb is committed, even if whoever asked for it has left."""
        running = asyncio.ensure_future(verb)
        running.add_done_callback(self._forget)
        return await asyncio.shield(running)

    def _forget(self, _: object) -> None:
        self.keys.forget()
        self.members.forget()


_MOST_KNOWN = 10_000

_KEY = (
    "public_id, role, workspace, hash, scopes, created_at, expires_at, revoked_at, name, last_used_at, person"
)


def _key_of(row: Row) -> Key:
    return Key(
        public_id=row[0],
        role=KeyRole(row[1]),
        workspace=row[2],
        hash=row[3],
        scopes=frozenset(row[4].split()),
        created_at=moment(row[5]),
        expires_at=find_moment(row[6]),
        revoked_at=find_moment(row[7]),
        name=row[8],
        last_used_at=find_moment(row[9]),
        user_id=row[10],
    )
