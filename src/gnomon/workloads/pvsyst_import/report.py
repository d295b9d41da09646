"""What became of each key: mapped, assumed, or kept out, with its value, its place, and the reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from gnomon.core.task import Json
from gnomon.pvsyst import Unread


class Fate(StrEnum):
    """What became of a key."""

    MAPPED = "mapped"
    ASSUMED = "assumed"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One line of the report.

    Attributes
    ----------
    file, place : str
        The file, and the object in it; several objects of which the same is said, by semicolons.
    key, value : str
        As the file has them; empty for what the files do not say.
    said : str
        The field that takes it, or what was assumed instead and why.
    """

    fate: Fate
    file: str
    place: str
    key: str
    value: str
    said: str

    @property
    def at(self) -> str:
        """Name the file, and the object in it."""
        return ", ".join(filter(None, (self.file, self.place)))

    def text(self) -> str:
        """Write it as a sentence of a warning."""
        named = f"{self.key}={self.value}" if self.value else self.key
        place = f"{self.at}: " if self.at else ""
        return f"{place}{named}: {self.said}" if named else f"{place}{self.said}"

    def json(self) -> dict[str, Json]:
        """Write it for machines."""
        return {
            "fate": self.fate.value,
            "at": self.at,
            "key": self.key,
            "value": self.value,
            "said": self.said,
        }


class Report:
    """Collects notes about one file, in the order in which they are made."""

    def __init__(self, file: str = "", place: str = "") -> None:
        self.file = file
        self.place = place
        self.notes: list[Note] = []

    def inside(self, place: str) -> "Report":
        """Return a report on an object in this one's file; its notes stand here too."""
        inner = Report(self.file, ", ".join(filter(None, (self.place, place))))
        inner.notes = self.notes
        return inner

    def mapped(self, key: str, value: object, field: str) -> None:
        """Note a key that a field takes."""
        self._note(Fate.MAPPED, key, value, field)

    def assumed(self, key: str, value: object, said: str) -> None:
        """Note what was taken where a file is silent or not clear."""
        self._note(Fate.ASSUMED, key, value, said)

    def unmapped(self, key: str, value: object, said: str) -> None:
        """Note a key without a field."""
        self._note(Fate.UNMAPPED, key, value, said)

    def unread(self, found: Sequence[Unread]) -> None:
        """Note every key that no field of a record took; those of one object together, as they have one reason."""
        for (path, reason, is_display), keys in groupby(found, key=_together):
            said = reason or (_DISPLAY if is_display else _NO_FIELD)
            pairs = ", ".join(f"{each.key}={each.value}" for each in keys)
            self.inside(path).unmapped(pairs, None, said)

    def _note(self, fate: Fate, key: str, value: object, said: str) -> None:
        self.notes.append(
            Note(fate=fate, file=self.file, place=self.place, key=key, value=shown(value), said=said)
        )


_DISPLAY = "only what PVsyst draws and prints; nothing was assumed"
_NO_FIELD = "no field of an energy model takes it; nothing was assumed in its place"


def _together(each: Unread) -> tuple[str, str, bool]:
    return each.path, each.reason, each.is_display


def shown(value: object) -> str:
    """Write a value as a file would."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple | list):
        return ",".join(shown(each) for each in value)
    return str(value)


def gathered(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Return the notes with those as one that say the same of several objects of a file."""
    places: dict[Note, dict[str, None]] = {}
    for note in notes:
        places.setdefault(replace(note, place=""), {})[note.place] = None
    return tuple(replace(note, place="; ".join(filter(None, found))) for note, found in places.items())


def warnings(notes: Sequence[Note]) -> Iterator[str]:
    """Yield, each once, what the reader of an import must know: all that was not simply mapped."""
    told = (note.text() for note in notes if note.fate is not Fate.MAPPED)
    return iter(dict.fromkeys(told))
