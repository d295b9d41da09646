"""What a module's and an inverter's file have in common: flat properties under PVsyst's own keys.

A component travels as JSON properties (`{"Voc": 49.9, "muISC": 7.28, ...}`): the keys and units of the file,
so that a file and hand-written JSON mean the same. Only the reader of the properties converts units.
"""

import re
from collections.abc import Mapping
from typing import TypeAlias

from gnomon.pvsyst.tree import PvsystError, PvsystObject, number

Property: TypeAlias = str | float | bool | tuple[float, ...]
Properties: TypeAlias = Mapping[str, object]

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
TEXT_KEYS = frozenset(
    {
        "Manufacturer",
        "Model",
        "DataSource",
        "Comment",
        "PriceDate",
        "YearBeg",
        "YearEnd",
        "Currency",
        "Version",
    }
)
"""Free text, even where it looks like a number: a model may be called `300`."""


def flat(*objects: PvsystObject | None) -> dict[str, Property]:
    """Return the pairs of the objects as properties; an earlier object wins over a later one."""
    found: dict[str, Property] = {}
    for obj in objects:
        for key, value in obj.pairs if obj else ():
            if value:
                found.setdefault(key, _typed(key, value))
    return found


def _typed(key: str, value: str) -> Property:
    if key in TEXT_KEYS:
        return value
    if value in ("True", "False"):
        return value == "True"
    if _NUMBER.fullmatch(value):
        return number(value, key)
    parts = [part.strip() for part in value.rstrip(",").split(",")]
    if value.endswith(",") and all(map(_NUMBER.fullmatch, parts)):
        return tuple(number(part, key) for part in parts)
    return value


def check_root(root: PvsystObject, expected: str, what: str) -> None:
    """Refuse a file whose root object is of another type.

    Raises
    ------
    PvsystError
        If the root is not of the expected type.
    """
    if root.type != expected:
        raise PvsystError(
            f"the file holds a {root.type}, not {what}; upload a file that begins `PVObject_={expected}`"
        )


class Reading:
    """Typed values read out of properties; a value that cannot be read names its key."""

    def __init__(self, properties: Properties) -> None:
        self._properties = properties
        self._by_any_case = {key.casefold(): value for key, value in properties.items()}

    def value(self, key: str) -> object:
        """Return what stands under a key, None for nothing; JSON by hand may write `VMppMax` for `VMPPMax`."""
        value = self._properties.get(key)
        return self._by_any_case.get(key.casefold()) if value is None else value

    def find(self, key: str) -> float | None:
        """Return a number, or None when the key is absent.

        Raises
        ------
        PvsystError
            If the value is there and is no number.
        """
        value = self.value(key)
        if value is None:
            return None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return number(repr(float(value)), key)
        if isinstance(value, str):
            return number(value, key)
        raise PvsystError(f"{value!r} is not a number; give one", key=key)

    def get(self, key: str, meaning: str) -> float:
        """Return a number that the model cannot do without.

        Raises
        ------
        PvsystError
            If it is absent.
        """
        value = self.find(key)
        if value is None:
            raise PvsystError(f"is missing; give the {meaning}", key=key)
        return value

    def within(self, key: str, low: float, high: float) -> float | None:
        """Return a number inside a range, or None when the key is absent.

        Raises
        ------
        PvsystError
            If it is outside: such a value is a wrong unit or a slip of the pen.
        """
        value = self.find(key)
        if value is not None and not low <= value <= high:
            raise PvsystError(f"{value:g} is outside {low:g} to {high:g}; check it and its unit", key=key)
        return value

    def positive(self, key: str, meaning: str) -> float:
        """Return a number above zero.

        Raises
        ------
        PvsystError
            If it is absent, zero or negative.
        """
        value = self.get(key, meaning)
        if value <= 0:
            raise PvsystError(f"{value:g} is not above zero; give the {meaning}", key=key)
        return value

    def text(self, key: str, default: str = "") -> str:
        """Return a text, or the default when the key is absent."""
        value = self.value(key)
        return default if value is None else str(value)
