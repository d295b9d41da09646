"""How soon to ask again: a hint that fits how the task stands."""

from datetime import datetime

from gnomon.core.group import Group
from gnomon.core.task import Status, Task

LONGEST = 30
_HALTED = 5
"""Somebody is expected to act: the answer to a question, or a resume, may come at any time."""


def retry_after(task: Task, now: datetime) -> int | None:
    """Return the seconds after which a look is worth it; None when the task has ended.

    Soon while it is young or near its end, later the longer it has waited or has still to run.
    """
    if task.status.is_terminal:
        return None
    if task.status.is_halted:
        return _HALTED
    if task.status is Status.PENDING and task.run_at is not None and task.run_at > now:
        return _bounded((task.run_at - now).total_seconds())
    age = (now - (task.started_at or task.created_at)).total_seconds()
    if task.status is Status.RUNNING and task.progress > 0:
        return _bounded(min(age * (100 - task.progress) / task.progress, age) / 2)
    return _bounded(age / 4)


def retry_after_group(group: Group, now: datetime) -> int | None:
    """Return the seconds after which a look at a group is worth it; None when no member is active."""
    return _bounded((now - group.created_at).total_seconds() / 4) if group.is_active else None


def _bounded(seconds: float) -> int:
    return round(max(1, min(LONGEST, seconds)))
