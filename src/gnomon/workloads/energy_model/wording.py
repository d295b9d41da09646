"""What the shape of a document lacks, in words that say what to give instead."""

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

# Kind of error -> the key of its limit, and how the limit reads.
_BOUNDS = {
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "of at most"),
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "of at least"),
}
# Field -> what it is, where its limits alone would not tell a reader.
_MEANINGS = {
    "gcr": "collector width over pitch (0.15 to 0.90)",
    "azimuth": "0 to 360 degrees clockwise from north: 90 is east, 180 is south, 270 is west",
}
_NUMBERS = {"int_type": "a whole number", "float_type": "a number", "bool_type": "true or false"}
_GREATEST_FRACTION = 1.2  # the highest limit of a field that holds a fraction


def place_text(loc: Sequence[str | int]) -> str:
    """Return a place in a document as text, as in `blocks[0].layout.gcr`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc]
    return "".join(parts).removeprefix(".")


def any_of(choices: Sequence[str]) -> str:
    """Return choices as a reader lists them."""
    return f"{', '.join(choices[:-1])} or {choices[-1]}"


def words(error: Mapping[str, Any]) -> str:
    """Return what is wrong with a value and the remedy, given pydantic's details of an error."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind in _BOUNDS:
        meaning = _MEANINGS.get(str(error["loc"][-1])) if error.get("loc") else None
        if meaning:
            return f"{shown(value)} is out of range; give {meaning}"
        key, side = _BOUNDS[kind]
        return f"{shown(value)} is out of range; {_bound(value, side, float(context[key]))}"
    if kind in _NUMBERS:
        return _no_number(value, _NUMBERS[kind])
    if kind == "model_type":
        return _twelve(value) if context["class_name"] == "Monthly" else f"give an object, not {shown(value)}"
    return str(error["msg"]).lower()


def shown(value: object) -> str:
    """Return a value of a document as JSON, cut short."""
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _bound(value: Any, side: str, limit: float) -> str:
    told = f"give a number {side} {limit:g}"
    is_fraction = 0 < abs(limit) <= _GREATEST_FRACTION and abs(value) > abs(limit)
    return f"{told}, as a fraction: {value / 100:g} is {value:g} %" if is_fraction else told


def _no_number(value: object, wanted: str) -> str:
    if not isinstance(value, str):
        return f"give {wanted}, not {shown(value)}"
    return f"give {_number_in(value) or wanted}, not the text {shown(value)}"


def _number_in(text: str) -> str | None:
    try:
        return f"the number {text.strip()}" if isfinite(float(text)) else None
    except ValueError:
        return None


def _twelve(value: object) -> str:
    each = shown(value) if type(value) in (int, float) else "0.2"
    return f'give twelve months, {{"jan": {each}, "feb": {each}, ..., "dec": {each}}}'
