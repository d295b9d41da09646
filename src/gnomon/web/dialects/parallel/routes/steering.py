"""Steering a run: cancel it, set it aside, let it go on, answer what it asks. None of it is the vendor's."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.errors import Conflict
from gnomon.core.service import task as service
from gnomon.core.task import Task
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.desk import AtHouse, Canceller, Writer
from gnomon.web.dialects.parallel.desk import find_run, opted_in
from gnomon.web.dialects.parallel.render.run import run
from gnomon.web.dialects.parallel.wire.reply import read_reply

router = APIRouter(tags=["runs"])


@router.post("/runs/{run_id}/cancel")
async def cancel_run(run_id: str, request: Request, house: AtHouse, canceller: Canceller) -> Response:
    """Cancel a run: 200 when it has ended, now or before, and 202 when it will have within its grace."""
    seen = await find_run(house, canceller, run_id)
    task = await service.cancel(house, canceller, seen.id)
    return _answer(request, task, is_done=task.status.is_terminal)


@router.post("/runs/{run_id}/pause")
async def pause_run(run_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Set a run aside: 200 when nothing is at work on it, 202 when it will be set aside at its next checkpoint."""
    seen = await find_run(house, writer, run_id)
    task = await service.pause(house, writer, seen.id)
    return _answer(request, task, is_done=await service.is_at_rest(house, task))


@router.post("/runs/{run_id}/resume")
async def resume_run(run_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Let a run that was set aside go on."""
    seen = await find_run(house, writer, run_id)
    task = await service.resume(house, writer, seen.id)
    return _answer(request, task, is_done=True)


@router.post("/runs/{run_id}/answer")
async def answer_run(run_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Answer what a run asks; the same answer under the same key again changes nothing."""
    reply = read_reply(await read_json(request))
    seen = await find_run(house, writer, run_id)
    key = reply.key or _open_question(seen)
    task = await service.answer_question(house, writer, seen.id, key, reply.answer)
    return _answer(request, task, is_done=True)


def _open_question(task: Task) -> str:
    if task.question is None:
        raise Conflict("The run asks nothing; only a run that is 'action_required' takes an answer.")
    return task.question.key


def _answer(request: Request, task: Task, *, is_done: bool) -> Response:
    return answer(run(task, opted_in=opted_in(request)), status=200 if is_done else 202)
