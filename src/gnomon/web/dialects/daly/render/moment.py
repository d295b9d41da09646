"""Times as the wire writes them."""

from datetime import UTC, datetime


def render_moment(at: datetime | None) -> str | None:
    """Write an aware time as RFC 3339 in UTC, to the millisecond."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
