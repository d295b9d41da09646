"""The seam of skills."""

from collections.abc import Sequence
from typing import Final, Protocol

from gnomon.core.skill import Skill


class Skills(Protocol):
    """The skills that the operator keeps; they are every workspace's."""

    async def list_skills(self) -> Sequence[Skill]:
        """List them by name, those that are switched off, too."""

    async def find(self, name: str) -> Skill | None:
        """Return the skill of a name; None when there is none."""


class _NoSkills:
    """A server that keeps none."""

    async def list_skills(self) -> Sequence[Skill]:
        """List nothing."""
        return ()

    async def find(self, _: str) -> Skill | None:
        """Find nothing."""
        return None


NO_SKILLS: Final[Skills] = _NoSkills()
