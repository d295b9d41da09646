"""What a task of this door keeps beside it: how it was asked for, and what of that has no meaning here."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from gnomon.core.task import Json, Task

_DOOR: Final = "shannon"
LONGEST_QUERY: Final = 10_000
"""Characters of a query that are kept beside the task, for lists; the vendor's clients send no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """How a task was asked for."""

    mode: str
    query: str
    is_brief: bool = True
    """Whether the task was given a brief, rather than the query and its context."""
    skill: str | None = None
    warnings: tuple[str, ...] = ()
    guides: tuple[str, ...] = ()
    """What the work shall keep in mind, by its names in the request."""

    def write(self) -> Json:
        """Write what `Task.origin` keeps; `find_origin` reads it."""
        named = {"door": _DOOR, **asdict(self)}
        return {
            **named,
            "query": self.query[:LONGEST_QUERY],
            "warnings": list(self.warnings),
            "guides": list(self.guides),
        }


def find_origin(task: Task) -> Origin | None:
    """Read how a task was asked for; None when another door took it in."""
    kept = task.origin
    if not isinstance(kept, Mapping) or kept.get("door") != _DOOR:
        return None
    named = {name: value for name, value in kept.items() if name != "door"}
    return Origin(**{**named, "warnings": tuple(named["warnings"]), "guides": tuple(named.get("guides", ()))})
