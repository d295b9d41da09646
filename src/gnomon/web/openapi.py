"""Documents: what doors that describe themselves share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

Document = dict[str, Any]

REFERENCE = "#/components/schemas/{model}"
BEARER = {"type": "http", "scheme": "bearer", "description": "A key or a token of this server."}


def serve(app: FastAPI, build: Callable[[], Document]) -> None:
    """Let an application serve a document, built when it is first asked for."""

    def openapi() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = build()
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def header(name: str, description: str, **schema: Any) -> Document:
    """Describe a header of a request."""
    told = {"type": "string", **schema}
    return {"name": name, "in": "header", "schema": told, "description": description}


def operations(paths: Document) -> Iterator[Document]:
    """Yield what is told of each path and method."""
    return (operation for item in paths.values() for operation in item.values())


def show_examples(paths: Document, schemas: Mapping[str, Any], *, but: str) -> None:
    """Give every answer its component's example: FastAPI would take the nulls out of one that it is given.

    One example cannot stand for every refusal, so `but` names the component that refuses.
    """
    for operation in operations(paths):
        for response in operation["responses"].values():
            for media in response.get("content", {}).values():
                name = media.get("schema", {}).get("$ref", "").rpartition("/")[2]
                if name != but and (examples := schemas.get(name, {}).get("examples")):
                    media["example"] = examples[0]


def drop_forms(paths: Document, schemas: Document, *, is_own: Callable[[Document], bool]) -> None:
    """Take out the answer that FastAPI adds for parameters of its own reading, where it is not the door's own."""
    for operation in operations(paths):
        if "422" in operation["responses"] and not is_own(operation["responses"]["422"]):
            del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)


def tell_scopes(document: Document, routers: Sequence[APIRouter], holder: type[Any]) -> None:
    """Say of every operation which scopes it asks for: those of the `holder` among its dependencies."""
    for path, method, scopes in _scopes(routers, holder):
        operation = document["paths"][path][method]
        operation["security"] = [{"bearer": [*scopes]}, {"api_key": [*scopes]}] if scopes else []
        if scopes:
            told, named = operation.get("description", ""), " and ".join(f"`{scope}`" for scope in scopes)
            word = "Scope" if len(scopes) == 1 else "Scopes"
            operation["description"] = f"{told}\n\n{word}: {named}.".strip()


def _scopes(routers: Sequence[APIRouter], holder: type[Any]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, APIRoute) and route.include_in_schema:
            asked = (one.call.scopes for one in route.dependant.dependencies if isinstance(one.call, holder))
            scopes = next(asked, ())
            for method in sorted(route.methods or ()):
                yield route.path_format, method.lower(), scopes


def lifted(name: str, schema: Mapping[str, Any]) -> Document:
    """Return a schema and the parts it refers to, side by side under names of their own."""
    parts = {f"{name}.{part}": inner for part, inner in schema.get("$defs", {}).items()}
    whole = {key: value for key, value in schema.items() if key not in ("$defs", "$schema", "$id")}
    return {key: _pointed(value, name) for key, value in {name: whole, **parts}.items()}


def _pointed(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _pointed(inner, name) for key, inner in value.items()}
    if isinstance(value, list):
        return [_pointed(inner, name) for inner in value]
    if isinstance(value, str) and value.startswith("#/$defs/"):
        return f"#/components/schemas/{name}.{value.removeprefix('#/$defs/')}"
    return value


def lift(value: Any, schemas: Document) -> Any:
    """Move the parts of schemas to the components, where their references point."""
    if isinstance(value, dict):
        for name, part in value.get("$defs", {}).items():
            schemas.setdefault(name, lift(part, schemas))
        return {key: lift(inner, schemas) for key, inner in value.items() if key != "$defs"}
    return [lift(inner, schemas) for inner in value] if isinstance(value, list) else value
