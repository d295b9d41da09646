"""JSON Schemas at work: a workload's own on what it is given, and what a brief asked for on what comes back.

The schema in a brief is a client's. Doors bound it, but not every way to a workload leads through one of those, so a
comparison may cost so many steps and no more, and the keywords that no count of steps bounds, the regular expressions
foremost, are not asserted.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import SchemaError, UnknownType, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from gnomon.core.brief import ANSWER
from gnomon.core.errors import Complaint
from gnomon.core.naming import no_such
from gnomon.core.task import Json
from gnomon.core.workload import Workload

MOST_STEPS = 300_000
"""Keywords that one comparison with a brief's schema may apply: some seconds on a thread of its own."""
_NOT_ASSERTED: Final = (
    *("pattern", "patternProperties", "uniqueItems"),
    *("unevaluatedItems", "unevaluatedProperties", "$dynamicRef"),
)
_MOST_COMPLAINTS: Final = 20
_BROKEN: Final = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(UnknownType, Unresolvable),
)
"""What comparing with a schema that came past the doors may raise."""
_LONGEST_VALUE: Final = 60
_LONGEST_MESSAGE: Final = 300
_MOST_NAMED: Final = 5
_KINDS: Final[Sequence[tuple[type, str]]] = (
    (bool, "a truth value"),
    (str, "a text"),
    (int, "a number"),
    (float, "a number"),
    (list, "a list"),
    (dict, "an object"),
    (type(None), "null"),
)
_TYPES: Final[Mapping[str, str]] = {
    "boolean": "a truth value",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def with_schema_check(workload: Workload) -> Workload:
    """Let a workload's JSON Schema check its input before its own check does, and what a brief asked for its result.

    Raises
    ------
    ValueError
        When the schema is no valid JSON Schema.
    """
    try:
        Draft202012Validator.check_schema(dict(workload.input_schema))
    except SchemaError as error:
        raise ValueError(f"The input schema of {workload.kind!r} is not valid: {error.message}") from error
    validator = Draft202012Validator(dict(workload.input_schema), registry=Registry())
    taken = f"The workload {workload.kind!r} takes {_wanted(workload.input_schema)}"

    def check(task_input: Json) -> Sequence[Complaint]:
        found = (c for error in validator.iter_errors(task_input) for c in _complaints(error, taken))
        complaints = list(islice(found, _MOST_COMPLAINTS))
        return complaints or (workload.check(task_input) if workload.check else ())

    answers = _both(check_answer, workload.check_result) if workload.takes_brief else workload.check_result
    return replace(workload, check=check, check_result=answers)


Check = Callable[[Json, Json], Sequence[Complaint]]


def _both(first: Check, second: Check | None) -> Check:
    def check(task_input: Json, result: Json) -> Sequence[Complaint]:
        return first(task_input, result) or (second(task_input, result) if second else ())

    return check


def check_answer(task_input: Json, result: Json) -> Sequence[Complaint]:
    """Find what keeps a result from being the answer that a brief asked for."""
    errors = Draft202012Validator(dict(ANSWER), registry=Registry()).iter_errors(result)
    if complaints := [_finding(error) for error in islice(errors, _MOST_COMPLAINTS)]:
        return complaints
    form = "text" if isinstance(result["content"], str) else "json"
    if form != result["type"]:
        return [
            _mismatch(("type",), f"{result['type']!r} is given with {_kind(result['content'])} as content")
        ]
    wish = task_input.get("output") if isinstance(task_input, dict) else None
    asked = wish.get("type") if isinstance(wish, dict) else "auto"
    if asked in ("text", "json") and asked != form:
        wanted, given = ("a text", "an object") if asked == "text" else ("an object", "a text")
        return [_mismatch(("content",), f"{wanted} was asked for, not {given}")]
    return _compare(result["content"], wish.get("schema", {})) if asked == "json" and wish else ()


def _compare(content: Json, schema: Json) -> Sequence[Complaint]:
    """Hold JSON against the schema of a brief, for as many steps as are allowed."""
    meter = _METER.set(_Meter(MOST_STEPS))
    try:
        plain = {word: value for word, value in _undated(schema).items() if word != "$id"}
        errors = _Bounded(plain, registry=Registry()).iter_errors(content)
        return [_finding(error, "content") for error in islice(errors, _MOST_COMPLAINTS)]
    except (_TooMuch, RecursionError):
        return [_mismatch(("content",), "comparing it with the schema of the brief is too much work")]
    except _BROKEN as error:
        return [_mismatch(("content",), f"the schema of the brief is broken ({str(error)[:200]})")]
    finally:
        _METER.reset(meter)


def _undated(schema: Json) -> Json:
    """Leave out what would hand a part of a schema to the library's plain validator, which counts nothing."""
    if isinstance(schema, list):
        return [_undated(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = (word for word, value in schema.items() if word != "$schema" or not isinstance(value, str))
    return {word: schema[word] if word in ("enum", "const") else _undated(schema[word]) for word in kept}


class _TooMuch(Exception):
    """A comparison has taken all its steps."""


@dataclass(slots=True)
class _Meter:
    left: int


_METER: Final[ContextVar[_Meter]] = ContextVar("_METER")


def _counted(apply: Callable[..., Any]) -> Callable[..., Iterator[ValidationError]]:
    def keyword(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        meter = _METER.get()
        meter.left -= 1
        if meter.left < 0:
            raise _TooMuch
        yield from apply(validator, value, instance, schema) or ()

    return keyword


def _named_only(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Assert `additionalProperties` where no pattern has a say in it."""
    if "patternProperties" not in schema:
        yield from (
            Draft202012Validator.VALIDATORS["additionalProperties"](validator, value, instance, schema) or ()
        )


def _pass(*_: Any) -> Iterator[ValidationError]:
    return iter(())


_extend: Any = validators.extend
_Bounded: Final[Any] = _extend(
    Draft202012Validator,
    {word: _counted(apply) for word, apply in Draft202012Validator.VALIDATORS.items()}
    | {"additionalProperties": _counted(_named_only)}
    | dict.fromkeys(_NOT_ASSERTED, _pass),
)


def _mismatch(place: tuple[str | int, ...], text: str) -> Complaint:
    return Complaint(place, text, "answer")


def _finding(error: ValidationError, *above: str) -> Complaint:
    """Say on one short line what is wrong with a part of a result, which may be large."""
    place = (*above, *error.absolute_path)
    if error.validator == "type":
        text = f"{_names(error.validator_value)} is wanted, not {_kind(error.instance)}"
        return Complaint(place, text, "type")
    return Complaint(place, _short(error), str(error.validator))


def _short(error: ValidationError) -> str:
    """Say what is wrong without quoting all of a large value."""
    value, text = error.instance, error.message
    if isinstance(value, dict | list) or len(str(value)) > _LONGEST_VALUE:
        text = text.replace(repr(value), _kind(value))
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}..."


def _kind(value: Json) -> str:
    return next((text for kind, text in _KINDS if isinstance(value, kind)), "something else")


def _names(types: Any) -> str:
    words = types if isinstance(types, list) else [types]
    return " or ".join(_TYPES.get(str(word), str(word)) for word in words)


def _wanted(schema: Mapping[str, Json]) -> str:
    """Say in a few words what a schema wants."""
    form = _names(schema["type"]) if "type" in schema else "another input"
    required = schema.get("required", [])
    if not required:
        return form
    named = ", ".join(map(repr, required[:_MOST_NAMED]))
    return f"{form} with {named}{' and others' if len(required) > _MOST_NAMED else ''}"


def _complaints(error: ValidationError, taken: str) -> Iterator[Complaint]:
    """Say what a schema has against a value; a member too many is pointed at by itself."""
    place, schema = tuple(error.absolute_path), error.schema
    if error.validator != "additionalProperties" or not isinstance(schema, dict):
        yield Complaint(place, _refusal(error, taken), str(error.validator))
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    instance: Any = error.instance
    for name in instance:
        if name not in known and not any(re.search(pattern, name) for pattern in patterns):
            yield Complaint((*place, name), no_such("member", name, known), str(error.validator))


def _refusal(error: ValidationError, taken: str) -> str:
    """Say who refused, what is wanted and what is wrong."""
    value, names = error.instance, ".".join(map(str, error.absolute_path))
    if error.validator == "type":
        wrong = f"{_names(error.validator_value)} is wanted{f' as {names!r}' if names else ''}, not {_kind(value)}"
    elif error.validator == "required":
        inside = f" in {names!r}" if names else ""
        wrong = f"{error.message.removesuffix(' is a required property')} is required{inside}"
    else:
        wrong = f"{f'{names}: ' if names else ''}{_short(error)}"
    return f"{taken}: {wrong}."
