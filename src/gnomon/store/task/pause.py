"""Pause and resume: a task and its descendants are set aside, and made eligible again."""

from datetime import datetime

from gnomon.core.errors import Conflict
from gnomon.core.event import EventType, told_json
from gnomon.core.task import Phase, Status, Steering, Task
from gnomon.store.ledger import Ledger
from gnomon.store.row import Entry, Value, dump_steering, micros
from gnomon.store.task.family import close_family, settle
from gnomon.store.task.follow import find_blocker, follow


def pause(ledger: Ledger, workspace: str, task_id: str, now: datetime, told: Steering | None = None) -> Task:
    """Set a task aside: at once when no attempt holds it, at the attempt's next checkpoint otherwise."""
    entry = ledger.get_own(workspace, task_id)
    status = entry.task.status
    if status.is_terminal or status is Status.CANCELLING:
        raise Conflict(f"Task {task_id} is {status}; only a task that goes on can be paused.")
    set_aside(ledger, entry, now, told)
    return ledger.get(task_id).task


def resume(ledger: Ledger, workspace: str, task_id: str, now: datetime, told: Steering | None = None) -> Task:
    """Make a paused task eligible again, or take back the request to pause it."""
    entry = ledger.get_own(workspace, task_id)
    if entry.task.status.is_terminal:
        raise Conflict(f"Task {task_id} is {entry.task.status}; there is nothing to resume.")
    _release(ledger, entry, now, told)
    settle(ledger, now)
    return ledger.get(task_id).task


def set_aside(ledger: Ledger, entry: Entry, now: datetime, told: Steering | None) -> None:
    """Pause a task that no attempt holds, with its children; ask an attempt, or whoever is to answer, to let it.

    Nothing happens to a task that is set aside already, was asked before, or is being cancelled.
    """
    task = entry.task
    if task.status in {Status.PAUSED, Status.CANCELLING}:
        return
    body, pause_told = told_json(told), dump_steering(told)
    if not (entry.is_leased or task.status is Status.WAITING):
        ledger.record(
            entry, EventType.PAUSED, now, status=Status.PAUSED, body=body, due_at=None, pause_told=pause_told
        )
    elif task.pause_requested_at is None:
        asked_at = micros(now)
        ledger.record(
            entry, EventType.PAUSING, now, body=body, pause_requested_at=asked_at, pause_told=pause_told
        )
    if task.phase is Phase.CHILDREN:
        for child in _open_children(ledger, task):
            set_aside(ledger, child, now, told)


def _release(ledger: Ledger, entry: Entry, now: datetime, told: Steering | None) -> None:
    if entry.task.status is not Status.PAUSED:
        if entry.task.pause_requested_at is not None:
            _record_resumed(ledger, entry, now, told, pause_requested_at=None)
    elif entry.task.phase is Phase.CHILDREN:
        _release_family(ledger, entry, now, told)
    elif entry.task.predecessor_id is not None and entry.task.attempt == 0:
        _release_successor(ledger, entry, entry.task.predecessor_id, now, told)
    else:
        _release_one(ledger, entry, now, told)


def _record_resumed(
    ledger: Ledger,
    entry: Entry,
    now: datetime,
    told: Steering | None,
    status: Status | None = None,
    **columns: Value,
) -> Entry:
    return ledger.record(
        entry, EventType.RESUMED, now, status=status, body=told_json(told), pause_told=None, **columns
    )


def _release_family(ledger: Ledger, parent: Entry, now: datetime, told: Steering | None) -> None:
    """Let the children go on; when all have ended meanwhile, the join is due."""
    parent = _record_resumed(ledger, parent, now, told, Status.RUNNING)
    if parent.open_children == 0:
        close_family(ledger, parent, now)
        return
    for child in _open_children(ledger, parent.task):
        _release(ledger, child, now, told)


def _release_successor(
    ledger: Ledger, entry: Entry, predecessor_id: str, now: datetime, told: Steering | None
) -> None:
    """Let a task wait for its predecessor again; one that ended meanwhile is followed at once."""
    entry = _record_resumed(ledger, entry, now, told, Status.PENDING)
    predecessor = ledger.get(predecessor_id).task
    if find_blocker(ledger, predecessor) is None:
        follow(ledger, entry, predecessor, now)


def _release_one(ledger: Ledger, entry: Entry, now: datetime, told: Steering | None) -> None:
    run_at = entry.task.run_at
    if run_at is not None and run_at > now:
        _record_resumed(ledger, entry, now, told, Status.PENDING, due_at=micros(run_at))
    else:
        _record_resumed(ledger, entry, now, told, Status.QUEUED)


def _open_children(ledger: Ledger, parent: Task) -> list[Entry]:
    return list(ledger.select("parent_id = ? AND finished_at IS NULL ORDER BY position", parent.id))
