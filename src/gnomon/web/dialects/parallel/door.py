"""The door as one application: its routes, and the vendor's envelope for whatever is refused."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gnomon.core.errors import GnomonError
from gnomon.web.answer import answer
from gnomon.web.auth import Gate
from gnomon.web.dialects.parallel.desk import Desk, ParallelOptions
from gnomon.web.dialects.parallel.hold import away_status
from gnomon.web.dialects.parallel.openapi import describe
from gnomon.web.dialects.parallel.processors import Processors
from gnomon.web.dialects.parallel.render.errors import FINAL, body_of, headers_of, status_of
from gnomon.web.dialects.parallel.routes import ROUTERS
from gnomon.web.dialects.parallel.stream import Endings
from gnomon.web.edge import request_id
from gnomon.web.paths import allow, told_of
from gnomon.web.problems import Refusal, of_form
from gnomon.web.sse import Pace

PREFIXES = (
    ("v1", "tasks"),
    ("v1beta", "tasks"),
    ("parallel", "v1", "tasks"),
    ("parallel", "v1beta", "tasks"),
)
"""Where it stands; a client that shares the server with others is sent below `/parallel`."""


def build_parallel(gate: Gate, pace: Pace, options: ParallelOptions) -> FastAPI:
    """Build the door's application; it expects to be called with its prefix as `root_path`.

    Raises
    ------
    ValueError
        When a processor is assigned to what is not there.
    """
    app = FastAPI(
        title="Task runs and groups",
        version="1",
        summary="The contract of Parallel's Task API, and what this server adds to it.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": "/" + "/".join(prefix)} for prefix in PREFIXES],
        root_path_in_servers=False,
        generate_unique_id_function=lambda route: route.name,
    )
    processors = Processors(options.processors, gate.house.workloads)
    app.state.gate = gate
    app.state.desk = Desk(
        pace=pace,
        options=options,
        processors=processors,
        endings=Endings(gate.house),
    )
    for routes in ROUTERS:
        app.include_router(routes)
    for known in (GnomonError, Refusal):
        app.add_exception_handler(known, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_form)
    app.add_exception_handler(HTTPException, _refuse_route)
    app.add_exception_handler(Exception, _confess)
    describe(app, ROUTERS, processors)
    return app


async def _refuse(request: Request, error: Exception) -> Response:
    status = status_of(error)
    body, headers = body_of(error, status, request_id(request.scope)), headers_of(error, status)
    is_away = status == HTTPStatus.SERVICE_UNAVAILABLE
    return answer(body, status=away_status(request.headers) if is_away else status, headers=headers)


async def _refuse_form(request: Request, error: Exception) -> Response:
    return await _refuse(request, of_form(error))


async def _refuse_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = told_of(error, request, ROUTERS, f"GET {request.scope['root_path']}/openapi.json")
    headers = {**FINAL, **allow(error, request, ROUTERS)}
    return _answer(request, Refusal(detail), error.status_code, headers)


async def _confess(request: Request, error: Exception) -> Response:
    """Answer for what nobody caught; the edge writes it to the log, because it is raised again after this."""
    if isinstance(error, ClientDisconnect):
        raise error
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _answer(request, error, status, headers_of(error, status))


def _answer(request: Request, error: Exception, status: int, headers: Mapping[str, str]) -> Response:
    return answer(body_of(error, status, request_id(request.scope)), status=status, headers=headers)
