"""Models against JSON and query strings: a model, or complaints that name the field and the remedy."""

import re
from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails, PydanticCustomError
from starlette.datastructures import QueryParams

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.naming import no_such
from gnomon.core.task import Json
from gnomon.web.ids import own
from gnomon.web.problems import InvalidQuery


class Words(BaseModel):
    """What a request may say: nothing is converted, nothing unknown is taken."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


MOST_COMPLAINTS = 100
"""Faults that one answer names."""
_QUERY = "query"
CURSOR = "Send the `next` of the page before, as it was given."
M = TypeVar("M", bound=Words)


def read(model: type[M], body: Json) -> M:
    """Read a JSON body.

    Raises
    ------
    Invalid
        When it is not of the form; every complaint says where.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        told = error.errors(include_url=False)[:MOST_COMPLAINTS]
        raise Invalid([_complaint(model, found) for found in told]) from error


def ask(model: type[M], query: QueryParams) -> M:
    """Read a query string; its words are converted to what the model says.

    Raises
    ------
    InvalidQuery
        When a parameter is unknown, repeated or not valid.
    """
    pairs = query.multi_items()
    repeated = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    complaints = [
        Complaint((name,), f"'{name}' is given twice; give it once.", "repeated") for name in repeated
    ]
    try:
        if not complaints:
            return model.model_validate(dict(pairs), strict=False, context=_QUERY)
    except ValidationError as error:
        complaints = [_complaint(model, found, "parameter") for found in error.errors(include_url=False)]
    raise InvalidQuery([Complaint(("query", *c.loc), c.message, c.type) for c in dict.fromkeys(complaints)])


def _complaint(model: type[Words], found: ErrorDetails, noun: str = "field") -> Complaint:
    loc, kind = tuple(found["loc"]), found["type"]
    if noun == "parameter":
        loc = loc[:1]  # a parameter is one text: where in it does not matter
    name = ".".join(str(part) for part in loc)
    if kind == "missing":
        return Complaint(loc, f"'{name}' is missing.", "missing")
    if kind == "extra_forbidden":
        known = [field.alias or name for name, field in model.model_fields.items()]
        text = no_such(noun, name, known) if len(loc) == 1 else f"There is no {noun} '{name}'."
        return Complaint(loc, text, f"unknown_{noun}")
    if name == "cursor":
        return Complaint(loc, f"'cursor': {CURSOR}", kind)
    if kind == "model_type":
        return Complaint(loc, f"{repr(name) if name else 'The body'} must be an object.", "type")
    text = found["msg"]
    return Complaint(loc, f"'{name}': {text[:1].lower()}{text[1:].rstrip('.')}.", kind)


_TIME = "send a time with its zone, such as 2026-01-31T12:00:00Z"


def _moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("time", _TIME)
    try:
        read_at = datetime.fromisoformat(value)
    except ValueError as error:
        raise PydanticCustomError("time", _TIME) from error
    if read_at.tzinfo is None:
        raise PydanticCustomError("time", _TIME)
    try:
        return read_at.astimezone(UTC)
    except OverflowError as error:
        raise PydanticCustomError("time", "send a time of the years 1 to 9999 in UTC") from error


def _whole(value: Any, told: ValidationInfo) -> Any:
    # 2.0 is a whole number of JSON, and Python reads more as a number (" 1_0 ") than anybody should send.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and told.context is _QUERY:
        if not _DIGITS.fullmatch(value):
            raise PydanticCustomError("whole_number", "send a whole number")
        return int(value)
    return value


def _parts(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else value


COMMAS = BeforeValidator(_parts)
"""Reads the list that a query string writes as one text."""
_DIGITS = re.compile(r"-?[0-9]{1,16}")
DIGITS = BeforeValidator(_whole)
"""Reads a whole number, of a query string too, which brings text; it stands after bounds, so that they are told."""
Whole = Annotated[int, DIGITS]
Natural = Annotated[int, Field(ge=0, le=2**53), DIGITS]
Positive = Annotated[int, Field(ge=1, le=2**53), DIGITS]

Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""A time with its zone (RFC 3339)."""
Id = Annotated[str, Field(max_length=128), AfterValidator(own)]
"""The id of a task or a group, here or as the Parallel door writes it."""
SessionId = Annotated[
    str, Field(min_length=1, max_length=128, pattern=r"^\.*[A-Za-z0-9:_-][A-Za-z0-9:_.-]*$")
]
"""A client's own name for a session; not dots alone."""
