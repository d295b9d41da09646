"""Tools: small kinds of work that are called by themselves and waited for."""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.errors import Invalid, NotFound
from gnomon.core.service import House
from gnomon.core.service import task as service
from gnomon.core.service.run import run_input
from gnomon.core.service.task import Terms, list_workloads
from gnomon.core.workload import Workload
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.desk import Asker, AtHouse, Reader, holding_on
from gnomon.web.dialects.shannon.again import replay_headers, reserve_exactly
from gnomon.web.dialects.shannon.desk import AtDesk
from gnomon.web.dialects.shannon.render import trade as render
from gnomon.web.dialects.shannon.wire.calling import in_words_of, read_call
from gnomon.web.dialects.shannon.wire.listing import one
from gnomon.web.ids import shannon_id

router = APIRouter(prefix="/api/v1", tags=["tools"])

SESSION: Final = "session_id"
"""The member of a task's metadata that names the session a tool was called for: a call is no turn of it."""
_OF_THE_WEB: Final = frozenset({"web_search", "web_fetch"})


@router.get("/tools")
async def list_tools(request: Request, house: AtHouse, _: Reader) -> Response:
    """List the tools, of a category if one is asked for."""
    category = one(request.query_params, "category")
    found = [each for each in _tools(house) if category in (None, render.category_of(each))]
    return answer([render.tool(each) for each in found])


@router.get("/tools/{name}")
async def get_tool(name: str, desk: AtDesk, house: AtHouse, _: Reader) -> Response:
    """Show what a tool takes and gives."""
    return answer(render.tool_detail(_find(house, name), desk.options.tool_wait))


@router.post("/tools/{name}/execute")
async def execute_tool(name: str, request: Request, desk: AtDesk, house: AtHouse, asker: Asker) -> Response:
    """Call a tool and wait for what it gives; a call that takes longer goes on as a task."""
    call = read_call(await read_json(request), "arguments")
    workload = _find(house, name)
    terms = Terms(metadata=None if call.session_id is None else {SESSION: call.session_id})
    try:
        reservation = await reserve_exactly(request, asker)
        made = await run_input(
            house, asker, workload.kind, dict(call.given), terms=terms, reservation=reservation
        )
    except Invalid as error:
        raise in_words_of(error, "arguments") from error
    waiting = service.wait_until_still(house, asker, made.task.id, desk.options.tool_wait)
    task = await holding_on(request, asker, waiting)
    headers = {"X-Workflow-ID": shannon_id(task.id)}
    headers |= replay_headers(request, is_replay=made.is_replay)
    return answer(render.called(task), headers=headers)


def _tools(house: House) -> list[Workload]:
    return sorted((each for each in list_workloads(house) if each.is_tool), key=lambda each: each.kind)


def _find(house: House, name: str) -> Workload:
    for workload in _tools(house):
        if workload.kind == name:
            return workload
    raise NotFound(_missing(house, name))


def _missing(house: House, name: str) -> str:
    """Say which tools there are, and how one is had that the server's settings leave out."""
    told = f"Tool '{name[:80]}' not found"
    if name in _OF_THE_WEB:
        return f"{told}: this server does not search the web; its operator starts it with --search PROVIDER."
    names = ", ".join(each.kind for each in _tools(house))
    return f"{told}: there are {names}." if names else f"{told}: there are none."
