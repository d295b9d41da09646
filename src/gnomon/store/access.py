"""Workspaces and their keys."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from gnomon.core.access import Key, KeyRole, Workspace
from gnomon.core.errors import Conflict
from gnomon.store.ledger import Ledger
from gnomon.store.row import find_micros, find_moment, micros, moment


def create_workspace(ledger: Ledger, workspace: Workspace, keys: Sequence[Key]) -> Workspace:
    """Store a workspace, under the next number, and its first keys.

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
    return replace(workspace, number=row[0])


def list_workspaces(connection: sqlite3.Connection) -> Sequence[Workspace]:
    """List all workspaces, oldest first."""
    rows = connection.execute("SELECT id, number, identifier, created_at FROM workspace ORDER BY number")
    return [Workspace(id=row[0], number=row[1], identifier=row[2], created_at=moment(row[3])) for row in rows]


def find_key(connection: sqlite3.Connection, public_id: str) -> Key | None:
    """Return the key of that public part."""
    row = connection.execute(
        "SELECT public_id, role, workspace, hash, scopes, created_at, expires_at, revoked_at FROM access_key "
        "WHERE public_id = ?",
        (public_id,),
    ).fetchone()
    if row is None:
        return None
    return Key(
        public_id=row[0],
        role=KeyRole(row[1]),
        workspace=row[2],
        hash=row[3],
        scopes=frozenset(row[4].split()),
        created_at=moment(row[5]),
        expires_at=find_moment(row[6]),
        revoked_at=find_moment(row[7]),
    )


def _insert_key(ledger: Ledger, key: Key) -> None:
    ledger.execute(
        "INSERT INTO access_key (public_id, role, workspace, hash, scopes, created_at, expires_at, revoked_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(key.public_id, key.role.value, key.workspace, key.hash, " ".join(sorted(key.scopes))),
            *(micros(key.created_at), find_micros(key.expires_at), find_micros(key.revoked_at)),
        ),
    )
