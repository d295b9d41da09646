"""What can be told of an operation, and what several tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gnomon.core.session import SESSION_ID
from gnomon.web.openapi import header

Part = Mapping[str, Any]

REFUSALS: Final[Mapping[int, str]] = {
    400: "The request cannot be read, or is not valid.",
    401: "There is no valid key.",
    403: "The key may not do this.",
    404: "The workspace has nothing of that name.",
    409: "The present state does not allow this, or the same request is being answered.",
    413: "The body is too large.",
    415: "The body's media type or encoding is not supported.",
    429: "A limit was reached.",
    500: "Something went wrong; the server's log names the request.",
    501: "This server has no such thing.",
    504: "The answer did not come in time; the task goes on.",
    503: "Nothing can be stored right now, or the server is stopping; try again.",
}
ALWAYS: Final = (400, 401, 403, 429, 500, 503)
_BODY: Final = (413, 415)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the document tells of an operation beside what its route says."""

    summary: str
    shows: str | None
    """The component of its answer; of a stream, of each frame's `data`; None when there is no body."""
    statuses: Mapping[int, str]
    body: str | None = None
    is_body_needed: bool = True
    parameters: tuple[Part, ...] = ()
    refusals: tuple[int, ...] = ()
    media: str = "application/json"
    streams: str | None = None
    """The component of each frame's `data` when the body asks for a stream."""
    refusal: str = "Error"
    """The component of its refusals."""

    @property
    def refused(self) -> tuple[int, ...]:
        """List the refusals: its own, and those that any may give."""
        return tuple(sorted({*ALWAYS, *self.refusals, *(_BODY if self.body else ())}))


def query(name: str, description: str, *, is_needed: bool = False, **schema: Any) -> Part:
    """Describe a parameter of a query."""
    return {
        "name": name,
        "in": "query",
        "required": is_needed,
        "schema": schema,
        "description": description,
    }


def paging(most: int, usual: int) -> tuple[Part, Part]:
    """Describe how a list is read page by page."""
    limit = query("limit", "How many at most.", type="integer", minimum=1, maximum=most, default=usual)
    offset = query(
        "offset", "How many to leave out.", type="integer", minimum=0, maximum=10**9 - 1, default=0
    )
    return limit, offset


KEY: Final = header("Idempotency-Key", "The same key and body again make nothing new.", maxLength=255)
INCLUDE: Final = query(
    "include", "`paused` shows paused tasks as such; other words change nothing.", type="string"
)
SESSION: Final = query(
    "session_id",
    "Only tasks of this session; of all when it is empty.",
    type="string",
    pattern=f"^({SESSION_ID.pattern})?$",
)
