"""What a stream is asked for: whose it is, which of its frames, and after which."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import QueryParams

from gnomon.core.errors import Complaint
from gnomon.core.session import SESSION_ID
from gnomon.web.dialects.shannon.render.event import Frame
from gnomon.web.dialects.shannon.render.frame import read_types
from gnomon.web.ids import own
from gnomon.web.problems import InvalidQuery

_CURSOR: Final = re.compile(r"(\d{1,15})(?:-(\d{1,15}))?", re.ASCII)
_WHOLE: Final = sys.maxsize


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The last frame that a client has: `n-k`; a plain number stands for all frames of that event."""

    seq: int = 0
    part: int = _WHOLE

    @property
    def after(self) -> int:
        """Return the last event of which no frame is missing for certain."""
        return max(self.seq - 1, 0)

    def is_before(self, frame: Frame) -> bool:
        """Say whether the client does not have a frame yet."""
        return (frame.seq, frame.part) > (self.seq, self.part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """What a stream tells."""

    task_id: str
    types: frozenset[str] | None
    cursor: Cursor


def read_listening(query: QueryParams, headers: Mapping[str, str]) -> Listening:
    """Read what a stream tells.

    Raises
    ------
    InvalidQuery
        When it names no task, or what it gives as its last event cannot be one.
    """
    return Listening(
        task_id=_task_id(query),
        types=read_types(",".join(query.getlist("types"))),
        cursor=read_cursor(query, headers),
    )


def read_cursor(query: QueryParams, headers: Mapping[str, str]) -> Cursor:
    """Read the last frame that the client has: of the header, else of the query.

    Raises
    ------
    InvalidQuery
        When it cannot be one; an empty text counts as none.
    """
    places = (("header", "Last-Event-ID"), headers.get("last-event-id", ""))
    for place, given in (places, (("query", "last_event_id"), query.get("last_event_id", ""))):
        if text := given.strip():
            found = _CURSOR.fullmatch(text)
            if found is None:
                raise InvalidQuery([Complaint(place, "Invalid last_event_id", "pattern")])
            return Cursor(seq=int(found[1]), part=_WHOLE if found[2] is None else int(found[2]))
    return Cursor()


def _task_id(query: QueryParams) -> str:
    given = query.getlist("workflow_id")
    if len(given) != 1 or SESSION_ID.fullmatch(given[0]) is None:
        raise InvalidQuery([Complaint(("query", "workflow_id"), "Invalid or missing workflow_id", "pattern")])
    return own(given[0])
