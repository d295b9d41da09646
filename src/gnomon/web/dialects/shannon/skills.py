"""Skills: texts of the operator's that a task is given to keep in mind, by their names."""

from collections.abc import Awaitable, Callable

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Invalid

TakeSkill = Callable[[Principal, str], Awaitable[str]]
"""Returns the text of a skill for who asks; raises `Invalid` or `Forbidden`."""


async def no_skills(_: Principal, name: str) -> str:
    """Find nothing: the server has no skills.

    Raises
    ------
    Invalid
        Always.
    """
    raise Invalid([Complaint(("skill",), f"Unknown skill: {name[:80]}", "missing_reference")])
