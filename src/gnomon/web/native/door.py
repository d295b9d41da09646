"""The native door as an application: its routes, its document, and problems (RFC 9457) as its errors."""

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from gnomon.core.errors import Complaint, GnomonError, Invalid
from gnomon.web.auth import Gate
from gnomon.web.native import render
from gnomon.web.native.routes import routes
from gnomon.web.problems import Refusal, headers_of, status_of

PREFIX = ("gnomon", "v1")


def build_native(gate: Gate) -> FastAPI:
    """Build the native door's application; it expects to be called with its prefix as `root_path`."""
    app = FastAPI(
        title="Gnomon",
        version="1",
        summary="Tasks of any kind: submit, read, follow, cancel.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.gate = gate
    app.include_router(routes)
    for known in (GnomonError, Refusal):
        app.add_exception_handler(known, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_form)
    app.add_exception_handler(HTTPException, _refuse_route)
    return app


async def _refuse(_: Request, error: Exception) -> Response:
    status = status_of(error)
    return Response(
        orjson.dumps(render.problem(status, error)),
        status,
        dict(headers_of(error)),
        "application/problem+json",
    )


async def _refuse_form(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    complaints = [Complaint(tuple(item["loc"]), item["msg"], item["type"]) for item in error.errors()]
    return await _refuse(request, Invalid(complaints))


async def _refuse_route(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    body = {"type": "about:blank", "title": error.detail, "status": error.status_code, "detail": error.detail}
    return Response(orjson.dumps(body), error.status_code, error.headers, "application/problem+json")
