"""Whether JSON is what an unfolded schema of a client wants: by jsonschema, with every cost bounded."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker, validators
from jsonschema.exceptions import ValidationError
from referencing import Registry

from gnomon.core.task import Json
from gnomon.workloads.research.wanted.pattern import matches

_MOST_TOLD: Final = 20
_FORMATS: Final = FormatChecker(("date", "email", "uuid", "ipv4", "ipv6"))
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")


@_FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return bool(_MOMENT.fullmatch(value) and datetime.fromisoformat(value.upper()))


@_FORMATS.checks("uri")
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or _ADDRESS.fullmatch(value) is not None


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not matches(pattern, instance):
        yield ValidationError(f"{instance[:60]!r} does not match {pattern!r}")


_extend: Any = validators.extend
_Bounded: Final[Any] = _extend(Draft202012Validator, {"pattern": _pattern})


def is_valid(value: Json, schema: Mapping[str, Any]) -> bool:
    """Say whether a value is what a schema wants; the schema has no references left."""
    return next(_errors(value, schema), None) is None


def mismatches(value: Json, schema: Mapping[str, Any]) -> list[tuple[tuple[str | int, ...], str]]:
    """Say where a value is not what a schema wants, and why; the first few places."""
    return [
        (tuple(error.absolute_path), str(error.message)[:300])
        for error in islice(_errors(value, schema), _MOST_TOLD)
    ]


def _errors(value: Json, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    errors: Iterator[ValidationError] = _Bounded(
        schema, registry=Registry(), format_checker=_FORMATS
    ).iter_errors(value)
    return errors
