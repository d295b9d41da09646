"""Tasks: submit, read, list."""

from dataclasses import replace
from http import HTTPStatus

from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gnomon.core.access import Principal
from gnomon.core.ports import Submitted, TaskQuery
from gnomon.core.service import House
from gnomon.core.service import task as service
from gnomon.core.service.run import run_input
from gnomon.core.task import Json, Task
from gnomon.web.answer import answer
from gnomon.web.body import apart, read_json
from gnomon.web.desk import AtHouse, Reader, Writer
from gnomon.web.dialects.shannon.again import new_session_id, replay_headers, reserve_exactly
from gnomon.web.dialects.shannon.desk import AtDesk, Desk, find_task, opted_in
from gnomon.web.dialects.shannon.origin import find_origin
from gnomon.web.dialects.shannon.render import task as render
from gnomon.web.dialects.shannon.status import asked
from gnomon.web.dialects.shannon.wire.listing import Listing, read_listing
from gnomon.web.dialects.shannon.wire.submit import TaskOrder, named_skill, read_task
from gnomon.web.ids import shannon_id
from gnomon.web.moment import moment
from gnomon.web.paths import Alone

router = APIRouter(prefix="/api/v1", tags=["tasks"])


@router.post("/tasks")
async def submit_task(request: Request, desk: AtDesk, house: AtHouse, writer: Writer) -> Response:
    """Store a task; once this is answered, it is never lost."""
    made = await _submit(request, desk, house, writer)
    task = made.task
    told = {
        "task_id": shannon_id(task.id),
        "workflow_id": shannon_id(task.id),
        "status": "STATUS_CODE_OK",
        "message": f"Task submitted; it is turn {task.session_turn} of session {task.session_id}.",
        "created_at": moment(task.created_at),
    }
    return answer(told, headers=_named(request, made))


async def submit_task_to_stream(request: Request, desk: AtDesk, house: AtHouse, writer: Writer) -> Response:
    """Store a task, and say where its stream is."""
    made = await _submit(request, desk, house, writer)
    name, url = shannon_id(made.task.id), stream_url(request, made.task)
    headers = {**_named(request, made), "Link": f'<{url}>; rel="stream"'}
    told = {"workflow_id": name, "task_id": name, "stream_url": url}
    return answer(told, status=HTTPStatus.CREATED, headers=headers)


router.add_api_route(
    "/tasks/stream",
    submit_task_to_stream,
    methods=["POST"],
    status_code=HTTPStatus.CREATED,
    route_class_override=Alone,
)


async def _submit(request: Request, desk: Desk, house: House, writer: Principal) -> Submitted:
    order = await read_order(request, desk, writer)
    return await submit_order(house, writer, order, request)


async def read_order(request: Request, desk: Desk, writer: Principal) -> TaskOrder:
    """Read the body of a submission, with the skill that it asks for.

    Raises
    ------
    Invalid
        When something is wrong with it, or there is no such skill.
    Forbidden
        When the key may not have the skill.
    """
    body = await read_json(request)
    skill = await desk.take_skill(writer, named_skill(body))
    return await apart(len(await request.body()), read_task, body, modes=desk.modes, skill=skill)


async def submit_order(house: House, writer: Principal, order: TaskOrder, request: Request) -> Submitted:
    """Store the task of an order, as a turn of its session or of a new one."""
    session_id = order.session_id or new_session_id(house)
    return await run_input(
        house,
        writer,
        order.kind,
        order.task_input,
        terms=order.terms(session_id),
        reservation=await reserve_exactly(request, writer),
    )


def _named(request: Request, made: Submitted) -> dict[str, str]:
    task = made.task
    named = {"X-Workflow-ID": shannon_id(task.id), "X-Session-ID": task.session_id or ""}
    return {**named, **replay_headers(request, is_replay=made.is_replay)}


def stream_url(request: Request, task: Task) -> str:
    """Return the path of a task's stream on this server."""
    return f"{request.scope['root_path']}/api/v1/stream/sse?workflow_id={shannon_id(task.id)}"


@router.get("/tasks")
async def list_tasks(request: Request, house: AtHouse, reader: Reader) -> Response:
    """List the workspace's tasks, newest first."""
    listing = read_listing(request.query_params)
    is_in = listing.word == "PAUSED" or opted_in(request)
    page = await service.list_tasks(house, reader, _query(reader, listing, is_in=is_in))
    shown = [render.summary(task, await _query_of(house, task), opted_in=is_in) for task in page.records]
    return answer({"tasks": shown, "total_count": page.total})


def _query(reader: Principal, listing: Listing, *, is_in: bool) -> TaskQuery:
    query = TaskQuery(
        workspace=reader.workspace,
        session_id=listing.session_id,
        limit=listing.limit,
        offset=listing.offset,
        with_total=True,
    )
    if listing.word is None:
        return query
    meant = asked(listing.word, opted_in=is_in)
    return replace(query, statuses=meant.statuses, is_started=meant.is_started)


async def _query_of(house: House, task: Task) -> str:
    """Return what a task was asked; what another door was asked is read for it, as far as it stands in one row."""
    if find_origin(task) is not None:
        return render.query_of(task)
    return render.query_of(task, await house.store.get_given(task.workspace, task.id))


@router.get("/tasks/{task_id}")
async def get_task(task_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """Show how a task stands, what it gave and what it used."""
    task = await find_task(house, reader, task_id, with_result=True)
    shown = render.task(task, await _given(house, reader, task), opted_in=opted_in(request))
    return answer(shown, headers={"X-Workflow-ID": shannon_id(task.id), "ETag": f'"{task.version}"'})


async def _given(house: House, reader: Principal, task: Task) -> Json:
    if find_origin(task) is None:  # what stands in for a query needs no blob of it
        return await house.store.get_given(reader.workspace, task.id)
    return await service.get_given(house, reader, task.id)


@router.get("/tasks/{task_id}/stream", status_code=HTTPStatus.TEMPORARY_REDIRECT)
async def find_stream(task_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """Send the client on to the task's stream, with what it filters and where it goes on."""
    task = await find_task(house, reader, task_id)
    given = [(name, value) for name, value in request.query_params.multi_items() if name in _CARRIED]
    more = f"&{QueryParams(given)}" if given else ""
    return RedirectResponse(stream_url(request, task) + more, HTTPStatus.TEMPORARY_REDIRECT)


_CARRIED = frozenset({"types", "last_event_id", "include"})
