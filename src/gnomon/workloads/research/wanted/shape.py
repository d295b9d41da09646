"""The shape of a wanted answer: an untrusted JSON Schema, bounded, its references unfolded, as a tree of fields."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gnomon.core.errors import Complaint
from gnomon.core.task import Json
from gnomon.workloads.research.record import Path
from gnomon.workloads.research.wanted.pattern import Costly, weigh
from gnomon.workloads.research.wanted.validity import is_valid

Schema = Mapping[str, Any]

LARGEST: Final = 20_000
"""Values in a schema, all levels together."""
TALLEST: Final = 60
"""Levels of JSON within each other."""
MOST_UNFOLDED: Final = 5_000
"""Schemas and enum values, each counted as often as references lead to it."""
DEEPEST: Final = 8
"""Objects and lists within each other."""
MOST_FIELDS: Final = 100
MOST_CHOICES: Final = 500
"""Values of one enum."""

_ONE: Final = (
    *("items", "additionalProperties", "additionalItems", "not", "if", "then", "else"),
    *("contains", "propertyNames"),
)
_LISTS: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_NAMED: Final = ("properties", "dependentSchemas")
_FORMS: Final[Mapping[str, type]] = {
    **dict.fromkeys((*_LISTS, "enum", "required"), list),
    **dict.fromkeys(_NAMED, dict),
    **dict.fromkeys(("$ref", "pattern", "format", "title", "description"), str),
}
_SAID: Final[Mapping[type, str]] = {dict: "an object", list: "a list", str: "a text"}
_TYPES: Final = ("object", "array", "string", "number", "integer", "boolean", "null")
_FOREIGN: Final = frozenset({"$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$anchor"})
_BESIDE: Final = frozenset(
    {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"}
)
_DROPPED: Final = frozenset(
    {
        *("$defs", "definitions", "$schema", "$id", "$comment", "$ref"),
        # What further names may be is of no matter: an answer has the named properties alone.
        *("patternProperties", "unevaluatedItems", "unevaluatedProperties"),
    }
)
_COUNTS: Final = (
    "maxLength",
    "minLength",
    "maxItems",
    "minItems",
    "maxProperties",
    "minProperties",
    "minContains",
    "maxContains",
)
_BOUNDS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


class BadSchema(ValueError):
    """A schema is not one that can be answered; says where, and what to do."""

    def __init__(self, place: Path, message: str, kind: str) -> None:
        super().__init__(message)
        self.complaint = Complaint(place, message, kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A field of the wanted answer, or the whole of it."""

    path: Path
    schema: Schema
    """Its schema, references unfolded."""
    meant: Schema
    """The same without the null that it may be, and with the parts of `allOf` put together."""
    members: tuple["Shape", ...] = ()
    """The fields of an object; a leaf has none."""
    is_required: bool = True
    """Whether the object around it needs it."""
    may_be_null: bool = False

    def leaves(self) -> Iterator["Shape"]:
        """Yield the fields that hold values, in the order of the schema."""
        if not self.members:
            yield self
        for member in self.members:
            yield from member.leaves()


def read_shape(schema: Json) -> Shape:
    """Read the schema of an answer.

    Raises
    ------
    BadSchema
        When it breaks a bound, refers to what is not in it, or is no object with named properties.
    """
    _measure(schema)
    assert isinstance(schema, Mapping)
    unfolded = _Unfolding(schema).unfold(schema, (), ())
    meant = meaning(unfolded)
    if not is_object(meant) or not meant.get("properties"):
        text = (
            "The answer must be an object with named 'properties'; put the schema into one, such as 'answer'."
        )
        raise BadSchema((), text, "root")
    shape = _shape((), unfolded, 0, is_required=True)
    if (count := sum(1 for _ in shape.leaves())) > MOST_FIELDS:
        text = f"An answer may have {MOST_FIELDS} fields; this one has {count}. Ask for fewer at a time."
        raise BadSchema((), text, "too_many")
    return shape


def meaning(schema: Schema) -> Schema:
    """Return a schema without its null and with the parts of `allOf` put together, as far as that is plain."""
    parts = schema.get("allOf")
    if parts:
        schema = _together([{k: v for k, v in schema.items() if k != "allOf"}, *map(meaning, _dicts(parts))])
    for word in ("anyOf", "oneOf"):
        some = [each for each in _dicts(schema.get(word, ())) if not _is_null(each)]
        if len(some) == 1:
            around = {name: value for name, value in schema.items() if name != word}
            return meaning({**meaning(some[0]), **around})
    kinds = schema.get("type")
    if isinstance(kinds, list) and len(kept := [kind for kind in kinds if kind != "null"]) == 1:
        return {**schema, "type": kept[0]}
    return schema


