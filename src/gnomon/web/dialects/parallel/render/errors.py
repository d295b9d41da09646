"""The error envelope, its status, and whether the vendor's clients shall try again by themselves."""

import math
from collections.abc import Mapping
from http import HTTPStatus

from gnomon.core.errors import (
    Complaint,
    Invalid,
    QuotaExceeded,
    ReservationBusy,
    TaskActive,
    Unauthenticated,
    Unavailable,
)
from gnomon.core.service.run import ResourceActive
from gnomon.core.task import Json, Task
from gnomon.web import problems
from gnomon.web.dialects.parallel.processors import UnknownProcessor
from gnomon.web.dialects.parallel.render.run import run
from gnomon.web.dialects.parallel.telling import placed
from gnomon.web.edge import reference
from gnomon.web.ids import in_words_of_runs, run_id
from gnomon.web.problems import InvalidQuery

_PASSING = frozenset({"", "requests", "streams", "waits"})
"""Limits that pass by themselves; of all others something has to end, or to be sent otherwise."""
_SOON = 1.0
"""When a server that could not answer may. [s]"""
_PATIENCE = 60.0
"""Told to wait longer than this, the vendor's clients ask again at once. [s]"""

_WHICH_KEY = "It is 'api_key' of this server's keys.json; keys of other services are not valid here."

FINAL: Mapping[str, str] = {"x-should-retry": "false"}


def again_in(seconds: float) -> dict[str, str]:
    """Ask the vendor's clients to try again after so many seconds, at most 60."""
    milliseconds = max(math.ceil(seconds * 1000), 1)
    return {
        "x-should-retry": "true",
        "retry-after-ms": str(milliseconds),
        "Retry-After": str(math.ceil(milliseconds / 1000)),
    }


def status_of(error: Exception) -> HTTPStatus:
    """Return the status of an error; a workspace with all the tasks in flight that it may have must pay first."""
    if isinstance(error, QuotaExceeded) and error.quota == "active_tasks":
        return HTTPStatus.PAYMENT_REQUIRED
    return problems.status_of(error)


def headers_of(error: Exception, status: int) -> dict[str, str]:
    """Return the headers that go with an error answered with a status.

    Nothing was recorded of what may be tried again, or a repetition finds what was; all else is final.
    """
    wait = _wait(error, status)
    known = problems.headers_of(error)
    if status == HTTPStatus.PAYMENT_REQUIRED:  # no time makes it pass
        known = {name: value for name, value in known.items() if name != "Retry-After"}
    return {**known, **(FINAL if wait is None else again_in(wait))}


def _wait(error: Exception, status: int) -> float | None:
    if isinstance(error, QuotaExceeded):
        is_passing = error.quota in _PASSING and error.retry_after <= _PATIENCE
        return error.retry_after if is_passing else None
    if isinstance(error, Unavailable | ReservationBusy):
        return _SOON
    return _SOON if status == HTTPStatus.INTERNAL_SERVER_ERROR else None


def body_of(error: Exception, status: int, request_id: str | None) -> dict[str, Json]:
    """Write the envelope of an error that a request was answered with."""
    return envelope(_message(error, status, request_id), request_id, _detail(error))


def ended_body(task: Task, request_id: str | None, *, opted_in: bool = False) -> dict[str, Json]:
    """Write why a run has no result, and will have none, or none before it is answered; its detail is the run."""
    shown = run(task, opted_in=opted_in)
    return envelope(_told_of(shown), request_id, {"run": shown})


def envelope(message: str, request_id: str | None, detail: Json = None) -> dict[str, Json]:
    """Write an error in the vendor's envelope, with a UUID for the request that it answers."""
    return {
        "type": "error",
        "error": {"ref_id": reference(request_id or message), "message": message, "detail": detail},
    }


def _told_of(shown: Mapping[str, Json]) -> str:
    if shown["status"] == "failed":
        return f"The run failed: {shown['error']['message']}"
    if shown["status"] == "action_required":
        return "The run waits for an answer; give it, and it goes on to its result."
    return f"The run is {shown['status']} and has no result."


def _message(error: Exception, status: int, request_id: str | None) -> str:
    if isinstance(error, Invalid | UnknownProcessor) and error.complaints:
        return in_words_of_runs(_first(error))
    if isinstance(error, ResourceActive):  # its own words name the task by its number
        return f"Run {run_id(error.task_id)} is still active. Wait for it, or cancel it first."
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"Something went wrong in the server; its log names this request {request_id}."
    if isinstance(error, Unauthenticated):
        return f"{error.message} {_WHICH_KEY}"
    return in_words_of_runs(str(error))


def _first(error: Invalid | UnknownProcessor) -> str:
    first, *others = error.complaints
    more = f" (and {len(others)} more)" if others else ""
    return placed(first.loc, first.message) + more


def _detail(error: Exception) -> Json:
    if isinstance(error, Invalid | UnknownProcessor):
        at = () if isinstance(error, InvalidQuery) else ("body",)
        return {"errors": [_item((*at, *c.loc), c) for c in error.complaints]}
    if isinstance(error, TaskActive):
        return {"run_id": run_id(error.task_id)}
    if isinstance(error, QuotaExceeded):
        return {"quota": error.quota, "retry_after": error.retry_after}
    return None


def _item(loc: tuple[str | int, ...], complaint: Complaint) -> Json:
    return {"loc": list(loc), "msg": in_words_of_runs(complaint.message), "type": complaint.type}
