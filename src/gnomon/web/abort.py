"""The HTTP protocol of the server, with what a stream needs: to cut a connection, and to hear that it is lost."""

import socket
import struct
from collections.abc import Callable

from starlette.types import Message, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_CONNECTION = "gnomon.connection"
_RESET = struct.pack("ii", 1, 0)


class StreamProtocol(HttpToolsProtocol):
    """Gives each request the means to abort its connection, and to be told of its loss without a task that waits."""

    _on_lost: Callable[[], None] | None = None

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope["extensions"] = {
            _CONNECTION: {
                "abort": self._abort,
                "listen": self._listen,
                "is_full": self._is_full,
                "send": self._send,
            }
        }

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the stream that listens."""
        super().connection_lost(exc)
        self._tell()
        # Both refer back to this protocol: kept, they would wait for the collector with all that they hold.
        del self.scope
        self.cycle = None  # type: ignore[assignment]  # nothing asks for it once the connection is lost

    def _abort(self) -> None:
        """Reset the connection: what the kernel still holds for the reader is let go of too."""
        if not self.transport.is_closing():
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()
        if self.cycle is not None:  # the loss is told a turn later, when the answer would count as forgotten
            self.cycle.disconnected = True

    async def _send(self, message: Message) -> None:
        if self.cycle is not None:
            await self.cycle.send(message)  # type: ignore[arg-type]  # two libraries' names for one thing

    def _is_full(self) -> bool:
        return self.flow.write_paused

    def _listen(self, on_lost: Callable[[], None] | None) -> None:
        self._on_lost = on_lost
        if self.transport.is_closing():
            self._tell()

    def _tell(self) -> None:
        if self._on_lost is not None:
            self._on_lost()
            self._on_lost = None


def abort(scope: Scope) -> None:
    """Cut the request's connection without waiting for its reader, where the server can."""
    connection = scope.get("extensions", {}).get(_CONNECTION)
    if connection is not None:
        connection["abort"]()


def find_listen(scope: Scope) -> Callable[[Callable[[], None] | None], None] | None:
    """Return what takes the function to call when the connection is lost, if the server offers it."""
    connection = scope.get("extensions", {}).get(_CONNECTION)
    return None if connection is None else connection["listen"]


def find_is_full(scope: Scope) -> Callable[[], bool] | None:
    """Return what says whether a write would have to wait for the reader, if the server offers it."""
    connection = scope.get("extensions", {}).get(_CONNECTION)
    return None if connection is None else connection["is_full"]


def find_send(scope: Scope) -> Send | None:
    """Return the way past all middleware for the body of an answer that has begun, if the server offers it."""
    connection = scope.get("extensions", {}).get(_CONNECTION)
    return None if connection is None else connection["send"]
