"""Webhook endpoints: who is told what, where, and signed with which secrets."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from gnomon.core.delivery import Endpoint, NewEndpoint, receiver_of
from gnomon.core.errors import Conflict, NotFound, PreconditionFailed, QuotaExceeded
from gnomon.core.event import EventType
from gnomon.core.ports import ChangeEndpoint, Page, RotateSecret
from gnomon.store.cursor import read_cursor, write_cursor
from gnomon.store.hook.secret import OF_ENDPOINT, add_secret, list_secrets, rotate, secret_of
from gnomon.store.ledger import Ledger
from gnomon.store.outbox import refresh
from gnomon.store.row import Row, Value, find_moment, micros, moment

ON_REQUEST = "It was disabled on request."

_SELECT = """
SELECT e.id, e.workspace, e.url, e.description, e.dialect, e.task_id, e.version, e.last_number, e.created_at,
    e.updated_at, e.disabled_at, e.disabled_reason, e.failing_since,
    (SELECT group_concat(type, ' ') FROM webhook_interest WHERE endpoint = e.seq),
    (SELECT json_group_array(json_array(sealed, created_at, expires_at)) FROM
        (SELECT * FROM webhook_secret WHERE endpoint = e.seq ORDER BY version DESC)),
    (SELECT json_group_array(json_array(sealed, created_at, expires_at)) FROM
        (SELECT * FROM workspace_secret WHERE workspace = e.workspace ORDER BY version DESC)),
    e.seq
FROM webhook_endpoint AS e WHERE e.deleted_at IS NULL AND
"""
_RESTART = """
UPDATE delivery SET attempts = 0, due_at = min(due_at, :at)
WHERE endpoint = :endpoint AND due_at IS NOT NULL AND is_taken = 0 AND (attempts > 0 OR due_at > :at)
"""


def create_endpoint(ledger: Ledger, new: NewEndpoint, now: datetime, most: int | None = None) -> Endpoint:
    """Store an endpoint; raises `QuotaExceeded` when the workspace has `most` already."""
    if most is not None and count_endpoints(ledger.connection, new.workspace) >= most:
        raise QuotaExceeded(
            f"The workspace has {most} webhook endpoints, which is all it may have; delete one first.",
            quota="endpoints",
        )
    return _insert(ledger, new, now)


def create_endpoints(ledger: Ledger, hooks: Iterable[NewEndpoint], task_id: str, now: datetime) -> None:
    """Store the endpoints of one task; before its first event, so that they are told that too."""
    for new in hooks:
        _insert(ledger, replace(new, task_id=task_id), now)


def count_endpoints(connection: sqlite3.Connection, workspace: str) -> int:
    """Count the workspace's own endpoints."""
    row = connection.execute(
        "SELECT count(*) FROM webhook_endpoint WHERE workspace = ? AND deleted_at IS NULL AND task_id IS NULL",
        (workspace,),
    ).fetchone()
    return int(row[0])


def get_endpoint(connection: sqlite3.Connection, workspace: str, endpoint_id: str) -> Endpoint:
    """Return an endpoint; raises `NotFound`."""
    return _endpoint_of(_get(connection, workspace, endpoint_id))


def get_seq(connection: sqlite3.Connection, workspace: str, endpoint_id: str) -> int:
    """Return what an endpoint's rows are joined by; raises `NotFound`."""
    return int(_get(connection, workspace, endpoint_id)[-1])


def find_endpoint(connection: sqlite3.Connection, seq: int) -> Endpoint | None:
    """Return the endpoint of a delivery, unless it was deleted."""
    row = connection.execute(_SELECT + "e.seq = ?", (seq,)).fetchone()
    return _endpoint_of(row) if row else None


