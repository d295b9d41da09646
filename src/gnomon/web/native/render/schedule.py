"""Schedules, and pages of them and of their runs."""

from gnomon.core.ports import Page
from gnomon.core.schedule import Schedule, Template
from gnomon.core.task import Json, Task
from gnomon.web.moment import moment
from gnomon.web.native.render.task import steering, task


def schedule(record: Schedule) -> dict[str, Json]:
    """Write a schedule."""
    return {
        "id": record.id,
        "number": record.number,
        "name": record.name,
        "description": record.description,
        "cron": record.cron,
        "timezone": record.timezone,
        "task": _template(record.template),
        "status": record.status,
        "pause_told": steering(record.pause_told),
        "next_at": moment(record.next_at),
        "last_at": moment(record.last_at),
        "runs": record.runs,
        "succeeded": record.succeeded,
        "failed": record.failed,
        "skipped": record.skipped,
        "skip_cause": record.skip_cause,
        "created_at": moment(record.created_at),
        "updated_at": moment(record.updated_at),
    }


def _template(record: Template) -> dict[str, Json]:
    seconds = None if record.timeout is None else record.timeout.total_seconds()
    return {
        "kind": record.kind,
        "input": record.input,
        "timeout_seconds": seconds,
        "session_id": record.session_id,
        "metadata": record.metadata,
    }


def schedules(page: Page[Schedule], offset: int) -> Json:
    """Write a page of schedules, how many there are, and the offset of the next page."""
    return {"schedules": [schedule(record) for record in page.records], **_rest(page, offset)}


def runs(schedule_id: str, page: Page[Task], offset: int) -> Json:
    """Write a page of a schedule's tasks, how many there are, and the offset of the next page."""
    return {
        "schedule_id": schedule_id,
        "tasks": [task(record) for record in page.records],
        **_rest(page, offset),
    }


def _rest(page: Page[Schedule] | Page[Task], offset: int) -> dict[str, Json]:
    total, following = page.total or 0, offset + len(page.records)
    return {"total": total, "next": following if page.records and following < total else None}
