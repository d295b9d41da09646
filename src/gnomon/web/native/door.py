"""The native door as an application: its routes, its document, and problems (RFC 9457) as its errors."""

from collections.abc import Mapping

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from gnomon.core.errors import GnomonError
from gnomon.core.service.digest import Digests
from gnomon.core.task import Json
from gnomon.web.auth import Gate
from gnomon.web.edge import request_id
from gnomon.web.ids import own_in_path
from gnomon.web.native.framing import line
from gnomon.web.native.openapi import describe
from gnomon.web.native.render.problem import plain_problem, problem
from gnomon.web.native.routes import ROUTERS
from gnomon.web.native.routes.streams import Studio
from gnomon.web.paths import allow, told_of
from gnomon.web.problems import Refusal, headers_of, of_form, status_of
from gnomon.web.sse import Pace

PREFIX = ("gnomon", "v1")


def build_native(gate: Gate, pace: Pace, *, are_links_open: bool = True) -> FastAPI:
    """Build the native door's application; it expects to be called with its prefix as `root_path`."""
    app = FastAPI(
        title="Gnomon",
        version="1",
        summary="Tasks of any kind: submit, read, follow, cancel.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": "/" + "/".join(PREFIX)}],
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.gate = gate
    app.state.are_links_open = are_links_open
    app.state.studio = Studio(pace=pace, digests=Digests(gate.house.store, line))
    app.add_middleware(_OwnIds)
    for routes in ROUTERS:
        app.include_router(routes)
    for known in (GnomonError, Refusal):
        app.add_exception_handler(known, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_form)
    app.add_exception_handler(HTTPException, _refuse_route)
    describe(app, ROUTERS, gate.house.workloads)
    return app


class _OwnIds:
    """Takes ids as the Parallel door writes them: who has a run's finds its task and its lines in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on with the ids of the core in its path."""
        path = scope["path"]
        # A session has its client's name, whatever that looks like.
        path = path if "/sessions/" in path else own_in_path(path)
        await self._app({**scope, "path": path}, receive, send)


async def _refuse(request: Request, error: Exception) -> Response:
    status = status_of(error)
    return _answer(problem(status, error, request_id(request.scope)), status, headers_of(error))


async def _refuse_form(request: Request, error: Exception) -> Response:
    return await _refuse(request, of_form(error))


async def _refuse_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = told_of(error, request, ROUTERS, f"GET {request.scope['root_path']}/openapi.json")
    body = plain_problem(error.status_code, detail, request_id(request.scope))
    return _answer(body, error.status_code, allow(error, request, ROUTERS))


def _answer(body: Json, status: int, headers: Mapping[str, str]) -> Response:
    return Response(orjson.dumps(body), status, dict(headers), "application/problem+json")
