"""The OpenAPI document: what the routes cannot say by their signatures, because requests are read strictly."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from gnomon.core.task import Visibility
from gnomon.core.workload import Workload
from gnomon.web.native.desk import Holder
from gnomon.web.native.schema import SCHEMAS
from gnomon.web.native.schema.forms import named
from gnomon.web.native.wire import Words

_REFERENCE = "#/components/schemas/{model}"
_WORDS = {
    400: "The request cannot be read.",
    401: "There is no valid credential.",
    403: "The credential may not do this.",
    404: "The workspace has nothing of that id.",
    409: "The record's present state does not allow this.",
    410: "It was there, and has been removed.",
    412: "The record has changed since it was read.",
    413: "The body is too large.",
    415: "The body's media type or encoding is not supported.",
    422: "The request is not valid.",
    429: "A limit was reached.",
    503: "Nothing can be stored right now; try again.",
}
_ALWAYS = (400, 401, 403, 429, 503)

_NOT_OF_QUERIES = ("title", "description")

Extra = dict[str, Any]
Answers = dict[int | str, dict[str, Any]]


def router(tag: str) -> APIRouter:
    """Make the router of one noun."""
    return APIRouter(tags=[tag], default_response_class=Response)


def errors(*statuses: int) -> Answers:
    """Describe the problems of a route: those named, and those that any route may give."""
    schema = {"application/problem+json": {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}
    return {
        status: {"description": _WORDS[status], "content": schema} for status in sorted({*_ALWAYS, *statuses})
    }


def shows(
    name: str,
    description: str,
    *problems: int,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    is_problem: bool = False,
) -> Answers:
    """Describe a route's answers: a component of `schema` with its example, and its problems."""
    media = {"schema": {"$ref": _REFERENCE.format(model=name)}}
    media_type = "application/problem+json" if is_problem else "application/json"
    good: dict[str, Any] = {"description": description, "content": {media_type: media}}
    if headers:
        good["headers"] = {
            name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()
        }
    return {**errors(*problems), status: good}


def takes(model: type[Words], example: Any, *, required: bool = True) -> Extra:
    """Describe a JSON body by the model that reads it; its route shows the problems of `BODY` too."""
    schema = model.model_json_schema(ref_template=_REFERENCE)
    return {
        "requestBody": {
            "required": required,
            "content": {"application/json": {"schema": schema, "example": example}},
        }
    }


BODY = (413, 415, 422)
"""The problems of a route that takes a body."""


def asks(model: type[Words] | None = None, *headers: Extra) -> Extra:
    """Describe a query string by the model that reads it, and the headers that matter."""
    return {"parameters": [*(_query(model) if model else ()), *headers]}


def header(name: str, description: str, **schema: Any) -> Extra:
    """Describe a header of a request."""
    told = {"type": "string", **schema}
    return {"name": name, "in": "header", "schema": told, "description": description}


def _query(model: type[Words]) -> Iterable[dict[str, Any]]:
    schema = model.model_json_schema(ref_template=_REFERENCE)
    required = schema.get("required", ())
    for name, told in schema["properties"].items():
        plain = _without_null({key: value for key, value in told.items() if key not in _NOT_OF_QUERIES})
        parameter = {"name": name, "in": "query", "required": name in required, "schema": plain}
        if "description" in told:
            parameter["description"] = told["description"]
        if plain.get("type") == "array":
            plain.pop("uniqueItems", None)  # a word that is said twice is heard once
            parameter |= {"style": "form", "explode": False}
        if "$defs" in schema:
            plain["$defs"] = schema["$defs"]
        yield parameter


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    # A query string has no null: what may be left out is simply not required.
    kept = [one for one in schema.pop("anyOf", ()) if one != {"type": "null"}]
    if schema.get("default", 0) is None:
        del schema["default"]
    if len(kept) == 1:
        return {**kept[0], **schema}
    return {**schema, "anyOf": kept} if kept else schema


