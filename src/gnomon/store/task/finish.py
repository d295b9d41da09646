"""Finish: how an attempt ended, and what the core's judgement makes of it."""

from dataclasses import replace
from datetime import datetime

from gnomon.core.ports import Finish
from gnomon.core.retry import (
    Asked,
    Divided,
    Done,
    Ending,
    Failed,
    Lost,
    Parked,
    RetryPolicy,
    Stopped,
    Verdict,
    judge,
)
from gnomon.core.task import Json, Phase, Status, Task, TaskError
from gnomon.store.blob import link_blobs
from gnomon.store.ledger import Ledger
from gnomon.store.row import Entry, Value, dump, dump_error, error_json, find_micros, micros
from gnomon.store.task.family import close_family, settle
from gnomon.store.task.insert import child_of, insert


def finish(ledger: Ledger, command: Finish) -> Task:
    """Record an attempt's ending and all that follows from it."""
    entry = ledger.held(command.holding)
    return conclude(ledger, entry, command.ending, command.now, command.policy, command.chance)


def conclude(
    ledger: Ledger,
    entry: Entry,
    ending: Ending,
    now: datetime,
    policy: RetryPolicy,
    chance: float = 0.0,
    *,
    is_revoked: bool = False,
) -> Task:
    """Judge the end of a leased attempt, write it, and settle the family; a revoked lease takes the fence along."""
    if isinstance(ending, Divided) and entry.task.phase is Phase.JOIN:
        ending = Failed(
            error=TaskError(code="split_twice", message="A join must return a result; it cannot split.")
        )
    verdict = judge(entry.task, ending, now=now, policy=policy, chance=chance)
    _close_attempt(ledger, entry, ending, now)
    fence = entry.task.fence + is_revoked
    entry = ledger.record(
        entry, verdict.event, now, status=verdict.status, body=_body(verdict), **_columns(verdict, fence)
    )
    result: Json = None
    match ending:
        case Done():
            result = _keep_result(ledger, entry, ending)
        case Divided() if entry.task.status is Status.RUNNING:
            entry = _divide(ledger, entry, ending, now)
        case _:
            pass
    settle(ledger, now)
    task = ledger.changed[entry.task.id]
    if result is not None:
        task = ledger.changed[task.id] = replace(task, result=result)
    return task


def _columns(verdict: Verdict, fence: int) -> dict[str, Value]:
    run_at = find_micros(verdict.run_at)
    columns: dict[str, Value] = {
        "phase": verdict.phase.value,
        "error": dump_error(verdict.error),
        "run_at": run_at,
        "due_at": run_at,
        "failures": verdict.failures,
        "losses": verdict.losses,
        "lease_until": None,
        "fence": fence,
    }
    if verdict.cancel_outcome is not None:
        columns["cancel_outcome"] = verdict.cancel_outcome.value
    if verdict.status is Status.COMPLETED:
        columns["progress"] = 100.0
    return columns


def _body(verdict: Verdict) -> Json:
    body: dict[str, Json] = {"phase": verdict.phase}
    if verdict.error is not None:
        body["error"] = error_json(verdict.error)
    if verdict.run_at is not None:
        body["run_at"] = verdict.run_at.isoformat()
    if verdict.cancel_outcome is not None:
        body["cancel_outcome"] = verdict.cancel_outcome
    if verdict.status is Status.COMPLETED:
        body["progress"] = 100.0
    return body


def _close_attempt(ledger: Ledger, entry: Entry, ending: Ending, now: datetime) -> None:
    ledger.execute(
        "UPDATE task_attempt SET finished_at = ?, outcome = ?, error = ? WHERE task = ? AND number = ?",
        (micros(now), ending.outcome.value, _dump_reason(ending), entry.seq, entry.task.attempt),
    )


def _dump_reason(ending: Ending) -> str | None:
    match ending:
        case Failed(error=error):
            return dump_error(error)
        case Lost(reason=reason):
            return dump({"code": "worker_lost", "message": reason, "retryable": True})
        case Stopped(why=why, cooperative=cooperative):
            return dump({"code": "stopped", "why": why, "cooperative": cooperative})
        case Done() | Divided() | Parked() | Asked():
            return None


def _keep_result(ledger: Ledger, entry: Entry, done: Done) -> Json:
    ledger.execute("INSERT INTO task_result (task, result) VALUES (?, ?)", (entry.seq, dump(done.result)))
    link_blobs(ledger, entry.task.id, done.blobs)
    return done.result


def _divide(ledger: Ledger, parent: Entry, divided: Divided, now: datetime) -> Entry:
    """Write the children of a task that has divided; the parent counts those that are still open."""
    ledger.execute(
        "INSERT INTO task_split (task, state, on_child_failure) VALUES (?, ?, ?)",
        (parent.seq, dump(divided.state), divided.on_child_failure),
    )
    link_blobs(ledger, parent.task.id, divided.blobs)
    ledger.execute("UPDATE task SET open_children = ? WHERE seq = ?", (len(divided.children), parent.seq))
    for position, child in enumerate(divided.children):
        insert(ledger, child_of(parent.task, child, position), now)
    return parent if divided.children else close_family(ledger, parent, now)
