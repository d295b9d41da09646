"""What every caller may ask without a key: is the server alive, is it ready, what is it."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gnomon.core.errors import Unavailable
from gnomon.core.service import House

PATHS = ("/", "/health", "/readiness")
_PLACES = {
    "server": "gnomon",
    "health": "/health",
    "readiness": "/readiness",
    "apis": {
        "native": {"at": "/gnomon/v1", "openapi": "/gnomon/v1/openapi.json"},
        "daly": {"at": "/", "openapi": "/daly/openapi.json"},
        "parallel": {"at": "/v1/tasks", "openapi": "/v1/tasks/openapi.json"},
        "shannon": {"at": "/api/v1", "openapi": "/openapi.json"},
    },
    "docs": "README.md and docs/reference/ of the source",
}


def build_lobby(house: House) -> Starlette:
    """Build the application that answers `PATHS`."""
    return Starlette(
        routes=[
            Route("/", _greet),
            Route("/health", _is_alive),
            Route("/readiness", _readiness(house)),
        ]
    )


async def _greet(_: Request) -> Response:
    return JSONResponse(_PLACES)


async def _is_alive(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _readiness(house: House) -> Callable[[Request], Awaitable[Response]]:
    async def is_ready(_: Request) -> Response:
        try:
            await house.store.ping()
        except Unavailable as error:
            return JSONResponse({"status": "unavailable", "detail": error.message}, status_code=503)
        return JSONResponse({"status": "ready"})

    return is_ready
