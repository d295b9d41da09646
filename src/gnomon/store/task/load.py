"""Load: what a claimed attempt needs to start, read as of one moment."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import replace

from gnomon.core.errors import FenceLost, NotFound
from gnomon.core.ports import Given, Holding, Load
from gnomon.core.task import Json, Phase, Task
from gnomon.core.workload import ChildResult, Pinned
from gnomon.store.resource import read_pinned
from gnomon.store.row import COLUMNS, Entry, Row, Value, entry_of, find_json, task_of
from gnomon.store.task.tell import read_told
from gnomon.store.task.turn import find_told

_ENDED = """
SELECT coalesce(position, 0), kind, status, result, error
FROM task LEFT JOIN task_result ON task_result.task = task.seq WHERE
"""
_GIVEN = f"SELECT {COLUMNS}, input FROM task JOIN task_input ON task_input.task = task.seq WHERE id = ?"


def load(connection: sqlite3.Connection, holding: Holding) -> Load:
    """Read what a claimed attempt needs; raises `FenceLost`."""
    row = connection.execute(f"SELECT {COLUMNS} FROM task WHERE id = ?", (holding.task_id,)).fetchone()
    if row is None or not (entry := entry_of(row)).is_leased or entry.task.fence != holding.fence:
        raise FenceLost(f"This attempt no longer owns task {holding.task_id}.")
    task, seq = entry.task, entry.seq
    written, pins, sealed = connection.execute(
        "SELECT input, pins, sealed FROM task_input WHERE task = ?", (seq,)
    ).fetchone()
    is_join = task.phase is Phase.JOIN
    return Load(
        task=task,
        input=input_of(connection, task, written),
        references=_references(connection, pins),
        steps=_steps(connection, seq),
        state=_state(connection, seq) if is_join else None,
        children=_ended(connection, "parent_id = ? ORDER BY position", task.id) if is_join else (),
        predecessor=_predecessor(connection, entry),
        sealed=sealed,
        told=read_told(connection, seq),
    )


def read_input(connection: sqlite3.Connection, workspace: str, task_id: str) -> Json:
    """Return a task's input, or the document that it ran; raises `NotFound`."""
    return read_given(connection, workspace, task_id).input


def read_given(connection: sqlite3.Connection, workspace: str, task_id: str) -> Given:
    """Return a task's input, or the document that it ran, with its wording; raises `NotFound`."""
    row = connection.execute(
        f"SELECT {COLUMNS}, input, wording FROM task JOIN task_input ON task_input.task = task.seq "
        "WHERE id = ? AND workspace = ?",
        (task_id, workspace),
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no task {task_id}.")
    return Given(input=input_of(connection, task_of(row), row[-2]), wording=find_json(row[-1]))


def input_of(connection: sqlite3.Connection, task: Task, written: str | None) -> Json:
    """Read the input from its column, or return the document of the resource's revision that the task runs."""
    if written is not None or task.resource_id is None or task.resource_revision is None:
        return find_json(written)
    return read_pinned(connection, task.resource_id, task.resource_revision).document


def _references(connection: sqlite3.Connection, pins: str | None) -> tuple[Pinned, ...]:
    return tuple(
        read_pinned(connection, pin["resource_id"], pin["revision"], pin.get("task_id"))
        for pin in (json.loads(pins) if pins else ())
    )


def _steps(connection: sqlite3.Connection, seq: int) -> Mapping[str, Json]:
    rows = connection.execute("SELECT key, result FROM task_step WHERE task = ?", (seq,))
    return {key: json.loads(result) for key, result in rows}


def _state(connection: sqlite3.Connection, seq: int) -> Json:
    row = connection.execute("SELECT state FROM task_split WHERE task = ?", (seq,)).fetchone()
    return find_json(row[0]) if row else None


def _predecessor(connection: sqlite3.Connection, entry: Entry) -> ChildResult | None:
    task_id = find_told(connection, entry)
    if task_id is None:
        return None
    [found] = _ended(connection, "id = ?", task_id)
    row = connection.execute(_GIVEN, (task_id,)).fetchone()
    return replace(found, input=input_of(connection, task_of(row), row[-1]))


def _ended(connection: sqlite3.Connection, where: str, *values: Value) -> tuple[ChildResult, ...]:
    return tuple(_child_result(row) for row in connection.execute(_ENDED + where, values))


def _child_result(row: Row) -> ChildResult:
    return ChildResult(
        position=row[0], kind=row[1], status=row[2], result=find_json(row[3]), error=find_json(row[4])
    )
