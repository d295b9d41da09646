"""Cancel: ask a task and its descendants to stop."""

from datetime import datetime

from gnomon.core.errors import NotFound
from gnomon.core.task import Status, Task
from gnomon.store.ledger import Ledger
from gnomon.store.task.family import settle
from gnomon.store.task.read import read_task
from gnomon.store.task.stop import stop


def cancel(ledger: Ledger, workspace: str, task_id: str, now: datetime) -> Task:
    """Ask a task to stop; asking again, or asking a task that has ended, changes nothing."""
    entry = ledger.find("id = ? AND workspace = ?", task_id, workspace)
    if entry is None:
        raise NotFound(f"There is no task {task_id}.")
    if entry.task.status.is_terminal:
        return read_task(ledger.connection, workspace, task_id)
    if entry.task.status is not Status.CANCELLING:
        stop(ledger, entry, now)
        settle(ledger, now)
    return ledger.get(task_id).task
