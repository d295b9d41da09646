"""The outermost layer: names each request, bounds its body, and answers when all else fails."""

import json
import logging
import re
from collections.abc import Callable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gnomon.web.problems import TooLarge, UnsupportedMedia

log = logging.getLogger(__name__)

_NAME = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_HOST = re.compile(rb"[A-Za-z0-9._:\[\]-]*")
_REQUEST_ID = "gnomon.request_id"


def request_id(scope: Scope) -> str | None:
    """Return the name that the request has in the log and in `X-Request-Id`."""
    return scope.get(_REQUEST_ID)


class Edge:
    """Wraps all doors; every answer carries `X-Request-Id`."""

    def __init__(self, app: ASGIApp, *, name: Callable[[], str], max_body: int) -> None:
        self._app = app
        self._name = name
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request inwards, and answer for whatever is not caught there."""
        if scope["type"] != "http":
            raise ValueError("This application speaks HTTP only; run the server with lifespan and ws off.")
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        name = given if _NAME.fullmatch(given) else self._name().encode()
        answer = _Answer(send, name)
        if not _HOST.fullmatch(headers.get(b"host", b"")):
            await answer.refuse(400, "The Host header is not a name or an address.")
            return
        inner = {**scope, _REQUEST_ID: name.decode()}
        try:
            await self._app(inner, _bounded(receive, headers, self._max_body), answer)
        except ClientDisconnect:
            log.info("request.abandoned", extra={"request_id": name.decode()})
        except (
            Exception
        ):  # the last resort: whatever happened, the client gets an answer and the log the cause
            log.exception("request.failed", extra={"request_id": name.decode()})
            text = f"Something went wrong in the server; its log names this request {name.decode()}."
            await answer.refuse(500, text)


class _Answer:
    """The send side: adds the request's name, and knows whether the answer has begun."""

    def __init__(self, send: Send, name: bytes) -> None:
        self._send = send
        self._name = name
        self._has_begun = False

    async def __call__(self, message: Message) -> None:
        """Send on, with the request's name."""
        if message["type"] == "http.response.start":
            self._has_begun = True
            message = {**message, "headers": [*message.get("headers", ()), (b"x-request-id", self._name)]}
        await self._send(message)

    async def refuse(self, status: int, text: str) -> None:
        """Answer with an error, unless an answer has begun."""
        if self._has_begun:
            return
        body = json.dumps({"detail": text}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self({"type": "http.response.start", "status": status, "headers": headers})
        await self({"type": "http.response.body", "body": body})


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
