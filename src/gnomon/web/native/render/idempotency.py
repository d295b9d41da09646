"""What an idempotency key has made, as JSON."""

from gnomon.core.ports import Reserved
from gnomon.core.task import Json
from gnomon.web.native.render.moment import moment


def reserved(record: Reserved, version: int | None) -> Json:
    """Write what a key has made: a task, with the version that it has now, or a resource."""
    return {
        "key": record.key,
        "task_id": record.made_id if is_task(record) else None,
        "version": version,
        "resource_id": None if is_task(record) else record.made_id,
        "created_at": moment(record.created_at),
    }


def is_task(record: Reserved) -> bool:
    """Say whether it was a task."""
    return record.made_id.startswith("tsk_")
