"""The OpenAPI document: what the routes cannot say by their signatures, because bodies are read strictly."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gnomon.core.resource import ResourceKind
from gnomon.web.openapi import lifted

DETAIL = {
    "type": "object",
    "required": ["detail"],
    "properties": {
        "detail": {
            "oneOf": [
                {"type": "string"},
                {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["loc", "msg", "type"],
                        "properties": {
                            "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                            "msg": {"type": "string"},
                            "type": {"type": "string"},
                        },
                    },
                },
            ]
        }
    },
}

_WORDS = {
    400: "The request cannot be read.",
    401: "There is no valid credential.",
    403: "The credential may not do this.",
    404: "The workspace has nothing of that number.",
    409: "The record's present state does not allow this.",
    413: "The body is too large.",
    415: "The body's media type or encoding is not supported.",
    422: "The request is not valid.",
    429: "There are as many as there may be, or requests come too fast.",
    503: "Nothing can be stored right now; try again.",
}
_ALWAYS = (400, 401, 403, 503)


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the error answers of a route: those named, and those that any route may give."""
    schema = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        status: {"description": _WORDS[status], "content": schema} for status in sorted({*_ALWAYS, *statuses})
    }


def shows(example: Any, description: str, *statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe a route's answers: 200 by example, and its errors."""
    good = {"description": description, "content": {"application/json": {"example": example}}}
    return {200: good, **errors(*statuses)}


def takes(schema: str | Mapping[str, Any], example: Any) -> dict[str, Any]:
    """Describe a JSON body, by the name of a kind or by a schema."""
    described = {"$ref": f"#/components/schemas/{schema}"} if isinstance(schema, str) else dict(schema)
    media = {"application/json": {"schema": described, "example": example}}
    return {"requestBody": {"required": True, "content": media}}


def takes_file(name: str) -> dict[str, Any]:
    """Describe a multipart body with one file."""
    part = {"type": "string", "format": "binary", "description": f"The contents of {name}."}
    schema = {"type": "object", "required": ["file"], "properties": {"file": part}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def takes_files(part: str, names: str) -> dict[str, Any]:
    """Describe a multipart body with a part that is repeated, a file in each."""
    file = {"type": "string", "format": "binary"}
    files = {"type": "array", "items": file, "minItems": 1, "description": f"The contents of {names}."}
    schema = {"type": "object", "required": [part], "properties": {part: files}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def takes_form(
    fields: Mapping[str, str], *, required: Sequence[str] = (), file: str | None = None
) -> dict[str, Any]:
    """Describe a form of text fields; with a file it is a multipart one."""
    properties: dict[str, Any] = {
        name: {"type": "string", "description": words} for name, words in fields.items()
    }
    if file is not None:
        properties["file"] = {"type": "string", "format": "binary", "description": f"The contents of {file}."}
    wanted = [*required, *(["file"] if file else [])]
    schema = {"type": "object", "required": wanted, "properties": properties}
    media = "application/x-www-form-urlencoded" if file is None else "multipart/form-data"
    return {"requestBody": {"required": True, "content": {media: {"schema": schema}}}}


def describe(app: FastAPI, kinds: Mapping[str, ResourceKind]) -> None:
    """Let the application serve its document, with the kinds' own schemas in it."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, routes=app.routes)
            components = document.setdefault("components", {})
            schemas = components.setdefault("schemas", {})
            for name, kind in kinds.items():
                schemas.update(lifted(name, kind.schema))
            schemas["Error"] = DETAIL
            components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
            document["security"] = [{"bearer": []}]
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
