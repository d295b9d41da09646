"""The tree of a PVsyst file: objects that hold their keys and inner objects in file order, nothing left out."""

import math
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


class PvsystError(ValueError):
    """A PVsyst file that cannot be read as asked: `key` and `line` are those at fault, where there is one."""

    def __init__(self, message: str, *, key: str | None = None, line: int | None = None) -> None:
        told = f"{key}: {message}" if key else message
        super().__init__(f"line {line}: {told}" if line else told)
        self.key = key
        self.line = line


class Form(StrEnum):
    """How an object is marked in the text."""

    OBJECT = "PVObject_NAME=pvType .. End of PVObject pvType"
    GROUP = "PVObject_NAME=pvType .. End of TGroup"
    TYPED = "NAME=TType .. End of TType"
    NAMED = "NAME=TType or NAME=Start .. End of NAME"
    TAGGED = "NAME=TType or NAME=Start .. EndTags"
    LISTED = "NAME, list of=TYPE .. End of NAME"
    LIST = "NAME, list of=TYPE .. End of List NAME"
    COUNTED = "NAME, Count=TYPE .. End of NAME=last text"
    BRACKETED = "NAME=Start .. NAME=End"
    NODE = "NAME Start; .. NAME End;"
    TEXT = "lines that were not told into objects"


Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PvsystObject:
    """One object of a PVsyst file.

    Attributes
    ----------
    name, type : str
        `PVObject_Horizon=pvHorizon` has the name `Horizon` and the type `pvHorizon`; a root and the members
        of a list have no name; a list has its number and kind of members for a type (`2 TOrientGroup`).
    entries : tuple
        The pairs (key, value) and the inner objects, in file order; a repeated key stands as often as it did.
    form : Form
        How the text marks it.
    end_text : str
        What stands behind the closing marker (`End of Remarks=last text`).
    lines : tuple of int
        The line of each entry, for messages; two trees that differ in these alone are equal.
    """

    name: str
    type: str
    entries: tuple["Pair | PvsystObject", ...]
    form: Form = Form.OBJECT
    end_text: str = ""
    lines: tuple[int, ...] = field(default=(), compare=False, repr=False)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The object's own pairs, in file order."""
        return tuple(entry for entry in self.entries if isinstance(entry, tuple))

    @property
    def children(self) -> tuple["PvsystObject", ...]:
        """The objects directly inside, in file order."""
        return tuple(entry for entry in self.entries if isinstance(entry, PvsystObject))

    def find_text(self, key: str) -> str | None:
        """Return the first value of `key`, or None when it is absent or blank."""
        return next((value for own, value in self.pairs if own == key and value), None)

    def find_number(self, key: str) -> float | None:
        """Return `key` as a number, or None when it is absent or blank."""
        text = self.find_text(key)
        return None if text is None else number(text, key)

    def find_numbers(self, key: str) -> tuple[float, ...] | None:
        """Return `key` as a list of numbers (`1.0,2.0,`, the trailing comma is PVsyst's), or None."""
        text = self.find_text(key)
        return None if text is None else numbers(text, key)

    def find_child(self, name: str) -> "PvsystObject | None":
        """Return the first object inside this one that stands under `name`, or None."""
        return next((child for child in self.children if child.name == name), None)


def number(text: str, key: str) -> float:
    """Return `text` as a finite number; a unit after it is dropped (`36.9 mΩ`).

    Raises
    ------
    PvsystError
        If the text does not begin with a finite number.
    """
    head = text.split(maxsplit=1)[0] if text.strip() else ""
    value = float(head) if _NUMBER.fullmatch(head) else math.nan
    if not math.isfinite(value):
        raise PvsystError(f"{text!r} is not a number; correct the value in PVsyst and export again", key=key)
    return value


_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def numbers(text: str, key: str) -> tuple[float, ...]:
    """Return a comma separated list of numbers; a trailing comma adds nothing."""
    return tuple(number(part, key) for part in text.split(",") if part.strip())


def profile(obj: PvsystObject) -> tuple[tuple[float, float], ...]:
    """Return the effective points (x, y) of a cubic profile: those after `NPtsEff` are padding.

    Raises
    ------
    PvsystError
        If `NPtsEff` promises points that are missing, or a point is not a pair of numbers.
    """
    written = [(key, value) for key, value in obj.pairs if is_point(key)]
    promised = obj.find_number("NPtsEff")
    count = len(written) if promised is None else int(promised)
    points = [numbers(value, key) for key, value in written[: max(count, 0)]]
    if not 0 <= count <= len(written) or any(len(point) < 2 for point in points):
        raise PvsystError(
            f"the profile promises {count} points of two numbers and holds {len(written)}; export it again",
            key=obj.name,
        )
    return tuple((point[0], point[1]) for point in points)


def is_point(key: str) -> bool:
    """Tell whether a key is one of a profile's points (`Point_7`)."""
    return _POINT.fullmatch(key) is not None


_POINT = re.compile(r"Point_[0-9]+")
