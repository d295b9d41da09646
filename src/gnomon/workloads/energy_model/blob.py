"""Large parts of a document stored apart: `{"$blob": "<sha256>"}` stands for the JSON of those bytes."""

import json
from collections.abc import Callable
from typing import Any

KEY = "$blob"


def is_blob(value: object) -> bool:
    """Tell whether a JSON value only stands for another."""
    return isinstance(value, dict) and set(value) == {KEY} and isinstance(value[KEY], str)


def resolve(value: Any, read: Callable[[str], bytes]) -> Any:
    """Return the JSON value with every stand-in replaced by what it stands for."""
    if is_blob(value):
        return resolve(json.loads(read(value[KEY])), read)
    if isinstance(value, dict):
        return {key: resolve(item, read) for key, item in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [resolve(item, read) for item in value]
    return value
