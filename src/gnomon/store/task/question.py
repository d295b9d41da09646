"""Answer: what a waiting task asked is stored as the step of its key, and the task goes on."""

import json
from datetime import datetime

from gnomon.core.errors import Conflict
from gnomon.core.event import EventType
from gnomon.core.task import Json, Status, Task
from gnomon.store.ledger import Ledger
from gnomon.store.row import Entry, dump
from gnomon.store.task.pause import set_aside
from gnomon.store.task.read import read_task

LONGEST_TOLD = 16384
"""Characters of an answer that its event repeats."""


def answer(ledger: Ledger, workspace: str, task_id: str, key: str, value: Json, now: datetime) -> Task:
    """Answer the open question of that key; the same answer again changes nothing."""
    entry = ledger.get_own(workspace, task_id)
    known = ledger.row("SELECT result FROM task_step WHERE task = ? AND key = ?", entry.seq, key)
    if known is not None:
        _compare(entry.task, key, known[0], value)
    else:
        _refuse_others(entry.task, key)
        _go_on(ledger, entry, key, value, now)
    return read_task(ledger.connection, workspace, task_id)


def lapse(ledger: Ledger, entry: Entry, now: datetime) -> None:
    """Let a waiting task go on with null for an answer: the time for one has passed."""
    question = entry.task.question
    assert question is not None
    _go_on(ledger, entry, question.key, None, now, is_lapsed=True)


def has_step(ledger: Ledger, entry: Entry, key: str) -> bool:
    """Say whether the step of that key is stored: its question needs no answer."""
    return ledger.row("SELECT 1 FROM task_step WHERE task = ? AND key = ?", entry.seq, key) is not None


def _go_on(
    ledger: Ledger, entry: Entry, key: str, value: Json, now: datetime, *, is_lapsed: bool = False
) -> None:
    wants_pause, told = entry.task.pause_requested_at is not None, entry.task.pause_told
    ledger.execute(
        "INSERT INTO task_step (task, key, result) VALUES (?, ?, ?)", (entry.seq, key, dump(value))
    )
    told_too: dict[str, Json] = {"lapsed": True} if is_lapsed else _told(value)
    entry = ledger.record(entry, EventType.ANSWERED, now, status=Status.QUEUED, body={"key": key, **told_too})
    if wants_pause:
        set_aside(ledger, entry, now, told)


def _told(answer: Json) -> dict[str, Json]:
    """Write the answer as the event holds it; a long one stands in the step alone."""
    return {"answer": answer} if len(dump(answer)) <= LONGEST_TOLD else {}


def _compare(task: Task, key: str, known: str, value: Json) -> None:
    if _canonical(known) != _canonical(dump(value)):
        how = "has lapsed, or was answered with null" if known == "null" else "was answered otherwise"
        raise Conflict(f"Question {key!r} of task {task.id} {how}; its first answer stays.")


def _canonical(text: str) -> str:
    return json.dumps(json.loads(text), sort_keys=True)


def _refuse_others(task: Task, key: str) -> None:
    if task.question is None:
        raise Conflict(f"Task {task.id} is {task.status} and has no open question.")
    if task.question.key != key:
        raise Conflict(f"Task {task.id} has asked {task.question.key!r}, not {key!r}; answer that question.")
