"""How long a call for a result is held, and what is said when the time is up.

A client that only waits gets 408 a little before it would lose patience, and asks again at once. Its helper that
submits and waits in one call (`execute()`) is another matter: it asks for the result with the time that is left of
its deadline as its patience, tries three times at most, and breaks when a 408 that it does not retry reaches it before
that deadline. So it is held until it hangs up by itself; when it comes back then, its deadline is over and a final 408
becomes the time-out that its user expects.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gnomon.core.errors import Complaint
from gnomon.web.problems import InvalidQuery

USUAL = 600.0
"""Seconds that a client is held which says nothing of its patience."""
LAST_TRY = 2
"""The number of the helper's last try: its own default, which hardly anybody changes."""
_SHARE, _LARGEST = 0.1, 5.0
"""Part of a patience, and seconds of it at most, that an answer may be on its way."""
_AT_ONCE = 0.1
_QUICKEST_RESTART, _SLOWEST_RESTART = 1.0, 10.0


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
    """How long to hold a request, and how soon it may come again; None: it has its last word. [s]"""

    seconds: float
    again: float | None


def read_patience(query: Mapping[str, str], headers: Mapping[str, str]) -> Patience:
    """Read how long a client waits; its Python and TypeScript kinds name their patience differently.

    Raises
    ------
    InvalidQuery
        When the query's `timeout` is not a number of seconds from 0 up.
    """
    read = _number(headers.get("x-stainless-read-timeout") or headers.get("x-stainless-timeout"))
    tries = headers.get("x-stainless-retry-count", "")
    return Patience(
        timeout=_timeout(query.get("timeout")),
        read=read if read else None,
        tries=int(tries) if tries.isascii() and tries.isdecimal() and len(tries) < 7 else 0,
        is_helper=headers.get("x-stainless-poll-helper", "").lower() == "true",
    )


def hold(patience: Patience, *, age: float, longest: float) -> Hold:
    """Decide how long to hold a request for a run that was created `age` seconds ago."""
    if patience.is_helper and patience.read is not None:
        return _hold_helper(patience, patience.read, age, longest)
    room = USUAL if patience.read is None else patience.read - _margin(patience.read)
    if patience.timeout is not None:
        room = patience.timeout if patience.read is None else min(patience.timeout, room)
    return Hold(seconds=min(room, longest), again=None if patience.timeout == 0 else _AT_ONCE)


def _hold_helper(patience: Patience, read: float, age: float, longest: float) -> Hold:
    # Its deadline is `read` after its first call for the result, and that came after the run was created.
    past = read + _margin(read)
    left = past if patience.tries == 0 else max(past - age, 0.0)
    bound = longest if not patience.timeout else min(longest, patience.timeout)
    if left > bound and patience.tries < LAST_TRY:
        return Hold(seconds=bound, again=_AT_ONCE)
    return Hold(seconds=left, again=None)


def restart_pause(age: float) -> float:
    """Return the seconds after which a stopping server may be back, for a client that has waited for so long."""
    return min(max(age / 10, _QUICKEST_RESTART), _SLOWEST_RESTART)


def _margin(patience: float) -> float:
    return min(_SHARE * patience, _LARGEST)


def _timeout(text: str | None) -> float | None:
    if text is None:
        return None
    if (seconds := _number(text)) is None:
        message = "Give the seconds to wait for the result as a number from 0 up, such as 600, or leave it out."
        raise InvalidQuery([Complaint(("query", "timeout"), message, "greater_than_equal")])
    return seconds


def _number(text: str | None) -> float | None:
    """Read a finite number from 0 up; None when it is anything else."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
