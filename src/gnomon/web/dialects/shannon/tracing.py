"""The headers of every answer of this door: by which it is traced, and how many requests its key has left."""

import re
from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gnomon.core.ports import Clock
from gnomon.web.limits import find_verdict

_NAME: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_PARENT: Final = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_GIVEN: Final = (b"x-trace-id", b"x-request-id")

Fields = list[tuple[bytes, bytes]]


class Traced:
    """Wraps the door."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request inwards, and name its trace on the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace = find_trace(dict(scope["headers"])) or f"{self._clock.chance(128):032x}".encode()
        named = [(b"x-trace-id", trace), (b"x-span-id", f"{self._clock.chance(64):016x}".encode())]

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                left = rate_fields(scope, self._clock)
                message = {**message, "headers": [*message.get("headers", ()), *named, *left]}
            await send(message)

        await self._app(scope, receive, tell)


def find_trace(headers: Mapping[bytes, bytes]) -> bytes | None:
    """Return the trace that a request belongs to: that of its `traceparent`, or what else it is named by."""
    if parent := _PARENT.fullmatch(headers.get(b"traceparent", b"").strip()):
        return parent[1]
    names = (headers.get(name, b"") for name in _GIVEN)
    return next((name for name in names if _NAME.fullmatch(name)), None)


def rate_fields(scope: Scope, clock: Clock) -> Fields:
    """Write how many requests of this minute a key has left; nothing when it has no limit."""
    verdict = find_verdict(scope)
    if verdict is None:
        return []
    full_at = clock.now().timestamp() + verdict.reset
    return [
        (b"x-ratelimit-limit-minute", str(verdict.policy.quota).encode()),
        (b"x-ratelimit-remaining-minute", str(verdict.remaining).encode()),
        (b"x-ratelimit-reset", str(int(full_at) + 1).encode()),
    ]
