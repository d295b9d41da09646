"""The session: tasks that are turns of one conversation, one after the other, under a name of the client's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gnomon.core.task import Json, Status, Usage

SESSION_ID: Final = re.compile(r"(?=\.*[^.])[A-Za-z0-9:_.-]{1,128}")
"""What a session may be called; dots alone would be lost on their way in the path of a url."""
LONGEST_TITLE: Final = 60
"""Characters of a title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A stored session; the first task that names it makes it."""

    id: str
    """The client's own name for it; unique in the workspace, and free again once the session is deleted."""
    number: int
    """Sequential within the workspace."""
    workspace: str
    title: str | None
    context: Json
    """What came with the first task of it, for who reads the session."""
    first_turn: int
    """The turn that it began with: those before it belong to a deleted session of the same name."""
    turns: int
    """The newest turn; one less than `first_turn` while it is empty."""
    created_at: datetime
    updated_at: datetime
    """When its newest turn came, or its title changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTotals:
    """What the tasks of a session come to."""

    counts: Mapping[Status, int]
    usage: Usage
    """Of all of them; `cost_usd` is None when one of its costs is not known."""

    @property
    def size(self) -> int:
        """Count the tasks."""
        return sum(self.counts.values())
