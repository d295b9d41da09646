"""Cursors: the number of the last thing that a reader has. One that was never given is refused, not waited for."""

from gnomon.core.errors import Conflict


def require_cursor(source: str, thing: str, after: int, last: int) -> None:
    """Refuse a cursor beyond the last number: what follows it would be left out for ever.

    Raises
    ------
    Conflict
        When it is.
    """
    if after > last:
        raise Conflict(
            f"{source} has no {thing} {after} to go on from; its last one is {last}. "
            "The server may have been restored from a backup: read it again from 0, or from a number that it has."
        )
