"""Lines: a task and its reruns, each the next revision of the one before."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from gnomon.core.errors import Complaint, Conflict, Invalid, PreconditionFailed, TaskActive
from gnomon.core.ports import Rerun, Submitted
from gnomon.core.task import NewTask, Pin, Task
from gnomon.store.ledger import Ledger
from gnomon.store.row import COLUMNS, Entry, find_json, task_of
from gnomon.store.task.family import settle
from gnomon.store.task.read import read_task
from gnomon.store.task.stop import is_bound, stop
from gnomon.store.task.submit import claim_submitted, place, refuse_too_many


def rerun(ledger: Ledger, command: Rerun) -> Submitted:
    """Store the next task of a line, or find the one that its reservation has made."""
    new = command.task
    if (made := claim_submitted(ledger, new.workspace, command.reservation, command.now)) is not None:
        return made
    asked = ledger.get_own(new.workspace, command.of)
    _refuse_no_line(asked.task)
    first = asked.task.line_id or asked.task.id
    newest = ledger.find("line_id = ? ORDER BY revision DESC LIMIT 1", first) or asked
    _refuse_mismatch(command, newest.task)
    predecessor_id = _make_way(ledger, command, first) or new.predecessor_id
    new = replace(new, line_id=first, revision=newest.task.revision + 1, predecessor_id=predecessor_id)
    new = _inherit(new, newest.task)
    if new.input is None:
        new = _copy(ledger, new, newest)
    refuse_too_many(ledger, new.workspace, command.most_active)
    return Submitted(task=place(ledger, new, command).task)


def list_line(connection: sqlite3.Connection, workspace: str, task_id: str, limit: int) -> Sequence[Task]:
    """List the tasks of a line, newest first, without results; raises `NotFound`."""
    task = read_task(connection, workspace, task_id)
    if task.resource_id is not None:
        where, name = "resource_id = ? ORDER BY resource_revision DESC", task.resource_id
    else:
        where, name = "line_id = ? ORDER BY revision DESC", task.line_id or task.id
    found = connection.execute(f"SELECT {COLUMNS} FROM task WHERE {where} LIMIT ?", (name, limit))
    line = [task_of(row) for row in found]
    if task.resource_id is None and len(line) < limit:
        line.append(replace(read_task(connection, workspace, name), result=None))
    return line


def _refuse_no_line(task: Task) -> None:
    if task.resource_id is not None:
        raise Conflict(f"Task {task.id} ran resource {task.resource_id}; run that resource again instead.")
    if task.parent_id is not None:
        raise Conflict(f"Task {task.id} is a child; rerun its parent {task.parent_id} instead.")


def _refuse_mismatch(command: Rerun, newest: Task) -> None:
    if command.task.kind != newest.kind:
        told = f"The line is of kind {newest.kind!r}; a rerun of it cannot be of {command.task.kind!r}."
        raise Invalid([Complaint(("kind",), told)])
    if command.if_revision is not None and command.if_revision != newest.revision:
        raise PreconditionFailed(
            f"The newest revision is {newest.revision} (task {newest.id}), not {command.if_revision}; "
            "read it and decide anew."
        )


def _make_way(ledger: Ledger, command: Rerun, first: str) -> str | None:
    """Return the task that the new one comes after: the newest of the line that has not ended.

    One that was cancelled while it waited for an older one leaves that behind, so it is not the newest alone that
    counts.
    """
    active = _active(ledger, first)
    if not active:
        return None
    newest = active[0].task
    if command.on_active == "reject":
        raise TaskActive(
            newest.id,
            f"Task {newest.id} of this line is {newest.status}. Wait for it, cancel it, or ask with on_active "
            "'enqueue' or 'replace'.",
        )
    if command.on_active == "replace":
        _cancel(ledger, active, command)
        left = _active(ledger, first)
        return left[0].task.id if left else newest.id
    return newest.id


def _active(ledger: Ledger, first: str) -> list[Entry]:
    later = ledger.select("line_id = ? AND finished_at IS NULL ORDER BY revision DESC", first)
    return [*later, *ledger.select("id = ? AND finished_at IS NULL", first)]


def _cancel(ledger: Ledger, active: Sequence[Entry], command: Rerun) -> None:
    """Cancel what has not ended, newest first, so that none is set free by the end of its predecessor."""
    by = None if command.cancel_within is None else command.now + command.cancel_within
    for entry in active:
        if not is_bound(entry, by):
            stop(ledger, entry, command.now, by, command.told)
    settle(ledger, command.now)


def _inherit(new: NewTask, newest: Task) -> NewTask:
    """Take over what belongs to the line as a whole, unless it is given anew."""
    return replace(
        new,
        metadata=newest.metadata if new.metadata is None else new.metadata,
        origin=newest.origin if new.origin is None else new.origin,
    )


def _copy(ledger: Ledger, new: NewTask, newest: Entry) -> NewTask:
    """Take over what the newest task was given, in whose words, and the blobs that it holds on to.

    Secrets go with the input that they were sent for: whoever writes another one could have them sent elsewhere.
    """
    written = ledger.row("SELECT input, pins, wording, sealed FROM task_input WHERE task = ?", newest.seq)
    assert written is not None
    blobs = ledger.execute("SELECT sha256 FROM blob_link WHERE owner_id = ?", (newest.task.id,))
    return replace(
        new,
        input=find_json(written[0]),
        pins=tuple(Pin(**pin) for pin in json.loads(written[1] or "[]")),
        wording=find_json(written[2]),
        sealed=written[3] if new.sealed is None else new.sealed,
        blobs=tuple(sha256 for (sha256,) in blobs),
    )
