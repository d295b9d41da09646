"""Times."""

from datetime import UTC, datetime


def moment(at: datetime | None) -> str | None:
    """Write a time as RFC 3339 in UTC, or null."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