def is_object(schema: Schema) -> bool:
    """Say whether a schema is one of objects."""
    return schema.get("type") == "object" or ("type" not in schema and "properties" in schema)


def is_list(schema: Schema) -> bool:
    """Say whether a schema is one of lists."""
    return schema.get("type") == "array" or ("type" not in schema and "items" in schema)


def _dicts(values: Sequence[Json]) -> list[Schema]:
    return [value for value in values if isinstance(value, dict)]


def _is_null(schema: Schema) -> bool:
    return schema.get("type") in ("null", ["null"]) or ("const" in schema and schema["const"] is None)


def _together(parts: Sequence[Schema]) -> Schema:
    """Put the parts of an `allOf` together: members and needs of all, of other words the first."""
    whole: dict[str, Any] = {}
    for part in parts:
        for word, value in part.items():
            if word == "properties":
                whole[word] = {**value, **whole.get(word, {})}
            elif word == "required":
                whole[word] = [*whole.get(word, []), *value]
            else:
                whole.setdefault(word, value)
    return whole


def _measure(schema: Json) -> None:
    """Count the values of JSON and its levels without recursion."""
    if not isinstance(schema, dict):
        raise BadSchema((), "A schema must be an object.", "schema_form")
    waiting: list[tuple[Json, int]] = [(schema, 1)]
    count = 0
    while waiting:
        value, level = waiting.pop()
        count += 1
        if count > LARGEST or level > TALLEST:
            text = f"A schema may have {LARGEST} values and {TALLEST} levels; make it smaller or flatter."
            raise BadSchema((), text, "too_large")
        if isinstance(value, dict | list):
            waiting.extend(
                (each, level + 1) for each in (value.values() if isinstance(value, dict) else value)
            )


@dataclass(slots=True)
class _Unfolding:
    root: Schema
    left: int = MOST_UNFOLDED

    def unfold(self, schema: Schema, place: Path, trail: tuple[str, ...]) -> Schema:
        """Put what references mean in their places."""
        self.left -= 1 + len(schema.get("enum", ()) if isinstance(schema.get("enum"), list) else ())
        if self.left < 0 or len(trail) > TALLEST:
            text = "The schema unfolds to too much; use fewer references to references."
            raise BadSchema(place, text, "too_large")
        _look_at(schema, place)
        plain = {
            word: self._inner(word, value, place, trail)
            for word, value in schema.items()
            if word not in _DROPPED
        }
        return self._referred(str(schema["$ref"]), plain, place, trail) if "$ref" in schema else plain

    def _inner(self, word: str, value: Json, place: Path, trail: tuple[str, ...]) -> Json:
        here = (*place, word)
        if word in _ONE:
            return self._schema(value, here, trail)
        if word in _LISTS and isinstance(value, list):
            return [self._schema(each, (*here, position), trail) for position, each in enumerate(value)]
        if word in _NAMED and isinstance(value, dict):
            return {name: self._schema(each, (*here, name), trail) for name, each in value.items()}
        return value

    def _schema(self, value: Json, place: Path, trail: tuple[str, ...]) -> Json:
        if isinstance(value, dict):
            return self.unfold(value, place, trail)
        if not isinstance(value, bool):
            text = f"'{str(place[-1])[:80]}' must be a schema: an object, true or false."
            raise BadSchema(place, text, "schema_form")
        return value

    def _referred(self, name: str, beside: Schema, place: Path, trail: tuple[str, ...]) -> Schema:
        here = (*place, "$ref")
        if name in trail:
            text = f"'{name[:80]}' refers back to itself; unfold it to the depth that you need."
            raise BadSchema(here, text, "reference")
        target = _find(self.root, name)
        if target is None:
            text = f"'{name[:80]}' leads to no schema; refer to a part of this one, such as '#/$defs/Person'."
            raise BadSchema(here, text, "reference")
        meant = self.unfold(target, here, (*trail, name))
        if beside.keys() <= _BESIDE:
            return {**meant, **beside}
        return {**beside, "allOf": [*beside.get("allOf", ()), meant]}


