"""Agents: the kinds of tasks that this server runs, and tasks of a kind by its name."""

from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.errors import Invalid, NotFound
from gnomon.core.service import House
from gnomon.core.service.run import run_input
from gnomon.core.service.task import Terms, list_workloads
from gnomon.core.workload import Workload
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.desk import AtHouse, Reader, Writer
from gnomon.web.dialects.shannon.again import new_session_id, replay_headers, reserve_exactly
from gnomon.web.dialects.shannon.render import trade as render
from gnomon.web.dialects.shannon.routes.tasks import stream_url
from gnomon.web.dialects.shannon.wire.calling import in_words_of, read_call
from gnomon.web.ids import shannon_id

router = APIRouter(prefix="/api/v1", tags=["agents"])


@router.get("/agents")
async def list_agents(house: AtHouse, _: Reader) -> Response:
    """List the kinds of tasks that are asked for work."""
    return answer(render.agents([each for each in list_workloads(house) if not each.is_tool]))


@router.get("/agents/{agent_id}")
async def get_agent(agent_id: str, house: AtHouse, _: Reader) -> Response:
    """Show what a kind of task takes and gives."""
    return answer(render.agent(_find(house, agent_id)))


@router.post("/agents/{agent_id}", status_code=HTTPStatus.ACCEPTED)
async def execute_agent(agent_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Store a task of a kind, as a turn of its session or of a new one."""
    call = read_call(await read_json(request), "input")
    workload = _find(house, agent_id)
    terms = Terms(session_id=call.session_id or new_session_id(house))
    try:
        reservation = await reserve_exactly(request, writer)
        made = await run_input(
            house, writer, workload.kind, dict(call.given), terms=terms, reservation=reservation
        )
    except Invalid as error:
        raise in_words_of(error, "input") from error
    task = made.task
    headers = {"X-Workflow-ID": shannon_id(task.id), "X-Session-ID": task.session_id or ""}
    url = stream_url(request, task) if call.is_followed else None
    shown = render.started(task, workload.kind, url)
    headers |= replay_headers(request, is_replay=made.is_replay)
    return answer(shown, status=HTTPStatus.ACCEPTED, headers=headers)


def _find(house: House, agent_id: str) -> Workload:
    for workload in list_workloads(house):
        if workload.kind == agent_id and not workload.is_tool:
            return workload
    raise NotFound(f"Agent not found: {agent_id[:80]}")
