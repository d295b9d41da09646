"""Tasks: submit, list, read, wait."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import orjson
from fastapi import Request, Response

from gnomon.core.access import Principal
from gnomon.core.ports import Submitted
from gnomon.core.service import House
from gnomon.core.service import task as service
from gnomon.core.service.hook import Minted, new_hooks
from gnomon.core.service.run import run_input
from gnomon.core.task import Status, Task
from gnomon.web.answer import answer
from gnomon.web.body import read_as
from gnomon.web.desk import AtHouse, Reader, Writer, find_gate, holding_on
from gnomon.web.edge import request_id
from gnomon.web.native.openapi import BODY, Answers, asks, router, shows, takes
from gnomon.web.native.pacing import retry_after
from gnomon.web.native.render import task as render
from gnomon.web.native.render.hook import minted as minted_hook
from gnomon.web.native.render.problem import ended_problem
from gnomon.web.native.routes.streams import is_stream_asked, open_stream
from gnomon.web.native.wire import ask, read
from gnomon.web.native.wire.attached import find_wanted
from gnomon.web.native.wire.tasks import (
    CANCEL_AFTER,
    LONGEST_WAIT,
    Order,
    Patience,
    Span,
    TaskFilters,
    TaskView,
    patience,
)
from gnomon.web.openapi import header
from gnomon.web.presence import while_present
from gnomon.web.reservation import KEY, replay_headers, reserve

routes = router("tasks")

PREFER = header(
    "Prefer",
    f"`wait=N` holds the answer until the task has ended, or waits for somebody (`waiting`, `paused`), for up to N "
    f"seconds. N below 0 counts as 0 and above {LONGEST_WAIT} as {LONGEST_WAIT}; `Preference-Applied` says what was "
    "granted.",
)
IDEMPOTENCY_KEY = header(
    "Idempotency-Key",
    "The same key with the same request makes one task, however often it is sent.",
    pattern=f"^{KEY}$",
)
_CANCEL_AFTER = header(
    "Cancel-After", "A deadline as a duration from now, such as `90s`, `5m` or `2h`.", pattern=CANCEL_AFTER
)
IF_NONE_MATCH = header("If-None-Match", "The `ETag` of an earlier answer: 304 when nothing has changed.")
_ORDER = {"kind": "shout", "input": {"text": "hello"}, "metadata": {"team": "library"}}
_AS_IT_STANDS = "The task as it stands."
_RETRY_AFTER = {"Retry-After": "The seconds after which another look is worth it; absent when it has ended."}
STANDING = {"ETag": "The version."} | _RETRY_AFTER
UNCHANGED: Answers = {304: {"description": "Nothing has changed."}}
SUBMITTED: Answers = {
    **shows(
        "SubmittedTask",
        "The task has ended in the time that it was waited for.",
        409,
        *BODY,
        headers=STANDING,
    ),
    **shows(
        "SubmittedTask",
        _AS_IT_STANDS,
        status=202,
        headers={
            "Location": "Where the task is.",
            "Operation-Location": "The same.",
            "Preference-Applied": "The wait that was granted.",
            "Idempotency-Replayed": "`true` when the key had made the task before.",
            **STANDING,
        },
    ),
}


@routes.post(
    "/tasks",
    status_code=202,
    summary="Submit a task",
    openapi_extra={**takes(Order, _ORDER), **asks(None, PREFER, IDEMPOTENCY_KEY, _CANCEL_AFTER)},
    responses=SUBMITTED,
)
async def submit_task(request: Request, house: AtHouse, writer: Writer) -> Response:
    """Store a task; once this is answered, it is never lost."""
    order = await read_as(request, partial(read, Order))
    hooks = new_hooks(house, writer, [hook.wanted() for hook in order.webhooks])
    terms = order.terms(request.headers.get("cancel-after"), house.clock.now())
    terms = replace(terms, hooks=tuple(minted.new for minted in hooks))
    made = await run_input(
        house, writer, order.kind, order.input, terms=terms, reservation=await reserve(request, writer)
    )
    return await answer_submitted(request, house, writer, made, () if made.is_replay else hooks)


async def answer_submitted(
    request: Request, house: House, writer: Principal, made: Submitted, hooks: Sequence[Minted] = ()
) -> Response:
    """Answer with the new task: at once, or when it has ended in the time that the client prefers to wait."""
    place = f"{request.scope['root_path']}/tasks/{made.task.id}"
    headers = {"Location": place, "Operation-Location": place, **replay_headers(is_replay=made.is_replay)}
    wait, task = patience(request.headers.get("prefer", "")), made.task
    if wait is not None:
        # The task is stored: a wait too many is not granted, where a refusal would have the task sent again.
        with find_gate(request).meter.waits.grant(writer.key_id, wait) as granted:
            headers["Preference-Applied"] = f"wait={granted:g}"
            task = await while_present(request, service.wait_until_still(house, writer, task.id, granted))
    headers |= standing(house, task)
    body = render.task(task)
    if hooks:
        body["webhooks"] = [minted_hook(minted) for minted in hooks]
        headers["Cache-Control"] = "no-store"
    return answer(body, status=200 if task.status.is_terminal else 202, headers=headers)


def standing(house: House, task: Task) -> dict[str, str]:
    """Say which version is shown, and how soon another look is worth it."""
    headers, seconds = {"ETag": etag(task.version)}, retry_after(task, house.clock.now())
    return headers if seconds is None else {**headers, "Retry-After": str(seconds)}


@routes.get(
    "/tasks",
    summary="List tasks, newest first",
    openapi_extra=asks(TaskFilters),
    responses=shows("TaskPage", "One page.", 422),
)
async def list_tasks(request: Request, house: AtHouse, reader: Reader) -> Response:
    """List public tasks; the filters choose which.

    `metadata.NAME=VALUE`, up to ten of them, chooses tasks whose metadata has that member: a text as it is, a number
    or a truth as JSON writes it.
    """
    offered = (workload.kind for workload in service.list_workloads(house))
    wanted, rest = find_wanted(request.query_params)
    query = ask(TaskFilters, rest).query(reader.workspace, offered, wanted)
    return answer(render.tasks(await service.list_tasks(house, reader, query)))


@routes.get(
    "/tasks/{task_id}",
    summary="Read a task",
    openapi_extra=asks(TaskView, IF_NONE_MATCH),
    responses={
        **shows("Task", _AS_IT_STANDS, 404, 410, 422, headers=STANDING),
        **UNCHANGED,
    },
)
async def get_task(task_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """Read a task: as it stands, when it has moved on, or as it stood at one of its events."""
    view = ask(TaskView, request.query_params)
    if view.at_event is not None:
        task = await service.view_at(house, reader, task_id, view.at_event)
        return answer(render.task(task), headers={"ETag": etag(task.version)})
    # `after_version` alone is no condition: that is `If-None-Match`.
    if view.wait:
        waiting = service.wait_beyond(house, reader, task_id, view.after_version, view.wait)
        task = await holding_on(request, reader, waiting)
        return _answer_task(request, house, task)
    # The result is left out at first: most polls find nothing new.
    if "if-none-match" in request.headers:
        seen = await service.glance(house, reader, task_id)
        if is_known(request, seen.version):
            return _unchanged(house, seen)
    return _answer_task(request, house, await service.get_task_by_id(house, reader, task_id))


def _answer_task(request: Request, house: House, task: Task) -> Response:
    if is_known(request, task.version):
        return _unchanged(house, task)
    return answer(render.task(task), headers=standing(house, task))


def _unchanged(house: House, task: Task) -> Response:
    return Response(status_code=304, headers=standing(house, task))


def etag(version: int) -> str:
    """Write a version as an entity tag."""
    return f'"{version}"'


def is_known(request: Request, version: int) -> bool:
    """Say whether the client knows that version already, by its `If-None-Match`."""
    tags = request.headers.get("if-none-match", "").split(",")
    return any(tag.strip().removeprefix("W/") in (etag(version), "*") for tag in tags)


@routes.get(
    "/tasks/{task_id}/result",
    summary="Read or wait for a task's result",
    openapi_extra=asks(Patience, IF_NONE_MATCH),
    responses={
        **shows("Result", "The result.", 404, 422, headers={"ETag": "The version."}),
        **shows("Task", "It has not ended yet.", status=202, headers=STANDING),
        **UNCHANGED,
        **shows("EndedProblem", "It has ended without a result.", status=409, is_problem=True),
    },
)
async def get_result(task_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """Read what the work gave; a task that ended otherwise answers with its error as the cause of a problem.

    A wait ends at once when the task is `waiting` or `paused`: nothing happens until somebody answers or resumes.
    """
    wait = ask(Patience, request.query_params).wait
    task = await holding_on(request, reader, service.wait_until_still(house, reader, task_id, wait))
    has_answer = task.status is Status.COMPLETED or task.status.is_active
    if has_answer and is_known(request, task.version):
        return _unchanged(house, task)
    if task.status is Status.COMPLETED:
        return answer(render.result(task), headers=standing(house, task))
    if task.status.is_active:
        return answer(render.task(task), status=202, headers=standing(house, task))
    body = orjson.dumps(ended_problem(task, request_id(request.scope)))
    return Response(body, 409, media_type="application/problem+json")


@routes.get(
    "/tasks/{task_id}/input",
    summary="Read a task's input",
    responses=shows("TaskInput", "What it was given to do.", 404),
)
async def get_input(task_id: str, house: AtHouse, reader: Reader) -> Response:
    """Read what a task was given to do; of one that ran a saved resource, the document that it ran."""
    task = await service.get_task_by_id(house, reader, task_id)
    return answer(render.given(task, await service.get_input(house, reader, task_id)))


@routes.get(
    "/tasks/{task_id}/events",
    summary="Read a task's events above a number",
    openapi_extra=asks(Span),
    responses=shows("EventPage", "Events in order.", 404, 409, 410, 422),
)
async def list_events(task_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """Read events in order; `next` is the cursor of those that follow. Who accepts a stream gets one."""
    if is_stream_asked(request):
        return open_stream(task_id, request, reader)
    span = ask(Span, request.query_params)
    events = await service.list_events(house, reader, task_id, span.after, span.limit)
    version = await service.find_version(house, reader, task_id)
    return answer(render.events(events, span.after, version))


@routes.get(
    "/tasks/{task_id}/attempts",
    summary="List a task's attempts",
    responses=shows("AttemptList", "Attempts in order.", 404),
)
async def list_attempts(task_id: str, house: AtHouse, reader: Reader) -> Response:
    """List every try, how it ended and why."""
    # Read first: what is listed is at least as new as the version that it is listed under.
    version = await service.find_version(house, reader, task_id)
    return answer(render.attempts(task_id, version, await service.list_attempts(house, reader, task_id)))


@routes.get(
    "/tasks/{task_id}/children",
    summary="List a task's public children",
    responses=shows("TaskList", "Children by position.", 404),
)
async def list_children(task_id: str, house: AtHouse, reader: Reader) -> Response:
    """List public children by position."""
    parent = await service.get_task_by_id(house, reader, task_id)
    children = await service.list_children(house, reader, parent)
    return answer(render.children(parent, children))
