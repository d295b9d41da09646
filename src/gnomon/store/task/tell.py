"""Tell: a message for the work is kept in the task's log, where every attempt finds it."""

import json
import sqlite3
from datetime import datetime

from gnomon.core.errors import Conflict
from gnomon.core.event import EventType, steering_json
from gnomon.core.task import Json, Status, Steering, Task
from gnomon.store.ledger import Ledger

MOST_MESSAGES = 100
"""Messages that one task takes: all of them are handed to every attempt."""
_TOLD = "task_event INDEXED BY task_told WHERE task = ? AND type = 'task.told'"
"""By itself the planner takes the key, and reads all other events of the task with it."""


def tell(
    ledger: Ledger, workspace: str, task_id: str, message: Json, told: Steering | None, now: datetime
) -> Task:
    """Keep a message for the work, and who sent it."""
    entry = ledger.get_own(workspace, task_id)
    status = entry.task.status
    if status.is_terminal or status is Status.CANCELLING:
        raise Conflict(f"Task {task_id} is {status}; only a task that goes on can be told something.")
    number = _count(ledger, entry.seq) + 1
    if number > MOST_MESSAGES:
        raise Conflict(
            f"Task {task_id} was told {MOST_MESSAGES} messages, which is all that one task takes; submit another."
        )
    body = {"message": message, "number": number, **steering_json(told)}
    return ledger.record(entry, EventType.TOLD, now, body=body).task


def read_told(connection: sqlite3.Connection, seq: int) -> tuple[Json, ...]:
    """Read the messages that a task was told, in order."""
    found = connection.execute(f"SELECT body FROM {_TOLD} ORDER BY number", (seq,))
    return tuple(json.loads(body)["message"] for (body,) in found)


def _count(ledger: Ledger, seq: int) -> int:
    row = ledger.row(f"SELECT count(*) FROM {_TOLD}", seq)
    return int(row[0]) if row else 0
