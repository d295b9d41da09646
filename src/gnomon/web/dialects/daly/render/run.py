"""The envelopes that answer a request to run."""

from collections.abc import Sequence

from gnomon.core.task import Json, Status, Task
from gnomon.web.dialects.daly.nouns import Noun
from gnomon.web.dialects.daly.render.energy_model import (
    Standing,
    render_identity,
    render_sections,
    render_warnings,
    revision,
)
from gnomon.web.dialects.daly.render.moment import render_moment
from gnomon.web.dialects.daly.status import show
from gnomon.web.dialects.daly.wire.energy_model import View, schema_mode

QUEUED = {
    "result": "success",
    "message": "Energy model queued for processing",
    "energyModelId": 56,
    "revision": "v0003",
    "taskDetails": {"taskId": 1234, "executionMode": "async_queued"},
}
COMPLETED = {
    "result": "success",
    "message": "Energy model completed",
    "energyModelId": 56,
    "globalEnergyModelId": "7300000000000000001",
    "projectId": None,
    "globalProjectId": None,
    "revision": "v0001",
    "taskDetails": {
        "message": "Energy model completed",
        "taskId": 1234,
        "schemaMode": "legacy",
        "executionMode": "sync_in_process",
        "calculationTime": 0.41,
        "createdAtUtc": "2026-01-31T12:00:00.000Z",
        "warnings": [],
        "normalizationWarnings": [],
    },
    "title": "Site A",
    "energyYieldSummary": {"annualProductionMWh": 412.3, "capacityFactor": 0.26},
}

_SERVERS_FAULT = frozenset({"timeout", "worker_lost"})


def render_queued(standing: Standing, task: Task, warnings: Sequence[str]) -> dict[str, Json]:
    """Write the envelope of a run that goes on after the answer; no child task is named."""
    model = standing.model
    project = model.document.get("projectId")
    named = {} if project is None else {"projectId": project, "globalProjectId": standing.global_project_id}
    details: dict[str, Json] = {"taskId": task.number, "executionMode": "async_queued"}
    if warnings:
        details["warnings"] = list(warnings)
    return {
        "result": "success",
        "message": QUEUED["message"],
        "energyModelId": model.number,
        **named,
        "revision": revision(task.resource_revision or model.revision),
        "taskDetails": details,
    }


def render_completed(standing: Standing, task: Task, view: View, warnings: Sequence[str]) -> dict[str, Json]:
    """Write the envelope of a run that has completed, without its series."""
    message = COMPLETED["message"]
    return {
        "result": "success",
        "message": message,
        **render_identity(standing, at_revision=task.resource_revision),
        "taskDetails": {
            "message": message,
            "taskId": task.number,
            "schemaMode": schema_mode(standing.model.document),
            "executionMode": "sync_in_process",
            "calculationTime": _seconds(task),
            "createdAtUtc": render_moment(task.created_at),
            "warnings": render_warnings(warnings, task.result),
            "normalizationWarnings": [],
        },
        "annualProductionMWh": task.result["summary"]["annual_energy_mwh"],
        "capacityFactor": task.result["summary"]["capacity_factor"],
        **render_sections(task.result, view),
    }


def render_ended(standing: Standing, task: Task) -> tuple[int, dict[str, Json]]:
    """Write status and body of a run that ended without a result: an error that names the row and the task."""
    error = task.error
    body = {
        "detail": error.message if error else f"The run was {show(task).status}.",
        "errorType": show(task).error_type or (error.code if error else None),
        "energyModelId": standing.model.number,
        "revision": revision(task.resource_revision or standing.model.revision),
        "taskDetails": {"taskId": task.number, "status": show(task).status},
    }
    return _status_of(task), body


def _status_of(task: Task) -> int:
    if task.status in (Status.CANCELLED, Status.EXPIRED):
        return 409
    error = task.error
    if task.status is Status.TIMED_OUT or error is None or error.retryable or error.code in _SERVERS_FAULT:
        return 500
    return 422


def render_unread_file(task: Task, noun: Noun) -> tuple[int, dict[str, Json]]:
    """Write status and body for a file that was not read in time: there is no record, hence no success."""
    detail = (
        f"The {noun.one} file is stored and not read yet. GET /tasks/{task.number} names the {noun.one} when it is; "
        "send the file again only with the Idempotency-Key of this request, or it is saved twice."
    )
    return 503, {"detail": detail, "taskDetails": {"taskId": task.number, "status": show(task).status}}


def _seconds(task: Task) -> float | None:
    if task.started_at is None or task.finished_at is None:
        return None
    return round((task.finished_at - task.started_at).total_seconds(), 3)
