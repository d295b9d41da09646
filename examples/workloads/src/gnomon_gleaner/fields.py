"""Fields: the properties of a JSON Schema, filled from labelled values, numbers and dates, or left open."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gnomon_gleaner.passages import Passage, label_of, rank, words

LONGEST_CHAIN = 6
SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
NUMBER = re.compile(rf"-?\d[\d,]{{0,20}}(?:\.\d{{1,20}})?(?:\s*({'|'.join(SCALES)}))?", re.IGNORECASE)
MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
DATE = re.compile(rf"\d{{4}}-\d\d-\d\d|\d{{1,2}}\.? {MONTH} \d{{4}}|{MONTH} \d{{1,2}}, \d{{4}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value with the passages it rests on; no passage, no value.

    `missing` names the fields that the schema wants and that nothing was found for.
    """

    value: Any = None
    passages: tuple[Passage, ...] = ()
    missing: tuple[str, ...] = ()
    reasoning: str = "Nothing that was given has this name or answers its description."
    confidence: str = "low"


def settle(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference inside the schema, and take the first choice that is not null."""
    for _ in range(LONGEST_CHAIN):
        if not isinstance(schema, dict):
            return {}
        if isinstance(name := schema.get("$ref"), str):
            schema = _part(name, root)
        elif choices := _choices(schema):
            schema = next((each for each in choices if each != {"type": "null"}), None)
        else:
            return schema
    return {}


def allows_null(schema: Any, root: Mapping[str, Any], depth: int = LONGEST_CHAIN) -> bool:
    """Say whether null is a value that the schema takes."""
    if depth == 0 or not isinstance(schema, dict):
        return schema is True
    if isinstance(name := schema.get("$ref"), str):
        return allows_null(_part(name, root), root, depth - 1)
    if choices := _choices(schema):
        return any(allows_null(each, root, depth - 1) for each in choices)
    if isinstance(values := schema.get("enum"), list) and None not in values:
        return False
    given = schema.get("type", "null")
    return "null" in given if isinstance(given, list) else given == "null"


def _part(name: str, root: Mapping[str, Any]) -> Any:
    parts = root.get("definitions" if name.startswith("#/definitions/") else "$defs")
    return parts.get(name.rpartition("/")[2]) if isinstance(parts, dict) else None


def _choices(schema: Mapping[str, Any]) -> list[Any]:
    found = (schema.get(word) for word in ("anyOf", "oneOf", "allOf"))
    return next((each for each in found if isinstance(each, list)), [])


def type_of(schema: Mapping[str, Any]) -> str:
    """Return the type that is not null."""
    given = schema.get("type", "object" if "properties" in schema else "string")
    return str(next((each for each in given if each != "null"), "null") if isinstance(given, list) else given)


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


READERS: Mapping[str, Callable[[str], Any]] = {
    "string": str,
    "number": number,
    "integer": integer,
    "boolean": boolean,
}


def read(text: str, schema: Mapping[str, Any]) -> Any:
    """Read a value of the schema's type in a text, or None."""
    if isinstance(choices := schema.get("enum"), list):
        return next((each for each in choices if re.search(rf"\b{re.escape(str(each))}\b", text, re.I)), None)
    return READERS.get(type_of(schema), lambda _: None)(text)


def labelled(name: str, schema: Mapping[str, Any], items: Any, passages: Sequence[Passage]) -> Found:
    """Read what is labelled with the name; a list takes all of it, cut at commas and semicolons."""
    named = [each for each in passages if each.label and words(each.label) == words(name)]
    texts = [
        value if label == each.label else each.text
        for each in named
        for label, value in [label_of(each.text)]
    ]
    if type_of(schema) == "array":
        pieces = (piece.strip() for text in texts for piece in re.split("[,;]", text) if piece.strip())
        values: Any = [value for piece in pieces if (value := read(piece, items)) is not None] or None
        used = named
    else:
        found = [(value, at) for at, text in enumerate(texts) if (value := read(text, schema)) is not None]
        values, used = (found[0][0], [named[found[0][1]]]) if found else (None, [])
    if values is None:
        return Found()
    why = f"It is labelled {used[0].label!r} in {used[0].source}."
    return Found(value=values, passages=tuple(used), reasoning=why, confidence="medium")


def nearest(name: str, schema: Mapping[str, Any], passages: Sequence[Passage]) -> Found:
    """Read a date, a number or one of several choices in the passages nearest to the name and its description."""
    is_date = schema.get("format") in ("date", "date-time") or "date" in words(name)
    can_be_read = type_of(schema) in ("number", "integer") or "enum" in schema
    for passage in rank(f"{name} {schema.get('description') or ''}", passages)[:3]:
        match = DATE.search(passage.text) if is_date else None
        value = match[0] if match else read(passage.text, schema) if can_be_read else None
        if value is not None:
            return Found(value=value, passages=(passage,), reasoning="The nearest passage that has one.")
    return Found()


def fill(
    schema: Any, root: Mapping[str, Any], passages: Sequence[Passage], above: tuple[Any, ...] = ()
) -> dict[str, Found]:
    """Fill the properties of an object, those inside other objects too; one inside itself is left empty.

    What was not found and is not required is left out.
    """
    known = settle(schema, root)
    properties = known.get("properties")
    if not isinstance(properties, dict) or any(properties is each for each in above):
        return {}
    required = known.get("required") if isinstance(known.get("required"), list) else []
    found = {
        name: _one(name, each, root, passages, (*above, properties)) for name, each in properties.items()
    }
    return {
        name: each
        for name, each in found.items()
        if name in (required or []) or (each.passages and not each.missing)
    }


def _one(
    name: str,
    schema: Any,
    root: Mapping[str, Any],
    passages: Sequence[Passage],
    above: tuple[Any, ...],
) -> Found:
    meant = settle(schema, root)
    if type_of(meant) == "object":
        found = _object(name, meant, root, passages, above)
    else:
        found = labelled(name, meant, settle(meant.get("items"), root), passages)
        found = found if found.passages else nearest(name, meant, passages)
        if not found.passages and type_of(meant) == "array":
            return Found(value=[])
        found = found if found.passages else Found(missing=(name,))
    return Found() if found.missing and allows_null(schema, root) else found


def _object(
    name: str,
    schema: Mapping[str, Any],
    root: Mapping[str, Any],
    passages: Sequence[Passage],
    above: tuple[Any, ...],
) -> Found:
    inner = fill(schema, root, passages, above)
    used = tuple(passage for each in inner.values() for passage in each.passages)
    return Found(
        value={key: each.value for key, each in inner.items()},
        passages=used,
        missing=tuple(f"{name}.{field}" for each in inner.values() for field in each.missing),
        reasoning=f"{sum(bool(each.passages) for each in inner.values())} of its values were found.",
    )
