"""Queries and headers: how long to hold, where to go on, which runs to show."""

import math
from collections.abc import Mapping
from typing import Final, TypeVar

from starlette.datastructures import QueryParams

from gnomon.core.errors import Complaint
from gnomon.core.naming import no_such
from gnomon.web.dialects.parallel.status import WORDS, Word
from gnomon.web.problems import InvalidQuery

DEFAULT_HOLD: Final = 600.0
_FLAGS: Final[Mapping[str, bool]] = {"true": True, "1": True, "false": False, "0": False}
_LONGEST_NUMBER: Final = 32
_DIGITS: Final = 15
"""No task has more events than that many digits can count."""
T = TypeVar("T")


def seconds(query: QueryParams, name: str, longest: float) -> float | None:
    """Read a time-out; None when there is none, never more than the longest.

    Raises
    ------
    InvalidQuery
        When it is negative or no number.
    """
    text = one(query, name)
    if not text:
        return None
    try:
        value = float(text) if len(text) <= _LONGEST_NUMBER and "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise _wrong(("query", name), f"Give '{name}' as a number of seconds, 0 or more.", "number")
    return min(value, longest)


def patience(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the client waits for an answer before it gives up, if it says so."""
    # Of their clients the Python ones say the first, those for TypeScript the second.
    text = (headers.get("x-stainless-read-timeout") or headers.get("x-stainless-timeout", "")).strip()
    try:
        value = float(text) if len(text) <= _LONGEST_NUMBER else math.nan
    except ValueError:
        return None
    return value if 0 < value < math.inf else None


def tries(headers: Mapping[str, str]) -> int:
    """Return how many times the client has tried this request before."""
    text = headers.get("x-stainless-retry-count", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0


def is_executing(headers: Mapping[str, str]) -> bool:
    """Say whether the request is one of the SDK's `execute()`, which waits for one run to its end."""
    return headers.get("x-stainless-poll-helper", "").strip().lower() == "true"


def cursor(query: QueryParams, headers: Mapping[str, str]) -> int:
    """Return the number to go on after: the query's, else the header's, else 0.

    Raises
    ------
    InvalidQuery
        When it is no number; an empty text counts as none.
    """
    for place, text in (
        (("query", "last_event_id"), one(query, "last_event_id") or ""),
        (("header", "Last-Event-ID"), headers.get("last-event-id", "")),
    ):
        if text := text.strip():
            if text.isascii() and text.isdigit() and len(text) <= _DIGITS:
                return int(text)
            raise _wrong(place, "Send the 'event_id' of the last event that you have, as it was.", "number")
    return 0


def flag(query: QueryParams, name: str, *, default: bool) -> bool:
    """Read a flag.

    Raises
    ------
    InvalidQuery
        When it is neither true nor false.
    """
    text = one(query, name)
    if not text:
        return default
    known = _FLAGS.get(text.strip().lower())
    if known is None:
        raise _wrong(("query", name), f"Give '{name}' as true or false.", "bool")
    return known


def status_filter(query: QueryParams) -> Word | None:
    """Read which runs to show: the word of a status; None for all.

    Raises
    ------
    InvalidQuery
        When it is none of the seven words.
    """
    text = one(query, "status")
    if not text:
        return None
    for word in WORDS:
        if text == word:
            return word
    raise _wrong(("query", "status"), no_such("status", text, WORDS), "enum")


def one(query: QueryParams, name: str) -> str | None:
    """Return a parameter; raises `InvalidQuery` when it is given twice."""
    given = query.getlist(name)
    if len(given) > 1:
        raise _wrong(("query", name), f"'{name}' is given twice; give it once.", "repeated")
    return given[0] if given else None


def _wrong(place: tuple[str, ...], message: str, kind: str) -> InvalidQuery:
    return InvalidQuery([Complaint(place, message, kind)])
