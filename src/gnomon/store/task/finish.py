"""Finish: how an attempt ended, and what the core's judgement makes of it."""

from dataclasses import replace
from datetime import datetime

from gnomon.core.event import EventType, question_json, told_json, write_time
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
    internal_asked,
    judge,
)
from gnomon.core.task import Json, Phase, Question, Status, Task, TaskError, Visibility
from gnomon.store.blob import link_met, those_kept
from gnomon.store.ledger import Ledger
from gnomon.store.row import (
    Entry,
    Value,
    dump,
    dump_error,
    dump_question,
    error_json,
    find_micros,
    micros,
)
from gnomon.store.task.family import close_family, settle
from gnomon.store.task.insert import child_of, insert
from gnomon.store.task.pause import set_aside
from gnomon.store.task.question import has_step


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
    ending = _refuse(ledger, entry, ending)
    verdict = judge(entry.task, ending, now=now, policy=policy, chance=chance)
    _close_attempt(ledger, entry, ending, now)
    before, fence = entry.task, entry.task.fence + is_revoked
    columns, body = _columns(verdict, fence), _body(verdict, before, fence)
    if isinstance(ending, Asked) and verdict.status is Status.WAITING:
        question = _question(ending, now)
        columns["question"], body["question"] = dump_question(question), question_json(question)
        columns["answer_by"] = find_micros(question.answer_by)
    entry = ledger.record(entry, verdict.event, now, status=verdict.status, body=body, **columns)
    result: Json = None
    match ending:
        case Done():
            result = _keep_result(ledger, entry, ending)
        case Divided() if entry.task.status is Status.RUNNING:
            entry = _divide(ledger, entry, ending, now)
        case Asked(blobs=blobs) | Parked(blobs=blobs):
            # It may take days until the task goes on.
            link_met(ledger, entry.task.id, blobs)
        case _:
            pass
    if before.pause_requested_at is not None and entry.task.status.is_active:
        set_aside(ledger, entry, now, before.pause_told)
    settle(ledger, now)
    task = ledger.changed[entry.task.id]
    if result is not None:
        task = ledger.changed[task.id] = replace(task, result=result)
    return task


def _question(asked: Asked, now: datetime) -> Question:
    answer_by = None if asked.within is None else now + asked.within
    return Question(key=asked.key, body=asked.question, asked_at=now, answer_by=answer_by)


def _refuse(ledger: Ledger, entry: Entry, ending: Ending) -> Ending:
    """Let an attempt fail that ended as no attempt may."""
    match ending:
        case Divided() if entry.task.phase is Phase.JOIN:
            return _failed("split_twice", "A join must return a result; it cannot split.")
        case Asked(key=key) if entry.task.visibility is Visibility.INTERNAL:
            return Failed(error=internal_asked(key))
        case Asked(key=key) if has_step(ledger, entry, key):
            return _failed("asked_twice", f"The step {key!r} is stored already; it cannot be asked.")
        case _:
            return ending


def _failed(code: str, message: str) -> Failed:
    return Failed(error=TaskError(code=code, message=message))


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


def _body(verdict: Verdict, before: Task, fence: int) -> dict[str, Json]:
    body: dict[str, Json] = {"phase": verdict.phase}
    counts = {"fence": fence, "failures": verdict.failures, "losses": verdict.losses}
    body |= {name: count for name, count in counts.items() if count != getattr(before, name)}
    if verdict.error is not None:
        body["error"] = error_json(verdict.error)
    if verdict.run_at is not None:
        body["run_at"] = write_time(verdict.run_at)
    if verdict.cancel_outcome is not None:
        body["cancel_outcome"] = verdict.cancel_outcome
    if verdict.status is Status.COMPLETED:
        body["progress"] = 100.0
    asked_by = {EventType.PAUSED: before.pause_told, EventType.CANCELLED: before.cancel_told}
    return body | told_json(asked_by.get(verdict.event))


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
    link_met(ledger, entry.task.id, done.blobs)
    return done.result


def _divide(ledger: Ledger, parent: Entry, divided: Divided, now: datetime) -> Entry:
    """Write the children of a task that has divided; the parent counts those that are still open."""
    ledger.execute(
        "INSERT INTO task_split (task, state, on_child_failure) VALUES (?, ?, ?)",
        (parent.seq, dump(divided.state), divided.on_child_failure),
    )
    link_met(ledger, parent.task.id, divided.blobs)
    ledger.execute("UPDATE task SET open_children = ? WHERE seq = ?", (len(divided.children), parent.seq))
    for position, child in enumerate(divided.children):
        kept = replace(child, blobs=those_kept(ledger, child.blobs))
        insert(ledger, child_of(parent.task, kept, position), now)
    return parent if divided.children else close_family(ledger, parent, now)
