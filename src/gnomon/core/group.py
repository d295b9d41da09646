"""The group: tasks that are counted together. It is no task: it may grow after its members have ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gnomon.core.task import Json, Status, crockford

Standing = tuple[Status, bool]
"""How a member stands: its status, and whether it has ever begun; doors that never show a step back need both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGroup:
    """A group that is not yet stored."""

    id: str
    workspace: str
    metadata: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A stored group; a member that joins, and every change of a member's status, makes a new version.

    Versions are the cursor: a member joined at one, and the newest rest of it (`is_at_rest`) was at one.
    """

    id: str
    workspace: str
    metadata: Json
    version: int
    """0 while it is empty."""
    counts: Mapping[Standing, int]
    """How many members stand how; nothing is 0."""
    created_at: datetime
    updated_at: datetime

    @property
    def size(self) -> int:
        """Count the members."""
        return sum(self.counts.values())

    @property
    def is_active(self) -> bool:
        """Say whether a member has not ended."""
        return any(status.is_active for status, _ in self.counts)


def is_at_rest(status: Status) -> bool:
    """Say whether whoever follows the group is told of a member: it has ended, or waits for an answer."""
    return status.is_terminal or status is Status.WAITING


def group_id(at: datetime, chance: int) -> str:
    """Make a group's id as `core.task.task_id` makes a task's."""
    return "grp_" + crockford(int(at.timestamp() * 1000) << 80 | chance & (1 << 80) - 1, 26)
