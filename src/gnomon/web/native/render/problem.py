"""Problems (RFC 9457): a type that never changes, a code for programs, a detail for people."""

from collections.abc import Mapping
from http import HTTPStatus

from gnomon.core.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    PreconditionFailed,
    QuotaExceeded,
    ReservationBusy,
    ReservationReused,
    TaskActive,
    Unauthenticated,
    Unavailable,
)
from gnomon.core.service.run import ResourceActive
from gnomon.core.task import Json, Task, TaskError
from gnomon.web.native.render.task import error
from gnomon.web.problems import BadRequest, InvalidQuery, TooLarge, UnsupportedMedia

CODES: Mapping[type[Exception], str] = {
    NotFound: "not_found",
    Conflict: "conflict",
    TaskActive: "task_active",
    Invalid: "invalid",
    Unauthenticated: "unauthenticated",
    Forbidden: "forbidden",
    ReservationReused: "idempotency_key_reused",
    ReservationBusy: "idempotency_key_busy",
    PreconditionFailed: "precondition_failed",
    Gone: "gone",
    QuotaExceeded: "quota_exceeded",
    Unavailable: "unavailable",
    BadRequest: "bad_request",
    TooLarge: "too_large",
    UnsupportedMedia: "unsupported_media",
}
_BY_STATUS = {404: "no_such_path", 405: "method_not_allowed"}
_QUOTA_TYPE = "https://iana.org/assignments/http-problem-types#quota-exceeded"
_RETRYABLE = (Unavailable, ReservationBusy, TaskActive, QuotaExceeded)


def problem(status: int, failure: Exception, request_id: str | None = None) -> Json:
    """Write the problem that an error is."""
    code = next((CODES[kind] for kind in type(failure).__mro__ if kind in CODES), "internal")
    body = _body(status, code, _detail(failure), is_retryable=isinstance(failure, _RETRYABLE))
    if isinstance(failure, QuotaExceeded):
        body |= {"type": _QUOTA_TYPE, "violated-policies": [failure.quota]}
    if isinstance(failure, TaskActive):
        body["task_id"] = failure.task_id
    if isinstance(failure, Invalid):
        place = _place if isinstance(failure, InvalidQuery) else _pointer
        body["errors"] = [{**place(c.loc), "detail": c.message, "code": c.type} for c in failure.complaints]
    return body | ({"request_id": request_id} if request_id else {})


def _detail(failure: Exception) -> str:
    if isinstance(failure, ResourceActive):  # its own words name the task by its number, as other doors do
        return f"Task {failure.task_id} is {failure.task.status}. Wait for it, or cancel it first."
    return str(failure)


def plain_problem(status: int, detail: str, request_id: str | None = None) -> Json:
    """Write the problem of a path or a method that is not there."""
    body = _body(status, _BY_STATUS.get(status, "bad_request"), detail, is_retryable=False)
    return body | ({"request_id": request_id} if request_id else {})


def ended_problem(task: Task, request_id: str | None = None) -> Json:
    """Write the problem of a result that will never be there, with the task's own error as its cause."""
    cause = task.error or TaskError(code=str(task.status), message=f"The task is {task.status}.")
    body = _body(409, f"task_{task.status}", cause.message, is_retryable=cause.retryable)
    body |= {"task_id": task.id, "version": task.version, "attempts": task.attempt, "cause": error(cause)}
    return body | ({"request_id": request_id} if request_id else {})


def _body(status: int, code: str, detail: str, *, is_retryable: bool) -> dict[str, Json]:
    return {
        "type": f"urn:gnomon:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
        "retryable": is_retryable,
    }


def _pointer(loc: tuple[str | int, ...]) -> dict[str, Json]:
    return {"pointer": "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in loc)}


def _place(loc: tuple[str | int, ...]) -> dict[str, Json]:
    source, *name = loc
    return {"in": source, "parameter": ".".join(str(part) for part in name)}
