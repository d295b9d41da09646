"""Web sockets that only tell: the refusal of a handshake, and a reader that is cut off when it takes nothing."""

import asyncio
import json
from collections.abc import Mapping, Sequence

from starlette.types import Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from gnomon.web.abort import abort, find_is_full
from gnomon.web.sse import LARGEST_WRITE

NORMAL = 1000
REFUSED = 1008
"""The right to listen has ended."""
BROKEN = 1011
COME_BACK = 1012
"""The stream's life is over, or the server's: the rest is told to who comes back."""


async def deny(
    send: Send, status: int, body: Mapping[str, object], headers: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    """Answer a handshake with an error, as any other request."""
    fields = [(b"content-type", b"application/json"), *headers]
    await send({"type": "websocket.http.response.start", "status": status, "headers": fields})
    await send({"type": "websocket.http.response.body", "body": json.dumps(body).encode()})


class SocketReader:
    """The client's side of an accepted socket."""

    def __init__(self, socket: WebSocket, stuck: float) -> None:
        self._socket = socket
        self._stuck = stuck
        self._is_full = find_is_full(socket.scope)
        self._written = 0

    async def tell(self, text: str) -> bool:
        """Send a message; say whether the reader is there, and cut it off when it does not take it in time."""
        try:
            if self._is_full is not None and not self._is_full():
                await self._socket.send_text(text)
                await self._give_way(len(text))
                return True
            async with asyncio.timeout(self._stuck):
                await self._socket.send_text(text)
        except WebSocketDisconnect:
            return False
        except TimeoutError:
            abort(self._socket.scope)
            return False
        return True

    async def close(self, code: int, reason: str) -> None:
        """Say why nothing follows."""
        try:
            async with asyncio.timeout(self._stuck):
                await self._socket.close(code, reason)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            # It has gone, or was told already, with the server's end.
            abort(self._socket.scope)

    async def _give_way(self, size: int) -> None:
        """Let others have their turn: as long as the reader takes all, nothing else would."""
        self._written += size
        if self._written >= LARGEST_WRITE:
            self._written = 0
            await asyncio.sleep(0)


def is_socket(scope: Scope) -> bool:
    """Say whether a request asks for a web socket."""
    return bool(scope["type"] == "websocket")
