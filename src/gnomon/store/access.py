"""Workspaces and their keys."""

import sqlite3
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gnomon.core.access import Key, KeyRole, Workspace, can_manage_keys
from gnomon.core.errors import Conflict, NotFound
from gnomon.store.hook.secret import OF_WORKSPACE, add_secret
from gnomon.store.ledger import Ledger
from gnomon.store.row import Row, find_micros, find_moment, micros, moment


def create_workspace(
    ledger: Ledger, workspace: Workspace, keys: Sequence[Key], sealed: str | None
) -> Workspace:
    """Store a workspace, under the next number, its first keys and what its webhooks are signed with.

    Raises
    ------
    Conflict
        When another workspace has the id or the identifier.
    """
    row = ledger.row(
        "INSERT INTO workspace (id, identifier, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING number",
        workspace.id,
        workspace.identifier,
        micros(workspace.created_at),
    )
    if row is None:
        raise Conflict(f"There is a workspace {workspace.identifier} already; choose another identifier.")
    for key in keys:
        _insert_key(ledger, key)
    if sealed is not None:
        add_secret(ledger, OF_WORKSPACE, workspace.id, sealed, workspace.created_at)
    return replace(workspace, number=row[0])


def list_workspaces(connection: sqlite3.Connection) -> Sequence[Workspace]:
    """List all workspaces, oldest first."""
    rows = connection.execute("SELECT id, number, identifier, created_at FROM workspace ORDER BY number")
    return [Workspace(id=row[0], number=row[1], identifier=row[2], created_at=moment(row[3])) for row in rows]


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
    if ledger.row("SELECT 1 FROM workspace WHERE id = ?", key.workspace) is None:
        raise NotFound(f"There is no workspace {key.workspace}.")
    _insert_key(ledger, key)
    return key


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
    others = [other for other in list_keys(ledger.connection, workspace) if other != key]
    if not is_forced and can_manage_keys([*others, key], now) and not can_manage_keys(others, max(now, at)):
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


class KnownKeys:
    """The keys that were found lately, as they stand: every request asks for one.

    No other process writes to the folder. A key that is read while another verb changes keys may be read as it was,
    and is not remembered.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, Key] = OrderedDict()
        self._changes = 0

    async def find(self, public_id: str, read: Callable[[], Awaitable[Key | None]]) -> Key | None:
        """Return the key of that public part."""
        if (known := self._known.get(public_id)) is not None:
            return known
        changes = self._changes
        found = await read()
        if found is not None and changes == self._changes:
            self._known[public_id] = found
            if len(self._known) > _MOST_KNOWN_KEYS:
                self._known.popitem(last=False)
        return found

    def forget(self) -> None:
        """Forget all, because something has changed."""
        self._changes += 1
        self._known.clear()


_MOST_KNOWN_KEYS = 10_000

_KEY = "public_id, role, workspace, hash, scopes, created_at, expires_at, revoked_at, name, last_used_at"


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
    )


def _insert_key(ledger: Ledger, key: Key) -> None:
    ledger.execute(
        f"INSERT INTO access_key ({_KEY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(key.public_id, key.role.value, key.workspace, key.hash, " ".join(sorted(key.scopes))),
            *(micros(key.created_at), find_micros(key.expires_at), find_micros(key.revoked_at)),
            *(key.name, find_micros(key.last_used_at)),
        ),
    )
