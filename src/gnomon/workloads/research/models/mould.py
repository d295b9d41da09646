"""A schema as servers can hold an answer to it, and the way back: what it allows is valid for the schema it is of.

Strict servers want each object closed and each property required. An optional property therefore may be null in the
mould, and a null that the schema itself does not allow is left out again. What cannot be said so (maps with free
keys, `allOf`, `not`, conditions) is left as it is, and the mould is then not strict.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gnomon.core.task import Json
from gnomon.workloads.research.models.json_text import validator

LONGEST_STRING = 1000
"""Characters of a string of which the schema says nothing: a small model would write on to its last token."""
VALUE = "value"
"""The one property of an answer whose schema is of no object."""

_OPEN = {
    *("allOf", "not", "if", "then", "else", "dependentSchemas", "dependentRequired", "patternProperties"),
    *(
        "propertyNames",
        "unevaluatedProperties",
        "unevaluatedItems",
        "prefixItems",
        "contains",
        "minProperties",
    ),
    *("$dynamicRef", "$recursiveRef", "definitions", "dependencies"),
}
"""What a strict server does not know, or what would mean something else once objects are closed."""
_BRANCHES = ("anyOf", "oneOf")
_SAYS_WHAT = {"type", "enum", "const", "$ref", *_BRANCHES}
_ABOUT = {"description", "$defs"}
_NUMBER = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_WORDS: Mapping[str, frozenset[str]] = {
    "string": frozenset({"minLength", "maxLength", "pattern", "format"}),
    "integer": _NUMBER,
    "number": _NUMBER,
    "array": frozenset({"items", "minItems", "maxItems", "uniqueItems"}),
    "object": frozenset({"properties", "required", "additionalProperties", "maxProperties"}),
}
"""The words that say something of values of one type."""
_DROPPED = ("default", "examples", "$schema", "$id", "$comment", "title")
_NO_LENGTH = ("maxLength", "enum", "const", "format", "pattern")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mould:
    """A schema for a server, and whether a strict one takes it."""

    schema: Mapping[str, Any]
    is_strict: bool
    original: Mapping[str, Any]
    is_wrapped: bool
    """The answer stands in an object of one property."""

    def release(self, value: dict[str, Json]) -> Json:
        """Return what the schema itself asks for out of what was said in the mould."""
        inner = value.get(VALUE) if self.is_wrapped else value
        return _Release(self.original).drop(inner, self.original)


def mould(schema: Mapping[str, Any]) -> Mould:
    """Make the mould of a schema."""
    making = _Making()
    made = making.tighten(schema)
    is_wrapped = schema.get("type") != "object"
    if is_wrapped:
        made = _wrap(made)
    return Mould(schema=made, is_strict=making.is_strict, original=schema, is_wrapped=is_wrapped)


def _wrap(made: dict[str, Any]) -> dict[str, Any]:
    definitions = made.pop("$defs", None)
    wrapped = {
        "type": "object",
        "properties": {VALUE: made},
        "required": [VALUE],
        "additionalProperties": False,
    }
    return {**wrapped, "$defs": definitions} if definitions is not None else wrapped


class _Making:
    def __init__(self) -> None:
        self.is_strict = True

    def tighten(self, node: Any) -> Any:
        """Return a schema closed, and note when it cannot be."""
        if not isinstance(node, Mapping):
            self.is_strict = False
            return node
        made = {key: value for key, value in node.items() if key not in _DROPPED}
        if "$defs" in made:
            made["$defs"] = {name: self.tighten(part) for name, part in made["$defs"].items()}
        if _OPEN & made.keys() or _refers_elsewhere(made):
            self.is_strict = False
            return made
        return self._tighten_parts(made)

    def _tighten_parts(self, made: dict[str, Any]) -> dict[str, Any]:
        types = _types(made)
        branches = [word for word in _BRANCHES if word in made]
        if branches and ("properties" in made or len(types) > 1):
            self.is_strict = False
            return made
        if len(types) > 1:
            return self._tighten_parts(_split(made, types))
        for word in branches:
            made[word] = [self.tighten(part) for part in made[word]]
        self._tighten_type(made, types)
        return made

    def _tighten_type(self, made: dict[str, Any], types: tuple[str, ...]) -> None:
        if "object" in types:
            self._close(made)
        if "array" in types:
            self._tighten_items(made)
        if "string" in types and not any(word in made for word in _NO_LENGTH):
            made["maxLength"] = LONGEST_STRING
        if not _SAYS_WHAT & made.keys():
            self.is_strict = False

    def _close(self, made: dict[str, Any]) -> None:
        if "properties" not in made or made.get("additionalProperties", False) is not False:
            self.is_strict = False
            return
        wanted = set(made.get("required", ()))
        if wanted - made["properties"].keys():
            self.is_strict = False
            return
        tight = {name: self.tighten(part) for name, part in made["properties"].items()}
        made["properties"] = {
            name: part if name in wanted else _nullable(part) for name, part in tight.items()
        }
        made["required"] = list(tight)
        made["additionalProperties"] = False

    def _tighten_items(self, made: dict[str, Any]) -> None:
        if "items" in made:
            made["items"] = self.tighten(made["items"])
        else:
            self.is_strict = False


def _refers_elsewhere(node: Mapping[str, Any]) -> bool:
    """Say whether a reference is to no definition: those to a place would miss it in a wrapped mould."""
    return not str(node.get("$ref", "#/$defs/")).startswith("#/$defs/")


def _types(node: Mapping[str, Any]) -> tuple[str, ...]:
    types = node.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)


def _split(node: Mapping[str, Any], types: tuple[str, ...]) -> dict[str, Any]:
    """Return a schema of several types as alternatives of one each: not every server reads a list of types."""
    if "enum" in node or "const" in node:
        listed = node.get("enum", [node.get("const")])
        fitting = validator({"type": list(types)})
        kept = {name: value for name, value in node.items() if name in _ABOUT}
        return {**kept, "enum": [value for value in listed if fitting.is_valid(value)]}
    shared = {name: value for name, value in node.items() if name in _ABOUT}
    words = [
        {name: node[name] for name in sorted(_WORDS.get(kind, frozenset()) & node.keys())} for kind in types
    ]
    return {**shared, "anyOf": [{"type": kind, **own} for kind, own in zip(types, words, strict=True)]}


def _nullable(node: Any) -> Any:
    if not isinstance(node, Mapping) or node.get("type") == "null":
        return node
    if set(node) - {"description"} == {"anyOf"}:
        parts = node["anyOf"]
        return node if {"type": "null"} in parts else {**node, "anyOf": [*parts, {"type": "null"}]}
    about = {name: value for name, value in node.items() if name == "description"}
    inner = {name: value for name, value in node.items() if name not in about}
    return {**about, "anyOf": [inner, {"type": "null"}]}


class _Release:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._checks = validator(root)
        self._root = root

    def drop(self, value: Json, node: Any) -> Json:
        """Return the value without the nulls that stand for what was left out."""
        parts = list(self._alternatives(node))
        if isinstance(value, dict):
            return {
                name: self._drop_in(inner, _each(parts, name))
                for name, inner in value.items()
                if not (inner is None and self._is_left_out(name, parts))
            }
        if isinstance(value, list):
            items = [part["items"] for part in parts if isinstance(part.get("items"), Mapping)]
            return [self._drop_in(inner, items) for inner in value]
        return value

    def _drop_in(self, value: Json, nodes: list[Any]) -> Json:
        return self.drop(value, {"anyOf": nodes}) if nodes else value

    def _is_left_out(self, name: str, parts: list[Mapping[str, Any]]) -> bool:
        known = [part for part in parts if name in part.get("properties", ())]
        return bool(known) and not any(
            name in part.get("required", ()) or self._allows_null(part["properties"][name]) for part in known
        )

    def _allows_null(self, node: Any) -> bool:
        return bool(self._checks.evolve(schema=node).is_valid(None))

    def _alternatives(self, node: Any, met: frozenset[str] = frozenset()) -> Iterator[Mapping[str, Any]]:
        """Yield a schema and what it refers to or offers."""
        if not isinstance(node, Mapping):
            return
        yield node
        target = node.get("$ref")
        if isinstance(target, str) and target not in met:
            yield from self._alternatives(self._find(target), met | {target})
        for word in (*_BRANCHES, "allOf"):
            for part in node.get(word, ()):
                yield from self._alternatives(part, met)

    def _find(self, target: str) -> Any:
        found: Any = self._root
        for word in target.removeprefix("#").strip("/").split("/"):
            name = word.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, Mapping) else None
        return found


def _each(parts: list[Mapping[str, Any]], name: str) -> list[Any]:
    return [part["properties"][name] for part in parts if name in part.get("properties", ())]
