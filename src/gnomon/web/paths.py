"""What to say of a path that no route has, and of a method that its routes do not take."""

from collections.abc import Sequence
from http import HTTPStatus

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Match
from starlette.types import Scope

_LONGEST = 200


def told_of(error: HTTPException, request: Request, routers: Sequence[APIRouter], document: str) -> str:
    """Return the detail of an error of routing, with the way to the paths there are."""
    path, method = sent_path(request.scope)[:_LONGEST], request.method
    if error.status_code == HTTPStatus.NOT_FOUND:
        return f"There is no path {path}; {document} lists the paths."
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"{path} does not take {method}; use {methods_at(request, routers)}."
    return error.detail


def sent_path(scope: Scope) -> str:
    """Return the path without the slash that the street adds to a door's own."""
    path, raw = str(scope["path"]), scope.get("raw_path") or b"/"
    is_added = path == f"{scope['root_path']}/" and not raw.endswith(b"/")
    return path[:-1] if is_added else path


def allow(error: HTTPException, request: Request, routers: Sequence[APIRouter]) -> dict[str, str]:
    """Return the header that names a path's methods, when the error is that another one was asked for."""
    is_method = error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    return {"Allow": methods_at(request, routers)} if is_method else {}


def methods_at(request: Request, routers: Sequence[APIRouter]) -> str:
    """Name all the methods of a path: each route knows its own alone."""
    path = request.scope["path"].removeprefix(request.scope["root_path"])
    routes = (route for router in routers for route in router.routes if isinstance(route, APIRoute))
    found = [route for route in routes if route.path_regex.match(path)]
    own = [route for route in found if route.path == path]  # what stands there is nothing's name
    methods = {method for route in own or found for method in route.methods or ()}
    return ", ".join(sorted(methods)) or "GET"


class Alone(APIRoute):
    """Answers for its path whatever the method: no route of a name in its place is asked."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether it is asked."""
        match, found = super().matches(scope)
        return Match.FULL if match is Match.PARTIAL else match, found
