"""The protocols of the server, with what a stream needs: to cut a connection, and to hear that it is lost."""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.types import Message, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

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

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over, and keep nothing of it."""
        super().handle_websocket_upgrade()
        del self.scope

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the stream that listens."""
        super().connection_lost(exc)
        self._tell()
        # Both refer back to this protocol: kept, they would wait for the collector with all that they hold.
        del self.scope
        self.cycle = None  # type: ignore[assignment]  # nothing asks for it once the connection is lost

    def _abort(self) -> None:
        _reset(self.transport)
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


SOCKET_OPTIONS: Final[Mapping[str, Any]] = {
    "ws_max_size": 65536,
    "ws_ping_interval": 20.0,
    "ws_ping_timeout": 40.0,
    # A compressor for each reader would take more memory than all else that is kept for it.
    "ws_per_message_deflate": False,
}
"""How the server keeps its web sockets; what a client sends is thrown away, and may not be larger than this."""
_LINGER = 2.0
"""Seconds that a reader has for what is under way to it when the server stops."""

# The usual one is told the addresses of all requests, and a credential may stand in them.
_log = logging.getLogger("uvicorn.error.socket")
_log.setLevel(logging.WARNING)


class SocketProtocol(WebSocketsSansIOProtocol):
    """A web socket that only tells: throws away what it is sent, and can be cut and heard as an answer can."""

    _on_lost: Callable[[], None] | None = None

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.logger = self.conn.logger = _log
        self.conn.debug = False

    def handle_connect(self, event: Any) -> None:
        """Begin a request."""
        super().handle_connect(event)
        if not self.close_sent:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[_CONNECTION] = {
                "abort": self._abort,
                "listen": self._listen,
                "is_full": lambda: not self.writable.is_set(),
            }

    async def send(self, message: Any) -> None:
        """Send; a handshake that was refused is one that was answered, which uvicorn would log as an error."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True

    def send_receive_event_to_app(self) -> None:
        """Throw a message away: nothing waits for any."""
        self.frames = []

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the stream that listens."""
        super().connection_lost(exc)
        self._tell()
        if hasattr(self, "scope"):  # it refers back to this protocol
            del self.scope

    def shutdown(self) -> None:
        """Close, and wait for no reader that does not take what is under way to it."""
        super().shutdown()
        self.loop.call_later(_LINGER, self.transport.abort)

    def _abort(self) -> None:
        _reset(self.transport)

    def _listen(self, on_lost: Callable[[], None] | None) -> None:
        self._on_lost = on_lost
        if self.transport.is_closing():
            self._tell()

    def _tell(self) -> None:
        if self._on_lost is not None:
            self._on_lost()
            self._on_lost = None


def _reset(transport: asyncio.Transport) -> None:
    """Reset a connection: what the kernel still holds for the reader is let go of too."""
    if not transport.is_closing():
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


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
