"""A run's input against the input schema of its spec."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry

from gnomon.core.task import Json
from gnomon.web.dialects.parallel.telling import guarded
from gnomon.web.dialects.parallel.wire.references import Schema, measure

MOST_COMPARISONS: Final = 20_000
"""Values of an input times schemas that they may be held against: tens of milliseconds."""
MOST_OF_BATCH: Final = 500_000
"""The same of all runs of one call together."""
_MOST_TOLD: Final = 5


@dataclass(slots=True)
class Allowance:
    """How many comparisons one body may still cost."""

    left: int = MOST_COMPARISONS

    def take(self, count: int) -> bool:
        """Take some if there are so many, and not too many for one run."""
        if count > min(self.left, MOST_COMPARISONS):
            return False
        self.left -= count
        return True


def mismatches(task_input: Json, schema: Schema, allowance: Allowance) -> list[tuple[str, str]]:
    """Say where an input does not match a schema that has passed the rules, and why; the first few places."""
    if not allowance.take(_size(task_input) * measure(schema).size):
        return [("", "it was not compared, because that is too much work")]
    plain = {word: value for word, value in schema.items() if word not in ("$id", "$schema")}
    validator = Draft202012Validator(plain, registry=Registry())
    return [_told(error) for error in islice(_errors(validator, task_input), _MOST_TOLD)]


def _errors(validator: Any, task_input: Json) -> Iterator[ValidationError]:
    yield from validator.iter_errors(task_input)


def _told(error: ValidationError) -> tuple[str, str]:
    return ".".join(map(str, error.absolute_path))[:200], guarded(error.message, 200)


def _size(value: Json) -> int:
    waiting, size = [value], 0
    while waiting and size <= MOST_COMPARISONS:
        value = waiting.pop()
        size += 1
        if isinstance(value, dict | list):
            waiting.extend(value.values() if isinstance(value, dict) else value)
    return size
