"""What differs between two JSON documents: operations which, applied in order to the old one, give the new one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from gnomon.core.task import Json

MOST_DIFFERENCES = 1000
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One operation; `path` is a JSON pointer (RFC 6901) into the document as the earlier ones have left it."""

    op: Literal["add", "remove", "replace"]
    path: str
    old: Json = None
    """What was there; None when it is added."""
    new: Json = None
    """What is there now; None when it is removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The first differences, and whether there are more."""

    differences: Sequence[Difference]
    is_truncated: bool = False


Step = tuple[Path, Json, Json] | Difference
"""A difference, or two values yet to be compared."""


def compare(old: Json, new: Json, most: int = MOST_DIFFERENCES) -> Comparison:
    """Compare two documents; numbers are compared by value, objects without regard to order."""
    found = list(islice(differences(old, new), most + 1))
    return Comparison(differences=tuple(found[:most]), is_truncated=len(found) > most)


def differences(old: Json, new: Json) -> Iterator[Difference]:
    """Yield the operations that turn the old document into the new one."""
    waiting: list[Step] = [((), old, new)]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Difference):
            yield found
            continue
        path, before, after = found
        if isinstance(before, dict) and isinstance(after, dict):
            waiting.extend(reversed(_members(path, before, after)))
        elif isinstance(before, list) and isinstance(after, list):
            waiting.extend(reversed(_items(path, before, after)))
        elif not _is_same(before, after):
            yield Difference(op="replace", path=pointer(path), old=before, new=after)


def pointer(path: Path) -> str:
    """Write a path as a JSON pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _members(path: Path, old: dict[str, Json], new: dict[str, Json]) -> list[Step]:
    steps: list[Step] = [(_at(path, key), old[key], new[key]) for key in old if key in new]
    steps += [
        Difference(op="remove", path=pointer(_at(path, key)), old=old[key]) for key in old if key not in new
    ]
    steps += [
        Difference(op="add", path=pointer(_at(path, key)), new=new[key]) for key in new if key not in old
    ]
    return steps


def _items(path: Path, old: list[Json], new: list[Json]) -> list[Step]:
    """Compare pair by pair what lies between a common beginning and a common end; the rest came or went."""
    most = min(len(old), len(new))
    start = next((i for i in range(most) if not _is_same(old[i], new[i])), most)
    rest = most - start
    end = next((i for i in range(rest) if not _is_same(old[-1 - i], new[-1 - i])), rest)
    paired = start + rest - end
    steps: list[Step] = [(_at(path, i), old[i], new[i]) for i in range(start, paired)]
    steps += [
        Difference(op="remove", path=pointer(_at(path, i)), old=old[i])
        for i in reversed(range(paired, len(old) - end))
    ]
    steps += [
        Difference(op="add", path=pointer(_at(path, i)), new=new[i]) for i in range(paired, len(new) - end)
    ]
    return steps


def _at(path: Path, part: str | int) -> Path:
    return (*path, part)


def _is_same(old: Json, new: Json) -> bool:
    """Compare by value; what Python takes for equal and JSON does not (true and 1) differs."""
    waiting = [(old, new)]
    while waiting:
        before, after = waiting.pop()
        if isinstance(before, dict) and isinstance(after, dict):
            if before.keys() != after.keys():
                return False
            waiting.extend((before[key], after[key]) for key in before)
        elif isinstance(before, list) and isinstance(after, list):
            if len(before) != len(after):
                return False
            waiting.extend(zip(before, after, strict=True))
        elif before != after or isinstance(before, bool) != isinstance(after, bool):
            return False
    return True


def merge_patch(document: Json, patch: Json) -> Json:
    """Apply a JSON merge patch (RFC 7396): null takes a member out, an object goes deeper, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged
