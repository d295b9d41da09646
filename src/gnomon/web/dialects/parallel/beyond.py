"""What the vendor has beside the Task API, and this server has not: refused in words that its clients read."""

from http import HTTPStatus

from starlette.types import Receive, Scope, Send

from gnomon.web.answer import answer
from gnomon.web.dialects.parallel.render.errors import FINAL, envelope
from gnomon.web.edge import request_id
from gnomon.web.paths import sent_path

PREFIXES = (
    *(("v1", name) for name in ("search", "extract", "images", "responses", "monitors")),
    ("v1beta",),
    ("parallel",),
)
"""Where the vendor's other products stand, and all of a prefix that is the vendor's alone."""
_LONGEST = 200


def _is_responses(scope: Scope) -> bool:
    return sent_path(scope).removeprefix("/parallel").startswith("/v1/responses")


async def refuse_product(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer that the path belongs to another product."""
    more = "for OpenAI's clients use /v1/chat/completions; " if _is_responses(scope) else ""
    message = (
        f"{sent_path(scope)[:_LONGEST]} is not part of this server: it speaks the Task API, /v1/tasks; "
        f"{more}GET /v1/tasks/openapi.json lists the paths."
    )
    body = envelope(message, request_id(scope))
    await answer(body, status=HTTPStatus.NOT_FOUND, headers=FINAL)(scope, receive, send)
