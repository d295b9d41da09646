"""Workspaces: made, renamed, deleted; whose they are, and who is in them."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gnomon.core.access import Key, Workspace
from gnomon.core.errors import Conflict, NotFound, QuotaExceeded
from gnomon.core.ports import Founding, Reservation
from gnomon.core.tenancy import Role, own_organization
from gnomon.store.access import insert_key
from gnomon.store.hook.endpoint import delete_endpoints
from gnomon.store.hook.secret import OF_WORKSPACE, add_secret
from gnomon.store.ledger import Ledger
from gnomon.store.member import add_organization, dismiss_all, settle_members
from gnomon.store.reservation import claim_made, reserve
from gnomon.store.row import Row, micros, moment

_WORKSPACE = "id, number, identifier, created_at, organization"
_CLOSE_SCHEDULES = "UPDATE schedule SET deleted_at = ? WHERE workspace = ? AND deleted_at IS NULL"
# After the deleted workspace's own memberships are gone.
_MOVE_USER_KEYS = """
UPDATE access_key SET workspace = (SELECT min(workspace) FROM member WHERE member.person = access_key.person)
WHERE workspace = ? AND role = 'uk' AND EXISTS (SELECT 1 FROM member WHERE member.person = access_key.person)
"""
_ABANDONED = """
SELECT task.workspace, task.id FROM workspace CROSS JOIN task INDEXED BY task_active
ON task.workspace = workspace.id AND task.finished_at IS NULL
WHERE workspace.deleted_at IS NOT NULL AND task.parent_id IS NULL AND task.cancel_requested_at IS NULL LIMIT ?
"""


def create_workspace(
    ledger: Ledger,
    workspace: Workspace,
    keys: Sequence[Key],
    sealed: str | None,
    founding: Founding | None = None,
) -> Workspace:
    """Store a workspace, under the next number, its first keys and what its webhooks are signed with.

    Raises
    ------
    Conflict
        When another workspace has the id or the identifier.
    QuotaExceeded
        When its organization has as many workspaces as it may have.
    ReservationReused, NotFound
        When the key was used with another request, or what the same one made was deleted since.
    """
    now, founding = workspace.created_at, founding or Founding()
    if (made := claim_made(ledger, founding.maker, founding.reservation, now)) is not None:
        return get_workspace(ledger.connection, made)
    place = replace(workspace, organization_id=workspace.organization_id or own_organization(workspace.id))
    add_organization(ledger, place)
    _refuse_too_many(ledger, place.organization_id, founding.most)
    row = ledger.row(
        "INSERT INTO workspace (id, identifier, created_at, organization) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING RETURNING number",
        *(place.id, place.identifier, micros(place.created_at), place.organization_id),
    )
    if row is None:
        raise _taken(workspace.identifier)
    settle_members(ledger, place, founding.owner)
    for key in keys:
        insert_key(ledger, key)
    if sealed is not None:
        add_secret(ledger, OF_WORKSPACE, workspace.id, sealed, now)
    reserve(ledger, founding.maker, founding.reservation, workspace.id, now)
    return replace(place, number=row[0])


def find_created_workspace(
    ledger: Ledger, maker: str, reservation: Reservation, now: datetime
) -> Workspace | None:
    """Return the workspace that the same request has made; raises `ReservationReused` and `NotFound`."""
    made = claim_made(ledger, maker, reservation, now)
    return None if made is None else get_workspace(ledger.connection, made)


def rename_workspace(ledger: Ledger, workspace: str, identifier: str) -> Workspace:
    """Give a workspace another identifier; raises `NotFound` and `Conflict`."""
    get_workspace(ledger.connection, workspace)
    other = ledger.row("SELECT 1 FROM workspace WHERE identifier = ? AND id <> ?", identifier, workspace)
    if other is not None:
        raise _taken(identifier)
    ledger.execute("UPDATE workspace SET identifier = ? WHERE id = ?", (identifier, workspace))
    return get_workspace(ledger.connection, workspace)


def delete_workspace(ledger: Ledger, workspace: str, now: datetime) -> None:
    """Let nobody into a workspace any more, and give its identifier free.

    Its users' keys stay good for the other workspaces that they are in.

    Raises
    ------
    NotFound
        When there is no such workspace.
    Conflict
        When it is the oldest, which is the operator's.
    """
    found = get_workspace(ledger.connection, workspace)
    first = ledger.row("SELECT id FROM workspace WHERE deleted_at IS NULL ORDER BY number LIMIT 1")
    if first is not None and first[0] == workspace:
        raise Conflict(
            f"{found.identifier} is the operator's workspace, without which this server cannot run."
        )
    ledger.execute(
        "UPDATE workspace SET deleted_at = ?, identifier = identifier || '~' || number WHERE id = ?",
        (micros(now), workspace),
    )
    ledger.execute(_CLOSE_SCHEDULES, (micros(now), workspace))
    delete_endpoints(ledger, workspace, now)
    dismiss_all(ledger, workspace)
    ledger.execute(_MOVE_USER_KEYS, (workspace,))
    ledger.execute(
        "UPDATE access_key SET revoked_at = ? WHERE workspace = ? AND revoked_at IS NULL",
        (micros(now), workspace),
    )


def list_abandoned(connection: sqlite3.Connection, limit: int) -> Sequence[tuple[str, str]]:
    """List tasks of deleted workspaces that nobody has asked to stop yet: each with its workspace."""
    rows = connection.execute(_ABANDONED, (limit,))
    return [(row[0], row[1]) for row in rows]


def get_workspace(connection: sqlite3.Connection, workspace: str) -> Workspace:
    """Return a workspace; raises `NotFound` when there is none, or it was deleted."""
    found = find_workspace(connection, workspace)
    if found is None:
        raise NotFound("There is no such workspace.")
    return found


def find_workspace(connection: sqlite3.Connection, workspace: str) -> Workspace | None:
    """Return a workspace, unless it was deleted."""
    row = connection.execute(
        f"SELECT {_WORKSPACE} FROM workspace WHERE id = ? AND deleted_at IS NULL", (workspace,)
    ).fetchone()
    return None if row is None else workspace_of(row)


def list_workspaces(connection: sqlite3.Connection) -> Sequence[Workspace]:
    """List all workspaces, oldest first."""
    rows = connection.execute(f"SELECT {_WORKSPACE} FROM workspace WHERE deleted_at IS NULL ORDER BY number")
    return [workspace_of(row) for row in rows]


def list_workspaces_of(connection: sqlite3.Connection, organization: str) -> Sequence[Workspace]:
    """List an organization's workspaces, oldest first."""
    rows = connection.execute(
        f"SELECT {_WORKSPACE} FROM workspace WHERE organization = ? AND deleted_at IS NULL ORDER BY number",
        (organization,),
    )
    return [workspace_of(row) for row in rows]


