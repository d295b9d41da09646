"""How a task is being steered, and what became of a wish to steer it."""

from datetime import datetime
from typing import Final

from gnomon.core.task import Json, Status, Steering, Task
from gnomon.web.dialects.shannon.status import PREFIX, show
from gnomon.web.ids import in_words_of_shannon, shannon_id
from gnomon.web.moment import moment

_NOBODY: Final = Steering()


def control_state(task: Task, paused_at: datetime | None) -> dict[str, Json]:
    """Write whether a task is paused or cancelled, since when, by whom and why; blanks for what is not so.

    A pause or a cancel counts from when it was asked for; `is_pausing` and `is_cancelling` say that the work goes on
    to its next checkpoint, or that a task waits for an answer, and is set aside once it has it.
    """
    is_pausing = task.pause_requested_at is not None
    is_paused = is_pausing or task.status is Status.PAUSED
    is_cancelled = task.status in (Status.CANCELLING, Status.CANCELLED)
    pause = (task.pause_told if is_paused else None) or _NOBODY
    cancel = (task.cancel_told if is_cancelled else None) or _NOBODY
    return {
        "is_paused": is_paused,
        "is_cancelled": is_cancelled,
        "is_pausing": is_pausing,
        "is_cancelling": task.status is Status.CANCELLING,
        "paused_at": moment(paused_at) if is_paused and paused_at else "",
        "pause_reason": pause.reason or "",
        "paused_by": pause.by or "",
        "cancelled_at": moment(task.cancel_requested_at) if is_cancelled and task.cancel_requested_at else "",
        "cancel_reason": cancel.reason or "",
        "cancelled_by": cancel.by or "",
    }


def steered(task: Task, message: str) -> dict[str, Json]:
    """Write that a wish was taken up."""
    return {
        "success": True,
        "message": message,
        "task_id": shannon_id(task.id),
        "workflow_id": shannon_id(task.id),
    }


def sent() -> dict[str, Json]:
    """Write that a message was taken for the work."""
    return {"success": True, "status": "sent"}


def not_steered(task: Task, message: str) -> dict[str, Json]:
    """Write why a task's status does not allow what was wished for."""
    told = in_words_of_shannon(message)
    status = PREFIX + show(task, opted_in=True)
    return {"success": False, "message": told, "status": status, "error": told}
