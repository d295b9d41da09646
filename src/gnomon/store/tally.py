"""The tally of a group: how its members stand, and its version; moved in the transaction that moves a member."""

import sqlite3

from gnomon.core.errors import NotFound
from gnomon.core.group import Standing

_JOIN = """
UPDATE task_group SET version = version + ?, updated_at = max(updated_at, ?) WHERE id = ? AND workspace = ?
RETURNING version
"""
_MOVE = """
UPDATE task_group SET version = version + 1, updated_at = max(updated_at, ?) WHERE id = ? RETURNING version
"""
_MORE = """
INSERT INTO task_group_count (group_id, status, is_started, count) VALUES (?, ?, ?, 1)
ON CONFLICT DO UPDATE SET count = count + 1
"""
_LESS = """
UPDATE task_group_count SET count = count - 1 WHERE group_id = ? AND status = ? AND is_started = ?
"""


def take_versions(connection: sqlite3.Connection, group_id: str, workspace: str, at: int, count: int) -> int:
    """Make so many versions, one for each member that joins, and return the first; raises `NotFound`."""
    row = connection.execute(_JOIN, (count, at, group_id, workspace)).fetchone()
    if row is None:
        raise NotFound(f"There is no group {group_id}.")
    return int(row[0]) - count + 1


def count_joined(connection: sqlite3.Connection, group_id: str, standing: Standing) -> None:
    """Count a new member."""
    connection.execute(_MORE, (group_id, *standing))


def count_moved(
    connection: sqlite3.Connection, group_id: str, before: Standing, after: Standing, at: int
) -> int:
    """Count a member that stands otherwise now, and return the version that this makes."""
    version: int = connection.execute(_MOVE, (at, group_id)).fetchone()[0]
    connection.execute(_LESS, (group_id, *before))
    count_joined(connection, group_id, after)
    return version
