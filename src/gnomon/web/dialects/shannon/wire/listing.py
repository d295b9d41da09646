"""Which tasks to list, and other parameters of a query."""

import re
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import QueryParams

from gnomon.core.errors import Complaint
from gnomon.core.session import SESSION_ID
from gnomon.web.dialects.shannon.status import WORDS, Word, find_word
from gnomon.web.problems import InvalidQuery

USUAL: Final = 20
MOST: Final = 100
NO_SESSION_ID: Final = (
    "Invalid session_id format: use 1 to 128 letters, digits and any of '.', '_', ':', '-', not dots alone"
)
_ENDLESS: Final = 10**9
_NUMBER = re.compile("[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which tasks, and how many of them at once."""

    limit: int = USUAL
    offset: int = 0
    word: Word | None = None
    session_id: str | None = None


def read_listing(query: QueryParams) -> Listing:
    """Read a list's filters; raises `InvalidQuery`."""
    return Listing(
        limit=number(query, "limit", USUAL, least=1, most=MOST),
        offset=number(query, "offset", 0),
        word=_word(one(query, "status")),
        session_id=_session(one(query, "session_id")),
    )


def number(query: QueryParams, name: str, usual: int, *, least: int = 0, most: int = _ENDLESS) -> int:
    """Read a whole number of a query.

    Raises
    ------
    InvalidQuery
        When it is none, or outside its range.
    """
    text = one(query, name)
    if text is None:
        return usual
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise wrong(name, f"Invalid {name} parameter: it must be a whole number, {least} {_to(most)}")
    return int(text)


def _to(most: int) -> str:
    return "or more" if most >= _ENDLESS else f"to {most}"


def one(query: QueryParams, name: str) -> str | None:
    """Return a parameter; none when it is empty.

    Raises
    ------
    InvalidQuery
        When it is given twice.
    """
    given = query.getlist(name)
    if len(given) > 1:
        raise wrong(name, f"Invalid {name} parameter: it is given twice")
    return given[0] or None if given else None


def wrong(name: str, message: str) -> InvalidQuery:
    """Make the refusal of a parameter."""
    return InvalidQuery([Complaint(("query", name), message, "value_error")])


def _word(text: str | None) -> Word | None:
    word = None if text is None else find_word(text)
    if text is not None and word is None:
        raise wrong("status", f"Invalid status value: use one of {', '.join(WORDS)}")
    return word


def _session(text: str | None) -> str | None:
    if text is not None and not SESSION_ID.fullmatch(text):
        raise wrong("session_id", NO_SESSION_ID)
    return text
