"""Streams: where to begin, and what to leave out."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field
from starlette.datastructures import QueryParams

from gnomon.core.errors import Complaint
from gnomon.core.event import EventType
from gnomon.web.native.wire.reading import COMMAS, Words, ask
from gnomon.web.problems import InvalidQuery

_MOST = 2**53
_DIGITS = 15
"""No task has more events than that many digits can count."""


class Listening(Words):
    """What a stream tells."""

    after: int | None = Field(None, ge=0, le=_MOST, description="Only events numbered above this.")
    last_event_id: int | None = Field(
        None, ge=0, le=_MOST, description="The same, for clients that cannot send the header; it wins."
    )
    types: Annotated[frozenset[EventType] | None, COMMAS] = Field(
        None, min_length=1, description="Only events of these types; the default is all."
    )
    cursor_frames: bool = Field(
        default=False,
        description="With `types`: move the cursor past events left out, by frames of an `id` alone.",
    )
    ticket: str | None = Field(None, description="A stream ticket, instead of a credential in a header.")

    def cursor(self, headers: Mapping[str, str]) -> int:
        """Return the number to go on after: the header's, else `last_event_id`, else `after`.

        A browser that comes back repeats the address it was given first, with a newer header: so the header wins.

        Raises
        ------
        InvalidQuery
            When the header is no number.
        """
        text = headers.get("last-event-id", "").strip()
        if not text:
            return (self.last_event_id if self.last_event_id is not None else self.after) or 0
        if text.isascii() and text.isdigit() and len(text) <= _DIGITS:
            return int(text)
        message = "Send the number of the last event that you have, as its `id` said."
        raise InvalidQuery([Complaint(("header", "Last-Event-ID"), message, "number")])


def listening(query: QueryParams, headers: Mapping[str, str]) -> tuple[Listening, int]:
    """Read what a stream tells, and the number to go on after.

    Raises
    ------
    InvalidQuery
        When something is not valid, a cursor that another one outdoes included.
    """
    asked = ask(Listening, query)
    return asked, asked.cursor(headers)
