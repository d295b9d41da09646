"""What a request that asks for a skill gets: the skill's text, or why not."""

from collections.abc import Mapping

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Forbidden
from gnomon.core.ports import Skills
from gnomon.core.skill import Skill
from gnomon.core.task import Json
from gnomon.web.dialects.shannon.skills import FindSkill
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
        raise Malformed([Complaint(("skill",), f"Unknown skill: {name[:80]}", "missing_reference")])
    if not skill.is_enabled:
        raise Malformed([Complaint(("skill",), f"Skill {name} is disabled", "disabled")])
    if skill.is_dangerous and "ops" not in principal.scopes:
        raise Forbidden(f"Skill {name} is marked as dangerous: it takes a key with the scope 'ops'.")
    return skill


async def skills_of(skills: Skills, principal: Principal, body: Json, context: str = "context") -> FindSkill:
    """Look up the skill that a body or its context names, for whoever reads the body; raises as `take_skill` does."""
    name = _named(body) or (_named(body.get(context)) if isinstance(body, Mapping) else None)
    if name is None:
        return lambda _: None
    skill = await take_skill(skills, principal, name)
    return lambda asked: skill.content if asked == skill.name else None


def _named(members: Json) -> str | None:
    name = members.get("skill") if isinstance(members, Mapping) else None
    return name.strip() or None if isinstance(name, str) else None