def describe(app: FastAPI, routers: Sequence[APIRouter], workloads: Mapping[str, Workload]) -> None:
    """Let the application serve its document: components, scopes, and what each kind takes."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = build(app, routers, workloads)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def build(app: FastAPI, routers: Sequence[APIRouter], workloads: Mapping[str, Workload]) -> dict[str, Any]:
    """Build the document."""
    document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    document["servers"] = app.servers
    schemas = {**document.get("components", {}).get("schemas", {}), **SCHEMAS}
    _drop_forms(document["paths"], schemas)
    _show_examples(document["paths"])
    _tell_scopes(document, routers)
    document["paths"] = _lift(document["paths"], schemas)
    offered = {w.kind: w for w in workloads.values() if w.visibility is Visibility.PUBLIC}
    media = document["paths"]["/tasks"]["post"]["requestBody"]["content"]["application/json"]
    media["schema"] = _offer("Order", media["schema"], schemas, offered)
    schemas["MemberOrder"] = _offer("MemberOrder", schemas["MemberOrder"], schemas, offered)
    _name_kinds(document["paths"]["/tasks"]["get"]["parameters"], offered)
    document["components"] = {
        "schemas": {name: schemas[name] for name in sorted(schemas)},
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "A key or a token of this server."},
            "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        },
    }
    return document


def _show_examples(paths: dict[str, Any]) -> None:
    """Give every answer its component's example: FastAPI would take the nulls out of one that it is given."""
    for operation in (operation for item in paths.values() for operation in item.values()):
        for response in operation["responses"].values():
            for media in response.get("content", {}).values():
                name = media.get("schema", {}).get("$ref", "").rpartition("/")[2]
                # One example cannot stand for every refusal.
                if name != "Problem" and (examples := SCHEMAS.get(name, {}).get("examples")):
                    media["example"] = examples[0]


def _drop_forms(paths: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Take out the answer that FastAPI adds for parameters of its own reading: this door gives none."""
    for operation in (operation for item in paths.values() for operation in item.values()):
        if "application/json" in operation["responses"].get("422", {}).get("content", {}):
            del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)


def _tell_scopes(document: dict[str, Any], routers: Sequence[APIRouter]) -> None:
    for path, method, scope in scopes(routers):
        operation = document["paths"][path][method]
        operation["security"] = [{"bearer": [scope]}, {"api_key": [scope]}] if scope else []
        if scope:
            told = operation.get("description", "")
            operation["description"] = f"{told}\n\nScope: `{scope}`.".strip()


def scopes(routers: Sequence[APIRouter]) -> Iterable[tuple[str, str, str | None]]:
    """List every path and method with the scope that it asks for."""
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in sorted(route.methods or ()):
                yield route.path_format, method.lower(), _scope(route.dependant)


def _scope(dependant: Dependant) -> str | None:
    asked = (inner.call.scope for inner in dependant.dependencies if isinstance(inner.call, Holder))
    return next(asked, None)


def _offer(
    name: str, plain: dict[str, Any], schemas: dict[str, Any], workloads: Mapping[str, Workload]
) -> dict[str, Any]:
    """Say of a submission what each kind that is offered takes."""
    orders = []
    for kind, offered in sorted(workloads.items()):
        schemas |= lifted(f"Input.{kind}", offered.input_schema)
        told = {"kind": {"const": kind}, "input": named(f"Input.{kind}")}
        needed = ["kind", "input"] if offered.check is not None and offered.check({}) else ["kind"]
        schemas[f"{name}.{kind}"] = {
            **plain,
            "title": offered.title or kind,
            "required": needed,
            "properties": {**plain["properties"], **told},
        }
        orders.append(named(f"{name}.{kind}"))
    return {"oneOf": orders} if orders else plain


def _name_kinds(parameters: Sequence[dict[str, Any]], offered: Iterable[str]) -> None:
    for parameter in parameters:
        if parameter["name"] == "kind":
            parameter["schema"] = {
                **parameter["schema"],
                "items": {"type": "string", "enum": sorted(offered)},
            }


def lifted(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
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


def _lift(value: Any, schemas: dict[str, Any]) -> Any:
    """Move the parts of schemas to the components, where their references point."""
    if isinstance(value, dict):
        for name, part in value.get("$defs", {}).items():
            schemas.setdefault(name, _lift(part, schemas))
        return {key: _lift(inner, schemas) for key, inner in value.items() if key != "$defs"}
    return [_lift(inner, schemas) for inner in value] if isinstance(value, list) else value
