"""Cursors: where a page ended, as text that only the store reads."""

from gnomon.core.errors import Complaint, Invalid


def write_cursor(*keys: int) -> str:
    """Write the keys of the last record seen."""
    return "-".join(map(str, keys))


def read_cursor(cursor: str | None, count: int) -> tuple[int, ...] | None:
    """Read a cursor's keys; raises `Invalid` when it is none of ours."""
    if cursor is None:
        return None
    keys = cursor.split("-")
    if len(keys) != count or not all(key.isascii() and key.isdigit() and len(key) < 19 for key in keys):
        complaint = Complaint(("cursor",), "Send the `next` of the page before, of this same list.")
        raise Invalid([complaint])
    return tuple(map(int, keys))
