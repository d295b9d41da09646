"""Turns: a task joins its session when it is stored, and goes on from what an earlier turn has come to."""

import sqlite3
from datetime import datetime
from typing import NamedTuple

from gnomon.core.task import NewTask, Task
from gnomon.store.counter import next_number
from gnomon.store.ledger import Ledger
from gnomon.store.row import Entry, dump, micros

NUMBERED = "session of the workspace"
"""Has spaces in it, so that it can be no kind's counter."""

_BEGIN = """
INSERT INTO session (workspace, id, number, title, context, turns, first_turn, created_at, updated_at)
VALUES (?, ?, ?, NULL, ?, 1, 1, ?, ?)
ON CONFLICT DO UPDATE SET number = excluded.number, title = NULL, context = excluded.context, turns = turns + 1,
first_turn = turns + 1, created_at = excluded.created_at, updated_at = excluded.updated_at, deleted_at = NULL
RETURNING turns, first_turn
"""
_GO_ON = """
UPDATE session SET turns = turns + 1, updated_at = ?
WHERE workspace = ? AND id = ? AND deleted_at IS NULL RETURNING turns, first_turn
"""
_TASK = "SELECT id FROM task WHERE workspace = ? AND session_id = ? AND session_turn = ?"
_TURN = "SELECT session_id, session_turn FROM task WHERE id = ?"
_NEAREST = """
SELECT id FROM task
WHERE workspace = ? AND session_id = ? AND kind = ? AND status = 'completed'
AND session_turn >= (SELECT session_first FROM task WHERE seq = ?) AND session_turn < ?
ORDER BY session_turn DESC LIMIT 1
"""


class Place(NamedTuple):
    """Where a task stands in its session."""

    turn: int
    first_turn: int
    """The turn that the session began with."""
    task_before: str | None
    """The task of the turn before; None when this is the first."""


def join(ledger: Ledger, new: NewTask, now: datetime) -> Place | None:
    """Take the next turn of the session that a new task names, if it does.

    The session is made when there is none, and begun anew when it was deleted: its turns are counted on, so that
    none of a former life is taken for one of it.
    """
    if new.session_id is None:
        return None
    at = micros(now)
    row = ledger.row(_GO_ON, at, new.workspace, new.session_id)
    if row is None:
        number = next_number(ledger, new.workspace, NUMBERED)
        context = None if new.session_context is None else dump(new.session_context)
        row = ledger.row(_BEGIN, new.workspace, new.session_id, number, context, at, at)
    assert row is not None
    turn, first_turn = row
    before = ledger.row(_TASK, new.workspace, new.session_id, turn - 1) if turn > first_turn else None
    return Place(turn, first_turn, before[0] if before else None)


def find_told(connection: sqlite3.Connection, entry: Entry) -> str | None:
    """Name the task that a task goes on from: its predecessor, or what its session has come to before it.

    That is the nearest earlier turn of its kind that completed: one that did not, or is of another kind, does not
    break the conversation. A predecessor that the submitter named is taken as it is.
    """
    task = entry.task
    if task.session_turn is None or _names_another(connection, task, task.session_turn - 1):
        return task.predecessor_id
    values = (task.workspace, task.session_id, task.kind, entry.seq, task.session_turn)
    row = connection.execute(_NEAREST, values).fetchone()
    return row[0] if row else None


def _names_another(connection: sqlite3.Connection, task: Task, turn_before: int) -> bool:
    """Say whether a task comes after one that is not the turn before."""
    if task.predecessor_id is None:
        return False
    row = connection.execute(_TURN, (task.predecessor_id,)).fetchone()
    return bool(row != (task.session_id, turn_before))
