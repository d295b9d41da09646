"""Fields: the properties of a JSON Schema, filled from labelled values, numbers and dates, or null."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gnomon_gleaner.passages import Passage, label_of, rank, words

DEEPEST = 6
SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
NUMBER = re.compile(rf"-?\d[\d,]*(?:\.\d+)?(?:\s*({'|'.join(SCALES)}))?", re.IGNORECASE)
MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
DATE = re.compile(rf"\d{{4}}-\d\d-\d\d|\d{{1,2}}\.? {MONTH} \d{{4}}|{MONTH} \d{{1,2}}, \d{{4}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value with the passages it rests on; no passage, no value."""

    value: Any = None
    passages: tuple[Passage, ...] = ()
    reasoning: str = "Nothing that was given has this name or answers its description."
    confidence: str = "low"


def settle(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference inside the schema, and take the first choice that is not null."""
    for _ in range(DEEPEST):
        if not isinstance(schema, dict):
            return {}
        if isinstance(name := schema.get("$ref"), str):
            schema = (root.get("$defs") or {}).get(name.rpartition("/")[2])
        elif isinstance(choices := schema.get("anyOf"), list):
            schema = next((each for each in choices if each != {"type": "null"}), None)
        else:
            break
    return schema if isinstance(schema, dict) else {}


def type_of(schema: Mapping[str, Any]) -> Any:
    """Return the type that is not null."""
    given = schema.get("type", "object" if "properties" in schema else "string")
    return next((each for each in given if each != "null"), "null") if isinstance(given, list) else given


def number(text: str) -> float | None:
    """Read the first number: `3.2 million` is 3200000."""
    if (match := NUMBER.search(text)) is None:
        return None
    digits = match[0].removesuffix(match[1] or "").replace(",", "")
    return float(digits) * SCALES.get((match[1] or "").lower(), 1)


def integer(text: str) -> int | None:
    """Read the first number if it is whole."""
    value = number(text)
    return int(value) if value is not None and value.is_integer() else None


def boolean(text: str) -> bool | None:
    """Read yes or no."""
    match = re.search(r"\b(yes|true|no|false)\b", text, re.IGNORECASE)
    return match[1].lower() in {"yes", "true"} if match else None


READERS: Mapping[str, Callable[[str], Any]] = {"number": number, "integer": integer, "boolean": boolean}


def read(text: str, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """Read a value of the schema's type in a text, or None."""
    kind = type_of(schema)
    if isinstance(choices := schema.get("enum"), list):
        return next((each for each in choices if re.search(rf"\b{re.escape(str(each))}\b", text, re.I)), None)
    if kind == "array":
        inner = settle(schema.get("items"), root)
        items = (read(piece.strip(), inner, root) for piece in re.split(r"[,;]", text) if piece.strip())
        return [item for item in items if item is not None] or None
    if kind == "string":
        return text
    return READERS[kind](text) if kind in READERS else None


def is_date(name: str, schema: Mapping[str, Any]) -> bool:
    """Say whether a date is wanted."""
    return schema.get("format") in {"date", "date-time"} or "date" in words(name)


def find(name: str, schema: Mapping[str, Any], root: Mapping[str, Any], passages: Sequence[Passage]) -> Found:
    """Find one field: what is labelled with its name; else a number or a date in the passage nearest to it."""
    for passage in passages:
        if passage.label and words(passage.label) == words(name):
            held = label_of(passage.text)
            value = read(held[1] if held[0] == passage.label else passage.text, schema, root)
            if value is not None:
                why = f"It is labelled {passage.label!r} in {passage.source}."
                return Found(value=value, passages=(passage,), reasoning=why, confidence="medium")
    near = rank(f"{name} {schema.get('description') or ''}", passages)[:3]
    for passage in near:
        match = DATE.search(passage.text) if is_date(name, schema) else None
        guess = type_of(schema) in {"number", "integer"} or "enum" in schema
        value = match[0] if match else read(passage.text, schema, root) if guess else None
        if value is not None:
            return Found(value=value, passages=(passage,), reasoning="The nearest passage that has one.")
    return Found()


def fill(
    schema: Any, root: Mapping[str, Any], passages: Sequence[Passage], depth: int = 0
) -> dict[str, Found]:
    """Fill the properties of an object, those inside other objects too."""
    properties = settle(schema, root).get("properties")
    return {
        name: _one(name, settle(each, root), root, passages, depth + 1)
        for name, each in (properties.items() if isinstance(properties, dict) else ())
    }


def _one(
    name: str, schema: Mapping[str, Any], root: Mapping[str, Any], passages: Sequence[Passage], depth: int
) -> Found:
    if type_of(schema) != "object" or depth >= DEEPEST:
        return find(name, schema, root, passages)
    inner = fill(schema, root, passages, depth)
    used = tuple(passage for each in inner.values() for passage in each.passages)
    why = f"{sum(bool(each.passages) for each in inner.values())} of its {len(inner)} values were found."
    return Found(value={key: each.value for key, each in inner.items()}, passages=used, reasoning=why)
