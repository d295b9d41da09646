"""The door's errors: one sentence under `error`; limits add a message and a window."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from gnomon.core.errors import Invalid, QuotaExceeded, Unauthenticated
from gnomon.core.task import Json
from gnomon.web import problems
from gnomon.web.ids import in_words_of_shannon

_REALM: Final[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="Shannon API"'}
_WINDOWS: Final[Mapping[str, str]] = {"requests": "minute", "failures": "minute"}
"""In what each limit is counted that is counted in time."""
_VENDORS: Final = ("sk_", "sk-")
_NOT_VENDORS: Final = (
    "Keys that begin with 'sk' are the vendor's and unknown here; send a key of this server, which begins with "
    "'gn_'."
)
_WHERE: Final = (
    "The first one is 'api_key' in keys.json of the server's data folder; 'gnomon admin' makes more."
)
_AS_400: Final = frozenset({HTTPStatus.UNPROCESSABLE_ENTITY})
"""The vendor's clients know no 422: they take it for a broken connection."""


def status_of(error: Exception) -> HTTPStatus:
    """Return the status of an error."""
    status = problems.status_of(error)
    return HTTPStatus.BAD_REQUEST if status in _AS_400 else status


def headers_of(error: Exception) -> dict[str, str]:
    """Return the headers that go with an error."""
    return {**problems.headers_of(error), **(_REALM if isinstance(error, Unauthenticated) else {})}


def body_of(error: Exception, status: int, request_id: str | None) -> dict[str, Json]:
    """Write what went wrong."""
    if isinstance(error, Unauthenticated):
        return {"error": "Unauthorized", "message": error.message}
    if isinstance(error, QuotaExceeded):
        told = {"error": "Rate limit exceeded", "message": in_words_of_shannon(error.message)}
        window = _WINDOWS.get(error.quota)
        return {**told, "window": window} if window else told
    return {"error": message_of(error, status, request_id)}


def message_of(error: Exception, status: int, request_id: str | None) -> str:
    """Say what went wrong."""
    if isinstance(error, Invalid) and error.complaints:
        return in_words_of_shannon(_first(error))
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"Something went wrong in the server; its log names this request {request_id}."
    return in_words_of_shannon(str(error))


def _first(error: Invalid) -> str:
    first, *others = error.complaints
    return first.message + (f" (and {len(others)} more)" if others else "")


def of_key(error: Exception, credential: str) -> Exception:
    """Return the error with where a key of this server stands; of a key of the vendor's it says what that is."""
    if not isinstance(error, Unauthenticated):
        return error
    if credential.startswith(_VENDORS):
        return Unauthenticated(f"{_NOT_VENDORS} {_WHERE}")
    return Unauthenticated(f"{error.message} {_WHERE}") if "key" in error.message else error
