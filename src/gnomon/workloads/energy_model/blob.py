"""Large members of a document stored apart: `{"$blob": "<sha256>"}` stands for the JSON of those bytes.

Only the members of the document itself may stand apart, as the house stores them; a mark further down came from
outside and names nothing.
"""

import json
from collections.abc import Callable
from typing import Any

KEY = "$blob"


def is_blob(value: object) -> bool:
    """Tell whether a JSON value only stands for another."""
    return isinstance(value, dict) and set(value) == {KEY} and isinstance(value[KEY], str)


def resolve(document: Any, read: Callable[[str], bytes]) -> Any:
    """Return the document with each of its members that is a mark replaced by what it stands for."""
    if not isinstance(document, dict):
        return document
    return {key: json.loads(read(value[KEY])) if is_blob(value) else value for key, value in document.items()}
