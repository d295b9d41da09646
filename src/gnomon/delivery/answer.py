"""What an answer means to the sender: when it may try again, and what the log says to the tenant."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from gnomon.outbound.gate import Answer

_MOST_LOCATION = 200
_MOST_TEXT = 16_384


def read_retry_after(text: str | None, now: datetime) -> timedelta | None:
    """Read seconds or a date; what is neither says nothing, and what has passed says at once."""
    if text is None:
        return None
    if text.isascii() and text.strip().isdigit():
        return timedelta(seconds=min(int(text.strip()[:12]), 10**9))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(moment.replace(tzinfo=moment.tzinfo or UTC) - now, timedelta(0))


def complain(answer: Answer) -> str | None:
    """Say why an answer is no success, in words for whoever owns the receiver."""
    code = answer.status_code
    if 200 <= code < 300:
        return None
    if 300 <= code < 400:
        to = f" (to {printable(answer.headers['location'])})" if "location" in answer.headers else ""
        return (
            f"The receiver answered {code}{to}; redirects are not followed: give the endpoint the final URL."
        )
    return f"The receiver answered {code}."


def printable(text: str) -> str:
    """Return the first part of a foreign text, without signs that could act."""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:_MOST_LOCATION])


def text_of(body: bytes) -> str:
    """Return the first part of a body as text that every store and every JSON can hold."""
    return body[:_MOST_TEXT].decode(errors="replace").replace("\0", "\ufffd")
