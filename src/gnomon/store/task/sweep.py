"""What time and restarts do to tasks."""

from datetime import datetime

from gnomon.core.event import EventType
from gnomon.core.ports import Holding, Swept
from gnomon.core.retry import Lost, RetryPolicy
from gnomon.core.task import Status, TaskError
from gnomon.store.ledger import Ledger
from gnomon.store.row import Entry, dump_error, error_json, find_moment, micros
from gnomon.store.task.family import settle
from gnomon.store.task.finish import conclude
from gnomon.store.task.question import lapse

PIECE = 200
"""Tasks that one sweep takes of each sort; more are due at once, so that submits can come between."""

_POLICY = RetryPolicy()
_LATE = "deadline_at <= ? AND finished_at IS NULL AND status != 'cancelling' AND lease_until IS {}"
_NEXT = """
SELECT min(at) FROM (
    SELECT min(due_at) AS at FROM task WHERE due_at IS NOT NULL
    UNION ALL SELECT min(lease_until) FROM task WHERE lease_until IS NOT NULL
    UNION ALL SELECT min(answer_by) FROM task WHERE answer_by IS NOT NULL
    UNION ALL SELECT min(deadline_at) FROM task WHERE deadline_at IS NOT NULL AND finished_at IS NULL
        AND status != 'cancelling' AND (deadline_at > ? OR lease_until IS NULL)
)
"""


def sweep(ledger: Ledger, now: datetime) -> Swept:
    """Take back expired leases, end what is past its deadline, let questions lapse, queue what is due.

    When there was more than a piece of work, the next sweep is due at once.
    """
    changed = _take_back(ledger, now) + _end_late(ledger, now)
    changed += _let_lapse(ledger, now) + _queue_due(ledger, now)
    overdue = ledger.execute(f"SELECT id, fence FROM task WHERE {_LATE.format('NOT NULL')}", (micros(now),))
    return Swept(
        changed=changed,
        overdue=tuple(Holding(task_id=task_id, fence=fence) for task_id, fence in overdue),
        next_due=_next_due(ledger, now),
    )


def recover(ledger: Ledger, now: datetime) -> int:
    """Take back every lease, because no attempt has outlived the server that started it."""
    gone = Lost(reason="The server stopped while the task was running.", with_server=True)
    return _lose(ledger, "lease_until IS NOT NULL", gone, now, -1)


def _take_back(ledger: Ledger, now: datetime) -> int:
    silent = Lost(reason="The lease ran out: the worker was not heard of.")
    return _lose(ledger, f"lease_until <= {micros(now):d}", silent, now)


def _lose(ledger: Ledger, where: str, ending: Lost, now: datetime, limit: int = PIECE) -> int:
    count = 0
    for entry in ledger.each(where, limit, order="lease_until, seq"):
        conclude(ledger, entry, ending, now, _POLICY, is_revoked=True)
        count += 1
    return count


def _end_late(ledger: Ledger, now: datetime) -> int:
    """End what no attempt holds; parents come before their children, whose deadline is no later."""
    count = 0
    for entry in ledger.each(_LATE.format("NULL"), PIECE, micros(now), order="deadline_at, seq"):
        _end(ledger, entry, now)
        settle(ledger, now)
        count += 1
    return count


def _let_lapse(ledger: Ledger, now: datetime) -> int:
    count = 0
    for entry in ledger.each("answer_by <= ?", PIECE, micros(now), order="answer_by, seq"):
        lapse(ledger, entry, now)
        count += 1
    return count


def _queue_due(ledger: Ledger, now: datetime) -> int:
    count = 0
    for entry in ledger.each("due_at <= ?", PIECE, micros(now), order="due_at, seq"):
        ledger.record(entry, EventType.QUEUED, now, status=Status.QUEUED, due_at=None)
        count += 1
    return count


def _end(ledger: Ledger, entry: Entry, now: datetime) -> None:
    has_started = entry.task.started_at is not None
    error = TaskError(
        code="timeout" if has_started else "expired",
        message=f"The deadline passed {'before the task ended' if has_started else 'before the task started'}.",
    )
    ledger.record(
        entry,
        EventType.TIMED_OUT if has_started else EventType.EXPIRED,
        now,
        status=Status.TIMED_OUT if has_started else Status.EXPIRED,
        error=dump_error(error),
        body={"error": error_json(error)},
    )


def _next_due(ledger: Ledger, now: datetime) -> datetime | None:
    row = ledger.row(_NEXT, micros(now))
    return find_moment(row[0]) if row else None
