"""What an idempotency key has made, as JSON."""

from gnomon.core.ports import Reserved
from gnomon.core.task import Json
from gnomon.web.moment import moment


def reserved(record: Reserved, version: int | None) -> Json:
    """Write what a key has made: a task or a group, with the version that it has now, a schedule or a resource."""
    group_id, is_schedule = group_of(record), record.made_id.startswith("sch_")
    is_other = is_task(record) or is_schedule or group_id is not None
    return {
        "key": record.key,
        "task_id": record.made_id if is_task(record) else None,
        "version": version,
        "group_id": group_id,
        "schedule_id": record.made_id if is_schedule else None,
        "resource_id": None if is_other else record.made_id,
        "created_at": moment(record.created_at),
    }


def group_of(record: Reserved) -> str | None:
    """Return the group that it was, or that tasks were added to."""
    group_id = record.made_id.partition(":")[0]
    return group_id if group_id.startswith("grp_") else None


def is_task(record: Reserved) -> bool:
    """Say whether it was a task."""
    return record.made_id.startswith("tsk_")
