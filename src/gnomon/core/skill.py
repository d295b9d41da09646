"""The skill: instructions that the operator keeps on this server, for work that asks for them by name."""

import re
from dataclasses import dataclass
from typing import Final

SKILL_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""What a skill may be called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """A skill, as its file now says."""

    name: str
    description: str
    category: str
    version: str
    content: str
    """What the work shall keep in mind, without what stands above it in the file."""
    author: str | None = None
    requires_tools: tuple[str, ...] = ()
    is_enabled: bool = True
    is_dangerous: bool = False
    """Only who operates the server may use it."""
