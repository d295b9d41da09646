"""The rules for a JSON Schema of a task spec: which part of the language is understood, and how much of it.

A schema is untrusted: it is walked without recursion, and every part of it a bounded number of times.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gnomon.core.errors import Complaint
from gnomon.web.dialects.parallel.wire.references import (
    LISTS,
    NAMED,
    BadReference,
    Path,
    Schema,
    find,
    measure,
    within,
)

DEEPEST: Final = 5
"""Objects within objects, the root counted."""
MOST_PROPERTIES: Final = 100
"""Of all levels together."""
MOST_ENUM_VALUES: Final = 500
LONG_ENUM: Final = 250
"""Values of an enum above which its text is measured."""
LONGEST_ENUM_TEXT: Final = 7_500
UNSUPPORTED: Final = frozenset(
    {
        *("contains", "minContains", "maxContains", "minItems", "maxItems", "minLength", "maxLength"),
        *("minProperties", "maxProperties", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("multipleOf", "pattern", "patternProperties", "propertyNames", "uniqueItems"),
        *("unevaluatedItems", "unevaluatedProperties"),
    }
)
BASIS_NAMES: Final = frozenset(
    {"citations", "confidence", "evidence", "reasoning", "source", "sources", "source_urls"}
)
"""What the basis of every answer tells anyway."""
TYPES: Final = ("object", "array", "string", "number", "integer", "boolean", "null")
_FOREIGN: Final = frozenset({"$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor"})
_FORMS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(NAMED, dict),
    **dict.fromkeys((*LISTS, "enum"), list),
    **dict.fromkeys(("$defs", "definitions", "dependentRequired"), dict),
    **dict.fromkeys(("$ref", "description", "title", "$comment", "$anchor", "$schema", "format"), str),
}
_SAID: Final[Mapping[type, str]] = {dict: "an object", list: "a list", str: "a text"}
_UNNAMED: Final = ("properties", "$defs", "definitions")
_ENOUGH: Final = 40


@dataclass(frozen=True, slots=True)
class _Node:
    """A schema within the schema, on a way that leads to it."""

    schema: Schema
    path: Path
    depth: int
    """Objects on the way, this one counted."""
    is_choice: bool = False
    """Whether it stands beside others, of which one holds."""


@dataclass(slots=True)
class Findings:
    """What a walk has found: complaints, and the fields of which to warn."""

    complaints: list[Complaint] = field(default_factory=list)
    properties: int = 0
    enum_values: int = 0
    formats: list[str] = field(default_factory=list)
    not_required: list[str] = field(default_factory=list)
    open_objects: list[str] = field(default_factory=list)
    of_basis: list[str] = field(default_factory=list)

    def refuse(self, path: Path, message: str, kind: str) -> None:
        """Complain of a place in the schema."""
        self.complaints.append(Complaint(path, message, kind))


def examine(root: Schema) -> Findings:
    """Walk a schema under the rules."""
    found = Findings()
    try:
        measure(root)
    except BadReference as error:
        found.refuse((), str(error), "reference")
        return found
    _look_at_root(root, found)
    seen: dict[int, int] = {}
    waiting = [_Node(root, (), 1)]
    while waiting and len(found.complaints) < _ENOUGH:
        node = waiting.pop()
        visited = seen.get(id(node.schema), 0)
        if visited >= node.depth:
            continue
        seen[id(node.schema)] = node.depth
        if node.depth > DEEPEST:
            text = f"This lies deeper than {DEEPEST} objects within each other; make the schema flatter."
            found.refuse(node.path, text, "depth")
            continue
        if not visited:
            _look_at(node, found)
        waiting.extend(reversed(list(_children(root, node))))
    _count(found)
    return found


def field_count(root: Schema) -> int:
    """Count the fields of an answer; the schema has passed `examine`."""
    return len(_meant(root)["properties"])


def _meant(root: Schema) -> Schema:
    """Return what the root is, if it is but a reference to a definition."""
    known: Schema = root
    while "$ref" in known and "type" not in known:
        target = find(root, str(known["$ref"]))
        assert target is not None, "references were measured"
        known = target[1]
    return known


def _look_at_root(root: Schema, found: Findings) -> None:
    known = _meant(root)
    if "anyOf" in known:
        found.refuse(("anyOf",), "Put 'anyOf' into a property; the root must be one object.", "root")
    if known.get("type") != "object":
        found.refuse(("type",), "The root of a schema must be of the type 'object'.", "root")
    elif not known.get("properties"):
        found.refuse(("properties",), "The root needs 'properties'; name the fields.", "root")


def _look_at(node: _Node, found: Findings) -> None:
    _look_at_words(node.schema, node.path, found)
    _look_at_type(node, found)
    _look_at_enum(node.schema, node.path, found)
    _look_at_names(node.schema, node.path, found)
    _look_at_properties(node.schema, node.path, found)
    if "format" in node.schema:
        found.formats.append(_name(node.path))


def _look_at_words(schema: Schema, path: Path, found: Findings) -> None:
    for word in schema:
        if word in UNSUPPORTED:
            text = f"'{word}' is not supported; say it in the field's description instead."
            found.refuse((*path, word), text, "unsupported_keyword")
        elif word in _FOREIGN or (word == "$id" and path):
            text = f"'{word}' is not supported; refer with '$ref' to a part of this schema."
            found.refuse((*path, word), text, "unsupported_keyword")
        elif word in _FORMS and not isinstance(schema[word], _FORMS[word]):
            found.refuse((*path, word), f"'{word}' must be {_SAID[_FORMS[word]]}.", "schema_form")
        elif word in (*LISTS, "enum") and not schema[word]:
            text = f"'{word}' is empty; leave it out, or say what may be."
            found.refuse((*path, word), text, "schema_form")
    for place, inner in within(schema):
        if not isinstance(inner, dict | bool):
            text = f"'{str(place[-1])[:80]}' must be a schema: an object, true or false."
            found.refuse((*path, *place), text, "schema_form")


def _look_at_type(node: _Node, found: Findings) -> None:
    if not node.path or "type" not in node.schema:  # the root has been looked at
        return
    given = node.schema["type"]
    words = given if isinstance(given, list) else [given]
    place = (*node.path, "type")
    if not words or any(not isinstance(word, str) or word not in TYPES for word in words):
        found.refuse(place, f"Give 'type' as one of: {', '.join(TYPES)}; or as a list of them.", "type")
    elif set(words) == {"null"} and not node.is_choice:
        found.refuse(place, "A field that is only ever null says nothing; give another type.", "null_type")


def _look_at_enum(schema: Schema, path: Path, found: Findings) -> None:
    values = schema.get("enum")
    if not isinstance(values, list):
        return
    found.enum_values += len(values)
    length = sum(len(value) for value in values if isinstance(value, str))
    if len(values) > LONG_ENUM and length > LONGEST_ENUM_TEXT:
        text = (
            f"The texts of an enum of more than {LONG_ENUM} values may have {LONGEST_ENUM_TEXT} characters "
            f"together; these have {length}."
        )
        found.refuse((*path, "enum"), text, "too_long")


def _look_at_names(schema: Schema, path: Path, found: Findings) -> None:
    lists: dict[Path, Any] = {("required",): schema.get("required", [])}
    needed = schema.get("dependentRequired")
    if isinstance(needed, dict):
        lists |= {("dependentRequired", name): names for name, names in needed.items()}
    for place, names in lists.items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            found.refuse(
                (*path, *place), f"'{str(place[-1])[:80]}' must list names of properties.", "schema_form"
            )


def _look_at_properties(schema: Schema, path: Path, found: Findings) -> None:
    required, properties = schema.get("required", []), schema.get("properties", {})
    if not isinstance(required, list) or not isinstance(properties, dict):
        return
    found.properties += len(properties)
    for name in properties:
        place = _name((*path, "properties", name))
        if name not in required:
            found.not_required.append(place)
        if name in BASIS_NAMES:
            found.of_basis.append(place)
    if _is_object(schema) and schema.get("additionalProperties") is not False:
        found.open_objects.append(_name(path) or "the root")


def _count(found: Findings) -> None:
    for count, most, noun in (
        (found.properties, MOST_PROPERTIES, "properties"),
        (found.enum_values, MOST_ENUM_VALUES, "enum values"),
    ):
        if count > most:
            text = f"A schema may have {most} {noun}, all levels together; this one has {count}."
            found.refuse((), text, "too_many")


def _is_object(schema: Schema) -> bool:
    given = schema.get("type")
    return given == "object" or (isinstance(given, list) and "object" in given) or "properties" in schema


def _children(root: Schema, node: _Node) -> Iterator[_Node]:
    for place, inner in within(node.schema):
        if isinstance(inner, dict):
            # One null beside other choices is what an optional field is; null alone is none.
            is_choice = place[0] in ("anyOf", "oneOf") and len(node.schema[str(place[0])]) > 1
            yield _child(inner, (*node.path, *place), node.depth, is_choice=is_choice)
    if "$ref" in node.schema:
        target = find(root, str(node.schema["$ref"]))
        assert target is not None, "references were measured"
        place, inner = target
        yield _child(inner, place, node.depth, is_choice=node.is_choice)


def _child(schema: Schema, path: Path, depth: int, *, is_choice: bool) -> _Node:
    return _Node(schema, path, depth + _is_object(schema), is_choice)


def _name(path: Path) -> str:
    """Write a place in a schema as people name the field."""
    names = ["*" if part == "items" else str(part) for part in path if part not in _UNNAMED]
    return ".".join(names)[:200]
