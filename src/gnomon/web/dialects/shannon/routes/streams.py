"""Streams of a task's events: as server-sent events, and over a web socket."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.service.access import require
from gnomon.web.auth import identify_by_address
from gnomon.web.desk import AtHouse, Holder, find_gate
from gnomon.web.dialects.shannon.desk import AtDesk, find_task
from gnomon.web.dialects.shannon.render.event import STREAM_END, Frame
from gnomon.web.dialects.shannon.render.frame import DONE, sse_data, sse_name
from gnomon.web.dialects.shannon.stream import Begun, Pieces, Reading, tell
from gnomon.web.dialects.shannon.stream import Item as Told
from gnomon.web.dialects.shannon.wire.listening import read_listening
from gnomon.web.ids import shannon_id
from gnomon.web.sse import Begin, EventStream, Frames, Item, Last, Manners, one_line

router = APIRouter(prefix="/api/v1/stream", tags=["streams"])

_MANNERS: Final = Manners(is_drained_cleanly=False, ends_with_204=False, has_retry=False)
"""Clients take a clean end for that of the task: a stream that ends for any other reason is cut."""


@dataclass(frozen=True, slots=True)
class Listener(Holder):
    """Lets in who may read, by what the request's headers or its address carry."""

    async def __call__(self, request: Request) -> Principal:
        """Say who asks; raises what `Holder` does, and `InvalidQuery` before a ticket is spent on nothing."""
        return await admit(request, self.scope)


async def admit(connection: HTTPConnection, scope: str) -> Principal:
    """Say who asks for a stream.

    Raises
    ------
    Unauthenticated
        When there is no valid credential.
    Forbidden
        When it does not carry the scope.
    """
    is_by_ticket = "ticket" in connection.query_params
    task_id = read_listening(connection.query_params, connection.headers).task_id if is_by_ticket else ""
    principal = await identify_by_address(find_gate(connection), connection, task_id)
    require(principal, scope)
    return principal


@router.get("/sse")
async def follow_task(
    request: Request,
    house: AtHouse,
    desk: AtDesk,
    listener: Annotated[Principal, Depends(Listener("read"))],
) -> Response:
    """Tell a task's events after the last one that the client has, each once and in order, then `[DONE]`."""
    asked = read_listening(request.query_params, request.headers)
    task = await find_task(house, listener, asked.task_id)
    reading = Reading(house=house, principal=listener, answers=desk.answers, heartbeat=desk.pace.heartbeat)
    items = _as_sse(tell(reading, task, asked), _writer(shannon_id(task.id)))
    hold = find_gate(request).meter.streams.hold(listener.key_id)
    return EventStream(items, _MANNERS, desk.pace, hold=hold)


async def _as_sse(
    told: AsyncGenerator[Told, None], write: Callable[[Frame], bytes]
) -> AsyncGenerator[Item, None]:
    async with aclosing(told):
        async for item in told:
            if isinstance(item, Begun):
                yield Begin(subscription=item.subscription)
                yield Frames(parts=(b": connected\n\n",))
            elif isinstance(item, Pieces):
                yield (Last if item.is_end else Frames)(parts=map(write, item.frames))
            else:
                yield item


def _writer(workflow_id: str) -> Callable[[Frame], bytes]:
    def write(frame: Frame) -> bytes:
        data = DONE.encode() if frame.type == STREAM_END else one_line(sse_data(frame, workflow_id))
        name, number = sse_name(frame.type), frame.stream_id
        return b"id: %s\nevent: %s\ndata: %s\n\n" % (number.encode(), name.encode(), data)

    return write
