"""The OpenAI-compatible routes: models, chat completions, completions of a prompt."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.errors import Invalid, Unavailable
from gnomon.core.ports import Submitted
from gnomon.core.service import House
from gnomon.core.service import task as service
from gnomon.core.service.run import run_input
from gnomon.core.task import Json, Status, Task
from gnomon.web.answer import answer
from gnomon.web.body import read_as
from gnomon.web.desk import Asker, AtHouse, Reader, find_gate
from gnomon.web.dialects.shannon.again import new_session_id, replay_headers, reserve_exactly
from gnomon.web.dialects.shannon.chat_stream import (
    MANNERS,
    Telling,
    content_of,
    tell_chat,
    too_late,
)
from gnomon.web.dialects.shannon.desk import AtDesk, Desk, find_desk
from gnomon.web.dialects.shannon.models import Offered, list_models, require_model
from gnomon.web.dialects.shannon.render import chat as render
from gnomon.web.dialects.shannon.render.openai_error import FINAL, ended, waits
from gnomon.web.dialects.shannon.render.question import approval
from gnomon.web.dialects.shannon.wire.chat import ChatOrder, in_words_of, read_chat, read_prompt, read_session
from gnomon.web.dialects.shannon.wire.submit import TaskOrder, named_skill, read_task
from gnomon.web.edge import request_id
from gnomon.web.ids import shannon_id
from gnomon.web.presence import while_present
from gnomon.web.problems import Malformed
from gnomon.web.sse import EventStream

router = APIRouter(prefix="/v1", tags=["chat"])

Read = Callable[[Json], ChatOrder]


@router.get("/models")
async def list_all_models(desk: AtDesk, reader: Reader) -> Response:
    """List the models behind which something stands."""
    del reader
    return answer(render.models(list_models(desk.modes)))


@router.get("/models/{model_id}")
async def get_model(model_id: str, desk: AtDesk, reader: Reader) -> Response:
    """Show a model."""
    del reader
    return answer(render.model(require_model(desk.modes, model_id)))


@router.post("/chat/completions")
async def complete_chat(request: Request, desk: AtDesk, house: AtHouse, asker: Asker) -> Response:
    """Answer a chat: its last question is a task, which goes on when the client leaves."""
    return await _complete(request, desk, house, asker, read_chat, "chat")


@router.post("/completions")
async def complete_prompt(request: Request, desk: AtDesk, house: AtHouse, asker: Asker) -> Response:
    """Answer a prompt, as if it were a chat of one message."""
    return await _complete(request, desk, house, asker, read_prompt, "prompt")


async def _complete(
    request: Request, desk: Desk, house: House, writer: Principal, read: Read, form: render.Form
) -> Response:
    meter = find_gate(request).meter
    asked = await read_as(request, read)
    if not asked.is_streamed:
        with meter.waits.hold(writer.key_id):
            made = await _submit(request, desk, house, writer, asked)
            return await _hold(request, house, writer, made, asked, form)
    with meter.streams.hold(writer.key_id):  # a task is not made for a stream that would be refused
        made = await _submit(request, desk, house, writer, asked)
    telling = Telling(
        house=house,
        principal=writer,
        task=made.task,
        writer=_writer(asked, made.task, form),
        pace=desk.pace,
        longest=desk.options.longest_chat,
        as_json=asked.is_json,
        request_id=request_id(request.scope),
    )
    hold = meter.streams.hold(writer.key_id)
    return EventStream(tell_chat(telling), MANNERS, desk.pace, hold=hold, headers=_named(request, made))


def _writer(asked: ChatOrder, task: Task, form: render.Form) -> render.Writer:
    return render.Writer(
        form=form,
        model=asked.model,
        task_id=task.id,
        created_at=task.created_at,
        wants_usage=asked.wants_usage,
    )


async def _hold(
    request: Request,
    house: House,
    writer: Principal,
    made: Submitted,
    asked: ChatOrder,
    form: render.Form,
) -> Response:
    """Wait for the end of a task, or for what it asks, as long as its client does."""
    longest = find_desk(request).options.longest_chat
    task = await while_present(request, service.wait_until_asking(house, writer, made.task.id, longest))
    headers = _named(request, made)
    if task.status is Status.COMPLETED:
        content = content_of(task, as_json=asked.is_json)
        return answer(_writer(asked, task, form).whole(task, content), headers=headers)
    if task.status.is_terminal:
        status, body = ended(task)
        return answer(body, status=status, headers={**headers, **FINAL})
    if asked_for := approval(task):
        return answer(waits(task, asked_for), status=HTTPStatus.CONFLICT, headers={**headers, **FINAL})
    if house.hub.is_closed:
        raise Unavailable("The server is stopping, and the work goes on after its restart; ask again.")
    return answer(too_late(longest), status=HTTPStatus.GATEWAY_TIMEOUT, headers=headers)


def _named(request: Request, made: Submitted) -> dict[str, str]:
    session = made.task.session_id or ""
    named = {"X-Session-ID": session, "X-Shannon-Session-ID": session}
    replayed = replay_headers(request, is_replay=made.is_replay)
    return {**named, "X-Workflow-ID": shannon_id(made.task.id), **replayed}


async def _submit(
    request: Request, desk: Desk, house: House, writer: Principal, asked: ChatOrder
) -> Submitted:
    """Store the task of a chat, as a turn of the session that the request names, or of a new one."""
    session = request.headers.get("x-session-id")
    joined = read_session(session)
    offered = require_model(desk.modes, asked.model)
    # The session is no part of the body, and the same words in another one are another request.
    same = await request.body() + b"\n" + (session or "").encode()
    kept = await reserve_exactly(request, writer, same)
    try:
        order = await _order(desk, house, writer, asked, offered)
        terms = order.terms(joined or new_session_id(house), house.clock.now())
        named = replace(terms, metadata=_metadata(asked))
        return await run_input(house, writer, order.kind, order.task_input, terms=named, reservation=kept)
    except Malformed:
        raise
    except Invalid as error:
        raise in_words_of(asked, error) from error


def _metadata(asked: ChatOrder) -> Json:
    user = {} if asked.user is None else {"user": asked.user}
    return {**(asked.metadata or {}), **user} or None


async def _order(
    desk: Desk, house: House, writer: Principal, asked: ChatOrder, offered: Offered
) -> TaskOrder:
    body = asked.task_body(offered.model)
    skill = await desk.take_skill(writer, named_skill(body))
    order = read_task(body, modes=desk.modes, skill=skill)
    takes_brief = offered.assigned.takes_brief
    agent = asked.options.get("agent")
    if agent is not None:
        workload = service.find_workload(house, agent)
        order, takes_brief = replace(order, kind=agent), workload.takes_brief
        if asked.options.get("agent_input") is not None:
            return replace(order, task_input=asked.options["agent_input"])
    if takes_brief:
        brief = order.task_input if order.origin.is_brief else {"input": asked.talk.question}
        return replace(order, task_input=asked.in_brief(brief))
    return replace(order, task_input=asked.in_plain(order.task_input))
