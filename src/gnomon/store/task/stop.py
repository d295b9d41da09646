"""Stopping a task and its descendants: at once where nothing runs, on request where something does."""

from datetime import datetime

from gnomon.core.event import EventType, told_json, write_time
from gnomon.core.task import CancelOutcome, Json, Phase, Status, Steering
from gnomon.store.ledger import Ledger
from gnomon.store.row import Entry, Value, dump_steering, micros


def stop(
    ledger: Ledger, entry: Entry, now: datetime, by: datetime | None = None, told: Steering | None = None
) -> Entry:
    """Cancel a task that has not ended; a leased one becomes `cancelling` until its attempt ends, or until `by`.

    The fence stays, so that the attempt can still say how it ended. A task whose children are at work becomes
    `cancelling` and stops them; `family.settle` ends it with the last of them.
    """
    if entry.open_children or entry.is_leased:
        entry = _ask(ledger, entry, now, by, told)
        if entry.task.phase is Phase.CHILDREN:
            stop_children(ledger, entry, now, by, told)
        return entry
    if entry.task.status is Status.RUNNING:
        entry = _ask(ledger, entry, now, None, told)
    never_started = entry.task.started_at is None
    outcome = CancelOutcome.BEFORE_START if never_started else CancelOutcome.COOPERATIVE
    return end_cancelled(ledger, entry, outcome, now, told)


def is_bound(entry: Entry, by: datetime | None) -> bool:
    """Say whether asking a task to stop by then would change nothing, because it stops as early already."""
    task = entry.task
    is_as_early = by is None or (task.cancel_by is not None and task.cancel_by <= by)
    return task.status is Status.CANCELLING and is_as_early


def stop_children(
    ledger: Ledger, parent: Entry, now: datetime, by: datetime | None = None, told: Steering | None = None
) -> None:
    """Cancel every child that has not ended and does not stop as early already."""
    for child in ledger.select("parent_id = ? AND finished_at IS NULL ORDER BY position", parent.task.id):
        if not is_bound(child, by):
            stop(ledger, child, now, by, told)


def end_cancelled(
    ledger: Ledger, entry: Entry, outcome: CancelOutcome, now: datetime, told: Steering | None = None
) -> Entry:
    """Record that a task has been cancelled, how, and by whom, if nobody was known to have asked before."""
    asked, told = entry.task.cancel_requested_at or now, entry.task.cancel_told or told
    return ledger.record(
        entry,
        EventType.CANCELLED,
        now,
        status=Status.CANCELLED,
        cancel_outcome=outcome.value,
        cancel_requested_at=micros(asked),
        cancel_told=dump_steering(told),
        body={"cancel_outcome": outcome, **told_json(told)},
    )


def _ask(ledger: Ledger, entry: Entry, now: datetime, by: datetime | None, told: Steering | None) -> Entry:
    """Record that a task shall stop; no lease lasts beyond the end of the cancel."""
    told = entry.task.cancel_told or told
    columns: dict[str, Value] = {
        "cancel_requested_at": micros(entry.task.cancel_requested_at or now),
        "cancel_told": dump_steering(told),
    }
    body: dict[str, Json] = told_json(told)
    if by is not None:
        body["cancel_by"], columns["cancel_by"] = write_time(by), micros(by)
        if entry.lease_until is not None:
            columns["lease_until"] = min(entry.lease_until, micros(by))
    return ledger.record(entry, EventType.CANCELLING, now, status=Status.CANCELLING, body=body, **columns)
