"""Skills: what the operator's folders hold."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.errors import NotFound
from gnomon.core.skill import Skill
from gnomon.web.answer import answer
from gnomon.web.desk import Reader
from gnomon.web.dialects.shannon.desk import AtDesk, Desk
from gnomon.web.dialects.shannon.render import skill as render
from gnomon.web.dialects.shannon.wire.listing import one

router = APIRouter(prefix="/api/v1", tags=["skills"])


@router.get("/skills")
async def list_skills(request: Request, desk: AtDesk, _: Reader) -> Response:
    """List the skills that a task may ask for, those that are switched off, too."""
    category = one(request.query_params, "category")
    return answer(render.skills(await desk.skills.list_skills(), category))


@router.get("/skills/{name}")
async def get_skill(name: str, desk: AtDesk, _: Reader) -> Response:
    """Show a skill with its text."""
    return answer(render.skill(await _find(desk, name)))


@router.get("/skills/{name}/versions")
async def list_skill_versions(name: str, desk: AtDesk, _: Reader) -> Response:
    """List the versions of a skill: the present one."""
    return answer(render.versions(await _find(desk, name)))


async def _find(desk: Desk, name: str) -> Skill:
    found = await desk.skills.find(name)
    if found is None:
        raise NotFound("Skill not found")
    return found
