"""What is attached to a task: metadata, by which it is found again, and secrets, which nobody is shown."""

from collections import Counter
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.datastructures import QueryParams

from gnomon.core.errors import Complaint
from gnomon.web.problems import InvalidQuery

MOST_MEMBERS = 50
LONGEST_NAME = 64
LONGEST_TEXT = 512
MOST_SECRETS = 65_536
"""Octets that all secrets of a task may have together, as JSON."""
MOST_WANTED = 10
_PREFIX = "metadata."
_PLAIN = f"give a text of at most {LONGEST_TEXT} characters, a number, true or false"

Wanted = tuple[tuple[str, str], ...]


def _plain(value: Any) -> Any:
    if not isinstance(value, str | bool | int | float) or len(str(value)) > LONGEST_TEXT:
        raise PydanticCustomError("metadata", _PLAIN)
    return value


def _bounded(secrets: dict[str, Any]) -> dict[str, Any]:
    if len(orjson.dumps(secrets)) > MOST_SECRETS:
        raise PydanticCustomError("too_long", f"send at most {MOST_SECRETS} octets of secrets")
    return secrets


_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
_TEXT = {"type": "string", "maxLength": LONGEST_TEXT}
_Value = Annotated[
    Any, BeforeValidator(_plain), WithJsonSchema({"anyOf": [_TEXT, {"type": ["number", "boolean"]}]})
]
Metadata = Annotated[dict[_Name, _Value], Field(max_length=MOST_MEMBERS)]
"""Names and plain values."""
Secrets = Annotated[
    dict[_Name, Any],
    Field(max_length=MOST_MEMBERS, json_schema_extra={"writeOnly": True}),
    AfterValidator(_bounded),
]
"""Names and any JSON."""


def find_wanted(query: QueryParams) -> tuple[Wanted, QueryParams]:
    """Return the filters by metadata (`metadata.NAME=VALUE`) of a query string, and the rest of it.

    Raises
    ------
    InvalidQuery
        When a name is missing or given twice, or there are too many.
    """
    pairs = query.multi_items()
    wanted = tuple((name.removeprefix(_PREFIX), value) for name, value in pairs if name.startswith(_PREFIX))
    complaints = [Complaint(("query", _PREFIX + name), text, code) for name, text, code in _faults(wanted)]
    if complaints:
        raise InvalidQuery(complaints)
    return wanted, QueryParams([pair for pair in pairs if not pair[0].startswith(_PREFIX)])


def _faults(wanted: Wanted) -> list[tuple[str, str, str]]:
    found = [
        (name, f"'{_PREFIX}{name}' is given twice; give it once.", "repeated")
        for name, count in Counter(name for name, _ in wanted).items()
        if count > 1
    ]
    if any(not name for name, _ in wanted):
        found.append(("", f"Name a member of the metadata: '{_PREFIX}team=blue'.", "missing"))
    if len(wanted) > MOST_WANTED:
        found.append((wanted[-1][0], f"Filter by {MOST_WANTED} members of the metadata at most.", "too_long"))
    return found
