"""The errors of the OpenAI-compatible routes: a message, a type, a code, and the parameter that is meant."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.task import Json, Status, Task
from gnomon.web.dialects.shannon.models import UnknownModel
from gnomon.web.dialects.shannon.render.errors import message_of
from gnomon.web.dialects.shannon.render.question import how_to_answer
from gnomon.web.ids import in_words_of_shannon, shannon_id

FINAL: Final[Mapping[str, str]] = {"x-should-retry": "false"}
"""Tells the vendor's clients that the same request would be answered the same again."""

_TYPES: Final[Mapping[int, tuple[str, str | None]]] = {
    400: ("invalid_request_error", None),
    401: ("authentication_error", "invalid_api_key"),
    403: ("permission_error", "permission_denied"),
    404: ("not_found_error", "not_found"),
    405: ("invalid_request_error", "method_not_allowed"),
    409: ("invalid_request_error", "conflict"),
    413: ("invalid_request_error", "request_too_large"),
    415: ("invalid_request_error", "unsupported_media_type"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    503: ("server_error", "unavailable"),
    504: ("timeout_error", "timeout"),
}
_SERVER: Final = ("server_error", "internal_error")

_ENDED: Final[Mapping[Status, tuple[HTTPStatus, str]]] = {
    Status.FAILED: (HTTPStatus.INTERNAL_SERVER_ERROR, "task_failed"),
    Status.CANCELLED: (HTTPStatus.INTERNAL_SERVER_ERROR, "task_cancelled"),
    Status.TIMED_OUT: (HTTPStatus.GATEWAY_TIMEOUT, "task_timeout"),
    Status.EXPIRED: (HTTPStatus.GATEWAY_TIMEOUT, "task_timeout"),
}


def openai_error(
    message: str, status: int, *, code: str | None = None, param: str | None = None
) -> dict[str, Json]:
    """Write an error."""
    kind, usual = _TYPES.get(status, _SERVER)
    return {"error": {"message": message, "type": kind, "param": param, "code": code or usual}}


def openai_error_of(error: Exception, status: int, request_id: str | None) -> dict[str, Json]:
    """Write what went wrong."""
    if isinstance(error, UnknownModel):
        return openai_error(error.message, status, code="model_not_found", param="model")
    complaint = _first(error)
    return openai_error(
        message_of(error, status, request_id),
        status,
        code=None if complaint is None else complaint.type,
        param=None if complaint is None else param_of(complaint.loc),
    )


def _first(error: Exception) -> Complaint | None:
    return error.complaints[0] if isinstance(error, Invalid) and error.complaints else None


def param_of(place: tuple[str | int, ...]) -> str | None:
    """Write the place of a parameter as OpenAI does.

    >>> param_of(("messages", 0, "content"))
    'messages[0].content'
    """
    if place[:1] in (("header",), ("query",), ("path",), ("body",)):
        place = place[1:]
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(parts).lstrip(".") or None


def ended(task: Task) -> tuple[HTTPStatus, dict[str, Json]]:
    """Write how a task ended that did not complete; its status goes first."""
    status, code = _ENDED[task.status]
    return status, openai_error(_told(task), status, code=code)


def waits(task: Task, asked: Mapping[str, Json]) -> dict[str, Json]:
    """Write that there is no answer before somebody has answered what the task asks."""
    message = (
        f"{how_to_answer(asked)} It goes on then: GET /api/v1/tasks/{shannon_id(task.id)} has its result, as has "
        "this request once more with the same Idempotency-Key."
    )
    written = openai_error(message, HTTPStatus.CONFLICT, code="approval_required")
    return {"error": {**written["error"], "approval": dict(asked)}}


def _told(task: Task) -> str:
    name = shannon_id(task.id)
    if task.status is Status.CANCELLED:
        return f"The task {name} was cancelled."
    reason = "" if task.error is None else in_words_of_shannon(task.error.message)
    if task.status is Status.FAILED:
        return reason or f"The task {name} failed."
    return f"The task {name} was not done in time. {reason}".strip()
