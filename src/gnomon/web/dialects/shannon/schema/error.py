"""Refusals."""

from gnomon.web.forms import FLAG, TEXT, Schema, record, told

SCHEMAS: dict[str, Schema] = {
    "Error": record(
        {
            "error": told(TEXT, "What is wrong and what to do about it, for people."),
            "message": told(
                TEXT, "More of it: of a missing key, of a limit, of a task that cannot be steered."
            ),
            "window": told(TEXT, "Of a limit that is counted in time: `minute`."),
            "success": told(FLAG, "Of a task that cannot be steered: false."),
            "status": told(TEXT, "The status of a task that cannot be steered."),
        },
        {"error": "Task not found"},
        optional=("message", "window", "success", "status"),
    ),
}
