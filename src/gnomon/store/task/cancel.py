"""Cancel: ask a task and its descendants to stop."""

from datetime import datetime, timedelta

from gnomon.core.task import Steering, Task
from gnomon.store.ledger import Ledger
from gnomon.store.task.family import settle
from gnomon.store.task.read import read_task
from gnomon.store.task.stop import is_bound, stop


def cancel(
    ledger: Ledger,
    workspace: str,
    task_id: str,
    now: datetime,
    within: timedelta | None = None,
    told: Steering | None = None,
) -> Task:
    """Ask a task to stop; asking one that has ended, or asking again without an earlier end, changes nothing."""
    entry = ledger.get_own(workspace, task_id)
    if entry.task.status.is_terminal:
        return read_task(ledger.connection, workspace, task_id)
    by = None if within is None else now + within
    if not is_bound(entry, by):
        stop(ledger, entry, now, by, told)
        settle(ledger, now)
    return ledger.get(task_id).task
