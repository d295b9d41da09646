"""Steering a task: cancel, pause, resume, tell it something, answer what it asks."""

import json

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Invalid
from gnomon.core.service.access import require
from gnomon.core.service.house import House
from gnomon.core.task import Json, Phase, Status, Steering, Task

LONGEST_REASON = 1000
"""Characters of what somebody says about a pause, a resume or a cancel."""
LARGEST_MESSAGE = 32 * 1024
"""Octets of JSON that one message for a running task may have."""
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


async def cancel(house: House, principal: Principal, task_id: str, reason: str | None = None) -> Task:
    """Ask a task to stop and return it as it then stands; one that has ended is returned unchanged.

    Raises
    ------
    NotFound
        When the workspace has no such task.
    Invalid
        When the reason is too long.
    """
    require(principal, "cancel")
    told = steering(principal, reason)
    return await house.store.cancel(
        principal.workspace, task_id, house.clock.now(), within=house.cancel_within, told=told
    )


def steering(principal: Principal, reason: str | None) -> Steering | None:
    """Say who steers a task, and why; None when neither is known.

    Raises
    ------
    Invalid
        When the reason is too long.
    """
    check_reason(reason)
    told = Steering(by=principal.name, reason=reason or None)
    return None if told == Steering() else told


def check_reason(reason: str | None) -> None:
    """Raise `Invalid` when a reason is too long."""
    if reason is not None and len(reason) > LONGEST_REASON:
        message = f"'reason' has {len(reason)} characters; give {LONGEST_REASON} at most."
        raise Invalid([Complaint(("reason",), message, "too_long")])


async def pause(house: House, principal: Principal, task_id: str, reason: str | None = None) -> Task:
    """Set a task aside, at once or at its next checkpoint.

    Raises
    ------
    NotFound
        When the workspace has no such task.
    Conflict
        When it has ended or is being cancelled.
    Invalid
        When the reason is too long.
    """
    require(principal, "write")
    told = steering(principal, reason)
    return await house.store.pause(principal.workspace, task_id, house.clock.now(), told)


async def is_at_rest(house: House, task: Task) -> bool:
    """Say whether a task and all that it was split into are set aside or have ended: nothing is at work on it."""
    if task.status is not Status.PAUSED:
        return task.status.is_terminal
    if task.phase is not Phase.CHILDREN:
        return True
    children = await house.store.list_children(task.workspace, task.id)
    return all([await is_at_rest(house, child) for child in children])


async def resume(house: House, principal: Principal, task_id: str, reason: str | None = None) -> Task:
    """Let a task that was set aside go on; raises `NotFound`, `Conflict` when it has ended, and `Invalid`."""
    require(principal, "write")
    told = steering(principal, reason)
    return await house.store.resume(principal.workspace, task_id, house.clock.now(), told)


async def tell_task(house: House, principal: Principal, task_id: str, message: Json) -> Task:
    """Send the work of a task a message, which a running attempt gets at once and every later one finds.

    Raises
    ------
    NotFound
        When the workspace has no such task.
    Conflict
        When it has ended, is being cancelled, or was told as much as a task takes.
    Invalid
        When the message is too large.
    """
    require(principal, "write")
    if _is_too_large(message):
        told = f"'message' has more than {LARGEST_MESSAGE} octets of JSON, which is the most; send less."
        raise Invalid([Complaint(("message",), told, "too_long")])
    told_by = steering(principal, None)
    return await house.store.tell(principal.workspace, task_id, message, told_by, house.clock.now())


def _is_too_large(message: Json) -> bool:
    """Say whether a message has more octets than one may have, without writing all of it to know."""
    size = 0
    for piece in _COMPACT.iterencode(message):
        size += len(piece.encode())
        if size > LARGEST_MESSAGE:
            return True
    return False


async def answer_question(house: House, principal: Principal, task_id: str, key: str, value: Json) -> Task:
    """Answer what a task has asked.

    Raises
    ------
    NotFound
        When the workspace has no such task.
    Conflict
        When it has no open question of that key, or was answered otherwise.
    """
    require(principal, "write")
    return await house.store.answer(principal.workspace, task_id, key, value, house.clock.now())
