"""A run's input against the input schema of its spec."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry

from gnomon.core.task import Json
from gnomon.web.dialects.parallel.wire.references import Schema, measure

MOST_COMPARISONS: Final = 50_000
"""Values of an input times schemas that they may be held against."""
_MOST_TOLD: Final = 5


def mismatches(task_input: Json, schema: Schema) -> list[tuple[str, str]]:
    """Say where an input does not match a schema that has passed the rules, and why; the first few places."""
    if _size(task_input) * measure(schema).size > MOST_COMPARISONS:
        return [("", "it is too large to be compared")]
    plain = {word: value for word, value in schema.items() if word not in ("$id", "$schema")}
    validator = Draft202012Validator(plain, registry=Registry())
    return [_told(error) for error in islice(_errors(validator, task_input), _MOST_TOLD)]


def _errors(validator: Any, task_input: Json) -> Iterator[ValidationError]:
    yield from validator.iter_errors(task_input)


def _told(error: ValidationError) -> tuple[str, str]:
    return ".".join(map(str, error.absolute_path))[:200], error.message[:200]


def _size(value: Json) -> int:
    waiting, size = [value], 0
    while waiting and size <= MOST_COMPARISONS:
        value = waiting.pop()
        size += 1
        if isinstance(value, dict | list):
            waiting.extend(value.values() if isinstance(value, dict) else value)
    return size
