"""The door as one application: its routes, and the vendor's envelope for whatever is refused."""

import uuid
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gnomon.core.errors import Complaint, GnomonError, Invalid
from gnomon.core.task import Json
from gnomon.web.answer import answer
from gnomon.web.auth import Gate
from gnomon.web.dialects.parallel.desk import Desk, ParallelOptions
from gnomon.web.dialects.parallel.refusal import FINAL, again_in, refusal_headers, refusal_status
from gnomon.web.dialects.parallel.routes import ROUTERS
from gnomon.web.edge import request_id
from gnomon.web.paths import methods_at, told_of
from gnomon.web.problems import InvalidQuery, Refusal
from gnomon.web.sse import Pace

PREFIXES = (
    ("v1", "tasks"),
    ("v1beta", "tasks"),
    ("parallel", "v1", "tasks"),
    ("parallel", "v1beta", "tasks"),
)
"""Where it stands; a client that shares the server with others is sent below `/parallel`."""


def build_parallel(gate: Gate, pace: Pace, options: ParallelOptions) -> FastAPI:
    """Build the door's application; it expects to be called with its prefix as `root_path`."""
    app = FastAPI(title="Task runs and groups", redirect_slashes=False, docs_url=None, redoc_url=None)
    app.state.desk = Desk(gate=gate, pace=pace, options=options)
    for routes in ROUTERS:
        app.include_router(routes)
    for known in (GnomonError, Refusal):
        app.add_exception_handler(known, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_form)
    app.add_exception_handler(HTTPException, _refuse_route)
    app.add_exception_handler(Exception, _confess)
    return app


async def _refuse(request: Request, error: Exception) -> Response:
    return _answer(request, error, refusal_status(error), refusal_headers(error))


async def _refuse_form(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    complaints = [Complaint(tuple(item["loc"]), item["msg"], item["type"]) for item in error.errors()]
    return await _refuse(request, InvalidQuery(complaints))


async def _refuse_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = told_of(error, request, ROUTERS, f"GET {request.scope['root_path']}/openapi.json")
    is_method = error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    headers = {"Allow": methods_at(request, ROUTERS)} if is_method else {}
    return _answer(request, Refusal(detail), error.status_code, {**FINAL, **headers})


async def _confess(request: Request, error: Exception) -> Response:
    """Answer for what nobody caught; the edge writes it to the log, because it is raised again after this."""
    if isinstance(error, ClientDisconnect):
        raise error
    name = request_id(request.scope)
    told = Refusal(f"Something went wrong in the server; its log names this request {name}.")
    return _answer(request, told, HTTPStatus.INTERNAL_SERVER_ERROR, again_in(1))


def _answer(request: Request, error: Exception, status: int, headers: Mapping[str, str]) -> Response:
    return answer(_body(error, request_id(request.scope)), status=status, headers=headers)


def _body(error: Exception, name: str | None) -> Json:
    detail: Json = None
    if isinstance(error, Invalid):
        detail = {
            "errors": [{"loc": list(c.loc), "msg": c.message, "type": c.type} for c in error.complaints]
        }
    told = {"ref_id": str(uuid.uuid5(uuid.NAMESPACE_OID, name or "")), "message": str(error)}
    return {"type": "error", "error": told if detail is None else {**told, "detail": detail}}
