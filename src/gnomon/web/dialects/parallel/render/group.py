"""Groups: how their runs stand."""

from gnomon.core.group import Group
from gnomon.core.ports import Added
from gnomon.core.task import Json
from gnomon.web.dialects.parallel.render.run import metadata
from gnomon.web.dialects.parallel.status import ACTIVE, count
from gnomon.web.ids import group_id, run_id
from gnomon.web.moment import moment


def group(record: Group, *, opted_in: bool = False) -> dict[str, Json]:
    """Write a group."""
    return {
        "taskgroup_id": group_id(record.id),
        "status": group_status(record, opted_in=opted_in),
        "created_at": moment(record.created_at),
        "metadata": metadata(record.metadata),
    }


def group_status(record: Group, *, opted_in: bool = False) -> dict[str, Json]:
    """Write how a group's runs stand; it is active while one of them is shown with an active status."""
    counts = count(record.counts, opted_in=opted_in)
    return {
        "num_task_runs": record.size,
        "task_run_status_counts": counts,
        "is_active": not ACTIVE.isdisjoint(counts),
        "status_message": None,
        "modified_at": moment(record.updated_at),
    }


def added(record: Added, *, opted_in: bool = False) -> dict[str, Json]:
    """Write what a call has added, with the cursor at which both of the group's streams begin with it."""
    cursor = str(record.before) if record.before else ""
    return {
        "status": group_status(record.group, opted_in=opted_in),
        "run_ids": [run_id(each) for each in record.task_ids],
        "run_cursor": cursor,
        "event_cursor": cursor,
    }
