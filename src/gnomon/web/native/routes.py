"""The native door's paths: read, ask the core, answer."""

import hashlib
from typing import Any

from fastapi import APIRouter, Request, Response

from gnomon.core.errors import Invalid
from gnomon.core.ports import Reservation
from gnomon.core.service import task as service
from gnomon.core.service.run import run_input
from gnomon.web.answer import answer
from gnomon.web.auth import Gate, identify
from gnomon.web.body import read_json
from gnomon.web.native import render, wire
from gnomon.web.problems import BadRequest

_TASK = {
    "id": "tsk_06ed9jg3bcq8zj7x5v1m2n3p4r",
    "number": 1,
    "kind": "shout",
    "status": "completed",
    "progress": 100.0,
    "version": 4,
    "result": {"text": "HELLO"},
}
_ORDER = {
    "parameters": [
        {
            "name": "Prefer",
            "in": "header",
            "schema": {"type": "string"},
            "description": "`wait=N` holds the answer until the task has ended, for up to N seconds, 55 at most.",
        },
        {
            "name": "Idempotency-Key",
            "in": "header",
            "schema": {"type": "string", "maxLength": 255},
            "description": "The same key with the same body makes one task, however often it is sent.",
        },
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["kind"],
                    "additionalProperties": False,
                    "properties": {
                        "kind": {
                            "type": "string",
                            "description": "What work; GET /workloads lists the kinds.",
                        },
                        "input": {"description": "What the kind's input schema says."},
                    },
                },
                "example": {"kind": "shout", "input": {"text": "hello"}},
            }
        },
    },
}


def _problem(text: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/problem+json": {}}}


_COMMON: dict[int | str, dict[str, Any]] = {401: _problem("No valid key.")}
_ABSENT = {**_COMMON, 404: _problem("The workspace has no such task.")}
_ACCEPTED = {"description": "The task as it stands.", "content": {"application/json": {"example": _TASK}}}


routes = APIRouter(default_response_class=Response)


def _gate(request: Request) -> Gate:
    gate: Gate = request.app.state.gate
    return gate


@routes.post(
    "/tasks",
    status_code=202,
    summary="Submit a task",
    openapi_extra=_ORDER,
    responses={
        **_COMMON,
        200: _ACCEPTED,
        202: _ACCEPTED,
        422: _problem("The kind or its input is not valid."),
    },
)
async def submit(request: Request) -> Response:
    """Store a task; once this is answered, it is never lost."""
    gate = _gate(request)
    principal = await identify(gate, request)
    order = wire.order(await read_json(request))
    reservation = _reservation(request.headers.get("idempotency-key"), await request.body())
    try:
        made = await run_input(gate.house, principal, order.kind, order.input, reservation=reservation)
    except Invalid as invalid:
        raise wire.in_body(invalid) from invalid
    headers = {"Location": f"{request.scope['root_path']}/tasks/{made.task.id}"}
    if made.is_replay:
        headers["Idempotency-Replayed"] = "true"
    wait = wire.patience(request.headers.get("prefer", ""))
    if wait is None:
        return answer(render.task(made.task), status=202, headers=headers)
    headers["Preference-Applied"] = f"wait={wait:g}"
    task = await service.wait(gate.house, principal, made.task.id, wait)
    return answer(render.task(task), status=200 if task.status.is_terminal else 202, headers=headers)


@routes.get("/tasks", summary="List tasks, newest first", responses=_COMMON)
async def list_tasks(request: Request) -> Response:
    """List public tasks; `status`, `kind`, `limit` and `cursor` choose which."""
    gate = _gate(request)
    principal = await identify(gate, request)
    query = wire.query(principal.workspace, request.query_params)
    return answer(render.tasks(await service.list_tasks(gate.house, principal, query)))


@routes.get("/tasks/{task_id}", summary="Read a task", responses={**_ABSENT, 200: _ACCEPTED})
async def get_task(request: Request, task_id: str) -> Response:
    """Read a task with its result."""
    gate = _gate(request)
    principal = await identify(gate, request)
    return answer(render.task(await service.get_task_by_id(gate.house, principal, task_id)))


@routes.get("/tasks/{task_id}/events", summary="Read a task's events above a number", responses=_ABSENT)
async def list_events(request: Request, task_id: str) -> Response:
    """Read events in order; `after` is the cursor, `limit` at most 1000."""
    gate = _gate(request)
    principal = await identify(gate, request)
    after, limit = wire.span(request.query_params)
    return answer(render.events(await service.list_events(gate.house, principal, task_id, after, limit)))


@routes.get("/tasks/{task_id}/attempts", summary="List a task's attempts", responses=_ABSENT)
async def list_attempts(request: Request, task_id: str) -> Response:
    """List every try, how it ended and why."""
    gate = _gate(request)
    principal = await identify(gate, request)
    return answer(render.attempts(await service.list_attempts(gate.house, principal, task_id)))


@routes.get("/tasks/{task_id}/children", summary="List a task's public children", responses=_ABSENT)
async def list_children(request: Request, task_id: str) -> Response:
    """List public children by position."""
    gate = _gate(request)
    principal = await identify(gate, request)
    parent = await service.get_task_by_id(gate.house, principal, task_id)
    children = await service.list_children(gate.house, principal, parent)
    return answer({"tasks": [render.task(child) for child in children]})


@routes.post(
    "/tasks/{task_id}/cancel",
    status_code=202,
    summary="Cancel a task",
    responses={**_ABSENT, 200: _ACCEPTED, 202: _ACCEPTED},
)
async def cancel(request: Request, task_id: str) -> Response:
    """Cancel at once when nothing runs (200), within the grace period otherwise (202); an end stays an end."""
    gate = _gate(request)
    principal = await identify(gate, request)
    task = await service.cancel(gate.house, principal, task_id)
    return answer(render.task(task), status=200 if task.status.is_terminal else 202)


@routes.get("/workloads", summary="List the kinds of work and their schemas", responses=_COMMON)
async def list_workloads(request: Request) -> Response:
    """List what POST /tasks takes."""
    gate = _gate(request)
    await identify(gate, request)
    return answer({"workloads": [render.workload(offered) for offered in service.list_workloads(gate.house)]})


def _reservation(key: str | None, body: bytes) -> Reservation | None:
    if key is None:
        return None
    if not 1 <= len(key) <= 255:
        raise BadRequest("'Idempotency-Key' must have 1 to 255 characters.")
    digest = hashlib.sha256(b"POST /gnomon/v1/tasks\n" + body).hexdigest()
    return Reservation(key=f"native:{key}", fingerprint=digest)
