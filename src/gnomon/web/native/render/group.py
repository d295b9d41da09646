"""Groups, what was added to them, and their members."""

from collections import Counter
from collections.abc import Sequence

from gnomon.core.group import Group
from gnomon.core.ports import Added, Member
from gnomon.core.task import Json, Status
from gnomon.web.moment import moment
from gnomon.web.native.render.task import task


def group(record: Group) -> dict[str, Json]:
    """Write a group."""
    counts: Counter[str] = Counter()
    for (status, _), count in record.counts.items():
        counts[status.value] += count
    return {
        "id": record.id,
        "metadata": record.metadata,
        "version": record.version,
        "is_active": record.is_active,
        "size": record.size,
        "counts": {status.value: counts[status.value] for status in Status},
        "created_at": moment(record.created_at),
        "updated_at": moment(record.updated_at),
    }


def added(record: Added) -> Json:
    """Write the group as it stands, and the tasks that a call has added in its order."""
    return {"group": group(record.group), "task_ids": list(record.task_ids), "after": record.before}


def members(record: Group, found: Sequence[Member], limit: int) -> Json:
    """Write a page of members, and the cursor of the next one; of what was found, one more than the limit may be."""
    page = found[:limit]
    return {
        "group_id": record.id,
        "version": record.version,
        "tasks": [task(member.task) for member in page],
        "next": page[-1].number if len(found) > limit else None,
    }
