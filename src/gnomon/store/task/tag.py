"""Tags: the members of a task's metadata, written so that a list finds its tasks by them in its own order."""

from collections.abc import Mapping

from gnomon.core.task import Json
from gnomon.store.ledger import Ledger
from gnomon.store.row import Entry, dump, micros


def tag(ledger: Ledger, entry: Entry) -> None:
    """Write the metadata of a new task, member by member; what is no plain value is found by nobody."""
    task = entry.task
    if not isinstance(task.metadata, Mapping):
        return
    for name, value in task.metadata.items():
        if isinstance(value, str | int | float):
            ledger.execute(
                "INSERT INTO task_metadata (tagged_in, name, value, tagged_at, tagged_number, task) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (task.workspace, name, _text_of(value), micros(task.created_at), task.number, entry.seq),
            )


def _text_of(value: Json) -> str:
    """Write a value as a query string would: a text as it is, numbers and truths as in JSON."""
    return value if isinstance(value, str) else dump(value)
