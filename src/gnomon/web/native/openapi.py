"""The OpenAPI document: what the routes cannot say by their signatures, because requests are read strictly."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.openapi.utils import get_openapi

from gnomon.core.task import Visibility
from gnomon.core.workload import Workload
from gnomon.web.desk import Holder
from gnomon.web.forms import named
from gnomon.web.native.schema import SCHEMAS
from gnomon.web.native.wire import Words
from gnomon.web.openapi import (
    BEARER,
    REFERENCE,
    drop_forms,
    lift,
    lifted,
    serve,
    show_examples,
    tell_scopes,
)

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
    schema = {"application/problem+json": {"schema": {"$ref": REFERENCE.format(model="Problem")}}}
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
    media = {"schema": {"$ref": REFERENCE.format(model=name)}}
    media_type = "application/problem+json" if is_problem else "application/json"
    good: dict[str, Any] = {"description": description, "content": {media_type: media}}
    if headers:
        good["headers"] = {
            name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()
        }
    return {**errors(*problems), status: good}


def takes(model: type[Words], example: Any, *, required: bool = True) -> Extra:
    """Describe a JSON body by the model that reads it; its route shows the problems of `BODY` too."""
    schema = model.model_json_schema(ref_template=REFERENCE)
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


def _query(model: type[Words]) -> Iterable[dict[str, Any]]:
    schema = model.model_json_schema(ref_template=REFERENCE)
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
    serve(app, lambda: build(app, routers, workloads))


def build(app: FastAPI, routers: Sequence[APIRouter], workloads: Mapping[str, Workload]) -> dict[str, Any]:
    """Build the document."""
    document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    document["servers"] = app.servers
    schemas = {**document.get("components", {}).get("schemas", {}), **SCHEMAS}
    drop_forms(document["paths"], schemas, is_own=lambda told: "application/json" not in told["content"])
    show_examples(document["paths"], SCHEMAS, but="Problem")
    tell_scopes(document, routers, Holder)
    document["paths"] = lift(document["paths"], schemas)
    offered = {w.kind: w for w in workloads.values() if w.visibility is Visibility.PUBLIC}
    media = document["paths"]["/tasks"]["post"]["requestBody"]["content"]["application/json"]
    media["schema"] = _offer("Order", media["schema"], schemas, offered)
    schemas["MemberOrder"] = _offer("MemberOrder", schemas["MemberOrder"], schemas, offered)
    _name_kinds(document["paths"]["/tasks"]["get"]["parameters"], offered)
    document["components"] = {
        "schemas": {name: schemas[name] for name in sorted(schemas)},
        "securitySchemes": {
            "bearer": BEARER,
            "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        },
    }
    return document


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
