"""Signing secrets: an endpoint's own, and the workspace's for those that have none; rotated with an overlap."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gnomon.core.delivery import Sealed
from gnomon.core.errors import Conflict, NotFound
from gnomon.core.event import write_time
from gnomon.core.ports import RotateSecret
from gnomon.store.ledger import Ledger
from gnomon.store.row import Row, find_moment, micros, moment


@dataclass(frozen=True, slots=True)
class _Ring:
    """A table of secrets, and the column that names whose they are."""

    table: str
    owner: str

    @property
    def listed(self) -> str:
        """What `secret_of` reads of an owner's, newest first."""
        return (
            f"SELECT sealed, created_at, expires_at FROM {self.table} WHERE {self.owner} = ? "
            "ORDER BY version DESC"
        )

    @property
    def added(self) -> str:
        """The next secret of an owner."""
        return (
            f"INSERT INTO {self.table} ({self.owner}, version, sealed, created_at) "
            f"SELECT :owner, coalesce(max(version), 0) + 1, :sealed, :at FROM {self.table} "
            f"WHERE {self.owner} = :owner"
        )


OF_ENDPOINT = _Ring("webhook_secret", "endpoint")
OF_WORKSPACE = _Ring("workspace_secret", "workspace")


def list_secrets(connection: sqlite3.Connection, ring: _Ring, owner: int | str) -> Sequence[Sealed]:
    """List an owner's secrets, newest first."""
    return [secret_of(row) for row in connection.execute(ring.listed, (owner,))]


def add_secret(ledger: Ledger, ring: _Ring, owner: int | str, sealed: str, now: datetime) -> None:
    """Store a secret as the newest one."""
    ledger.execute(ring.added, {"owner": owner, "sealed": sealed, "at": micros(now)})


def rotate(ledger: Ledger, ring: _Ring, owner: int | str, command: RotateSecret) -> None:
    """Store a new secret; the one before signs too until the overlap has passed."""
    secrets = list_secrets(ledger.connection, ring, owner)
    until = max((secret.expires_at for secret in secrets if secret.expires_at), default=command.now)
    if until > command.now and not command.is_forced:
        raise Conflict(
            f"The secret before the last one signs until {write_time(until)}; rotate after that, or force it: "
            '{"force": true}, or --force on the command line.'
        )
    ledger.execute(f"DELETE FROM {ring.table} WHERE {ring.owner} = ? AND expires_at IS NOT NULL", (owner,))
    if command.overlap:
        ends_at = micros(command.now + command.overlap)
        ledger.execute(f"UPDATE {ring.table} SET expires_at = ? WHERE {ring.owner} = ?", (ends_at, owner))
    else:
        ledger.execute(f"DELETE FROM {ring.table} WHERE {ring.owner} = ?", (owner,))
    add_secret(ledger, ring, owner, command.sealed, command.now)


def list_workspace_secrets(connection: sqlite3.Connection, workspace: str) -> Sequence[Sealed]:
    """List the workspace's secrets, newest first."""
    return list_secrets(connection, OF_WORKSPACE, workspace)


def rotate_workspace_secret(ledger: Ledger, command: RotateSecret) -> Sequence[Sealed]:
    """Store the first or a new secret of the workspace; raises `NotFound` and `Conflict`."""
    if ledger.row("SELECT 1 FROM workspace WHERE id = ?", command.workspace) is None:
        raise NotFound(f"There is no workspace {command.workspace}.")
    rotate(ledger, OF_WORKSPACE, command.workspace, command)
    return list_workspace_secrets(ledger.connection, command.workspace)


def secret_of(row: Row) -> Sealed:
    """Read a secret: its text, when it was made, and when it ends."""
    return Sealed(text=row[0], created_at=moment(row[1]), expires_at=find_moment(row[2]))
