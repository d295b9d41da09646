"""What a request that asks for a skill gets: the skill's text, or why not."""

from dataclasses import dataclass
from typing import Final

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Forbidden
from gnomon.core.ports import Skills
from gnomon.web.problems import Malformed


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillText:
    """What a skill tells the work."""

    name: str
    text: str


_MOST_NAMED: Final = 30


async def _unknown(skills: Skills, name: str) -> str:
    """Say which skills there are."""
    names = [each.name for each in await skills.list_skills() if each.is_enabled]
    if not names:
        return f"Unknown skill: {name[:80]}: this server has none; its operator adds them with --skills DIR."
    more = ", ..." if len(names) > _MOST_NAMED else ""
    return f"Unknown skill: {name[:80]}: there are {', '.join(names[:_MOST_NAMED])}{more}"


async def take_skill(skills: Skills, principal: Principal, name: str) -> SkillText:
    """Return the skill that a task asks for.

    Raises
    ------
    Malformed
        When there is none of that name, or it is switched off.
    Forbidden
        When it is a dangerous one, and the key is not its operator's: it lacks the scope `ops`.
    """
    skill = await skills.find(name)
    if skill is None:
        raise Malformed([Complaint(("skill",), await _unknown(skills, name), "missing_reference")])
    if not skill.is_enabled:
        raise Malformed([Complaint(("skill",), f"Skill {name} is disabled", "disabled")])
    if skill.is_dangerous and "ops" not in principal.scopes:
        raise Forbidden(f"Skill {name} is marked as dangerous: it takes a key with the scope 'ops'.")
    return SkillText(name=skill.name, text=skill.content)
