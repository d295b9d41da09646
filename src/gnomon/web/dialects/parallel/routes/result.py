"""Results: held until there is one, as long as the client waits."""

from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.service import House
from gnomon.core.service import task as service
from gnomon.core.task import Status, Task
from gnomon.web.answer import answer
from gnomon.web.desk import AtHouse, Reader, holding_on
from gnomon.web.dialects.parallel.desk import find_options, find_run, opted_in
from gnomon.web.dialects.parallel.hold import RESTART, Hold, away_status, hold, read_patience
from gnomon.web.dialects.parallel.render.errors import FINAL, again_in, ended_body, envelope
from gnomon.web.dialects.parallel.render.output import result
from gnomon.web.dialects.parallel.status import ACTIVE, Word, show
from gnomon.web.edge import request_id

router = APIRouter(tags=["runs"])


@router.get("/runs/{run_id}/result")
async def get_result(run_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """Answer with what a run gave; one that has not ended is waited for, as long as its client waits."""
    patience = read_patience(request.query_params, request.headers)
    seen = await find_run(house, reader, run_id)
    age = _age(house, seen)
    held = hold(patience, age=age, longest=find_options(request).longest_hold)
    task = await _await(request, house, reader, seen, held.seconds)
    if _is_settled(task, request):
        return _answer(request, task)
    if house.hub.is_closed:
        return _send_away(request)
    return _put_off(request, task, held)


async def _await(request: Request, house: House, reader: Principal, seen: Task, seconds: float) -> Task:
    if _is_settled(seen, request) or seconds <= 0:
        return await service.get_task_by_id(house, reader, seen.id)
    wait = service.wait_until_asking if opted_in(request) else service.wait
    return await holding_on(request, reader, wait(house, reader, seen.id, seconds))


def _is_settled(task: Task, request: Request) -> bool:
    return show(task, opted_in=opted_in(request)) not in ACTIVE


def _answer(request: Request, task: Task) -> Response:
    if task.status is Status.COMPLETED:
        return answer(result(task))
    body = ended_body(task, request_id(request.scope), opted_in=opted_in(request))
    return answer(body, status=HTTPStatus.NOT_FOUND, headers=FINAL)


def _put_off(request: Request, task: Task, held: Hold) -> Response:
    message = _told_of(task, show(task))
    headers = FINAL if held.again is None else again_in(held.again)
    body = envelope(message, request_id(request.scope))
    return answer(body, status=HTTPStatus.REQUEST_TIMEOUT, headers=headers)


def _told_of(task: Task, word: Word) -> str:
    if task.status is Status.PAUSED:
        return "The run is paused, and has no result before it is resumed (POST .../resume)."
    if task.status is Status.CANCELLING:
        return "The run is being cancelled, and will have no result."
    return f"The run is still {word}; ask again for its result."


def _send_away(request: Request) -> Response:
    """Let the client come back to the server that takes this one's place."""
    message = "The server is stopping and the run goes on after its restart; ask again for its result."
    body = envelope(message, request_id(request.scope))
    return answer(body, status=away_status(request.headers), headers=again_in(RESTART))


def _age(house: House, task: Task) -> float:
    return (house.clock.now() - task.created_at).total_seconds()
