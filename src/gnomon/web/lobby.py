"""What every caller may ask without a key: is the server alive, is it ready, what is it."""

from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gnomon.core.errors import Unavailable
from gnomon.core.service import House
from gnomon.core.task import Json
from gnomon.web.moment import moment

_VERSION: Final = version("gnomon")
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
    return Starlette(routes=[Route("/", _greet), *health_routes(house)])


def health_routes(house: House) -> list[Route]:
    """Make the routes that say how the server is."""
    return [Route("/health", _health(house)), Route("/readiness", _readiness(house))]


async def _greet(_: Request) -> Response:
    return JSONResponse(_PLACES)


def _health(house: House) -> Callable[[Request], Awaitable[Response]]:
    async def is_alive(_: Request) -> Response:
        return JSONResponse(_told(house, "healthy", gateway="ok"))

    return is_alive


def _readiness(house: House) -> Callable[[Request], Awaitable[Response]]:
    async def is_ready(_: Request) -> Response:
        try:
            await house.store.ping()
        except Unavailable as error:
            told = _told(house, "not ready", orchestrator="failed")
            return JSONResponse({**told, "detail": error.message}, status_code=503)
        return JSONResponse(_told(house, "ready", orchestrator="ok"))

    return is_ready


def _told(house: House, status: str, **checks: str) -> dict[str, Json]:
    """Write how the server is, in the words that Shannon's clients read; what keeps the tasks is the orchestrator."""
    return {"status": status, "version": _VERSION, "time": moment(house.clock.now()), "checks": checks}
