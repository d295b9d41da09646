"""Skills: texts of the operator's that a task is given to keep in mind, by their names."""

from collections.abc import Callable

FindSkill = Callable[[str], str | None]
"""Returns the text of a skill; None when there is none of that name."""


def no_skills(_: str) -> None:
    """Find nothing: the server has no skills."""
