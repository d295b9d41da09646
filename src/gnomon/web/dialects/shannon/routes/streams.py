"""Streams of a task's events: as server-sent events, and over a web socket."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from gnomon.core.access import Principal
from gnomon.core.errors import GnomonError
from gnomon.core.service import House
from gnomon.core.service.access import require
from gnomon.web.auth import identify_by_address
from gnomon.web.desk import AtHouse, Holder, find_gate
from gnomon.web.dialects.shannon.desk import AtDesk, find_desk, find_task
from gnomon.web.dialects.shannon.refusal import refusal
from gnomon.web.dialects.shannon.render.event import STREAM_END, Frame
from gnomon.web.dialects.shannon.render.frame import DONE, internal, sse_data, sse_name
from gnomon.web.dialects.shannon.stream import Begun, Pieces, Reading, tell
from gnomon.web.dialects.shannon.stream import Item as Told
from gnomon.web.dialects.shannon.wire.listening import read_listening
from gnomon.web.problems import Refusal
from gnomon.web.socket import COME_BACK, NORMAL, REFUSED, SocketReader
from gnomon.web.sse import Begin, EventStream, Frames, Item, Last, Manners, Presence, one_line

SOCKET: Final = "/api/v1/stream/ws"

router = APIRouter(tags=["streams"])

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


@router.get("/api/v1/stream/sse")
async def follow_task(
    request: Request,
    house: AtHouse,
    desk: AtDesk,
    listener: Annotated[Principal, Depends(Listener("read"))],
) -> Response:
    """Tell a task's events after the last one that the client has, each once and in order, then `[DONE]`."""
    items = _as_sse(await _ask(request, house, listener))
    hold = find_gate(request).meter.streams.hold(listener.key_id)
    return EventStream(items, _MANNERS, desk.pace, hold=hold)


@router.websocket(SOCKET)
async def follow_by_socket(socket: WebSocket) -> None:
    """Tell the same as JSON texts by the vendor's internal names, and close when the last one was told."""
    async with AsyncExitStack() as held:
        try:
            listener = await admit(socket, "read")
            told = await _ask(socket, find_gate(socket).house, listener)
            held.enter_context(find_gate(socket).meter.streams.hold(listener.key_id))
            items = await held.enter_async_context(aclosing(told))
            begun = await anext(items)
        except (GnomonError, Refusal) as error:
            await socket.send_denial_response(refusal(socket, error))
            return
        await socket.accept()
        assert isinstance(begun, Begun)
        with Presence(socket.scope, socket.receive, begun.subscription.end):
            await _speak(socket, items)


async def _ask(connection: HTTPConnection, house: House, listener: Principal) -> AsyncGenerator[Told, None]:
    """Begin to tell what the request asks for."""
    asked = read_listening(connection.query_params, connection.headers)
    task = await find_task(house, listener, asked.task_id)
    desk = find_desk(connection)
    reading = Reading(house=house, principal=listener, closings=desk.closings, heartbeat=desk.pace.heartbeat)
    return tell(reading, task, asked)


async def _speak(socket: WebSocket, told: AsyncGenerator[Told, None]) -> None:
    desk, house = find_desk(socket), find_gate(socket).house
    clock = asyncio.get_running_loop().time
    ear, limit = SocketReader(socket, desk.pace.stuck), clock() + desk.pace.draw_life()
    async for item in told:
        if isinstance(item, Pieces):
            for frame in item.frames:
                if not await ear.tell(one_line(internal(frame)).decode()):
                    return
            if item.is_end:
                await ear.close(NORMAL, "The stream is at its end.")
                return
        if clock() > limit:
            break
        del item  # a page of the log is not kept for as long as nothing follows it
    if house.hub.is_closed or clock() > limit:
        await ear.close(COME_BACK, "Come back with the last stream_id that you have.")
    else:
        await ear.close(REFUSED, "The right to listen has ended.")


async def _as_sse(told: AsyncGenerator[Told, None]) -> AsyncGenerator[Item, None]:
    async with aclosing(told):
        async for item in told:
            if isinstance(item, Begun):
                yield Begin(subscription=item.subscription)
                yield Frames(parts=(b": connected\n\n",))
            elif isinstance(item, Pieces):
                yield (Last if item.is_end else Frames)(parts=map(write, item.frames))
            else:
                yield item


def write(frame: Frame) -> bytes:
    """Write a frame as a server-sent event."""
    data = DONE.encode() if frame.type == STREAM_END else one_line(sse_data(frame))
    number, name = frame.stream_id.encode(), sse_name(frame.type).encode()
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (number, name, data)
