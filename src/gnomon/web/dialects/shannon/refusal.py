"""The answer to what is refused, the same to a request and to the handshake of a web socket."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from gnomon.web.answer import answer
from gnomon.web.dialects.shannon.render.errors import body_of, headers_of, of_key, status_of
from gnomon.web.edge import request_id


def refusal(connection: HTTPConnection, error: Exception) -> Response:
    """Answer with an error."""
    status = status_of(error)
    body = body_of(as_told(connection, error), status, request_id(connection.scope))
    return answer(body, status=status, headers=headers_of(error))


def as_told(connection: HTTPConnection, error: Exception) -> Exception:
    """Return an error with what there is to say of the key that was sent."""
    return of_key(error, _sent_key(connection))


def _sent_key(connection: HTTPConnection) -> str:
    """Return the credential that a request came with, as it was written."""
    bearer = connection.headers.get("authorization", "").rpartition(" ")[2]
    return (connection.headers.get("x-api-key") or bearer).strip()
