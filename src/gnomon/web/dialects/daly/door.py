"""The door as one application: its routes, its error body, its OpenAPI document."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.errors import GnomonError
from gnomon.web.answer import answer
from gnomon.web.auth import Gate
from gnomon.web.dialects.daly.desk import Desk
from gnomon.web.dialects.daly.openapi import describe
from gnomon.web.dialects.daly.render.errors import render_error, render_error_headers, render_validation
from gnomon.web.dialects.daly.routes import (
    access,
    components,
    energy_models,
    locations,
    organizations,
    projects,
    projects_import,
    scene_results,
    scene_viewer,
    scenes,
    tasks,
    weather,
    workspaces,
)
from gnomon.web.paths import methods_at, told_of
from gnomon.web.problems import Problem, Refusal, headers_of, status_of

_ROUTERS = (
    access,
    workspaces,
    organizations,
    locations,
    weather,
    components,
    projects_import,
    projects,
    scenes,
    scene_results,
    scene_viewer,
    energy_models,
    tasks,
)


def build_daly(gate: Gate, *, sync_wait: float, cancel_wait: float) -> FastAPI:
    """Build the door.

    Parameters
    ----------
    gate
        Says who asks.
    sync_wait
        How long an answer may wait for its task; below the 30 s that the vendor's client has patience. [s]
    cancel_wait
        How long the answer to a cancel may wait for its end. [s]
    """
    app = FastAPI(title="Energy models and tasks", redirect_slashes=False, docs_url=None, redoc_url=None)
    app.state.gate = gate
    app.state.desk = Desk(house=gate.house, sync_wait=sync_wait, cancel_wait=cancel_wait)
    for routes in _ROUTERS:
        app.include_router(routes.router)
    app.add_exception_handler(GnomonError, _answer_problem)
    app.add_exception_handler(Refusal, _answer_problem)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_routing)
    describe(app, gate.house.kinds)
    return app


async def _answer_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    headers = {**headers_of(error), **render_error_headers(error)}
    return answer(render_error(error), status=status_of(error), headers=headers)


async def _answer_validation(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answer(render_validation(error.errors()), status=422)


async def _answer_routing(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    routers = [routes.router for routes in _ROUTERS]
    document = "GET /daly/openapi.json"
    headers = dict(error.headers or {})
    if "Allow" in headers:
        headers["Allow"] = methods_at(request, routers)
    detail = told_of(error, request, routers, document)
    return answer({"detail": detail}, status=error.status_code, headers=headers)
