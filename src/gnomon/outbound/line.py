"""A line: one connection to one checked address, with bounds on what comes back over it."""

import asyncio
import ssl
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import httpcore

from gnomon.outbound.address import Address
from gnomon.outbound.target import Target

MOST_READ = 16_384
"""Bytes of the body that are read of an answer to a post."""
_MOST_HEAD = 32_768
"""Bytes of an answer before its body, those of interim answers included."""
_PIECE = 4096
_LARGE_PIECE = 65_536
_PATIENCE = 5.0
"""Seconds for one address to accept, when the name has another one."""
_IDLE = 5.0


class Line:
    """An HTTP/1.1 connection whose address was checked by whoever opened it."""

    def __init__(self, target: Target, address: Address, stream: httpcore.AsyncNetworkStream) -> None:
        self.address = address
        self._stream = _Bounded(stream)
        self._opened = time.monotonic()
        self._origin = httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port)
        self._http = httpcore.AsyncHTTP11Connection(self._origin, self._stream, keepalive_expiry=_IDLE)

    @property
    def age(self) -> float:
        """Seconds since it was opened."""
        return time.monotonic() - self._opened

    @property
    def has_heard(self) -> bool:
        """Say whether anything came back since the last request."""
        return self._stream.heard > 0

    @property
    def is_usable(self) -> bool:
        """Say whether another request may go over it: it lies idle, and the other end has not closed it."""
        return self._http.is_idle() and not self._http.has_expired()

    async def ask(
        self,
        target: Target,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        *,
        method: str = "POST",
        most: int = MOST_READ,
    ) -> httpcore.Response:
        """Send a request and return the answer's head; the body, of which most may be read, is yet to come."""
        self._stream.begin(_MOST_HEAD + MOST_READ)
        length = [("Content-Length", str(len(body)))] if body or method == "POST" else []
        lines = [("Host", target.authority), *length, *headers]
        response = await self._http.handle_async_request(self._request(method, target, lines, body))
        if most > MOST_READ:
            self._stream.go_on(most)
        return response

    def _request(
        self, method: str, target: Target, lines: Iterable[tuple[str, str]], body: bytes
    ) -> httpcore.Request:
        return httpcore.Request(
            method=method.encode(),
            url=httpcore.URL(
                scheme=self._origin.scheme,
                host=self._origin.host,
                port=self._origin.port,
                target=target.path.encode(),
            ),
            headers=[(name.encode(), value.encode()) for name, value in lines],
            content=body,
        )

    async def close(self) -> None:
        """Close it at once, whatever the other end does."""
        with suppress(OSError, httpcore.NetworkError):
            await self._http.aclose()


async def open_line(target: Target, addresses: Sequence[Address], tls: ssl.SSLContext) -> Line:
    """Connect to the first address that accepts; certificate and SNI go by the name."""
    patience = _PATIENCE if len(addresses) > 1 else None
    for address in addresses[:-1]:
        with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
            return await _connect(target, address, tls, patience)
    return await _connect(target, addresses[-1], tls, patience)


async def _connect(target: Target, address: Address, tls: ssl.SSLContext, patience: float | None) -> Line:
    stream = await httpcore.AnyIOBackend().connect_tcp(str(address), target.port, timeout=patience)
    if target.scheme == "https":
        stream = await stream.start_tls(tls, server_hostname=target.host)
    return Line(target, address, stream)


async def read_body(response: httpcore.Response, deadline: float) -> tuple[bytes, bool]:
    """Read the first part of a body until the deadline (loop time); say whether that was all of it.

    The head has told what the receiver made of the request: a body that drips, breaks or never ends changes nothing.
    """
    body = b""
    with suppress(TimeoutError, httpcore.NetworkError, httpcore.ProtocolError):
        async with asyncio.timeout_at(deadline):
            async for piece in response.aiter_stream():
                body += piece
                if len(body) > MOST_READ:
                    return body[:MOST_READ], False
            await response.aclose()
            return body, True
    return body, False


class _Bounded(httpcore.AsyncNetworkStream):
    """Reads in small pieces, and no more than one answer may hold."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self.heard = 0
        self._most = 0
        self._piece = _PIECE

    def begin(self, most: int) -> None:
        """Await a new answer, whose head and interim answers have small bounds."""
        self.heard, self._most, self._piece = 0, most, _PIECE

    def go_on(self, most: int) -> None:
        """Let a long body follow; what frames its chunks may be as long again."""
        self._most, self._piece = self.heard + 2 * most + _LARGE_PIECE, _LARGE_PIECE

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self.heard > self._most:
            raise httpcore.ReadError("the answer is too long")
        piece = await self._stream.read(min(max_bytes, self._piece), timeout)
        self.heard += len(piece)
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
