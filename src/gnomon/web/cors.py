"""Pages of other sites (CORS): which may read the answers, and what they may send and see; never with cookies."""

from collections.abc import Iterable, Mapping

Fields = list[tuple[bytes, bytes]]

EXPOSED = (
    *("ETag", "Location", "Retry-After", "Preference-Applied", "Idempotency-Replayed", "X-Request-Id"),
    "Cancel-Outcome",
    *("RateLimit", "RateLimit-Policy"),
    *("x-should-retry", "retry-after-ms"),
    *(
        "X-Workflow-ID",
        "X-Session-ID",
        "X-Shannon-Session-ID",
        "X-Idempotency-Cached",
        "X-Idempotency-Key",
        "Link",
    ),
    *("X-Trace-ID", "X-Span-ID"),
    *("X-RateLimit-Limit-Minute", "X-RateLimit-Remaining-Minute", "X-RateLimit-Reset"),
)
"""The headers of an answer that a page's script may read."""
_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_REMEMBERED = b"600"
_VARY = (b"vary", b"Origin")


class Origins:
    """The sites whose pages may use this server through their visitors' browsers."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = frozenset(origin.encode() for origin in allowed)

    def fields(self, headers: Mapping[bytes, bytes]) -> Fields:
        """Return what every answer to the request carries; nothing when no site is allowed."""
        if not self._allowed:
            return []
        origin = headers.get(b"origin", b"")
        if origin not in self._allowed:
            return [_VARY]
        exposed = (b"access-control-expose-headers", ", ".join(EXPOSED).encode())
        return [_VARY, (b"access-control-allow-origin", origin), exposed]

    def preflight(self, method: str, headers: Mapping[bytes, bytes]) -> Fields | None:
        """Return the answer's headers when a browser asks whether it may send a page's request; else None."""
        is_asked = method == "OPTIONS" and b"access-control-request-method" in headers
        if not is_asked or headers.get(b"origin", b"") not in self._allowed:
            return None
        asked = headers.get(b"access-control-request-headers", b"")
        allowed = [(b"access-control-allow-headers", asked)] if asked else []
        return [
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-max-age", _REMEMBERED),
            *allowed,
        ]