def _refuse_too_many(ledger: Ledger, organization: str, most: int | None) -> None:
    row = ledger.row(
        "SELECT count(*) FROM workspace WHERE organization = ? AND deleted_at IS NULL", organization
    )
    if most is not None and row is not None and row[0] >= most:
        raise QuotaExceeded(
            f"The organization has {row[0]} workspaces, and may have {most}; delete one first.",
            quota="workspaces",
        )


def _taken(identifier: str) -> Conflict:
    return Conflict(f"There is a workspace {identifier} already; choose another identifier.")


def workspace_of(row: Row) -> Workspace:
    """Read a workspace from its columns."""
    return Workspace(
        id=row[0], number=row[1], identifier=row[2], created_at=moment(row[3]), organization_id=row[4]
    )


def list_memberships(connection: sqlite3.Connection, user_id: str) -> Sequence[tuple[Workspace, Role]]:
    """List the workspaces that a user is a member of, oldest first, with the role in each."""
    rows = connection.execute(
        "SELECT workspace.id, number, identifier, workspace.created_at, organization, role "
        "FROM member CROSS JOIN workspace ON workspace.id = member.workspace AND deleted_at IS NULL "
        "WHERE person = ? ORDER BY number",
        (user_id,),
    )
    return [(workspace_of(row), Role(row[5])) for row in rows]
