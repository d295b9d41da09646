"""What an idempotency key has made, as JSON."""

from gnomon.core.ports import Reserved
from gnomon.core.task import Json
from gnomon.web.native.render.moment import moment


def reserved(record: Reserved) -> Json:
    """Write what a key has made: a task, or a resource."""
    is_task = record.made_id.startswith("tsk_")
    return {
        "key": record.key,
        "task_id": record.made_id if is_task else None,
        "resource_id": None if is_task else record.made_id,
        "created_at": moment(record.created_at),
    }
