"""The answer to what is refused, the same to a request and to the handshake of a web socket."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from gnomon.web.answer import answer
from gnomon.web.dialects.shannon.render.errors import body_of, headers_of, status_of
from gnomon.web.edge import request_id


def refusal(connection: HTTPConnection, error: Exception) -> Response:
    """Answer with an error."""
    status = status_of(error)
    return answer(
        body_of(error, status, request_id(connection.scope)), status=status, headers=headers_of(error)
    )
