"""Tasks, their events and their attempts."""

from collections.abc import Sequence

from gnomon.core.event import Event
from gnomon.core.ports import Attempt, Page
from gnomon.core.task import Json, Task, TaskError
from gnomon.web.native.render.moment import moment


def task(record: Task) -> Json:
    """Write a task."""
    return {
        "id": record.id,
        "number": record.number,
        "kind": record.kind,
        "status": record.status,
        "stage": record.stage,
        "progress": record.progress,
        "version": record.version,
        "attempt": record.attempt,
        "visibility": record.visibility,
        "parent_id": record.parent_id,
        "position": record.position,
        "predecessor_id": record.predecessor_id,
        "resource_id": record.resource_id,
        "created_at": moment(record.created_at),
        "started_at": moment(record.started_at),
        "updated_at": moment(record.updated_at),
        "finished_at": moment(record.finished_at),
        "run_at": moment(record.run_at),
        "deadline_at": moment(record.deadline_at),
        "cancel_requested_at": moment(record.cancel_requested_at),
        "cancel_outcome": record.cancel_outcome,
        "error": error(record.error),
        "result": record.result,
    }


def error(record: TaskError | None) -> Json:
    """Write why a task did not complete, or null."""
    if record is None:
        return None
    return {"code": record.code, "message": record.message, "retryable": record.retryable}


def tasks(page: Page[Task]) -> Json:
    """Write a page of tasks."""
    return {"tasks": [task(record) for record in page.records], "next": page.next}


def events(records: Sequence[Event]) -> Json:
    """Write events in order; the last number is the next cursor."""
    return {"events": [event(record) for record in records]}


def event(record: Event) -> Json:
    """Write an event."""
    return {
        "task_id": record.task_id,
        "number": record.number,
        "at": moment(record.at),
        "type": record.type,
        "body": record.body,
    }


def attempts(records: Sequence[Attempt]) -> Json:
    """Write attempts in order."""
    return {"attempts": [attempt(record) for record in records]}


def attempt(record: Attempt) -> Json:
    """Write an attempt."""
    return {
        "number": record.number,
        "started_at": moment(record.started_at),
        "finished_at": moment(record.finished_at),
        "outcome": record.outcome,
        "error": record.error,
    }
