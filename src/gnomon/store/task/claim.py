"""Claim and hold: leases, and what a held attempt writes while it runs."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from math import isfinite

from gnomon.core.event import EventType, find_usage
from gnomon.core.ports import Claim, Holding, Report
from gnomon.core.resource import NewResource
from gnomon.core.task import Json, Phase, Status, Task
from gnomon.core.workload import Saved
from gnomon.store.ledger import Ledger
from gnomon.store.resource import save
from gnomon.store.row import Entry, Value, dump, find_json, micros
from gnomon.store.task.family import lift_parent

BEFORE_DONE = 99.9
"""The most that a task can report: 100 means completed."""


def claim(ledger: Ledger, command: Claim) -> Sequence[Task]:
    """Lease eligible tasks, by priority, then oldest first."""
    if not command.kinds or command.limit < 1:
        return []
    at = micros(command.now)
    values = [value for kind in command.kinds for value in (kind, at, command.limit)]
    seqs = ledger.execute(_ready(len(command.kinds)), (*values, command.limit)).fetchall()
    entries = [ledger.find("seq = ?", seq) for seq, _ in seqs]
    return [_start(ledger, entry, command).task for entry in entries if entry is not None]


@lru_cache(maxsize=16)
def _ready(kinds: int) -> str:
    """Write the query that merges the kinds' queues; it reads no more rows than it may take."""
    one = (
        "SELECT * FROM (SELECT seq, priority FROM task WHERE ready = 1 AND kind = ? "
        "AND (deadline_at IS NULL OR deadline_at > ?) ORDER BY priority DESC, seq LIMIT ?)"
    )
    return " UNION ALL ".join([one] * kinds) + " ORDER BY priority DESC, seq LIMIT ?"


def _start(ledger: Ledger, entry: Entry, command: Claim) -> Entry:
    task = entry.task
    attempt, fence = task.attempt + 1, task.fence + 1
    columns: dict[str, Value] = {"attempt": attempt, "fence": fence, "error": None, "run_at": None}
    columns["started_at"] = micros(task.started_at or command.now)
    columns["lease_until"] = micros(command.now + command.lease)
    body: dict[str, Json] = {"attempt": attempt, "fence": fence, "phase": task.phase}
    if task.phase is Phase.RUN and (task.progress or task.stage):
        anew: dict[str, Value] = {"progress": 0.0, "stage": None}
        columns, body = columns | anew, body | anew
    ledger.execute(
        "INSERT INTO task_attempt (task, number, fence, worker, started_at) VALUES (?, ?, ?, ?, ?)",
        (entry.seq, attempt, fence, command.worker, micros(command.now)),
    )
    return ledger.record(entry, EventType.STARTED, command.now, status=Status.RUNNING, body=body, **columns)


def extend(ledger: Ledger, holdings: Sequence[Holding], until: datetime) -> Sequence[Holding]:
    """Prolong leases and return those that are still held; none beyond the end of a cancel that was asked for."""
    return [holding for holding in holdings if _extend(ledger, holding, micros(until))]


def _extend(ledger: Ledger, holding: Holding, until: int) -> bool:
    done = ledger.execute(
        "UPDATE task SET lease_until = min(?, coalesce(cancel_by, ?)) "
        "WHERE id = ? AND fence = ? AND lease_until IS NOT NULL",
        (until, until, holding.task_id, holding.fence),
    )
    return done.rowcount == 1


def report(ledger: Ledger, command: Report) -> Task:
    """Record progress and messages; progress that says nothing new makes no event."""
    entry = ledger.held(command.holding)
    entry = _progress(ledger, entry, command)
    for message in command.messages:
        entry = ledger.record(
            entry, EventType.MESSAGE, command.now, status=None, body=message, **_used(entry.task, message)
        )
    return entry.task


def _used(task: Task, message: Json) -> dict[str, Value]:
    """Add up what the task has used of models, when that is what the message tells."""
    if (used := find_usage(message)) is None:
        return {}
    used = task.usage + used if task.usage else used
    return {
        "used_calls": used.calls,
        "used_input": used.input_tokens,
        "used_output": used.output_tokens,
        "used_cost": used.cost_usd,
        "used_engine": used.engine,
    }


def _progress(ledger: Ledger, entry: Entry, command: Report) -> Entry:
    task = entry.task
    stage = task.stage if command.stage is None else command.stage
    progress = task.progress
    if command.progress is not None and isfinite(command.progress):
        progress = max(progress, min(float(command.progress), BEFORE_DONE))
    if (progress, stage) == (task.progress, task.stage):
        return entry
    body = {"progress": progress, "stage": stage}
    entry = ledger.record(entry, EventType.PROGRESS, command.now, body=body, progress=progress, stage=stage)
    lift_parent(ledger, entry.task, command.now)
    return entry


def save_step(ledger: Ledger, holding: Holding, key: str, result: Json) -> Json:
    """Store a step's result and return what is stored: the first result of a key stays."""
    entry = ledger.held(holding)
    ledger.execute(
        "INSERT OR IGNORE INTO task_step (task, key, result) VALUES (?, ?, ?)", (entry.seq, key, dump(result))
    )
    row = ledger.row("SELECT result FROM task_step WHERE task = ? AND key = ?", entry.seq, key)
    return find_json(row[0]) if row else None


def save_resource(ledger: Ledger, holding: Holding, resource: NewResource, now: datetime) -> Saved:
    """Store a resource that an attempt made; the same origin is stored once."""
    ledger.held(holding)
    return save(ledger, resource, now)
