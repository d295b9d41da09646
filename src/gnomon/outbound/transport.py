"""A transport for clients that are not ours: what they send passes the gate, what comes back is bounded."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing

import httpx2

from gnomon.outbound.gate import Crowded, Gate, NoAnswer, Reply, Request, TooLong

_OWN = {"host", "content-length", "transfer-encoding", "accept-encoding", "connection"}
"""Headers that the gate writes, or that have no meaning beyond one connection."""


class GateTransport(httpx2.AsyncBaseTransport):
    """Carries one client's requests; bodies come as they are, since a client would open them without bound."""

    def __init__(self, gate: Gate, *, most: int, timeout: float) -> None:
        self._gate = gate
        self._most = most
        self._timeout = timeout

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; raises the client's own errors."""
        body = await request.aread()
        try:
            reply = await self._gate.open(self._request(request, body))
        except (NoAnswer, Crowded) as error:
            raise httpx2.ConnectError(str(error), request=request) from error
        if reply.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            await reply.close()
            raise httpx2.RemoteProtocolError("its answer is compressed, unasked", request=request)
        return httpx2.Response(
            reply.status_code,
            headers=list(reply.lines),
            stream=_Body(reply),
            request=request,
        )

    def _request(self, request: httpx2.Request, body: bytes) -> Request:
        names = dict.fromkeys(name.lower() for name in request.headers)
        headers = {name: request.headers[name] for name in names if name not in _OWN}
        return Request(
            url=str(request.url),
            method=request.method,
            headers={**headers, "accept-encoding": "identity"},
            body=body,
            most=self._most,
            timeout=self._timeout,
            is_repeatable=request.method == "GET",
        )


class _Body(httpx2.AsyncByteStream):
    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async with aclosing(self._reply.pieces()) as pieces:
                async for piece in pieces:
                    yield piece
        except (NoAnswer, TooLong) as error:
            raise httpx2.ReadError(str(error) or "its answer is too long") from error

    async def aclose(self) -> None:
        await self._reply.close()


def client(transport: GateTransport, headers: Mapping[str, str], *, timeout: float) -> httpx2.AsyncClient:
    """Make a client whose every request passes the gate; it reads nothing of the environment."""
    return httpx2.AsyncClient(
        transport=transport,
        headers=dict(headers),
        timeout=httpx2.Timeout(timeout),
        trust_env=False,
        follow_redirects=False,
    )
