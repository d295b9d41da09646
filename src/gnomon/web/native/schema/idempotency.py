"""What an idempotency key has made."""

from gnomon.web.forms import COUNT, MOMENT, TEXT, Schema, maybe, record, told

SCHEMAS: dict[str, Schema] = {
    "Reserved": record(
        {
            "key": TEXT,
            "task_id": told(maybe(TEXT), "The task that the request has made."),
            "version": told(maybe(COUNT), "The task's or the group's version now."),
            "group_id": told(maybe(TEXT), "The group that it has made, or has added tasks to."),
            "schedule_id": told(maybe(TEXT), "The schedule that it has made."),
            "resource_id": told(
                maybe(TEXT), "The saved resource that it has made, if it made none of these."
            ),
            "created_at": MOMENT,
        },
        {
            "key": "9a1f7c52-63c0-4b3e-8d0e-6f2f3f0c8a11",
            "task_id": "tsk_06ed9jg3bcq8zj7x5v1m2n3p4r",
            "version": 4,
            "group_id": None,
            "schedule_id": None,
            "resource_id": None,
            "created_at": "2026-01-31T12:00:00.000000Z",
        },
    ),
}
