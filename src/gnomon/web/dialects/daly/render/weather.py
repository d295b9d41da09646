"""The answers to a wish for weather from a provider."""

from gnomon.core.resource import Resource
from gnomon.core.task import Json, Status, Task
from gnomon.web.dialects.daly.nouns import WEATHER
from gnomon.web.dialects.daly.render.resource import render_row
from gnomon.web.dialects.daly.status import show

FETCHING = {
    "result": "success",
    "message": "Weather fetch queued",
    "taskDetails": {"taskId": 1234, "executionMode": "async_queued"},
}


def render_fetching(task: Task) -> dict[str, Json]:
    """Write the envelope of a fetch that goes on after the answer."""
    return {**FETCHING, "taskDetails": {"taskId": task.number, "executionMode": "async_queued"}}


def render_fetched(resource: Resource, task: Task) -> dict[str, Json]:
    """Write the record that was fetched, as a row, with what was told of it."""
    warnings = task.result.get("warnings") or [] if isinstance(task.result, dict) else []
    details = {"taskId": task.number, "warnings": warnings}
    return {**render_row(resource, WEATHER), "taskDetails": details}


def render_unfetched(task: Task) -> tuple[int, dict[str, Json]]:
    """Write status and body of a fetch that gave no record: 503 where another try may go better, else 422."""
    error = task.error
    body = {
        "detail": error.message
        if error
        else f"The weather was not fetched: the task was {show(task).status}.",
        "errorType": error.code if error else show(task).error_type,
        "taskDetails": {"taskId": task.number, "status": show(task).status},
    }
    if task.status in (Status.CANCELLED, Status.EXPIRED):
        return 409, body
    is_providers = error is None or error.retryable or error.code == "provider_answer"
    return (503 if is_providers else 422), body
