"""The outbox: what a transition tells webhook endpoints, written with it; and whose turn it is to be sent.

Of one task and one endpoint one delivery at most has a due time: the oldest open one, or the one that is on its way.
An endpoint's own due time is the earliest of its deliveries', and it has none while nothing is sent to it: so
whoever sends finds the endpoints that need it without reading the deliveries of those that do not.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from gnomon.core.event import EventType
from gnomon.core.task import Task, Visibility

_ASKED = """
SELECT 1 FROM webhook_interest WHERE scope = ?1 AND type = ?3
UNION ALL SELECT 1 FROM webhook_interest WHERE scope = ?2 AND type = ?3 LIMIT 1
"""
_POST = """
INSERT INTO delivery (id, endpoint, number, task, event, type, status, attempts, attempts_in_all, created_at, due_at,
    is_taken)
SELECT 'msg_' || substr(:id, 5) || '_' || :event || '_' || substr(e.id, 5), e.seq, e.last_number + 1, :task, :event,
    :type, 'pending', 0, 0, :at, CASE WHEN NOT EXISTS (SELECT 1 FROM delivery AS d
        WHERE d.endpoint = e.seq AND d.task = :task AND d.status = 'pending') THEN :at END, 0
FROM webhook_interest AS i CROSS JOIN webhook_endpoint AS e ON e.seq = i.endpoint
WHERE i.scope IN (:scope, :id) AND i.type = :type
RETURNING endpoint, due_at
"""
_COUNT = """
UPDATE webhook_endpoint SET last_number = last_number + 1, due_at = CASE
    WHEN :due IS NULL OR url IS NULL OR disabled_at IS NOT NULL THEN due_at
    ELSE min(coalesce(due_at, :due), :due) END
WHERE seq = :endpoint RETURNING id, :due IS NOT NULL AND due_at IS NOT NULL
"""
_REFRESH = """
UPDATE webhook_endpoint SET due_at = CASE
    WHEN url IS NOT NULL AND disabled_at IS NULL AND deleted_at IS NULL
    THEN (SELECT min(due_at) FROM delivery WHERE endpoint = :endpoint AND due_at IS NOT NULL) END
WHERE seq = :endpoint RETURNING due_at
"""


class Posted(NamedTuple):
    """An endpoint that has a new delivery, and whether that is due."""

    endpoint_id: str
    is_due: bool


def post(connection: sqlite3.Connection, seq: int, task: Task, event: EventType, at: int) -> Sequence[Posted]:
    """Write a delivery of the task's newest event for each endpoint that asks for it."""
    scope = task.workspace if task.visibility is Visibility.PUBLIC else task.id
    if connection.execute(_ASKED, (scope, task.id, event.value)).fetchone() is None:
        return ()
    named = {"scope": scope, "id": task.id, "task": seq, "event": task.version, "type": event.value, "at": at}
    written = connection.execute(_POST, named).fetchall()
    counted = [
        connection.execute(_COUNT, {"endpoint": endpoint, "due": due_at}).fetchone()
        for endpoint, due_at in written
    ]
    return [Posted(endpoint_id, bool(is_due)) for endpoint_id, is_due in counted]


def give_turn(connection: sqlite3.Connection, endpoint: int, task: int | None, at: int) -> None:
    """Let the right one of a task's open deliveries be due, from now when it was not; test messages all are."""
    if task is None:
        connection.execute(
            "UPDATE delivery SET due_at = ? WHERE endpoint = ? AND task IS NULL AND status = 'pending' "
            "AND due_at IS NULL",
            (at, endpoint),
        )
        return
    up = _list_up(connection, endpoint, task)
    first = next((seq for seq, is_taken in up.items() if is_taken), None)
    if first is None:
        first = _find_oldest(connection, endpoint, task)
    for seq in up.keys() - {first}:
        connection.execute("UPDATE delivery SET due_at = NULL WHERE seq = ?", (seq,))
    if first is not None and first not in up:
        connection.execute("UPDATE delivery SET due_at = ? WHERE seq = ?", (at, first))


def _list_up(connection: sqlite3.Connection, endpoint: int, task: int) -> dict[int, int]:
    """Return those that have a due time, and whether they are on their way."""
    return dict(
        connection.execute(
            "SELECT seq, is_taken FROM delivery WHERE endpoint = ? AND task = ? AND due_at IS NOT NULL",
            (endpoint, task),
        ).fetchall()
    )


def _find_oldest(connection: sqlite3.Connection, endpoint: int, task: int) -> int | None:
    row = connection.execute(
        "SELECT seq FROM delivery WHERE endpoint = ? AND task = ? AND status = 'pending' ORDER BY event LIMIT 1",
        (endpoint, task),
    ).fetchone()
    return None if row is None else int(row[0])


def refresh(connection: sqlite3.Connection, endpoint: int, at: int) -> bool:
    """Bring an endpoint's due time up to date; say whether it has come."""
    due = connection.execute(_REFRESH, {"endpoint": endpoint}).fetchone()[0]
    return due is not None and due <= at
