"""Stopping a task and its descendants: at once where nothing runs, on request where something does."""

from datetime import datetime

from gnomon.core.event import EventType
from gnomon.core.task import CancelOutcome, Phase, Status
from gnomon.store.ledger import Ledger
from gnomon.store.row import Entry, micros


def stop(ledger: Ledger, entry: Entry, now: datetime) -> Entry:
    """Cancel a task that has not ended; a leased one becomes `cancelling` until its attempt ends.

    The fence stays, so that the attempt can still say how it ended. A task whose children are at work becomes
    `cancelling` and stops them; `family.settle` ends it with the last of them.
    """
    if entry.task.status is Status.RUNNING:
        entry = ledger.record(
            entry, EventType.CANCELLING, now, status=Status.CANCELLING, cancel_requested_at=micros(now)
        )
        if entry.task.phase is Phase.CHILDREN:
            stop_children(ledger, entry, now)
            return entry
        return entry if entry.is_leased else end_cancelled(ledger, entry, CancelOutcome.COOPERATIVE, now)
    never_started = entry.task.started_at is None
    outcome = CancelOutcome.BEFORE_START if never_started else CancelOutcome.COOPERATIVE
    return end_cancelled(ledger, entry, outcome, now)


def stop_children(ledger: Ledger, parent: Entry, now: datetime) -> None:
    """Cancel every child that has not ended and was not asked before."""
    active = "parent_id = ? AND finished_at IS NULL AND status != 'cancelling' ORDER BY position"
    for child in ledger.select(active, parent.task.id):
        stop(ledger, child, now)


def end_cancelled(ledger: Ledger, entry: Entry, outcome: CancelOutcome, now: datetime) -> Entry:
    """Record that a task has been cancelled, and how."""
    asked = entry.task.cancel_requested_at or now
    return ledger.record(
        entry,
        EventType.CANCELLED,
        now,
        status=Status.CANCELLED,
        cancel_outcome=outcome.value,
        cancel_requested_at=micros(asked),
        body={"cancel_outcome": outcome},
    )
