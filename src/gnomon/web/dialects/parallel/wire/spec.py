"""The task spec: what the answer shall be, and what the input should have been."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from gnomon.core.brief import Wish
from gnomon.core.errors import Complaint
from gnomon.core.task import Json
from gnomon.web.dialects.parallel.origin import RunWarning
from gnomon.web.dialects.parallel.wire.doubts import Doubts, Place
from gnomon.web.dialects.parallel.wire.form import warn_of_unknown, written
from gnomon.web.dialects.parallel.wire.matching import Allowance, mismatches
from gnomon.web.dialects.parallel.wire.references import Schema
from gnomon.web.dialects.parallel.wire.schema_rules import Findings, examine, field_count
from gnomon.web.dialects.parallel.wire.words import TaskSpec

LONGEST_SPEC: Final = 15_000
"""Characters of a spec, as compact JSON; names and values of 25,000 characters are refused with it."""
LONGEST_SPEC_AND_INPUT: Final = 25_000
MOST_FIELDS: Final[Mapping[int, int]] = {1: 2, 2: 5, 3: 10, 4: 10, 5: 20, 6: 20, 7: 25, 8: 25, 9: 25}
"""Fields that an answer of each effort should not exceed."""
_AUTO: Final = Wish()
_SHAPES: Final = (
    "a text, {'type': 'json', 'json_schema': {...}}, {'type': 'text', 'description': ...} or {'type': 'auto'}"
)
_SPEC: Final = "spec_validation_warning"
_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_LEFT_OUT: Final = "The schema was left out."


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A task spec that was read."""

    wish: Wish = _AUTO
    input_schema: Schema | None = None
    length: int = 0
    """Characters, as compact JSON."""
    fields: int = 0
    """Fields of the answer, when it is JSON."""
    wording: Json = None
    """The spec as it was sent."""
    warnings: tuple[RunWarning, ...] = ()


NO_SPEC: Final = Spec()


def read_spec(given: TaskSpec | None, place: Place, *, is_lenient: bool) -> Spec:
    """Read a spec by the rules for schemas.

    Raises
    ------
    Invalid
        When it breaks one, unless it is left out for that.
    """
    if given is None:
        return NO_SPEC
    doubts = Doubts(is_lenient=is_lenient)
    warn_of_unknown(given, doubts, place)
    wording = written(given)
    length = _length(wording, LONGEST_SPEC)
    spec = Spec(length=length, wording=wording)
    if length > LONGEST_SPEC:
        text = f"A task spec may have {LONGEST_SPEC} characters; this one has more."
        doubts.drop([Complaint(place, text, "too_long")], "The task spec was left out.", _SPEC)
        spec = Spec(length=length)
    else:
        wish, fields = _output(given.output_schema, (*place, "output_schema"), doubts)
        input_schema = _input(given.input_schema, (*place, "input_schema"), doubts)
        spec = replace(spec, wish=wish, fields=fields, input_schema=input_schema)
        spec = replace(spec, wording=_without(wording, {place[-1] for place in doubts.left_out}))
    doubts.settle()
    return replace(spec, warnings=tuple(doubts.warnings))


def _without(wording: Mapping[str, Json], left_out: Collection[str | int]) -> Json:
    """Write a spec as what is left of it: the schema of the output is always there."""
    kept = {name: value for name, value in wording.items() if name not in left_out}
    return {"output_schema": {"type": "auto"}, **kept}


def held_against(spec: Spec, task_input: Json, *, effort: int, allowance: Allowance, doubts: Doubts) -> Spec:
    """Look at a spec together with the input and the effort of one run; return what goes on."""
    for warning in spec.warnings:
        doubts.warn(warning.type, warning.message, warning.detail)
    if spec.length and spec.length + _length(task_input, LONGEST_SPEC_AND_INPUT) > LONGEST_SPEC_AND_INPUT:
        text = f"Spec and input together may have {LONGEST_SPEC_AND_INPUT} characters; these have more."
        doubts.drop([Complaint(("task_spec",), text, "too_long")], "The task spec was left out.", _SPEC)
        return NO_SPEC
    if spec.fields > MOST_FIELDS[effort]:
        text = (
            f"The output has {spec.fields} fields; this processor is good for about {MOST_FIELDS[effort]}. "
            "Ask for fewer, or choose a higher one."
        )
        doubts.warn(_SPEC, text, {"fields": spec.fields, "suggested": MOST_FIELDS[effort]})
    if spec.input_schema is not None:
        _match(task_input, spec.input_schema, allowance, doubts)
    return spec


