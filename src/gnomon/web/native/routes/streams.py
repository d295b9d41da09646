"""Event streams."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from gnomon.core.access import Principal
from gnomon.core.service.access import require
from gnomon.core.service.digest import Digests
from gnomon.core.service.stream import follow
from gnomon.web.auth import identify_listener
from gnomon.web.desk import Holder, find_gate
from gnomon.web.native.framing import FRAMING, WITH_CURSORS
from gnomon.web.native.openapi import asks, errors, router
from gnomon.web.native.wire.streams import Listening, listening
from gnomon.web.openapi import header
from gnomon.web.sse import EventStream, Pace

routes = router("streams")


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """What all streams of the door share."""

    pace: Pace
    digests: Digests


@dataclass(frozen=True, slots=True)
class Listener(Holder):
    """Lets in who may read, by a credential or by a ticket."""

    async def __call__(self, request: Request) -> Principal:
        """Say who asks; raises what `Holder` does, and `InvalidQuery` before a ticket is spent on nothing."""
        if len(request.query_params.getlist("ticket")) == 1:
            listening(request.query_params, request.headers)
        principal = await identify_listener(find_gate(request), request, request.path_params["task_id"])
        require(principal, self.scope)
        return principal


_EXAMPLE = """retry: 2310
id: 4
event: task.completed
data: {"task_id":"tsk_06ed9jg3bcq8zj7x5v1m2n3p4r","number":4,"version":4,"type":"task.completed","body":{}}

id: 4
event: stream.end
data: {"task_id":"tsk_06ed9jg3bcq8zj7x5v1m2n3p4r","version":4,"from":1,"count":4,"digest":"sha256:9f86..."}

"""
FRAMES: dict[str, Any] = {
    "text/event-stream": {
        "schema": {
            "type": "object",
            "description": "Each server-sent event; `data` is JSON.",
            "properties": {
                "id": {"type": "string"},
                "event": {"type": "string"},
                "data": {"type": "string"},
                "retry": {"type": "integer"},
            },
        },
        "example": _EXAMPLE,
    }
}
LAST_EVENT_ID = header(
    "Last-Event-ID",
    "The number of the last event that you have; it wins over the query.",
    pattern="^[0-9]{1,15}$",
)


@routes.get(
    "/tasks/{task_id}/stream",
    summary="Follow a task's events",
    openapi_extra=asks(Listening, LAST_EVENT_ID),
    responses={
        200: {"description": "Every event after the cursor, then those to come.", "content": FRAMES},
        204: {"description": "The task has ended and you have all of it."},
        **errors(404, 409, 422),
    },
)
async def follow_task(
    task_id: str, request: Request, listener: Annotated[Principal, Depends(Listener("read"))]
) -> Response:
    """Tell each event once and in order, however often you come back with the number of the last one.

    A comment is a heartbeat. `gap` tells of events that were removed, with the task as it stands. `stream.end` comes
    last, with the count and the digest of all events: SHA-256 over the `data` of each, followed by a newline.
    """
    return open_stream(task_id, request, listener)


def open_stream(task_id: str, request: Request, listener: Principal) -> Response:
    """Answer a request with a task's stream.

    Raises
    ------
    InvalidQuery
        When the cursor or the filter is not valid.
    """
    gate, studio = find_gate(request), find_studio(request)
    asked, after = listening(request.query_params, request.headers)
    items = follow(
        gate.house,
        listener,
        task_id,
        after,
        quiet=studio.pace.heartbeat,
        digests=studio.digests,
    )
    return EventStream(
        items,
        WITH_CURSORS if asked.types and asked.cursor_frames else FRAMING,
        studio.pace,
        types=asked.types,
        hold=gate.meter.streams.hold(listener.key_id),
    )


def is_stream_asked(request: Request) -> bool:
    """Say whether the client takes events as they come."""
    return any(
        media.partition(";")[0].strip().lower() == "text/event-stream"
        for media in request.headers.get("accept", "").split(",")
    )


def find_studio(request: Request) -> Studio:
    """Return what the streams of the application share."""
    studio: Studio = request.app.state.studio
    return studio
