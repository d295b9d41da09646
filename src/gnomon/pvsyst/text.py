"""PVsyst's text grammar: bytes to a tree of objects, keeping every key.

Objects are told by their open and close markers and never by indentation: PVsyst itself outdents keys in
mid-object. A value that names a type opens an object only if the file also closes it, because a model name
such as `TSM-255` looks like a type too.
"""

import codecs
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field


class PvsystError(ValueError):
    """A PVsyst file that cannot be read as asked: `key` is the key at fault, where there is one."""

    def __init__(self, message: str, *, key: str | None = None) -> None:
        super().__init__(f"{key}: {message}" if key else message)
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class PvsystObject:
    """One object of a PVsyst file: its own `key=value` pairs in file order, and the objects inside it."""

    name: str
    type: str
    pairs: tuple[tuple[str, str], ...]
    children: tuple["PvsystObject", ...]

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
    try:
        value = float(head)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise PvsystError(f"{text!r} is not a number; correct the value in PVsyst and export again", key=key)
    return value


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
    points = [numbers(value, key) for key, value in obj.pairs if re.fullmatch(r"Point_\d+", key)]
    promised = obj.find_number("NPtsEff")
    count = len(points) if promised is None else int(promised)
    if not 0 <= count <= len(points) or any(len(point) < 2 for point in points[:count]):
        raise PvsystError(
            f"the profile promises {count} points of two numbers and holds {len(points)}; export it again",
            key=obj.name,
        )
    return tuple((point[0], point[1]) for point in points[:count])


def parse(content: bytes) -> PvsystObject:
    """Parse a PVsyst text file (6.40 and later) to its root object.

    Raises
    ------
    PvsystError
        If the bytes are not a PVsyst text file, or end before the root object does.
    """
    lines = _lines(content)
    root = re.fullmatch(r"PVObject_=(pv\w+)", lines[0]) if lines else None
    if root is None:
        raise PvsystError("this is not a PVsyst file: its first line should be `PVObject_=pv...`")
    tree = _Builder(closers=_closers(lines)).build(lines)
    if tree is None:
        raise PvsystError(f"the file ends before `End of PVObject {root[1]}`; upload it whole")
    return tree


_CODECS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def _lines(content: bytes) -> list[str]:
    return [stripped for line in re.split(r"\r\n|\r|\n", _decode(content)) if (stripped := line.strip())]


def _decode(content: bytes) -> str:
    for mark, codec in _CODECS:
        if content.startswith(mark):
            return content.decode(codec, errors="replace")
    if b"\0" in content[:4096]:
        raise PvsystError(
            "this is a binary file, as PVsyst wrote before 6.40; open it in a newer PVsyst and save it"
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _closers(lines: Iterable[str]) -> frozenset[str]:
    return frozenset(_end_name(line) or "EndTags" for line in lines if _is_end(line))


@dataclass(slots=True)
class _Open:
    """An object not closed yet."""

    name: str
    type: str
    by_tag: bool = False
    pairs: list[tuple[str, str]] = field(default_factory=list)
    children: list[PvsystObject] = field(default_factory=list)

    def answers(self, end: str | None) -> bool:
        """Tell whether the close marker `end` (None for `EndTags`) closes this object."""
        return self.by_tag if end is None else end in (self.type, self.name)

    def close(self) -> PvsystObject:
        return PvsystObject(
            name=self.name, type=self.type, pairs=tuple(self.pairs), children=tuple(self.children)
        )


class _Builder:
    def __init__(self, *, closers: frozenset[str]) -> None:
        self._closers = closers
        self._stack: list[_Open] = []

    def build(self, lines: list[str]) -> PvsystObject | None:
        """Return the first root object that is closed, or None."""
        for line in lines:
            if not _is_end(line):
                self._add(line)
            elif (root := self._close(line)) is not None:
                return root
        return None

    def _add(self, line: str) -> None:
        key, value = (part.strip() for part in (*line.split("=", 1), "")[:2])
        opened = _opened(key, value, self._closers)
        if opened is not None:
            self._stack.append(opened)
        elif self._stack:
            self._stack[-1].pairs.append((key, value))

    def _close(self, line: str) -> PvsystObject | None:
        end = _end_name(line)
        depth = next((i for i in range(len(self._stack) - 1, -1, -1) if self._stack[i].answers(end)), None)
        if depth is None:
            return None
        while len(self._stack) > depth:
            closed = self._stack.pop().close()
            if not self._stack:
                return closed
            self._stack[-1].children.append(closed)
        return None


def _is_end(line: str) -> bool:
    return line.startswith("End of ") or line == "EndTags" or line.endswith("=End")


def _end_name(line: str) -> str | None:
    if line == "EndTags":
        return None
    if line.endswith("=End"):
        return line.removesuffix("=End")
    return (
        line.removeprefix("End of ").split("=", 1)[0].removeprefix("PVObject ").removeprefix("List ").strip()
    )


def _opened(key: str, value: str, closers: frozenset[str]) -> _Open | None:
    if key.startswith("PVObject_"):
        return _Open(key.removeprefix("PVObject_"), value)
    if (listed := re.fullmatch(r"(.+), (?:list of|Count)", key)) and listed[1] in closers:
        return _Open(listed[1], value)
    if value in closers and re.fullmatch(r"T\w+", value):
        return _Open(key, value)
    if value == "Start" or ("EndTags" in closers and re.fullmatch(r"T[A-Z][a-z]\w+", value)):
        return _Open(key, value, by_tag=True)
    return None
