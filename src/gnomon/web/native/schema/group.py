"""Groups, what was added to them, and their members."""

from typing import Any

from gnomon.core.task import Status
from gnomon.web.forms import (
    COUNT,
    FLAG,
    MOMENT,
    TEXT,
    Schema,
    many,
    maybe,
    named,
    record,
    told,
)
from gnomon.web.native.schema.task import METADATA, TASK_EXAMPLE

_ID = "grp_06ed9jg2ax5wq8m4t7k1c9d3e6"
_NO_COUNTS = dict.fromkeys(map(str, Status), 0)
_GROUP_EXAMPLE: dict[str, Any] = {
    "id": _ID,
    "metadata": {"batch": "2026-01"},
    "version": 5,
    "is_active": True,
    "size": 2,
    "counts": {**_NO_COUNTS, "queued": 1, "completed": 1},
    "created_at": "2026-01-31T12:00:00.000000Z",
    "updated_at": "2026-01-31T12:00:01.500000Z",
}
_MEMBER_EXAMPLE = {**TASK_EXAMPLE, "group_id": _ID, "group_number": 1}

SCHEMAS: dict[str, Schema] = {
    "Group": record(
        {
            "id": TEXT,
            "metadata": METADATA,
            "version": told(
                COUNT, "Every member that joins, and every change of a member's status, raises it."
            ),
            "is_active": told(FLAG, "Whether a member has not ended."),
            "size": told(COUNT, "How many members it has."),
            "counts": told(record(dict.fromkeys(map(str, Status), COUNT)), "How many members stand how."),
            "created_at": MOMENT,
            "updated_at": MOMENT,
        },
        _GROUP_EXAMPLE,
    ),
    "AddedTasks": record(
        {
            "group": named("Group"),
            "task_ids": told({"type": "array", "items": TEXT}, "The tasks, in the order of the request."),
            "after": told(COUNT, "The cursor from which a list of the members begins with these."),
        },
        {
            "group": {**_GROUP_EXAMPLE, "version": 2, "counts": {**_NO_COUNTS, "queued": 2}},
            "task_ids": ["tsk_06ed9jg3bcq8zj7x5v1m2n3p4r", "tsk_06ed9jg3bd5n6c2k9w4h8j1f0e"],
            "after": 0,
        },
    ),
    "MemberPage": record(
        {
            "group_id": TEXT,
            "version": told(COUNT, "The group's version when its members were listed."),
            "tasks": many("Task"),
            "next": told(maybe(COUNT), "`after` of the next page, or null when there is none at present."),
        },
        {"group_id": _ID, "version": 5, "tasks": [_MEMBER_EXAMPLE], "next": 1},
    ),
}
