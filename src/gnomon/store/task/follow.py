"""What the end of a predecessor means for the task that waited for it."""

from datetime import datetime

from gnomon.core.event import EventType
from gnomon.core.task import CancelOutcome, Status, Task, TaskError
from gnomon.store.ledger import Ledger
from gnomon.store.row import Entry, dump_error, error_json, micros
from gnomon.store.task.stop import end_cancelled


def follow(ledger: Ledger, entry: Entry, predecessor: Task, now: datetime) -> Entry:
    """Let a pending task go on after its predecessor has ended.

    A sibling builds on its predecessor's result: when there is none it is cancelled along, or fails. Any other
    task (a turn of a session, a next interaction) only waits its turn, and sees how its predecessor ended.
    """
    if entry.task.parent_id is None or predecessor.status is Status.COMPLETED:
        return _free(ledger, entry, now)
    if predecessor.status is Status.CANCELLED:
        return end_cancelled(ledger, entry, CancelOutcome.BEFORE_START, now, predecessor.cancel_told)
    error = TaskError(
        code="predecessor_failed",
        message=f"Task {predecessor.id} had to complete first, and ended as {predecessor.status}.",
    )
    return ledger.record(
        entry,
        EventType.FAILED,
        now,
        status=Status.FAILED,
        error=dump_error(error),
        body={"error": error_json(error)},
    )


def find_blocker(ledger: Ledger, predecessor: Task) -> Task | None:
    """Return the task that must still end before one that comes after `predecessor` may go on, if there is one.

    One that ended before it started, while it waited for its own predecessor, has not made way for anybody.
    """
    if predecessor.status.is_active:
        return predecessor
    if not _never_had_its_turn(predecessor):
        return None
    row = ledger.row(_BLOCKER, predecessor.id)
    return ledger.get(row[0]).task if row else None


def list_followers(ledger: Ledger, ended: Task) -> list[Entry]:
    """Return the tasks that wait for the end of a task, or for that of one that never had its turn after it."""
    followers: list[Entry] = []
    left = [ended.id]
    while left:
        for entry in ledger.select(f"predecessor_id = ? AND {_MAY_FOLLOW}", left.pop()):
            if entry.task.status is Status.PENDING:
                followers.append(entry)
            else:
                left.append(entry.task.id)
    return followers


# One statement: a session may have thousands of turns that were cancelled before they began.
_BLOCKER = """
WITH RECURSIVE before (id, predecessor_id, parent_id, started_at, finished_at) AS (
    SELECT id, predecessor_id, parent_id, started_at, finished_at FROM task WHERE id = ?
    UNION ALL
    SELECT task.id, task.predecessor_id, task.parent_id, task.started_at, task.finished_at
    FROM before JOIN task ON task.id = before.predecessor_id
    WHERE before.finished_at IS NOT NULL AND before.started_at IS NULL AND before.parent_id IS NULL
)
SELECT id FROM before WHERE finished_at IS NULL
"""
_MAY_FOLLOW = "(status = 'pending' OR (started_at IS NULL AND finished_at IS NOT NULL))"


def _never_had_its_turn(task: Task) -> bool:
    # A child that ends unstarted takes its successors along.
    return task.predecessor_id is not None and task.started_at is None and task.parent_id is None


def _free(ledger: Ledger, entry: Entry, now: datetime) -> Entry:
    run_at = entry.task.run_at
    if run_at is None or run_at <= now:
        return ledger.record(entry, EventType.QUEUED, now, status=Status.QUEUED, due_at=None)
    ledger.execute("UPDATE task SET due_at = ? WHERE seq = ?", (micros(run_at), entry.seq))
    return entry
