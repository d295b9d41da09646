"""A value that a sentence may be giving, and what kind of value is wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from gnomon.core.task import Json


class Kind(Enum):
    """What a field holds, by its schema and, where that is only a text, by its words."""

    DATE = "a date"
    MOMENT = "a date and time"
    NUMBER = "a number"
    EMAIL = "an e-mail address"
    URL = "a web address"
    PHONE = "a telephone number"
    CHOICE = "one of the named values"
    TRUTH = "yes or no"
    NAME = "a name"
    TEXT = "a text"
    NOTHING = "a value of this kind"
    """What no words of a text can be taken for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """What to read for a field."""

    kind: Kind
    schema: Mapping[str, Any]
    words: Sequence[str] = ()
    """The words of the field: name first, then description; lower case."""
    name: Sequence[str] = ()
    """The words of the name alone."""
    about: Sequence[str] = ()
    """Words of what the question is about, lower case: no value by themselves."""

    @property
    def is_text(self) -> bool:
        """Say whether the value is written as a text."""
        return bool(self.schema.get("type", "string") == "string")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A value and the words it was read from."""

    value: Json
    start: int
    end: int
    why: str
    """What was read, for the reasoning."""
    weight: float = 1.0
    """How well it fits what is wanted, 0 to 1."""
    is_labelled: bool = False
    """Whether it stands after a label that names the field."""
