"""What was read from a tree and what was not: every pair is taken by a field, or named as unread."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from gnomon.pvsyst.tree import PvsystError, PvsystObject, is_point, number, numbers, profile

Read = TypeVar("Read")

# Objects that concern reports and screens, and never a kilowatt-hour.
_DISPLAY = frozenset({"pvSimulPlot", "TPrintSettings"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A key that no field of a record took.

    Attributes
    ----------
    path : str
        The objects it stands in, from the root's inside (`PVMainArray/SubArrays/pvSubArray[2]`); empty at the root.
    key, value : str
        As the file has them; an object without keys counts as a key of its own, with its type for a value.
    reason : str
        Why it was not taken where a field would have liked to (`is not a number`); empty for a key of no field.
    is_display : bool
        Whether it stands in an object that only reports and screens use (plots, print settings).
    line : int or None
        Its line in the file.
    """

    path: str
    key: str
    value: str
    reason: str = ""
    is_display: bool = False
    line: int | None = None


class Ledger:
    """The account of one tree: which of its pairs were taken."""

    def __init__(self, root: PvsystObject) -> None:
        self._root = root
        self._taken: set[tuple[int, int]] = set()
        self._reasons: dict[tuple[int, int], str] = {}

    def page(self, obj: PvsystObject | None = None) -> "Page":
        """Return the page of one object of the tree; without one, of its root."""
        return Page(self, obj or self._root)

    def take(self, obj: PvsystObject, index: int) -> None:
        """Note that a field took an entry."""
        self._taken.add((id(obj), index))

    def leave(self, obj: PvsystObject, index: int, reason: str) -> None:
        """Note why a field that wanted an entry left it."""
        self._taken.discard((id(obj), index))
        self._reasons[id(obj), index] = reason

    def taken(self) -> int:
        """Return how many pairs, and objects without any, were taken."""
        return sum((id(place.obj), place.index) in self._taken for place in places(self._root))

    def unread(self) -> tuple[Unread, ...]:
        """Return what was not taken, in file order."""
        return tuple(
            self._unread(place)
            for place in places(self._root)
            if (id(place.obj), place.index) not in self._taken
        )

    def _unread(self, place: "Place") -> Unread:
        return Unread(
            path=place.path,
            key=place.key,
            value=place.value,
            reason=self._reasons.get((id(place.obj), place.index), ""),
            is_display=place.is_display,
            line=place.obj.lines[place.index] if 0 <= place.index < len(place.obj.lines) else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a pair stands: its object and its index there; -1 stands for an object without entries."""

    obj: PvsystObject
    index: int
    path: str
    key: str
    value: str
    is_display: bool = False


def places(root: PvsystObject) -> Iterator[Place]:
    """Yield every pair of a tree, every object without entries, and every text behind a closing marker."""
    yield from _places(root, "", is_display=False)


def _places(obj: PvsystObject, path: str, *, is_display: bool) -> Iterator[Place]:
    steps = _steps(obj)
    shown = is_display or obj.type in _DISPLAY
    for index, entry in enumerate(obj.entries):
        if isinstance(entry, PvsystObject):
            step = next(steps)
            yield from _places(entry, f"{path}/{step}" if path else step, is_display=shown)
        else:
            yield Place(obj=obj, index=index, path=path, key=entry[0], value=entry[1], is_display=shown)
    if obj.end_text:
        end = f"End of {obj.name}"
        yield Place(obj=obj, index=-2, path=path, key=end, value=obj.end_text, is_display=shown)
    if not obj.entries and path:
        holder, _, step = path.rpartition("/")
        yield Place(obj=obj, index=-1, path=holder, key=step, value=obj.type, is_display=shown)


def _steps(obj: PvsystObject) -> Iterator[str]:
    """Yield the names of an object's children, numbered where several have the same."""
    names = [child.name or child.type for child in obj.children]
    many, seen = Counter(names), Counter[str]()
    for name in names:
        seen[name] += 1
        yield f"{name}[{seen[name]}]" if many[name] > 1 else name


def _inside(obj: PvsystObject) -> Iterator[PvsystObject]:
    for child in obj.children:
        yield child
        yield from _inside(child)


class Page:
    """One object's keys as typed values; what is read is taken, what cannot be read is left with the reason."""

    def __init__(self, ledger: Ledger, obj: PvsystObject) -> None:
        self.ledger = ledger
        self.obj = obj

    def text(self, key: str) -> str | None:
        """Return a text, or None when the key is absent or blank."""
        return self._read(key, lambda value: value)

    def number(self, key: str, *, low: float = -1e12, high: float = 1e12, per: float = 1.0) -> float | None:
        """Return a number within a range, divided by `per`; a value that is none is left unread."""

        def read(value: str) -> float:
            found = number(value, key)
            if not low <= found <= high:
                raise PvsystError(f"{found:g} is outside {low:g} to {high:g}")
            return found / per

        return self._read(key, read)

    def count(self, key: str, *, low: int = 0, high: int = 2**31) -> int | None:
        """Return a whole number within a range; a value that is none is left unread."""

        def read(value: str) -> int:
            found = number(value, key)
            if found != int(found) or not low <= found <= high:
                raise PvsystError(f"{value!r} is not a whole number of {low} to {high}")
            return int(found)

        return self._read(key, read)

    def quantity(self, key: str, units: Mapping[str, float]) -> float | None:
        """Return a number times the factor of the unit that stands behind it; one of no known unit is left unread."""

        def read(value: str) -> float:
            found, unit = number(value, key), value.partition(" ")[2].strip()
            if unit not in units:
                raise PvsystError(f"{unit!r} is none of the units {', '.join(units)}")
            return found * units[unit]

        return self._read(key, read)

    def flag(self, key: str) -> bool | None:
        """Return a True or False; a value that is neither is left unread."""

        def read(value: str) -> bool:
            if value not in ("True", "False"):
                raise PvsystError(f"{value!r} is neither True nor False")
            return value == "True"

        return self._read(key, read)

    def months(
        self, key: str, *, low: float = -1e9, high: float = 1e9, per: float = 1.0
    ) -> tuple[float, ...] | None:
        """Return twelve monthly numbers divided by `per`: one for all months, twelve, or thirteen with the year's."""

        def read(value: str) -> tuple[float, ...]:
            found = numbers(value, key)
            if len(found) not in (1, 12, 13):
                raise PvsystError(f"{len(found)} values are not one, twelve, or thirteen")
            if not all(low <= month <= high for month in found[:12]):
                raise PvsystError(f"a month is outside {low:g} to {high:g}")
            return tuple(month / per for month in (found * 12 if len(found) == 1 else found)[:12])

        return self._read(key, read)

    def profile(self, name: str) -> tuple[tuple[float, float], ...] | None:
        """Return the effective points of an inner cubic profile and take all of it; None when there is none."""
        page = self.child(name)
        if page is None:
            return None
        try:
            points = profile(page.obj)
        except PvsystError as error:
            page.leave_all(str(error))
            return None
        for index, entry in enumerate(page.obj.entries):
            if isinstance(entry, tuple) and (is_point(entry[0]) or entry[0] in _PROFILE_KEYS):
                self.ledger.take(page.obj, index)
        return points

    def child(self, name: str) -> "Page | None":
        """Return the page of the first inner object under a name."""
        found = self.obj.find_child(name)
        return None if found is None else self.ledger.page(found)

    def all_of(self, *types: str) -> "tuple[Page, ...]":
        """Return the pages of the objects of some types inside this one, at every depth, in file order."""
        return tuple(self.ledger.page(found) for found in _inside(self.obj) if found.type in types)

    def all_named(self, name: str) -> "tuple[Page, ...]":
        """Return the pages of the objects under a name inside this one, at every depth, in file order."""
        return tuple(self.ledger.page(found) for found in _inside(self.obj) if found.name == name)

    def children(self) -> "tuple[Page, ...]":
        """Return the pages of the objects directly inside, in file order."""
        return tuple(map(self.ledger.page, self.obj.children))

    def take_all(self) -> None:
        """Take everything the object holds, at every depth."""
        for place in places(self.obj):
            self.ledger.take(place.obj, place.index)

    def leave(self, key: str, reason: str) -> None:
        """Leave a key that was read, with the reason."""
        for index, entry in enumerate(self.obj.entries):
            if isinstance(entry, tuple) and entry[0] == key:
                self.ledger.leave(self.obj, index, reason)

    def leave_all(self, reason: str) -> None:
        """Leave everything the object holds itself, with the reason."""
        for index in range(len(self.obj.entries)):
            self.ledger.leave(self.obj, index, reason)

    def _read(self, key: str, read: Callable[[str], Read]) -> Read | None:
        found: Read | None = None
        is_found = False
        for index, entry in enumerate(self.obj.entries):
            if not isinstance(entry, tuple) or entry[0] != key:
                continue
            if not entry[1]:
                self.ledger.take(self.obj, index)
            elif is_found:
                self.ledger.leave(self.obj, index, "is repeated; the first was used")
            else:
                is_found = True
                found = self._try(index, entry[1], read)
        return found

    def _try(self, index: int, value: str, read: Callable[[str], Read]) -> Read | None:
        try:
            found = read(value)
        except PvsystError as error:
            self.ledger.leave(self.obj, index, str(error))
            return None
        self.ledger.take(self.obj, index)
        return found


_PROFILE_KEYS = frozenset({"NPtsMax", "NPtsEff", "LastCompile", "Mode"})
