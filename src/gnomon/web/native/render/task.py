"""Tasks, their events, their attempts and their lines."""

from collections.abc import Sequence
from dataclasses import asdict

from gnomon.core.diff import Comparison, Difference
from gnomon.core.event import Event, EventType
from gnomon.core.ports import Attempt, Page
from gnomon.core.service.line import Diff, revision_of
from gnomon.core.task import Json, Question, Steering, Task, TaskError, Usage
from gnomon.web.moment import moment


def task(record: Task) -> dict[str, Json]:
    """Write a task."""
    return {
        "id": record.id,
        "number": record.number,
        "kind": record.kind,
        "status": record.status,
        "is_active": record.status.is_active,
        "stage": record.stage,
        "progress": record.progress,
        "version": record.version,
        "events_from": record.events_from,
        "attempt": record.attempt,
        "revision": revision_of(record),
        "priority": record.priority,
        "visibility": record.visibility,
        "parent_id": record.parent_id,
        "position": record.position,
        "predecessor_id": record.predecessor_id,
        "resource_id": record.resource_id,
        "group_id": record.group_id,
        "group_number": record.group_number,
        "session_id": record.session_id,
        "session_turn": record.session_turn,
        "schedule_id": record.schedule_id,
        "scheduled_for": moment(record.scheduled_for),
        "metadata": record.metadata,
        "created_at": moment(record.created_at),
        "started_at": moment(record.started_at),
        "updated_at": moment(record.updated_at),
        "finished_at": moment(record.finished_at),
        "run_at": moment(record.run_at),
        "deadline_at": moment(record.deadline_at),
        "pause_requested_at": moment(record.pause_requested_at),
        "pause_told": steering(record.pause_told),
        "cancel_requested_at": moment(record.cancel_requested_at),
        "cancel_by": moment(record.cancel_by),
        "cancel_outcome": record.cancel_outcome,
        "cancel_told": steering(record.cancel_told),
        "question": question(record.question),
        "usage": usage(record.usage),
        "error": error(record.error),
        "result": record.result,
    }


def question(record: Question | None) -> Json:
    """Write what a task has asked, or null."""
    if record is None:
        return None
    return {
        "key": record.key,
        "body": record.body,
        "asked_at": moment(record.asked_at),
        "answer_by": moment(record.answer_by),
    }


def steering(record: Steering | None) -> Json:
    """Write who asked for something, and why, or null."""
    return None if record is None else {"by": record.by, "reason": record.reason}


def usage(record: Usage | None) -> Json:
    """Write what a task has used of models, or null when it has called none."""
    if record is None:
        return None
    return {
        "calls": record.calls,
        "input_tokens": record.input_tokens,
        "output_tokens": record.output_tokens,
        "cost_usd": record.cost_usd,
        "engine": record.engine,
    }


def error(record: TaskError | None) -> Json:
    """Write why a task did not complete, or null."""
    if record is None:
        return None
    return {"code": record.code, "message": record.message, "retryable": record.retryable}


def result(record: Task) -> Json:
    """Write what a completed task gave."""
    return {"task_id": record.id, "status": record.status, "version": record.version, "result": record.result}


def given(record: Task, task_input: Json) -> Json:
    """Write what a task was given to do."""
    return {
        "task_id": record.id,
        "version": record.version,
        "revision": revision_of(record),
        "input": task_input,
    }


def tasks(page: Page[Task]) -> Json:
    """Write a page of tasks."""
    return {"tasks": [task(record) for record in page.records], "next": page.next}


def children(parent: Task, records: Sequence[Task]) -> Json:
    """Write a task's children by position."""
    return {"task_id": parent.id, "version": parent.version, "tasks": [task(record) for record in records]}


def events(records: Sequence[Event], after: int, version: int) -> Json:
    """Write events in order, the cursor for those that follow, and the number of the last one there is."""
    following = records[-1].number if records else after
    return {"events": [event(record) for record in records], "next": following, "version": version}


def event(record: Event) -> Json:
    """Write an event."""
    return {
        "task_id": record.task_id,
        "number": record.number,
        "version": record.number,
        "at": moment(record.at),
        "type": record.type,
        "body": told(record),
    }


def told(record: Event) -> Json:
    """Write an event's body, but for the fence: that is between the server and its attempts."""
    if record.type is EventType.MESSAGE or "fence" not in record.body:
        return record.body
    return {name: value for name, value in record.body.items() if name != "fence"}


def attempts(task_id: str, version: int, records: Sequence[Attempt]) -> Json:
    """Write a task's attempts in order."""
    return {"task_id": task_id, "version": version, "attempts": [attempt(record) for record in records]}


def attempt(record: Attempt) -> Json:
    """Write an attempt."""
    return {
        "number": record.number,
        "started_at": moment(record.started_at),
        "finished_at": moment(record.finished_at),
        "outcome": record.outcome,
        "error": record.error,
    }


def revisions(line: Sequence[Task]) -> Json:
    """Write the tasks of a line, newest first."""
    return {"revisions": [_revision(record) for record in line]}


def _revision(record: Task) -> Json:
    return {
        "revision": revision_of(record),
        "task_id": record.id,
        "status": record.status,
        "version": record.version,
        "created_at": moment(record.created_at),
        "finished_at": moment(record.finished_at),
    }


def diff(found: Diff) -> Json:
    """Write what differs between two revisions."""
    return {
        "from": _revision(found.first),
        "to": _revision(found.second),
        "input": _comparison(found.input),
        "result": _comparison(found.result),
    }


def _comparison(found: Comparison) -> Json:
    differences = [_difference(difference) for difference in found.differences]
    return {"differences": differences, "truncated": found.is_truncated}


def _difference(found: Difference) -> Json:
    return asdict(found)
