"""What a request that asks for a skill gets: the skill, or why not."""

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Forbidden
from gnomon.core.ports import Skills
from gnomon.core.skill import Skill
from gnomon.web.problems import Malformed


async def take_skill(skills: Skills, principal: Principal, name: str) -> Skill:
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
        raise Malformed([Complaint(("skill",), f"Unknown skill: {name}", "unknown_skill")])
    if not skill.is_enabled:
        raise Malformed([Complaint(("skill",), f"Skill {name} is disabled", "disabled_skill")])
    if skill.is_dangerous and "ops" not in principal.scopes:
        raise Forbidden(f"Skill {name} is marked as dangerous: it takes a key with the scope 'ops'.")
    return skill
