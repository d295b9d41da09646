"""How long a call for a result is held, and what is said when the time is up.

A client that only waits gets 408 a little before it would lose patience, and asks again at once. Its helper that
submits and waits in one call (`execute()`) is another matter. What is left of its deadline when it first asks for the
result is its patience; it tries three times, and breaks when a 408 that it does not retry reaches it before that
deadline. So it is held until it hangs up by itself. When it comes back then, its deadline is over, and a final 408
becomes the time-out that its user expects.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import QueryParams

from gnomon.web.dialects.parallel.wire.query import DEFAULT_HOLD, is_executing, patience, seconds, tries

LAST_TRY = 2
"""The number of the helper's last try: its own default, which hardly anybody changes."""
_SHARE, _LARGEST = 0.1, 5.0
"""Part of a patience, and seconds of it at most, that an answer may be on its way."""
_SLACK = 1.0
"""Seconds at most that the answer to the helper's submission may have taken: its deadline is later by so much."""
_AT_ONCE = 0.1
RESTART = 10.0
"""Seconds after which a server that is stopping has a successor: it may take half of them to let go of its work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What a request says of how long its client waits."""

    timeout: float | None = None
    """What the query asks for. [s]"""
    read: float | None = None
    """After so long without an answer the client hangs up. [s]"""
    tries: int = 0
    """Tries that the client has made before this one."""
    is_helper: bool = False
    """It submits and waits in one call, and `read` is what was left of its deadline when it first asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """How long to hold a request."""

    seconds: float
    again: float | None
    """How soon it may come again when the time is up; None: not at all. [s]"""


def read_patience(query: QueryParams, headers: Mapping[str, str]) -> Patience:
    """Read how long a client waits; raises `InvalidQuery` when the query's `timeout` is no time."""
    return Patience(
        timeout=seconds(query, "timeout", math.inf),
        read=patience(headers),
        tries=tries(headers),
        is_helper=is_executing(headers),
    )


def hold(asked: Patience, *, age: float, longest: float) -> Hold:
    """Decide how long to hold a request for a run that was created `age` seconds ago."""
    if asked.is_helper and asked.read is not None:
        return _hold_helper(asked, asked.read, age, longest)
    room = DEFAULT_HOLD if asked.read is None else asked.read - _margin(asked.read)
    if asked.timeout is not None:
        room = asked.timeout if asked.read is None else min(asked.timeout, room)
    return Hold(seconds=min(room, longest), again=None if asked.timeout == 0 else _AT_ONCE)


def _hold_helper(asked: Patience, read: float, age: float, longest: float) -> Hold:
    # Its deadline is `read` after its first call for the result, and that came after the run was created.
    past = read + min(_SHARE * read, _SLACK)
    left = past if asked.tries == 0 else max(past - age, 0.0)
    bound = longest if not asked.timeout else min(longest, asked.timeout)
    if left > bound and asked.tries < LAST_TRY:
        return Hold(seconds=bound, again=_AT_ONCE)
    return Hold(seconds=left, again=None)


def away_status(headers: Mapping[str, str]) -> HTTPStatus:
    """Return the status of a server that cannot answer now; the helper breaks on a 503 that was its last try."""
    return HTTPStatus.INTERNAL_SERVER_ERROR if is_executing(headers) else HTTPStatus.SERVICE_UNAVAILABLE


def _margin(patience: float) -> float:
    return min(_SHARE * patience, _LARGEST)
