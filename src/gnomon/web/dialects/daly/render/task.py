"""The task record."""

from gnomon.core.task import Json, Status, Task
from gnomon.web.dialects.daly.render.moment import render_moment
from gnomon.web.dialects.daly.status import show

MADE_ID = {
    "energy_model": "energyModelId",
    "module": "moduleId",
    "inverter": "inverterId",
    "weather": "weatherDataId",
}
"""What a task's result is called, by the kind of resource it ran or made."""


def render_task(task: Task, *, resource: tuple[str, int] | None = None) -> dict[str, Json]:
    """Write a task.

    Parameters
    ----------
    task
        The task.
    resource
        Kind and number of the resource that it ran.
    """
    shown = show(task)
    error = task.error if task.status.is_terminal else None
    return {
        "id": task.number,
        "taskType": task.kind,
        "status": shown.status,
        "progress": task.progress,
        "stage": shown.stage or task.stage,
        "resultData": _result(task, resource),
        "errorType": shown.error_type or (error.code if error else None),
        "errorMessage": error.message if error else None,
        "createdAt": render_moment(task.created_at),
        "startedAt": render_moment(task.started_at),
        "completedAt": render_moment(task.finished_at),
        "updatedAt": render_moment(task.updated_at),
        "attempt": task.attempt,
    }


def render_version(task: Task) -> dict[str, str]:
    """Write the headers of a poll: which version this is, and when to ask again."""
    again = {"Retry-After": "1"} if task.status.is_active else {}
    return {"ETag": f'"{task.version}"', **again}


def made_by(task: Task) -> tuple[str, int] | None:
    """Return kind and number of the resource that the task's result names as made."""
    result = task.result
    if not isinstance(result, dict):
        return None
    kind, number = result.get("kind"), result.get("number")
    return (kind, number) if isinstance(kind, str) and isinstance(number, int) else None


def _result(task: Task, resource: tuple[str, int] | None) -> Json:
    if task.status is not Status.COMPLETED:
        return None
    named = resource or made_by(task)
    if named is None:
        # What a run gave is shown by the resource that it ran; with that deleted there is nothing to show.
        return {} if task.resource_id is not None else task.result
    kind, number = named
    return {MADE_ID.get(kind, "resourceId"): number}
