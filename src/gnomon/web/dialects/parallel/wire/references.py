"""References within a schema: where they lead, and that what they unfold to stays small."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from gnomon.core.task import Json

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

MOST_UNFOLDED: Final = 5_000
"""Schemas and enum values, each counted as often as references lead to it."""
TALLEST: Final = 32
"""Schemas within schemas, through references too."""
ONE: Final = ("items", "additionalProperties", "additionalItems", "not", "if", "then", "else")
LISTS: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
NAMED: Final = ("properties", "dependentSchemas")
_ROOT: Final = "#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much a schema unfolds to."""

    size: int
    height: int


@dataclass(frozen=True, slots=True)
class _Part:
    """What stands between a place and the references out of it."""

    size: int
    height: int
    references: Mapping[str, int]
    """How many of each."""
    leaves: Mapping[str, int]
    """How deep the deepest of each stands."""


class BadReference(ValueError):
    """A reference leads nowhere, back to itself, or to too much; the text says which and what to do."""


def within(schema: Schema) -> Iterator[tuple[Path, Json]]:
    """Yield the schemas that stand in a schema; definitions count where they are referred to."""
    for word in ONE:
        if word in schema:
            yield (word,), schema[word]
    for word in LISTS:
        inner = schema.get(word)
        for position, one in enumerate(inner if isinstance(inner, list) else ()):
            yield (word, position), one
    for word in NAMED:
        inner = schema.get(word)
        for name, one in inner.items() if isinstance(inner, dict) else ():
            yield (word, name), one


def find(root: Schema, reference: str) -> tuple[Path, Schema] | None:
    """Return the place and the schema that a reference means; None when it means none in this schema."""
    if reference != _ROOT and not reference.startswith("#/"):
        return None
    place: list[str | int] = []
    found: Json = root
    for part in reference.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and name in found:
            place.append(name)
            found = found[name]
        elif isinstance(found, list) and name.isascii() and name.isdigit() and len(name) < len("100000"):
            if int(name) >= len(found):
                return None
            place.append(int(name))
            found = found[int(name)]
        else:
            return None
    return (tuple(place), found) if isinstance(found, dict) else None


def measure(root: Schema) -> Extent:
    """Say how much a schema unfolds to.

    Raises
    ------
    BadReference
        When a reference leads nowhere, back to itself, or to too much.
    """
    parts = _parts(root)
    graph = {name: set(part.references) for name, part in parts.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        text = f"'{error.args[1][0][:80]}' refers back to itself; unfold it to the depth that you need."
        raise BadReference(text) from error
    extents: dict[str, Extent] = {}
    for name in order:
        extents[name] = _unfolded(parts[name], extents)
    whole = extents[_ROOT]
    if whole.size > MOST_UNFOLDED or whole.height > TALLEST:
        raise BadReference("The schema unfolds to too much; use fewer references to references.")
    return whole


def _unfolded(part: _Part, extents: Mapping[str, Extent]) -> Extent:
    size = part.size + sum(count * extents[name].size for name, count in part.references.items())
    heights = (level + extents[name].height for name, level in part.leaves.items())
    return Extent(size=size, height=max([part.height, *heights]))


def _parts(root: Schema) -> Mapping[str, _Part]:
    parts = {_ROOT: _part(root)}
    waiting = list(parts[_ROOT].references)
    while waiting:
        name = waiting.pop()
        if name in parts:
            continue
        target = find(root, name)
        if target is None:
            raise BadReference(
                f"'{name[:80]}' leads to no schema; refer to a part of this one, such as '#/$defs/Person'."
            )
        parts[name] = _part(target[1])
        waiting.extend(parts[name].references)
    return parts


def _part(schema: Schema) -> _Part:
    size, height = 0, 0
    counts: dict[str, int] = {}
    leaves: dict[str, int] = {}
    waiting: list[tuple[Schema, int]] = [(schema, 1)]
    while waiting:
        schema, level = waiting.pop()
        values = schema.get("enum")
        size += 1 + (len(values) if isinstance(values, list) else 0)
        height = max(height, level)
        if "$ref" in schema:
            name = schema["$ref"] if isinstance(schema["$ref"], str) else str(schema["$ref"])
            counts[name] = counts.get(name, 0) + 1
            leaves[name] = max(leaves.get(name, 0), level)
        waiting.extend((inner, level + 1) for _, inner in within(schema) if isinstance(inner, dict))
    return _Part(size, height, counts, leaves)