def list_endpoints(
    connection: sqlite3.Connection,
    workspace: str,
    *,
    task_id: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Page[Endpoint]:
    """List the workspace's endpoints, or those of one task, oldest first; raises `Invalid` for a foreign cursor."""
    after = read_cursor(cursor, 1) or (0,)
    where = (
        "e.workspace = ? AND e.task_id IS NULL" if task_id is None else "e.workspace = ? AND e.task_id = ?"
    )
    values = (workspace, *([] if task_id is None else [task_id]), *after, limit + 1)
    rows = connection.execute(f"{_SELECT} {where} AND e.seq > ? ORDER BY e.seq LIMIT ?", values).fetchall()
    is_more = len(rows) > limit
    records = [_endpoint_of(row) for row in rows[:limit]]
    return Page(records=records, next=write_cursor(rows[limit - 1][-1]) if is_more and limit else None)


def change_endpoint(ledger: Ledger, command: ChangeEndpoint) -> Endpoint:
    """Store new values; what is sent to again starts its schedules anew."""
    before = _get(ledger.connection, command.workspace, command.endpoint_id)
    old, seq, at = _endpoint_of(before), int(before[-1]), micros(command.now)
    if command.if_version is not None and command.if_version != old.version:
        raise PreconditionFailed
    columns = _changes(command, old, at)
    names = ", ".join(f"{name} = ?" for name in columns)
    ledger.execute(
        f"UPDATE webhook_endpoint SET version = version + 1, {names} WHERE seq = ?", (*columns.values(), seq)
    )
    if command.event_types is not None:
        ledger.execute("DELETE FROM webhook_interest WHERE endpoint = ?", (seq,))
        _ask(ledger, seq, old.task_id or old.workspace, command.event_types)
    if command.is_enabled and not old.is_enabled:
        ledger.execute(_RESTART, {"endpoint": seq, "at": at})
    ledger.is_post_ready |= refresh(ledger.connection, seq, at)
    return get_endpoint(ledger.connection, command.workspace, command.endpoint_id)


def delete_endpoint(ledger: Ledger, workspace: str, endpoint_id: str, now: datetime) -> None:
    """Delete an endpoint: from now on nothing of it can be read or sent, and a sweep removes the rows."""
    seq = get_seq(ledger.connection, workspace, endpoint_id)
    ledger.execute(
        "UPDATE webhook_endpoint SET deleted_at = ?, due_at = NULL WHERE seq = ?", (micros(now), seq)
    )
    ledger.execute("DELETE FROM webhook_interest WHERE endpoint = ?", (seq,))
    ledger.execute("DELETE FROM webhook_secret WHERE endpoint = ?", (seq,))


def delete_endpoints(ledger: Ledger, workspace: str, now: datetime) -> None:
    """Delete all endpoints of a workspace, those of single tasks too."""
    rows = ledger.execute(
        "SELECT id FROM webhook_endpoint WHERE workspace = ? AND deleted_at IS NULL", (workspace,)
    )
    for [endpoint_id] in rows.fetchall():
        delete_endpoint(ledger, workspace, endpoint_id, now)


def disable(ledger: Ledger, seq: int, reason: str, at: int) -> None:
    """Send nothing more; the first reason stays."""
    ledger.execute(
        "UPDATE webhook_endpoint SET disabled_at = ?, disabled_reason = ?, version = version + 1, updated_at = ? "
        "WHERE seq = ? AND disabled_at IS NULL",
        (at, reason, at, seq),
    )


def rotate_secret(ledger: Ledger, command: RotateSecret) -> Endpoint:
    """Store a new secret of the endpoint's own; raises `NotFound` and `Conflict`."""
    seq, at = get_seq(ledger.connection, command.workspace, command.endpoint_id), micros(command.now)
    if not list_secrets(ledger.connection, OF_ENDPOINT, seq):
        raise Conflict(
            "This endpoint has no secret of its own: it signs with the workspace's webhook secret. Rotate that one."
        )
    rotate(ledger, OF_ENDPOINT, seq, command)
    ledger.execute(
        "UPDATE webhook_endpoint SET version = version + 1, updated_at = ? WHERE seq = ?", (at, seq)
    )
    return get_endpoint(ledger.connection, command.workspace, command.endpoint_id)


def _insert(ledger: Ledger, new: NewEndpoint, now: datetime) -> Endpoint:
    at = micros(now)
    row = ledger.row(
        "INSERT INTO webhook_endpoint (id, workspace, task_id, url, receiver, description, dialect, version, "
        "last_number, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0, ?, ?) RETURNING seq",
        *(new.id, new.workspace, new.task_id, new.url, new.url and receiver_of(new.url)),
        *(new.description, new.dialect, at, at),
    )
    assert row is not None
    if new.sealed is not None:
        add_secret(ledger, OF_ENDPOINT, row[0], new.sealed, now)
    _ask(ledger, row[0], new.task_id or new.workspace, new.event_types)
    return get_endpoint(ledger.connection, new.workspace, new.id)


def _ask(ledger: Ledger, seq: int, scope: str, types: Iterable[EventType]) -> None:
    for event_type in sorted(types):
        ledger.execute(
            "INSERT INTO webhook_interest (scope, type, endpoint) VALUES (?, ?, ?)",
            (scope, event_type.value, seq),
        )


def _changes(command: ChangeEndpoint, old: Endpoint, at: int) -> dict[str, Value]:
    columns: dict[str, Value] = {"updated_at": at}
    if command.url is not None:
        columns |= {"url": command.url, "receiver": receiver_of(command.url)}
    if command.description is not None:
        columns["description"] = command.description or None
    if command.is_enabled is True:
        columns |= {"disabled_at": None, "disabled_reason": None, "failing_since": None}
    if command.is_enabled is False and old.is_enabled:
        columns |= {"disabled_at": at, "disabled_reason": ON_REQUEST}
    return columns


def _get(connection: sqlite3.Connection, workspace: str, endpoint_id: str) -> Row:
    row: Row | None = connection.execute(
        _SELECT + "e.id = ? AND e.workspace = ?", (endpoint_id, workspace)
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no webhook endpoint {endpoint_id}.")
    return row


def _endpoint_of(row: Row) -> Endpoint:
    return Endpoint(
        id=row[0],
        workspace=row[1],
        url=row[2],
        description=row[3],
        dialect=row[4],
        task_id=row[5],
        version=row[6],
        last_number=row[7],
        created_at=moment(row[8]),
        updated_at=moment(row[9]),
        disabled_at=find_moment(row[10]),
        disabled_reason=row[11],
        failing_since=find_moment(row[12]),
        event_types=frozenset(map(EventType, (row[13] or "").split())),
        secrets=tuple(map(secret_of, json.loads(row[14]) or json.loads(row[15]))),
    )
