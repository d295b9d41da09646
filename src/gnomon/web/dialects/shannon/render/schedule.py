"""Schedules and their runs, in the vendor's words; what is not known is left out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from gnomon.core.ports import Page
from gnomon.core.schedule import Schedule, ScheduleStatus
from gnomon.core.task import Json, Task, Usage
from gnomon.web.dialects.shannon.recurring import find_wish
from gnomon.web.dialects.shannon.render.answer import engine_of, find_answer, model_of
from gnomon.web.dialects.shannon.render.task import duration_ms, error_of, query_of
from gnomon.web.dialects.shannon.status import show
from gnomon.web.ids import shannon_id
from gnomon.web.moment import moment

STATUSES: Final[Mapping[ScheduleStatus, str]] = {
    ScheduleStatus.ACTIVE: "ACTIVE",
    ScheduleStatus.PAUSED: "PAUSED",
}


def schedule(record: Schedule, ran_at: datetime | None) -> dict[str, Json]:
    """Write a schedule; `ran_at` is the time of its newest run."""
    wish = find_wish(record.template) or {}
    told = record.pause_told
    timeout = record.template.timeout
    named: dict[str, Json] = {
        "schedule_id": record.id,
        "user_id": record.workspace,
        "name": record.name,
        "description": record.description or "",
        "cron_expression": record.cron,
        "timezone": record.timezone,
        "task_query": _query(record),
        "task_context": wish.get("task_context", {}),
        "max_budget_per_run_usd": wish.get("max_budget_per_run_usd"),
        "timeout_seconds": None if timeout is None else int(timeout.total_seconds()),
        "status": STATUSES[record.status],
        "created_at": moment(record.created_at),
        "updated_at": moment(record.updated_at),
        "last_run_at": moment(ran_at),
        "next_run_at": moment(record.next_at),
        "total_runs": record.runs,
        "successful_runs": record.succeeded,
        "failed_runs": record.failed,
        "skipped_runs": record.skipped,
        "skip_reason": record.skip_cause,
        "pause_reason": None if told is None else told.reason,
        "paused_by": None if told is None else told.by,
        "session_id": record.template.session_id,
    }
    return _known(named)


def _query(record: Schedule) -> str:
    """Return what is asked each time; of a schedule of another API what comes nearest to it."""
    places = (find_wish(record.template), record.template.wording, record.template.input)
    words = (
        place.get(name)
        for place in places
        if isinstance(place, Mapping)
        for name in ("task_query", "query", "input")
    )
    return next((word for word in words if isinstance(word, str)), record.template.kind)


def done(message: str, record: Schedule | None = None, **more: Json) -> dict[str, Json]:
    """Write that something was done to a schedule, and when it fires next."""
    next_at = None if record is None else moment(record.next_at)
    return _known({"success": True, **more, "message": message, "next_run_at": next_at})


def runs(page: Page[Task], *, number: int, size: int, opted_in: bool) -> dict[str, Json]:
    """Write a page of a schedule's runs."""
    shown = [run(task, opted_in=opted_in) for task in page.records]
    return {"runs": shown, "total_count": page.total, "page": number, "page_size": size}


def run(record: Task, *, opted_in: bool = False) -> dict[str, Json]:
    """Write a run: the task, and what it gave and used."""
    answer, usage = find_answer(record), record.usage or Usage()
    engine = engine_of(usage, answer)
    provider, model = (None, None) if engine is None else model_of(engine)
    return _known(
        {
            "workflow_id": shannon_id(record.id),
            "task_id": shannon_id(record.id),
            "query": query_of(record),
            "status": show(record, opted_in=opted_in),
            "result": None if answer is None else answer.text,
            "error_message": error_of(record) or None,
            "model_used": model,
            "provider": provider,
            "total_tokens": usage.input_tokens + usage.output_tokens,
            "total_cost_usd": usage.cost_usd,
            "duration_ms": duration_ms(record),
            "triggered_at": moment(record.created_at),
            "scheduled_for": moment(record.scheduled_for),
            "started_at": moment(record.started_at),
            "completed_at": moment(record.finished_at),
        }
    )


def _known(named: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in named.items() if value is not None}
