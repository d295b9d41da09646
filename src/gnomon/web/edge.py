"""The outermost layer: names each request, bounds its body, and answers when all else fails."""

import json
import logging
import re
import time
import uuid
from collections.abc import Callable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gnomon.web.cors import Fields, Origins
from gnomon.web.problems import TooLarge, UnsupportedMedia
from gnomon.web.socket import BROKEN, deny

log = logging.getLogger(__name__)

_NAME = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_HOST = re.compile(rb"[A-Za-z0-9._:\[\]-]*")
_LONGEST_PATH = 200
_REQUEST_ID = "gnomon.request_id"
_NO_HOST = "The Host header is not a name or an address."
_LONGEST_REASON = 120
"""Characters that the end of a web socket has room for."""


def request_id(scope: Scope) -> str | None:
    """Return the name that the request has in the log and in `X-Request-Id`."""
    return scope.get(_REQUEST_ID)


def new_request_id(chance: int) -> str:
    """Make the name of a request that came without one.

    Parameters
    ----------
    chance
        128 bits.
    """
    return f"req_{uuid.UUID(int=chance, version=4)}"


def reference(name: str) -> str:
    """Return the UUID that refers to a request: the one in its name, or one that is made of the name.

    >>> reference("req_5f0c3a52-41d7-4c8b-9a57-6a1f6a0c6b1e")
    '5f0c3a52-41d7-4c8b-9a57-6a1f6a0c6b1e'
    """
    found = _UUID.search(name)
    return found[0] if found else str(uuid.uuid5(uuid.NAMESPACE_OID, name))


class Edge:
    """Wraps all doors; every answer carries `X-Request-Id`, by which its line in the log is found."""

    def __init__(
        self, app: ASGIApp, *, name: Callable[[], str], max_body: int, origins: Origins | None = None
    ) -> None:
        self._app = app
        self._name = name
        self._max_body = max_body
        self._origins = origins or Origins(())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request inwards, and answer for whatever is not caught there."""
        if scope["type"] == "websocket":
            await self._shake_hands(scope, receive, send)
            return
        if scope["type"] != "http":
            raise ValueError("This application has no lifespan; run the server with lifespan off.")
        begun = time.perf_counter()
        headers = dict(scope["headers"])
        name = self._name_of(headers)
        answer = _Answer(send, [*self._origins.fields(headers), (b"x-request-id", name)])
        preflight = self._origins.preflight(scope["method"], headers)
        if not _HOST.fullmatch(headers.get(b"host", b"")):
            await answer.refuse(400, _NO_HOST)
        elif preflight is not None:
            await answer.agree(preflight)
        else:
            inner = {**scope, _REQUEST_ID: name.decode()}
            await self._pass_inwards(inner, _bounded(receive, headers, self._max_body), answer)
        _tell(scope, name.decode(), answer.status, begun)

    async def _shake_hands(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on who asks for a web socket, as any other request."""
        begun = time.perf_counter()
        headers = dict(scope["headers"])
        name = self._name_of(headers)
        answer = _Handshake(send, [(b"x-request-id", name)])
        if not _HOST.fullmatch(headers.get(b"host", b"")):
            await answer.refuse(400, _NO_HOST)
        else:
            await self._pass_inwards({**scope, _REQUEST_ID: name.decode()}, receive, answer)
        _tell({**scope, "method": "GET"}, name.decode(), answer.status, begun)

    def _name_of(self, headers: dict[bytes, bytes]) -> bytes:
        given = headers.get(b"x-request-id", b"")
        return given if _NAME.fullmatch(given) else self._name().encode()

    async def _pass_inwards(self, scope: Scope, receive: Receive, answer: "_Answer | _Handshake") -> None:
        name = scope[_REQUEST_ID]
        try:
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            log.info("request.abandoned", extra={"request_id": name})
        except (
            Exception
        ):  # the last resort: whatever happened, the client gets an answer and the log the cause
            log.exception("request.failed", extra={"request_id": name, **_reference_beside(name)})
            text = f"Something went wrong in the server; its log names this request {name}."
            await answer.refuse(500, text)


_REFUSED = frozenset({401, 403, 429})


def _tell(scope: Scope, name: str, status: int, begun: float) -> None:
    """Write a request's line: the server's failures always, refusals of the caller at info, the rest at debug."""
    level = logging.ERROR if status >= 500 else logging.INFO if status in _REFUSED else logging.DEBUG
    if log.isEnabledFor(level):
        told = {"method": scope["method"], "path": scope["path"][:_LONGEST_PATH], "status": status}
        lasted = round(time.perf_counter() - begun, 4)
        named = {"request_id": name, **_reference_beside(name)}
        log.log(level, "request.answered", extra={**named, **told, "seconds": lasted})


def _reference_beside(name: str) -> dict[str, str]:
    """Write the reference of a request whose name, which came with it, does not hold it."""
    ref_id = reference(name)
    return {} if ref_id in name else {"ref_id": ref_id}


class _Answer:
    """The send side: adds what every answer carries, and knows whether and how the answer has begun."""

    def __init__(self, send: Send, fields: Fields) -> None:
        self._send = send
        self._fields = fields
        self.status = 0

    async def __call__(self, message: Message) -> None:
        """Send on, with the request's name."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), *self._fields]}
        await self._send(message)

    async def agree(self, fields: Fields) -> None:
        """Answer that a request may come."""
        await self({"type": "http.response.start", "status": 204, "headers": fields})
        await self({"type": "http.response.body", "body": b""})

    async def refuse(self, status: int, text: str) -> None:
        """Answer with an error, unless an answer has begun."""
        if self.status:
            return
        body = json.dumps({"detail": text}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self({"type": "http.response.start", "status": status, "headers": headers})
        await self({"type": "http.response.body", "body": body})


class _Handshake:
    """The send side of a web socket: adds the request's name to the first answer, and knows which that was."""

    def __init__(self, send: Send, fields: Fields) -> None:
        self._send = send
        self._fields = fields
        self.status = 0

    async def __call__(self, message: Message) -> None:
        """Send on."""
        if message["type"] in ("websocket.accept", "websocket.http.response.start"):
            self.status = message.get("status", 101)
            message = {**message, "headers": [*message.get("headers", ()), *self._fields]}
        elif message["type"] == "websocket.close" and not self.status:
            self.status = 403
        await self._send(message)

    async def refuse(self, status: int, text: str) -> None:
        """Answer with an error; where the socket is open already, close it."""
        if not self.status:
            await deny(self, status, {"detail": text})
        elif self.status == 101:
            await self({"type": "websocket.close", "code": BROKEN, "reason": text[:_LONGEST_REASON]})


def _bounded(receive: Receive, headers: dict[bytes, bytes], limit: int) -> Receive:
    """Count the body while it is read; what is refused raises where the door reads, so that the door answers."""
    declared = headers.get(b"content-length", b"0")
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    read = 0

    async def bounded() -> Message:
        nonlocal read
        if encoding not in (b"", b"identity"):
            raise UnsupportedMedia("Compressed bodies are not accepted; send the body as it is.")
        if declared.isdigit() and int(declared) > limit:
            raise _too_large(limit)
        message = await receive()
        read += len(message.get("body", b""))
        if read > limit:
            raise _too_large(limit)
        return message

    return bounded


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit} bytes.")
