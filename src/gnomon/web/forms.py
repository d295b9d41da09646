"""The forms that schemas are written in."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

Schema = dict[str, Any]

ANY: Schema = {}
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time"}


def record(properties: Mapping[str, Schema], example: Any = None, *, optional: Iterable[str] = ()) -> Schema:
    """Write a closed object whose members are all there, but for the optional ones."""
    required = [name for name in properties if name not in set(optional)]
    schema: Schema = {"type": "object", "required": required, "additionalProperties": False}
    schema["properties"] = dict(properties)
    return schema if example is None else {**schema, "examples": [example]}


def many(name: str) -> Schema:
    """Write an array of a component."""
    return {"type": "array", "items": named(name)}


def named(name: str) -> Schema:
    """Refer to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def words(values: type[StrEnum] | Iterable[str]) -> Schema:
    """Write a closed choice of words."""
    return {"type": "string", "enum": [str(value) for value in values]}


def maybe(schema: Schema) -> Schema:
    """Write what may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def told(schema: Schema, description: str) -> Schema:
    """Add a description."""
    return {**schema, "description": description}
