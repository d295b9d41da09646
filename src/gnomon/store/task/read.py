"""Reading tasks, their events and their attempts."""

import json
import sqlite3
from collections.abc import Mapping, Sequence

from gnomon.core.errors import Gone, NotFound
from gnomon.core.event import Event, EventType
from gnomon.core.ports import Attempt, Crowd
from gnomon.core.retry import Outcome
from gnomon.core.task import Status, Task
from gnomon.store.row import COLUMNS, Row, Value, find_json, find_moment, moment, task_of

_WITH_RESULT = (
    f"SELECT {COLUMNS}, result FROM task LEFT JOIN task_result ON task_result.task = task.seq WHERE "
)


def read_task(connection: sqlite3.Connection, workspace: str, task_id: str) -> Task:
    """Return a task with its result; raises `NotFound`."""
    return _read(connection, "id = ? AND workspace = ?", f"There is no task {task_id}.", task_id, workspace)


def read_task_by_number(connection: sqlite3.Connection, workspace: str, number: int) -> Task:
    """Return a task by its number; raises `NotFound`."""
    return _read(connection, "workspace = ? AND number = ?", f"There is no task {number}.", workspace, number)


def read_version(connection: sqlite3.Connection, workspace: str, task_id: str) -> int:
    """Return a task's version; raises `NotFound`."""
    return int(_find(connection, "version", workspace, task_id)[0])


def glance(connection: sqlite3.Connection, workspace: str, task_id: str) -> Task:
    """Return a task without its result; raises `NotFound`."""
    return task_of(_find(connection, COLUMNS, workspace, task_id))


def excerpt(
    connection: sqlite3.Connection, workspace: str, task_ids: Sequence[str], members: Sequence[str]
) -> Mapping[str, Task]:
    """Return by id the tasks that there are, with no more of their results than these members."""
    pairs = ", ".join("?, json_extract(result, ?)" for _ in members)
    named = [value for name in members for value in (name, f"$.{json.dumps(name)}")]
    rows = connection.execute(
        f"SELECT {COLUMNS}, CASE WHEN json_type(result) = 'object' THEN json_object({pairs}) END "
        "FROM json_each(?) AS wanted CROSS JOIN task ON task.id = wanted.value "
        "LEFT JOIN task_result ON task_result.task = task.seq WHERE task.workspace = ?",
        (*named, json.dumps(list(task_ids)), workspace),
    )
    return {task.id: task for task in (task_of(row, row[-1]) for row in rows)}


def count_tasks(connection: sqlite3.Connection, workspace: str) -> Sequence[Crowd]:
    """Count the public tasks that have not ended, by kind and status."""
    rows = connection.execute(
        "SELECT kind, status, count(*), min(updated_at) FROM task "
        "WHERE workspace = ? AND visibility = 'public' AND finished_at IS NULL GROUP BY kind, status",
        (workspace,),
    )
    return [_crowd_of(row) for row in rows]


def _crowd_of(row: Row) -> Crowd:
    status = Status(row[1])
    # The record of a queued task does not change until it is queued no more.
    oldest = moment(row[3]) if status is Status.QUEUED else None
    return Crowd(kind=row[0], status=status, count=row[2], oldest=oldest)


def list_children(connection: sqlite3.Connection, workspace: str, task_id: str) -> Sequence[Task]:
    """List a task's children by position, without results; raises `NotFound`."""
    _seq(connection, workspace, task_id)
    rows = connection.execute(f"SELECT {COLUMNS} FROM task WHERE parent_id = ? ORDER BY position", (task_id,))
    return [task_of(row) for row in rows]


def list_events(
    connection: sqlite3.Connection, workspace: str, task_id: str, after: int, limit: int
) -> Sequence[Event]:
    """List events numbered above `after`, in order; raises `NotFound`, and `Gone` when some were trimmed."""
    seq, oldest = _find(connection, "seq, events_from", workspace, task_id)
    if after + 1 < oldest:
        raise Gone(
            f"Events 1 to {oldest - 1} of task {task_id} were removed; ask for those after {oldest - 1}."
        )
    rows = connection.execute(
        "SELECT number, at, type, body FROM task_event WHERE task = ? AND number > ? ORDER BY number LIMIT ?",
        (seq, after, limit),
    )
    return [
        Event(
            task_id=task_id, number=row[0], at=moment(row[1]), type=EventType(row[2]), body=find_json(row[3])
        )
        for row in rows
    ]


def list_attempts(connection: sqlite3.Connection, workspace: str, task_id: str) -> Sequence[Attempt]:
    """List attempts in order; raises `NotFound`."""
    rows = connection.execute(
        "SELECT number, fence, worker, started_at, finished_at, outcome, error FROM task_attempt "
        "WHERE task = ? ORDER BY number",
        (_seq(connection, workspace, task_id),),
    )
    return [_attempt_of(task_id, row) for row in rows]


def _read(connection: sqlite3.Connection, where: str, missing: str, *values: Value) -> Task:
    row = connection.execute(_WITH_RESULT + where, values).fetchone()
    if row is None:
        raise NotFound(missing)
    return task_of(row, row[-1])


def _seq(connection: sqlite3.Connection, workspace: str, task_id: str) -> int:
    return int(_find(connection, "seq", workspace, task_id)[0])


def _find(connection: sqlite3.Connection, columns: str, workspace: str, task_id: str) -> Row:
    row: Row | None = connection.execute(
        f"SELECT {columns} FROM task WHERE id = ? AND workspace = ?", (task_id, workspace)
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no task {task_id}.")
    return row


def _attempt_of(task_id: str, row: Row) -> Attempt:
    return Attempt(
        task_id=task_id,
        number=row[0],
        fence=row[1],
        worker=row[2],
        started_at=moment(row[3]),
        finished_at=find_moment(row[4]),
        outcome=None if row[5] is None else Outcome(row[5]),
        error=find_json(row[6]),
    )
