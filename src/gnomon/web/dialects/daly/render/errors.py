"""The error body: always an object with `detail`, a text or a list of places and messages."""

from collections.abc import Sequence
from typing import Any

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.service.run import ResourceActive
from gnomon.core.task import Json
from gnomon.web.problems import InvalidQuery, Problem


def render_error(error: Problem) -> dict[str, Json]:
    """Write an error of the house or of its edge."""
    if isinstance(error, Invalid):
        at = () if isinstance(error, InvalidQuery) else ("body",)
        return {"detail": [_item((*at, *c.loc), c) for c in error.complaints]}
    if isinstance(error, ResourceActive):
        return {"detail": error.message, "taskId": error.task.number}
    return {"detail": error.message}


def render_error_headers(error: Problem) -> dict[str, str]:
    """Say when to try again, where waiting helps."""
    return {"Retry-After": "5"} if isinstance(error, ResourceActive) else {}


def render_validation(errors: Sequence[Any]) -> dict[str, Json]:
    """Write what the framework found wrong with path, query or headers."""
    return {"detail": [{"loc": list(e["loc"]), "msg": _message(e), "type": e["type"]} for e in errors]}


def _message(error: Any) -> str:
    """Return what the framework says, and where an id of the other door belongs."""
    is_native = error["loc"][0] == "path" and str(error.get("input")).startswith("tsk_")
    hint = ". Ids that begin with tsk_ are read at /gnomon/v1/tasks/{id}; here they are numbers"
    return f"{error['msg']}{hint if is_native else ''}"


def _item(loc: tuple[str | int, ...], complaint: Complaint) -> dict[str, Json]:
    return {"loc": list(loc), "msg": complaint.message, "type": complaint.type}