def _find(root: Schema, reference: str) -> Schema | None:
    """Find what a reference means; None when it means nothing in this schema."""
    if reference != "#" and not reference.startswith("#/"):
        return None
    found: Json = root
    for part in reference.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and re.fullmatch("[0-9]{1,5}", name) and int(name) < len(found):
            found = found[int(name)]
        elif isinstance(found, dict) and name in found:
            found = found[name]
        else:
            return None
    return found if isinstance(found, dict) else None


def _look_at(schema: Schema, place: Path) -> None:
    for word, value in schema.items():
        here = (*place, word)
        if word in _FOREIGN or (word == "$id" and place):
            text = f"'{word}' is not supported; refer with '$ref' to a part of this schema."
            raise BadSchema(here, text, "unsupported_keyword")
        if word in _FORMS and not isinstance(value, _FORMS[word]):
            raise BadSchema(here, f"'{word}' must be {_SAID[_FORMS[word]]}.", "schema_form")
        if word in (*_COUNTS, *_BOUNDS):
            _look_at_number(word, value, here)
    _look_at_type(schema, place)
    _look_at_names(schema, place)
    _look_at_pattern(schema, place)


def _look_at_number(word: str, value: Json, here: Path) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (word in _COUNTS and (value < 0 or value % 1 != 0)):
        raise BadSchema(here, f"'{word}' must be a number, and a count where it counts.", "schema_form")
    if word == "multipleOf" and value <= 0:
        raise BadSchema(here, "'multipleOf' must be more than 0.", "schema_form")


def _look_at_type(schema: Schema, place: Path) -> None:
    given = schema.get("type", [])
    words = given if isinstance(given, list) else [given]
    if any(word not in _TYPES for word in words if isinstance(word, str)) or not all(
        isinstance(word, str) for word in words
    ):
        text = f"Give 'type' as one of: {', '.join(_TYPES)}; or as a list of them."
        raise BadSchema((*place, "type"), text, "type")


def _look_at_names(schema: Schema, place: Path) -> None:
    needed = schema.get("dependentRequired", {})
    lists = [schema.get("required", []), *(needed.values() if isinstance(needed, dict) else [None])]
    if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in lists):
        raise BadSchema((*place, "required"), "'required' must list names of properties.", "schema_form")
    if len(schema.get("enum", ())) > MOST_CHOICES:
        raise BadSchema((*place, "enum"), f"An enum may have {MOST_CHOICES} values.", "too_many")
    if "enum" in schema and not schema["enum"]:
        raise BadSchema((*place, "enum"), "'enum' is empty; leave it out, or say what may be.", "schema_form")


def _look_at_pattern(schema: Schema, place: Path) -> None:
    if "pattern" not in schema:
        return
    try:
        weigh(schema["pattern"])
    except Costly as error:
        text = f"The pattern {schema['pattern'][:80]!r} is not one that can be held against a text. {error}"
        raise BadSchema((*place, "pattern"), text, "pattern") from error


def _shape(path: Path, schema: Schema, depth: int, *, is_required: bool) -> Shape:
    meant = meaning(schema)
    properties = meant.get("properties") if is_object(meant) else None
    if depth > DEEPEST or (is_list(meant) and _levels(meant) + depth > DEEPEST):
        names = ".".join(map(str, path))[:200]
        text = f"'{names}' lies deeper than {DEEPEST} objects and lists within each other; make it flatter."
        raise BadSchema((), text, "depth")
    needed = meant.get("required", ())
    members = tuple(
        _shape((*path, name), each if isinstance(each, dict) else {}, depth + 1, is_required=name in needed)
        for name, each in (properties or {}).items()
        if each is not False
    )
    return Shape(
        path=path,
        schema=schema,
        meant=meant,
        members=members,
        is_required=is_required,
        may_be_null=is_valid(None, schema),
    )


def _levels(schema: Schema) -> int:
    """Count the objects and lists within each other below a list."""
    items = schema.get("items")
    meant = meaning(items) if isinstance(items, dict) else {}
    if is_list(meant):
        return 1 + _levels(meant)
    inner = [meaning(each) for each in _dicts(list(meant.get("properties", {}).values()))]
    return 1 + max((_levels(each) for each in inner if is_list(each) or is_object(each)), default=0)
