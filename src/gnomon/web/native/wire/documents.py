"""Documents: what to search for, which to list, and what of one to show."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from gnomon.core.ports.library import MOST_PASSAGES
from gnomon.web.native.wire.reading import DIGITS, Positive, Words

MOST_SPANS = 100
_SPAN = re.compile(r"([0-9]{1,12})-([0-9]{1,12})")


def _spans(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = [_SPAN.fullmatch(part) for part in value.split(",")]
    if not all(found):
        raise PydanticCustomError("spans", "send places in the text as START-END,START-END")
    spans = ((int(match[1]), int(match[2])) for match in found if match)
    return tuple((start, end) for start, end in spans if start < end)  # the others mark nothing


Spans = Annotated[
    tuple[tuple[int, int], ...],
    Field(max_length=MOST_SPANS),
    BeforeValidator(_spans),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,12}-\d{1,12}(,\d{1,12}-\d{1,12}){0,99}$"}),
]


class Search(Words):
    """Words to look for."""

    query: str = Field(min_length=1, max_length=1000, description="Plain words; nothing in it is syntax.")
    limit: Annotated[int, Field(ge=1, le=MOST_PASSAGES), DIGITS] = Field(10, description="How many at most.")


class Shelves(Words):
    """Which documents to list."""

    query: str | None = Field(
        None, min_length=1, max_length=200, description="Only those whose name or title holds this."
    )
    cursor: str | None = Field(None, max_length=500, description="The `next` of the page before.")
    limit: Annotated[int, Field(ge=1, le=200), DIGITS] = Field(50, description="How many at most.")


class Edition(Words):
    """Which text of a document."""

    edition: Positive | None = Field(None, description="Counts from 1; without it, the present one.")


class Look(Edition):
    """What of a document to show."""

    at: Spans = Field((), description="What to mark: START-END,START-END in characters of the text.")
