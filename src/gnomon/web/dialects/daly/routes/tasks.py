"""Tasks, and workflows: tasks with the children that the contract shows."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.service.resource import find_any
from gnomon.core.service.task import cancel_and_wait, get_task, list_children, list_tasks, with_result
from gnomon.core.task import Json, Task
from gnomon.web.answer import answer
from gnomon.web.desk import Canceller, Reader, find_gate
from gnomon.web.dialects.daly.desk import AtDesk, Desk
from gnomon.web.dialects.daly.openapi import shows
from gnomon.web.dialects.daly.render.task import render_task, render_version
from gnomon.web.dialects.daly.wire.tasks import read_task_query

router = APIRouter(tags=["tasks"])

_RECORD = {
    "id": 1234,
    "taskType": "energy_model",
    "status": "running",
    "progress": 60.0,
    "stage": "calculating",
    "resultData": None,
    "errorType": None,
    "errorMessage": None,
    "createdAt": "2026-01-31T12:00:00.000Z",
    "startedAt": "2026-01-31T12:00:00.120Z",
    "completedAt": None,
}


@router.get(
    "/tasks",
    summary="List tasks, newest first",
    responses=shows({"tasks": [_RECORD], "total": 1, "page": 1, "pageSize": 50}, "One page.", 422),
)
async def list_(
    desk: AtDesk,
    reader: Reader,
    status: Annotated[str | None, Query(description="Only tasks that are shown with this status.")] = None,
    task_type: Annotated[str | None, Query(description="Only tasks of this kind.")] = None,
    created_after: Annotated[
        str | None, Query(description="ISO 8601; a bare date is its first moment.")
    ] = None,
    created_before: Annotated[str | None, Query(description="ISO 8601.")] = None,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    page_size: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> Response:
    """List the workspace's tasks."""
    query = read_task_query(
        status=status,
        task_type=task_type,
        created_after=created_after,
        created_before=created_before,
        page=page,
        page_size=page_size,
        offered=frozenset(desk.house.workloads),
    )
    found = await list_tasks(desk.house, reader, query)
    rows = await _records(desk, reader, found.records)
    return answer({"tasks": rows, "total": found.total, "page": page, "pageSize": page_size})


@router.get(
    "/tasks/{number}", summary="Get one task", responses=shows(_RECORD, "The task as it stands.", 404, 422)
)
async def get(
    number: int, desk: AtDesk, reader: Reader, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """Show how a task stands; with the `ETag` of an earlier answer, only whether it has changed."""
    task = await get_task(desk.house, reader, number)
    headers = render_version(task)
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return answer((await _records(desk, reader, [task]))[0], headers=headers)


@router.post(
    "/tasks/{number}/cancel",
    summary="Cancel a task",
    responses=shows(
        {**_RECORD, "status": "cancelled"},
        "The task after the cancel; `completed` if it ended first.",
        404,
        409,
        422,
    ),
)
async def cancel(number: int, request: Request, desk: AtDesk, canceller: Canceller) -> Response:
    """Cancel a task that has not ended, and answer when it has; a running one is killed after its grace."""
    with find_gate(request).meter.waits.grant(canceller.key_id, desk.cancel_wait) as seconds:
        task = await cancel_and_wait(desk.house, canceller, number, seconds)
    return answer((await _records(desk, canceller, [task]))[0])


@router.get(
    "/workflows/{number}",
    summary="Get a task and its children",
    responses=shows({"workflow": _RECORD, "tasks": []}, "The parent and its children in order.", 404, 422),
)
async def get_workflow(number: int, desk: AtDesk, reader: Reader) -> Response:
    """Show a task with its children by position; children that are its own affair are not shown."""
    parent = await get_task(desk.house, reader, number)
    children = await list_children(desk.house, reader, parent)
    first, *others = await _records(desk, reader, [parent, *children])
    return answer({"workflow": first, "tasks": others})


async def _records(desk: Desk, reader: Principal, tasks: Sequence[Task]) -> list[dict[str, Json]]:
    tasks = await asyncio.gather(*(with_result(desk.house, reader, task) for task in tasks))
    ids = {task.resource_id for task in tasks if task.resource_id is not None}
    found = await asyncio.gather(*(find_any(desk.house, reader, resource_id) for resource_id in ids))
    named = {resource.id: (resource.kind, resource.number) for resource in found if resource is not None}
    return [render_task(task, resource=named.get(task.resource_id or "")) for task in tasks]
