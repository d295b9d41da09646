"""Reading members of JSON by hand: what is wrong is noted as a complaint, with the place and the remedy."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, TypeAlias

from gnomon.core.errors import Complaint

Loc: TypeAlias = tuple[str | int, ...]
Point: TypeAlias = tuple[float, float, float]

_MOST_COMPLAINTS = 25
_AXES = ("x", "y", "z")


@dataclass(slots=True)
class Notes:
    """What a reader of a document has to say: what is wrong, and what it assumed."""

    complaints: list[Complaint] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    left_out: int = 0

    def complain(self, loc: Loc, message: str, kind: str = "value_error") -> None:
        """Note what is wrong at a place; after the first few, only count."""
        if len(self.complaints) < _MOST_COMPLAINTS:
            self.complaints.append(Complaint(loc, f"{place_text(loc)}: {message}", kind))
        else:
            self.left_out += 1

    def warn(self, message: str) -> None:
        """Note what was assumed or not used."""
        self.warnings.append(message)

    def all_complaints(self) -> list[Complaint]:
        """List what is wrong; the last one says how many more there are."""
        if not self.left_out:
            return list(self.complaints)
        last = self.complaints[-1]
        return [*self.complaints, Complaint(last.loc, f"... and {self.left_out} more like these", "more")]


def place_text(loc: Sequence[str | int]) -> str:
    """Return a place in a document as text, as in `sceneJson.tableList[0].outline`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc]
    return "".join(parts).removeprefix(".")


def shown(value: object) -> str:
    """Return a value of a document as JSON, cut short."""
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        text = type(value).__name__
    return text if len(text) <= 40 else f"{text[:40]}..."


def as_number(value: object) -> float | None:
    """Return a JSON number, or None for anything else; true and NaN are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def number(
    holder: Mapping[str, Any], key: str, at: Loc, notes: Notes, *, low: float, high: float
) -> float | None:
    """Return a number between two limits; None where there is none, which is noted when it is something else."""
    value = holder.get(key)
    if value is None:
        return None
    found = as_number(value)
    if found is None:
        notes.complain((*at, key), f"give a number, not {shown(value)}", "float_type")
    elif not low <= found <= high:
        notes.complain((*at, key), f"{found:g} is out of range; give {low:g} to {high:g}", "range")
        return None
    return found


def count(holder: Mapping[str, Any], key: str, at: Loc, notes: Notes, *, high: int) -> int | None:
    """Return a whole number from 0 up to a limit, or None."""
    found = number(holder, key, at, notes, low=0, high=high)
    if found is not None and not found.is_integer():
        notes.complain((*at, key), f"{found:g} is no whole number", "int_type")
        return None
    return None if found is None else int(found)


def flag(holder: Mapping[str, Any], key: str, at: Loc, notes: Notes) -> bool | None:
    """Return true or false, or None."""
    value = holder.get(key)
    if value is not None and not isinstance(value, bool):
        notes.complain((*at, key), f"give true or false, not {shown(value)}", "bool_type")
        return None
    return value


def text(holder: Mapping[str, Any], key: str, at: Loc, notes: Notes) -> str | None:
    """Return a text, or None."""
    value = holder.get(key)
    if value is not None and not isinstance(value, str):
        notes.complain((*at, key), f"give a text, not {shown(value)}", "string_type")
        return None
    return value


def inner(holder: Mapping[str, Any], key: str, at: Loc, notes: Notes) -> Mapping[str, Any] | None:
    """Return an object, or None."""
    value = holder.get(key)
    if value is not None and not isinstance(value, dict):
        notes.complain((*at, key), f"give an object, not {shown(value)}", "object_type")
        return None
    return value


def as_point(value: object) -> Point | None:
    """Return a point given as [x, y, z] or as {"x", "y", "z"}, or None for anything else."""
    if isinstance(value, dict):
        value = [value.get(axis) for axis in _AXES]
    if not isinstance(value, list) or len(value) != len(_AXES):
        return None
    x, y, z = (as_number(each) for each in value)
    return None if x is None or y is None or z is None else (x, y, z)


def unknown(holder: Mapping[str, Any], known: Sequence[str], at: Loc, notes: Notes) -> None:
    """Note the keys that are kept and mean nothing here."""
    strange = [key for key in holder if key not in known]
    if strange:
        of = place_text(at)
        notes.warn(f"{of + ': ' if of else ''}{', '.join(map(str, strange[:5]))}: kept, and not used")
