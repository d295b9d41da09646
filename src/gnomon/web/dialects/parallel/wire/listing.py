"""Which runs to list."""

import re
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import QueryParams

from gnomon.core.errors import Complaint
from gnomon.web.dialects.parallel.status import Word
from gnomon.web.dialects.parallel.wire.query import one, status_filter
from gnomon.web.problems import InvalidQuery

MOST: Final = 200
USUAL: Final = 50
_CURSOR = re.compile(r"[0-9]{1,18}-[0-9]{1,18}")
_LIMIT = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which runs, and how many of them at once."""

    word: Word | None = None
    processor: str | None = None
    limit: int = USUAL
    cursor: str | None = None


def read_listing(query: QueryParams) -> Listing:
    """Read a list's filters; raises `InvalidQuery`."""
    return Listing(
        word=status_filter(query),
        processor=one(query, "processor") or None,
        limit=_limit(one(query, "limit") or str(USUAL)),
        cursor=_cursor(one(query, "cursor") or None),
    )


def _limit(text: str) -> int:
    if not _LIMIT.fullmatch(text) or not 1 <= int(text) <= MOST:
        message = f"Give 'limit' as a whole number from 1 to {MOST}."
        raise InvalidQuery([Complaint(("query", "limit"), message, "range")])
    return int(text)


def _cursor(text: str | None) -> str | None:
    if text is not None and not _CURSOR.fullmatch(text):
        message = "Send the 'next_cursor' of the page before, as it was given."
        raise InvalidQuery([Complaint(("query", "cursor"), message, "cursor")])
    return text
