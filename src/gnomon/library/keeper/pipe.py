"""The pipe between two processes of the library: frames of a JSON message and raw bytes.

A frame is two lengths (JSON, bytes; four octets each, big-endian), the JSON, the bytes. Texts travel as bytes:
megabytes of JSON would stall the server's loop.
"""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_LENGTHS = struct.Struct("!II")
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message; `message["op"]` says what it is about."""

    message: dict[str, Any]
    content: bytes = field(default=b"", repr=False)


def encode(message: dict[str, Any], content: bytes = b"") -> bytes:
    """Write a frame."""
    text = json.dumps(message, separators=(",", ":")).encode()
    return b"".join((_LENGTHS.pack(len(text), len(content)), text, content))


class Decoder:
    """Cuts a stream of octets into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, octets: bytes) -> Iterator[Frame]:
        """Take in octets and yield the frames that they complete."""
        self._buffer += octets
        while len(self._buffer) >= _LENGTHS.size:
            text, content = _LENGTHS.unpack_from(self._buffer)
            middle = _LENGTHS.size + text
            if len(self._buffer) < middle + content:
                return
            message = json.loads(self._buffer[_LENGTHS.size : middle])
            frame = Frame(message=message, content=bytes(memoryview(self._buffer)[middle : middle + content]))
            del self._buffer[: middle + content]  # before the yield: whoever wants one frame asks for no more
            yield frame


class Pipe:
    """A blocking end: one reader, any number of writers."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._lock = threading.Lock()
        self._decoder = Decoder()

    def send(self, message: dict[str, Any], content: bytes = b"") -> None:
        """Send a frame whole; waits while the other side is behind."""
        frame = encode(message, content)
        with self._lock:
            self._socket.sendall(frame)

    def receive(self) -> Iterator[Frame]:
        """Yield the frames that come, until the pipe ends."""
        while octets := self._take():
            yield from self._decoder.feed(octets)

    def _take(self) -> bytes:
        try:
            return self._socket.recv(_CHUNK)
        except ConnectionError:
            return b""

    def set_patience(self, seconds: float | None) -> None:
        """Let `send` and `receive` raise `TimeoutError` after so much silence."""
        self._socket.settimeout(seconds)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
