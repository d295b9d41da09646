"""A body with its `context`: the same names may stand in either, and the body's own wins."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.task import Json

_TRUE: Final = frozenset({"true", "1", "yes", "y"})
_LONGEST: Final = 32
"""Characters of a number that is written as a text."""
_LARGE: Final = 1e15
_FALSE: Final = frozenset({"false", "0", "no", "n", ""})


def read_members(body: Json) -> Mapping[str, Json]:
    """Return the members of a body.

    Raises
    ------
    Invalid
        When it is no object.
    """
    if not isinstance(body, Mapping):
        raise Invalid([Complaint((), "Invalid request body: send a JSON object.", "type")])
    return body


@dataclass(slots=True, kw_only=True)
class Given:
    """What a client sent, read name by name; what is wrong is kept for one answer."""

    body: Mapping[str, Json]
    context: Mapping[str, Json] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)

    def refuse(self, name: str, message: str, kind: str = "value_error") -> None:
        """Keep a complaint about a member."""
        self.complaints.append(Complaint((name,), message, kind))

    def settle(self) -> None:
        """Raise `Invalid` when anything is wrong."""
        if self.complaints:
            raise Invalid(self.complaints)

    def value(self, name: str) -> Json:
        """Return a member as it was sent; null and blank texts count as not given."""
        for members in (self.body, self.context):
            value = members.get(name)
            if value is not None and not (isinstance(value, str) and not value.strip()):
                return value
        return None

    def text(self, name: str) -> str | None:
        """Return a text without blanks around it."""
        value = self.value(name)
        if value is None or isinstance(value, str):
            return value.strip() if value else None
        self.refuse(name, f"Invalid request body: '{name}' must be a string.", "type")
        return None

    def word(self, name: str, allowed: Collection[str], complaint: str) -> str | None:
        """Return one of some words, however it is capitalised."""
        text = self.text(name)
        if text is None or text.lower() in allowed:
            return text.lower() if text else None
        self.refuse(name, complaint.format(text[:80]), "enum")
        return None

    def flag(self, name: str) -> bool | None:
        """Return a flag, which may be written as a word or a number."""
        value = self.value(name)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return value != 0
        if isinstance(value, str) and value.strip().lower() in _TRUE | _FALSE:
            return value.strip().lower() in _TRUE
        self.refuse(name, f"Invalid request body: '{name}' must be true or false.", "type")
        return None

    def number(self, name: str, least: float, most: float, complaint: str, *, is_whole: bool = True) -> Any:
        """Return a number of a range, which may be written as a text."""
        value = _number(self.value(name))
        if value is None:
            return None
        if isinstance(value, str) or (is_whole and value != int(value)):
            kind = "a whole number" if is_whole else "a number"
            self.refuse(name, f"Invalid request body: '{name}' must be {kind}.", "type")
            return None
        if not least <= value <= most:
            self.refuse(name, complaint, "range")
            return None
        return int(value) if is_whole else value


def _number(value: Json) -> float | str | None:
    """Return a number; a text when it is none that can be read."""
    if value is None:
        return None
    number: float | None = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and len(value) <= _LONGEST and "_" not in value:
        with suppress(ValueError):
            number = float(value)
    return number if number is not None and abs(number) < _LARGE else "none"
