"""How long to wait before asking a server again, and when to stop asking: decisions without a clock."""

from gnomon.workloads.research.models.wire import Trouble

TRIES = 5
ABSENT_TRIES = 2
"""Where nothing listens, a person waits for being told so; a task is begun again later."""
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
"""Seconds between two tries when the server does not say how long."""
LONGEST_HOLD = 300.0
"""Seconds for which one answer of a server can keep everybody from asking."""
FAULTS = 8
"""Failings in a row after which a server is left alone for a while."""
REST = 15.0
LONGEST_REST = 240.0


def wait_before(tries: int, trouble: Trouble, *, left: float, chance: float) -> float | None:
    """Return the seconds to wait before the next try, or None when there shall be none.

    Parameters
    ----------
    tries
        How many there have been.
    trouble
        How the last one ended.
    left
        Seconds that the call still has.
    chance
        Evenly spread over 0 to 1, so that callers do not come back all at once.
    """
    most = ABSENT_TRIES if trouble.is_absent else TRIES
    if not trouble.is_passing or tries >= most:
        return None
    wait = _asked(trouble.retry_after, chance) if trouble.retry_after is not None else _grown(tries, chance)
    return wait if wait < left else None


def _asked(seconds: float, chance: float) -> float:
    """Keep to what the server asks for, and come a little later than it says, never earlier."""
    return max(seconds, 0.0) * (1 + 0.1 * chance) + 0.05 * chance


def _grown(tries: int, chance: float) -> float:
    return min(FIRST_WAIT * 2.0 ** (tries - 1), LONGEST_WAIT) * (0.5 + chance / 2)


def rest_after(faults: int) -> float:
    """Return for how many seconds a server that has failed so many times in a row is left alone."""
    if faults < FAULTS:
        return 0.0
    return min(REST * 2.0 ** min(faults - FAULTS, 10), LONGEST_REST)
