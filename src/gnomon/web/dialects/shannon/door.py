"""The door as one application: its routes, and the vendor's errors for whatever is refused."""

from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gnomon.core.errors import GnomonError
from gnomon.web.answer import answer
from gnomon.web.auth import Gate
from gnomon.web.dialects.shannon.desk import Desk, ShannonOptions
from gnomon.web.dialects.shannon.modes import Modes
from gnomon.web.dialects.shannon.openapi import describe
from gnomon.web.dialects.shannon.refusal import as_told, refusal
from gnomon.web.dialects.shannon.render.errors import body_of, headers_of, status_of
from gnomon.web.dialects.shannon.render.openai_error import openai_error, openai_error_of
from gnomon.web.dialects.shannon.routes import ROUTERS, streams
from gnomon.web.dialects.shannon.stream import Closings
from gnomon.web.dialects.shannon.tracing import Traced
from gnomon.web.edge import request_id
from gnomon.web.lobby import health_routes
from gnomon.web.paths import allow, told_of
from gnomon.web.problems import Refusal, of_form
from gnomon.web.sse import Pace

PREFIXES = (("api", "v1"), ("v1",), ("openapi.json",), ("shannon",))
"""Where it stands, with whole paths in its routes; a client that shares the server is sent below `/shannon`."""
SOCKETS = frozenset({streams.SOCKET, f"/shannon{streams.SOCKET}"})
"""Paths of web sockets: the only ones of this server."""


def build_shannon(gate: Gate, pace: Pace, options: ShannonOptions) -> FastAPI:
    """Build the door's application; its routes hold whole paths, so that it is called without its prefix as root.

    Raises
    ------
    ValueError
        When a mode is assigned to what is not there.
    """
    app = FastAPI(
        title="Shannon API: tasks, streams, sessions and schedules",
        version="1",
        summary="The contract of Shannon's gateway, and what this server adds to it.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": "/"}, {"url": "/shannon"}],
        root_path_in_servers=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.gate = gate
    app.state.desk = Desk(
        pace=pace,
        options=options,
        modes=Modes(options.modes, gate.house.workloads),
        closings=Closings(gate.house),
    )
    app.add_middleware(Traced, clock=gate.house.clock)
    for routes in ROUTERS:
        app.include_router(routes)
    app.router.routes.extend(health_routes(gate.house))  # for clients that are sent below the vendor's name
    describe(app, ROUTERS)
    for known in (GnomonError, Refusal):
        app.add_exception_handler(known, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_form)
    app.add_exception_handler(HTTPException, _refuse_route)
    app.add_exception_handler(Exception, _confess)
    return app


def _is_openai(request: Request) -> bool:
    path: str = request.scope["path"].removeprefix(request.scope["root_path"])
    return path == "/v1" or path.startswith("/v1/")


async def _refuse(request: Request, error: Exception) -> Response:
    if not _is_openai(request):
        return refusal(request, error)
    status, name = status_of(error), request_id(request.scope)
    told = as_told(request, error)
    return answer(openai_error_of(told, status, name), status=status, headers=headers_of(error))


async def _refuse_form(request: Request, error: Exception) -> Response:
    return await _refuse(request, of_form(error))


async def _refuse_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = told_of(error, request, ROUTERS, "GET /openapi.json")
    headers = allow(error, request, ROUTERS)
    body = openai_error(detail, error.status_code) if _is_openai(request) else {"error": detail}
    return answer(body, status=error.status_code, headers=headers)


async def _confess(request: Request, error: Exception) -> Response:
    """Answer for what nobody caught; the edge writes it to the log, because it is raised again after this."""
    if isinstance(error, ClientDisconnect):
        raise error
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    write = openai_error_of if _is_openai(request) else body_of
    return answer(write(error, status, request_id(request.scope)), status=status)
