"""How a refusal is answered: its status, and whether the vendor's clients shall try again by themselves."""

import math
from collections.abc import Mapping
from http import HTTPStatus

from gnomon.core.errors import QuotaExceeded, ReservationBusy, Unavailable
from gnomon.web.problems import headers_of, status_of

FINAL: Mapping[str, str] = {"x-should-retry": "false"}
_SOON = 1.0
"""Seconds after which a server that could not answer may."""
_FINAL_QUOTAS = frozenset({"active_tasks", "endpoints", "failures"})
"""Limits that do not pass by themselves: something has to end, or to be sent otherwise."""


def again_in(seconds: float) -> Mapping[str, str]:
    """Ask the client to try again after so many seconds; it obeys up to 60 of them."""
    milliseconds = max(math.ceil(seconds * 1000), 1)
    return {
        "x-should-retry": "true",
        "retry-after-ms": str(milliseconds),
        "Retry-After": str(math.ceil(milliseconds / 1000)),
    }


def refusal_status(error: Exception) -> int:
    """Return the status of an error at this door: a workspace that is full has no credit left."""
    if isinstance(error, QuotaExceeded) and error.quota == "active_tasks":
        return HTTPStatus.PAYMENT_REQUIRED
    return status_of(error)


def refusal_headers(error: Exception) -> Mapping[str, str]:
    """Return the headers that go with an error; what comes out the same however often it is sent is final."""
    seconds = _pause(error)
    advice = FINAL if seconds is None else again_in(seconds)
    return {**headers_of(error), **advice}


def _pause(error: Exception) -> float | None:
    if isinstance(error, QuotaExceeded):
        return None if error.quota in _FINAL_QUOTAS else error.retry_after
    return _SOON if isinstance(error, Unavailable | ReservationBusy) else None