def _match(task_input: Json, schema: Schema, allowance: Allowance, doubts: Doubts) -> None:
    for where, why in mismatches(task_input, schema, allowance):
        at = f" at '{where}'" if where else ""
        text = f"The input does not match the input schema{at}: {why}."
        doubts.warn("input_validation_warning", text, {"fields": [where]} if where else None)


def _output(given: str | Mapping[str, Any], place: Place, doubts: Doubts) -> tuple[Wish, int]:
    kind = _kind(given)
    if isinstance(given, str):
        return Wish(type="text", description=given), 0
    if kind == "auto":
        return Wish(), 0
    if kind == "text":
        return _text(given, place, doubts), 0
    if kind != "json" or not isinstance(given["json_schema"], dict):
        doubts.drop([_no_shape(place)], _LEFT_OUT, _SPEC, part=place)
        return Wish(), 0
    schema = given["json_schema"]
    found = examine(schema)
    if doubts.drop(_under((*place, "json_schema"), found.complaints), _LEFT_OUT, _SPEC, part=place):
        return Wish(), 0
    _warn(found, doubts, is_output=True)
    return Wish(type="json", schema=schema), field_count(schema)


def _input(given: str | Mapping[str, Any] | None, place: Place, doubts: Doubts) -> Schema | None:
    """Return the schema to hold the input against; words describe it to people alone."""
    if given is None or isinstance(given, str):
        return None
    kind = _kind(given)
    if kind == "text":
        _text(given, place, doubts)
        return None
    if kind != "json" or not isinstance(given["json_schema"], dict):
        doubts.drop([_no_shape(place)], _LEFT_OUT, _SPEC, part=place)
        return None
    found = examine(given["json_schema"])
    if doubts.drop(_under((*place, "json_schema"), found.complaints), _LEFT_OUT, _SPEC, part=place):
        return None
    _warn(found, doubts, is_output=False)
    schema: Schema = given["json_schema"]
    return schema


def _kind(given: str | Mapping[str, Any]) -> Literal["json", "text", "auto"] | None:
    """Tell the shapes apart; what does not name its type is known by its members."""
    if isinstance(given, str):
        return "text"
    named = given.get("type")
    if "json_schema" in given:
        return "json" if named in (None, "json") else None
    if named == "text" or (named is None and "description" in given):
        return "text"
    return "auto" if named == "auto" or not given else None


def _text(given: Mapping[str, Any], place: Place, doubts: Doubts) -> Wish:
    description = given.get("description")
    if isinstance(description, str | None):
        return Wish(type="text", description=description)
    doubts.refuse((*place, "description"), "'description' must be a text.", "string_type")
    return Wish(type="text")


def _no_shape(place: Place) -> Complaint:
    return Complaint(place, f"'{place[-1]}' must be {_SHAPES}.", "schema_form")


def _under(place: Place, found: Iterable[Complaint]) -> list[Complaint]:
    return [replace(one, loc=(*place, *one.loc)) for one in found]


def _warn(found: Findings, doubts: Doubts, *, is_output: bool) -> None:
    doubts.warn_of(_SPEC, "'format' is not supported and only read as a hint:", found.formats)
    if not is_output:
        return
    doubts.warn_of(_SPEC, "Name every property in 'required':", found.not_required)
    doubts.warn_of(_SPEC, "Set 'additionalProperties' to false in:", found.open_objects)
    doubts.warn_of(_SPEC, "The basis of the answer tells this already; leave out:", found.of_basis)


def _length(value: Json, most: int) -> int:
    """Count the characters of JSON written without spaces, or of a text, until there are more than so many."""
    if isinstance(value, str):
        return len(value)
    length = 0
    for piece in _COMPACT.iterencode(value):
        length += len(piece)
        if length > most:
            break
    return length
