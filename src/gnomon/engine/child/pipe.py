"""The pipe between the server and a child: frames of a JSON message and raw bytes.

A frame is two lengths (JSON, bytes; four octets each, big-endian), the JSON, the bytes. Blobs travel as bytes, never
as JSON: tens of megabytes of text would stall the server's loop. Large ones do not travel, where the store keeps
files (`staging.py`): a single process that took in everybody's series would be as slow as one that computed them.
"""

import json
import select
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from gnomon.core.task import Json

_LENGTHS = struct.Struct("!II")
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message; `message["op"]` says what it is about."""

    message: dict[str, Json]
    content: bytes = field(default=b"", repr=False)
    """Bytes of a blob; beside an order, the secrets for the work."""


def to_json(value: Json) -> bytes:
    """Write JSON as every reader of it understands it.

    Raises
    ------
    ValueError, TypeError, RecursionError
        When the value is not JSON: NaN, infinity, a lone surrogate, an unknown type, a circle.
    """
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()


def join(text: bytes, content: bytes) -> bytes:
    """Write a frame of JSON text and bytes."""
    return b"".join((_LENGTHS.pack(len(text), len(content)), text, content))


def encode(message: dict[str, Json], content: bytes = b"") -> bytes:
    """Write a frame of a message and bytes; raises what `to_json` raises."""
    return join(to_json(message), content)


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
            del self._buffer[: middle + content]
            yield frame


class Pipe:
    """The child's end: blocking, one reader, any number of writers."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._lock = threading.Lock()
        self._decoder = Decoder()

    def send(self, frame: bytes) -> None:
        """Send a whole frame; waits while the server is behind."""
        with self._lock:
            self._socket.sendall(frame)

    def receive(self, patience: float | None) -> list[Frame] | None:
        """Return the frames that have come (perhaps none when the time is up), or None at the pipe's end."""
        if not self._poll.poll(None if patience is None else patience * 1000):
            return []
        octets = self._socket.recv(_CHUNK)
        return list(self._decoder.feed(octets)) if octets else None
