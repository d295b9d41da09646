"""The one table from error to HTTP status; each door gives the answer its own body."""

import math
from collections.abc import Mapping
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError

from gnomon.core.errors import (
    Complaint,
    Conflict,
    Forbidden,
    GnomonError,
    Gone,
    Invalid,
    NotFound,
    PreconditionFailed,
    QuotaExceeded,
    ReservationBusy,
    ReservationReused,
    TaskActive,
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


def of_form(error: Exception) -> InvalidQuery:
    """Return what FastAPI has against a request's parameters as complaints."""
    assert isinstance(error, RequestValidationError)
    return InvalidQuery([Complaint(tuple(item["loc"]), item["msg"], item["type"]) for item in error.errors()])


class Malformed(Invalid):
    """The body is not of the form that the contract answers with 400."""


Problem = GnomonError | Refusal

STATUS: Mapping[type[Exception], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Malformed: HTTPStatus.BAD_REQUEST,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    ReservationReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    ReservationBusy: HTTPStatus.CONFLICT,
    PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    Gone: HTTPStatus.GONE,
    QuotaExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    BadRequest: HTTPStatus.BAD_REQUEST,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMedia: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}

HEADERS: Mapping[type[Exception], Mapping[str, str]] = {
    Unauthenticated: {"WWW-Authenticate": "Bearer"},
    Unavailable: {"Retry-After": "1"},
    ReservationBusy: {"Retry-After": "1"},
    TaskActive: {"Retry-After": "5"},
    TooLarge: {"Connection": "close"},
    UnsupportedMedia: {"Connection": "close"},
}


def status_of(error: Exception) -> HTTPStatus:
    """Return the status of an error, by its class or the nearest above it."""
    known = (STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    return next(known, HTTPStatus.INTERNAL_SERVER_ERROR)


def headers_of(error: Exception) -> Mapping[str, str]:
    """Return the headers that go with an error."""
    if isinstance(error, QuotaExceeded):
        return _of_quota(error)
    known = (HEADERS[kind] for kind in type(error).__mro__ if kind in HEADERS)
    return next(known, {})


def _of_quota(error: QuotaExceeded) -> Mapping[str, str]:
    wait = str(max(math.ceil(error.retry_after), 1))
    if error.quota in ("", "requests"):  # the fields about requests stand on every answer already
        return {"Retry-After": wait}
    return {"Retry-After": wait, "RateLimit": f'"{error.quota}";r=0;t={wait}'}
