"""Tasks: submit, read, follow, cancel."""

from fastapi import Request, Response

from gnomon.core.errors import Invalid
from gnomon.core.service import task as service
from gnomon.core.service.run import run_input
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.native.desk import AtHouse, Canceller, Reader, Writer, reserve
from gnomon.web.native.openapi import BODY, asks, header, router, shows, takes
from gnomon.web.native.render import task as render
from gnomon.web.native.wire import ask, read
from gnomon.web.native.wire.tasks import LONGEST_WAIT, Order, Span, TaskFilters, in_body, patience

routes = router("tasks")

_PREFER = header(
    "Prefer",
    f"`wait=N` holds the answer until the task has ended, for up to N seconds, {LONGEST_WAIT} at most.",
)
_IDEMPOTENCY_KEY = header(
    "Idempotency-Key",
    "The same key with the same body makes one task, however often it is sent.",
    minLength=1,
    maxLength=255,
)
_ORDER = {"kind": "shout", "input": {"text": "hello"}}
_AS_IT_STANDS = "The task as it stands."


@routes.post(
    "/tasks",
    status_code=202,
    summary="Submit a task",
    openapi_extra={**takes(Order, _ORDER), **asks(None, _PREFER, _IDEMPOTENCY_KEY)},
    responses={
        **shows("Task", "The task has ended in the time that it was waited for.", 409, *BODY),
        **shows("Task", _AS_IT_STANDS, status=202, headers={"Location": "Where the task is."}),
    },
)
async def submit_task(request: Request, house: AtHouse, writer: Writer) -> Response:
    """Store a task; once this is answered, it is never lost."""
    order = read(Order, await read_json(request))
    try:
        made = await run_input(house, writer, order.kind, order.input, reservation=await reserve(request))
    except Invalid as invalid:
        raise in_body(invalid) from invalid
    headers = {"Location": f"{request.scope['root_path']}/tasks/{made.task.id}"}
    if made.is_replay:
        headers["Idempotency-Replayed"] = "true"
    wait = patience(request.headers.get("prefer", ""))
    if wait is None:
        return answer(render.task(made.task), status=202, headers=headers)
    headers["Preference-Applied"] = f"wait={wait:g}"
    task = await service.wait(house, writer, made.task.id, wait)
    return answer(render.task(task), status=200 if task.status.is_terminal else 202, headers=headers)


@routes.get(
    "/tasks",
    summary="List tasks, newest first",
    openapi_extra=asks(TaskFilters),
    responses=shows("TaskPage", "One page.", 422),
)
async def list_tasks(request: Request, house: AtHouse, reader: Reader) -> Response:
    """List public tasks; the filters choose which."""
    query = ask(TaskFilters, request.query_params).query(reader.workspace)
    return answer(render.tasks(await service.list_tasks(house, reader, query)))


@routes.get("/tasks/{task_id}", summary="Read a task", responses=shows("Task", _AS_IT_STANDS, 404))
async def get_task(task_id: str, house: AtHouse, reader: Reader) -> Response:
    """Read a task with its result."""
    return answer(render.task(await service.get_task_by_id(house, reader, task_id)))


@routes.get(
    "/tasks/{task_id}/events",
    summary="Read a task's events above a number",
    openapi_extra=asks(Span),
    responses=shows("EventList", "Events in order.", 404, 410, 422),
)
async def list_events(task_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """Read events in order; `after` is the cursor."""
    span = ask(Span, request.query_params)
    return answer(render.events(await service.list_events(house, reader, task_id, span.after, span.limit)))


@routes.get(
    "/tasks/{task_id}/attempts",
    summary="List a task's attempts",
    responses=shows("AttemptList", "Attempts in order.", 404),
)
async def list_attempts(task_id: str, house: AtHouse, reader: Reader) -> Response:
    """List every try, how it ended and why."""
    return answer(render.attempts(await service.list_attempts(house, reader, task_id)))


@routes.get(
    "/tasks/{task_id}/children",
    summary="List a task's public children",
    responses=shows("TaskList", "Children by position.", 404),
)
async def list_children(task_id: str, house: AtHouse, reader: Reader) -> Response:
    """List public children by position."""
    parent = await service.get_task_by_id(house, reader, task_id)
    children = await service.list_children(house, reader, parent)
    return answer({"tasks": [render.task(child) for child in children]})


@routes.post(
    "/tasks/{task_id}/cancel",
    status_code=202,
    summary="Cancel a task",
    responses={
        **shows("Task", "The task has ended.", 404),
        **shows("Task", "The task will end within its grace period.", status=202),
    },
)
async def cancel_task(task_id: str, house: AtHouse, canceller: Canceller) -> Response:
    """Cancel at once when nothing runs (200), within the grace period otherwise (202); an end stays an end."""
    task = await service.cancel(house, canceller, task_id)
    return answer(render.task(task), status=200 if task.status.is_terminal else 202)
