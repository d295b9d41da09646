"""What the end of a task means for its successors and its parent, and how children move a parent's progress."""

from datetime import datetime, timedelta

from gnomon.core.event import EventType
from gnomon.core.task import CancelOutcome, Phase, Status, Task, TaskError
from gnomon.store.counter import count_ended
from gnomon.store.ledger import Ledger
from gnomon.store.row import Entry, dump_error, find_json
from gnomon.store.task.follow import find_blocker, follow, list_followers
from gnomon.store.task.stop import end_cancelled, stop_children

PROGRESS_PAUSE = timedelta(seconds=0.5)
"""A parent's progress moves no more often than this."""


def settle(ledger: Ledger, now: datetime) -> None:
    """Follow every end that the verb has brought about, and every end that follows from those."""
    while ledger.ended:
        ended = ledger.ended.popleft().task
        if find_blocker(ledger, ended) is None:
            for successor in list_followers(ledger, ended):
                follow(ledger, successor, ended, now)
        if ended.parent_id is None:
            count_ended(ledger, ended.workspace)
        else:
            _tell_parent(ledger, ended.parent_id, ended, now)


def lift_parent(ledger: Ledger, child: Task, now: datetime) -> None:
    """Raise the progress of a task's ancestors to the mean of their children's, at most twice a second each."""
    if child.parent_id is None:
        return
    parent = ledger.get(child.parent_id)
    if parent.task.status is not Status.RUNNING or now - parent.task.updated_at < PROGRESS_PAUSE:
        return
    mean = _mean(ledger, parent)
    if mean > parent.task.progress:
        body = {"progress": mean, "stage": parent.task.stage}
        parent = ledger.record(parent, EventType.PROGRESS, now, body=body, progress=mean)
        lift_parent(ledger, parent.task, now)


def _tell_parent(ledger: Ledger, parent_id: str, child: Task, now: datetime) -> None:
    ledger.execute(
        "UPDATE task SET open_children = open_children - 1 WHERE id = ? AND finished_at IS NULL", (parent_id,)
    )
    parent = ledger.get(parent_id)
    if parent.task.status.is_terminal:
        return
    if child.status is not Status.COMPLETED and parent.task.status is not Status.CANCELLING:
        _note_failure(ledger, parent, child, now)
    if parent.open_children == 0:
        close_family(ledger, parent, now)
    else:
        lift_parent(ledger, child, now)


def _note_failure(ledger: Ledger, parent: Entry, child: Task, now: datetime) -> None:
    """Keep the first failure and stop the siblings, where one failure fails all."""
    message = f"Child {child.position} ended as {child.status}."
    error = child.error or TaskError(code=f"child_{child.status}", message=message)
    noted = ledger.execute(
        "UPDATE task_split SET error = ? WHERE task = ? AND on_child_failure = 'fail' AND error IS NULL",
        (dump_error(error), parent.seq),
    )
    if noted.rowcount:
        stop_children(ledger, parent, now)


def close_family(ledger: Ledger, parent: Entry, now: datetime) -> Entry:
    """Do what follows when the last child has ended: end a cancelled or failed parent, or queue its join.

    A paused parent waits with its join until it is resumed.
    """
    if parent.task.status is Status.CANCELLING:
        return end_cancelled(ledger, parent, _how_children_stopped(ledger, parent), now)
    row = ledger.row("SELECT error FROM task_split WHERE task = ?", parent.seq)
    if row is not None and row[0] is not None:
        error = find_json(row[0])
        return ledger.record(
            parent, EventType.FAILED, now, status=Status.FAILED, error=row[0], body={"error": error}
        )
    if parent.task.status is Status.PAUSED:
        return parent
    progress = max(parent.task.progress, _mean(ledger, parent))
    return ledger.record(
        parent,
        EventType.QUEUED,
        now,
        status=Status.RUNNING,
        ready=1,
        phase=Phase.JOIN.value,
        progress=progress,
        body={"phase": Phase.JOIN, "progress": progress},
    )


def _how_children_stopped(ledger: Ledger, parent: Entry) -> CancelOutcome:
    killed = ledger.row(
        "SELECT 1 FROM task WHERE parent_id = ? AND cancel_outcome = 'killed' LIMIT 1", parent.task.id
    )
    return CancelOutcome.KILLED if killed else CancelOutcome.COOPERATIVE


def _mean(ledger: Ledger, parent: Entry) -> float:
    row = ledger.row(
        "SELECT avg(CASE WHEN finished_at IS NULL THEN progress ELSE 100.0 END) FROM task WHERE parent_id = ?",
        parent.task.id,
    )
    return min(row[0] or 0.0, 99.9) if row else 0.0
