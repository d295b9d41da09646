"""Events, timelines and streams, as the document tells of them."""

from collections.abc import Mapping
from typing import Final

from gnomon.web.dialects.shannon.operations.told import Told, paging, query
from gnomon.web.openapi import header

_ONE: Final = "/api/v1/tasks/{task_id}"
_CURSOR: Final = "^[0-9]{1,15}(-[0-9]{1,15})?$"
_FLAG: Final = ("true", "false", "1", "0", "")

HISTORY: Final[Mapping[tuple[str, str], Told]] = {
    ("get", f"{_ONE}/events"): Told(
        summary="List a task's events",
        shows="EventPage",
        statuses={200: "One page, in order, without the pieces of the answer."},
        parameters=paging(200, 50),
        refusals=(404,),
    ),
    ("get", f"{_ONE}/timeline"): Told(
        summary="Read a task's timeline",
        shows="Timeline",
        statuses={200: "All of it.", 202: "With `persist`: it is kept, as all that is shown is."},
        parameters=(
            query("mode", "`full` has what is chatter, too.", type="string", enum=["", "summary", "full"]),
            query("include_payloads", "Show each event's body.", type="string", enum=_FLAG),
            query("persist", "Ask for it to be stored.", type="string", enum=_FLAG),
        ),
        refusals=(404, 413),
    ),
    ("get", "/api/v1/stream/sse"): Told(
        summary="Follow a task",
        shows="Event",
        statuses={200: "Its events after the last one that you have, each once and in order, then `[DONE]`."},
        parameters=(
            query(
                "workflow_id", "The task.", is_needed=True, type="string", pattern="^[A-Za-z0-9:_.-]{1,128}$"
            ),
            query("types", "Only events of these types, with commas between.", type="string"),
            query(
                "last_event_id", "The `id` of the last event that you have.", type="string", pattern=_CURSOR
            ),
            query("api_key", "A key, from who can send no header.", type="string"),
            query("token", "A key or a token, likewise.", type="string"),
            query("ticket", "A stream ticket, instead of both.", type="string"),
            header("Last-Event-ID", "The same, and wins.", pattern=_CURSOR),
        ),
        refusals=(404, 409),
        media="text/event-stream",
    ),
}
