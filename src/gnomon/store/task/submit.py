"""Submit: the task, the resource it creates or runs, its first event and its reservation, all or nothing."""

import sqlite3
from datetime import datetime
from typing import assert_never

from gnomon.core.errors import Complaint, Invalid, QuotaExceeded
from gnomon.core.ports import Rerun, Reservation, RunResource, Submit, Submitted
from gnomon.core.resource import NewResource, Resource
from gnomon.core.task import NewTask
from gnomon.store.counter import count_active
from gnomon.store.hook.endpoint import create_endpoints
from gnomon.store.ledger import Ledger
from gnomon.store.reservation import claim_made, find_made, reserve
from gnomon.store.resource import create_and_run, find_resource, run_again
from gnomon.store.row import Entry
from gnomon.store.task.insert import Seat, insert
from gnomon.store.task.read import read_task


def submit(ledger: Ledger, command: Submit) -> Submitted:
    """Store a task, or find the one that its reservation has made."""
    new, kept = command.task, command.reservation
    if (made := claim_submitted(ledger, new.workspace, kept, command.now)) is not None:
        return made
    refuse_too_many(ledger, new.workspace, command.most_active)
    return make(ledger, command)


def make(ledger: Ledger, command: Submit, seat: Seat | None = None) -> Submitted:
    """Store a task with the resource that it creates or runs."""
    if command.task.parent_id is not None:
        raise Invalid(
            [Complaint(("parent_id",), "A child is stored when its parent divides; leave parent_id out.")]
        )
    resource = _resource(ledger, command)
    revision = (resource.id, resource.revision) if resource else None
    entry = place(ledger, command.task, command, revision, seat)
    return Submitted(task=entry.task, resource=resource)


def place(
    ledger: Ledger,
    new: NewTask,
    command: Submit | Rerun,
    resource: tuple[str, int] | None = None,
    seat: Seat | None = None,
) -> Entry:
    """Write a client's task with what comes with it.

    Its endpoints belong before its first event, which they may want to be told of.
    """
    create_endpoints(ledger, command.hooks, new.id, command.now)
    entry = insert(ledger, new, command.now, resource, seat)
    reserve(ledger, new.workspace, command.reservation, new.id, command.now)
    return entry


def refuse_too_many(ledger: Ledger, workspace: str, most: int | None, more: int = 1) -> None:
    """Raise `QuotaExceeded` when the workspace may not have so many more active tasks."""
    if most is not None and (count := count_active(ledger, workspace)) + more > most:
        raise QuotaExceeded(
            f"The workspace has {count} tasks that have not ended, and may have {most}"
            f"{'' if more == 1 else f'; these would be {more} more'}. "
            "Wait for some of them to end, or cancel some.",
            quota="active_tasks",
        )


def find_submitted(
    connection: sqlite3.Connection, workspace: str, kept: Reservation | None
) -> Submitted | None:
    """Find the task that the same request has made, with the resource that it runs."""
    return _read_made(connection, workspace, find_made(connection, workspace, kept))


def claim_submitted(
    ledger: Ledger, workspace: str, kept: Reservation | None, now: datetime
) -> Submitted | None:
    """Find the task that the same request has made, or that its guessed key may be answered with."""
    return _read_made(ledger.connection, workspace, claim_made(ledger, workspace, kept, now))


def _read_made(connection: sqlite3.Connection, workspace: str, made: str | None) -> Submitted | None:
    if made is None:
        return None
    task = read_task(connection, workspace, made)
    resource = find_resource(connection, workspace, task.resource_id) if task.resource_id else None
    return Submitted(task=task, resource=resource, is_replay=True)


def _resource(ledger: Ledger, command: Submit) -> Resource | None:
    match command.resource:
        case NewResource() as new:
            return create_and_run(ledger, new, command.task.id, command.now)
        case RunResource() as run:
            return run_again(ledger, run, command.task.id, command.now)
        case None:
            return None
        case _:
            assert_never(command.resource)
