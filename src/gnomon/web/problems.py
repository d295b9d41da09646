"""The one table from error to HTTP status; each door gives the answer its own body."""

from collections.abc import Mapping

from gnomon.core.errors import (
    Conflict,
    Forbidden,
    GnomonError,
    Invalid,
    NotFound,
    ReservationReused,
    Unauthenticated,
    Unavailable,
)


class Refusal(Exception):
    """The request was refused before it reached the house."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__ or "")

    @property
    def message(self) -> str:
        """Return the text for the client."""
        return str(self.args[0])


class BadRequest(Refusal):
    """The request cannot be read."""


class TooLarge(Refusal):
    """The body is larger than this server accepts."""


class UnsupportedMedia(Refusal):
    """The body's media type or encoding is not supported."""


class InvalidQuery(Invalid):
    """A parameter outside the body is not valid; the complaints' places begin with `query`, `header` or `path`."""


class Malformed(Invalid):
    """The body is not of the form that the contract answers with 400."""


Problem = GnomonError | Refusal

STATUS: Mapping[type[Exception], int] = {
    NotFound: 404,
    Conflict: 409,
    Malformed: 400,
    Invalid: 422,
    Unauthenticated: 401,
    Forbidden: 403,
    ReservationReused: 422,
    Unavailable: 503,
    BadRequest: 400,
    TooLarge: 413,
    UnsupportedMedia: 415,
}

HEADERS: Mapping[type[Exception], Mapping[str, str]] = {
    Unauthenticated: {"WWW-Authenticate": "Bearer"},
    Unavailable: {"Retry-After": "1"},
    TooLarge: {"Connection": "close"},
    UnsupportedMedia: {"Connection": "close"},
}


def status_of(error: Exception) -> int:
    """Return the status of an error, by its class or the nearest above it."""
    known = (STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    return next(known, 500)


def headers_of(error: Exception) -> Mapping[str, str]:
    """Return the headers that go with an error."""
    known = (HEADERS[kind] for kind in type(error).__mro__ if kind in HEADERS)
    return next(known, {})
