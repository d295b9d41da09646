"""The OpenAPI document: the routes, what is told of each, and the components."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from gnomon.web.desk import Holder
from gnomon.web.dialects.parallel.operations import OPERATIONS, REFUSALS, Told
from gnomon.web.dialects.parallel.processors import Processors
from gnomon.web.dialects.parallel.schema import SCHEMAS
from gnomon.web.forms import named
from gnomon.web.openapi import BEARER, Document, serve, show_examples, tell_scopes

_ERROR = "ErrorResponse"
_IDS: Mapping[str, tuple[str, str]] = {
    "run_id": ("trun", "A run's `run_id`."),
    "group_id": ("tgrp", "A group's `taskgroup_id`."),
}


def describe(app: FastAPI, routers: Sequence[APIRouter], processors: Processors) -> None:
    """Let the application serve its document."""
    serve(app, lambda: build(app, routers, processors))


def build(app: FastAPI, routers: Sequence[APIRouter], processors: Processors) -> Document:
    """Build the document."""
    document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    document["servers"] = app.servers
    for path, item in document["paths"].items():
        for method, operation in item.items():
            operation |= _told(OPERATIONS[method, path], path)
    schemas = {**SCHEMAS, "TaskRunInput": _with_processors(SCHEMAS["TaskRunInput"], processors)}
    show_examples(document["paths"], schemas, but=_ERROR)
    tell_scopes(document, routers, Holder)
    document["components"] = {
        "schemas": {name: schemas[name] for name in sorted(schemas)},
        "securitySchemes": {
            "api_key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            "bearer": BEARER,
        },
    }
    return document


def _told(told: Told, path: str) -> Document:
    written: Document = {
        "summary": told.summary,
        "parameters": [*_ids(path), *map(dict, told.parameters)],
        "responses": {**dict(_answers(told)), **dict(_refusals(told))},
    }
    if told.body is not None:
        media = {"schema": named(told.body), "example": SCHEMAS[told.body]["examples"][0]}
        written["requestBody"] = {"required": told.is_body_needed, "content": {"application/json": media}}
    return written


def _ids(path: str) -> Iterator[Document]:
    for name, (prefix, description) in _IDS.items():
        if f"{{{name}}}" in path:
            schema = {"type": "string", "pattern": f"^{prefix}_[0-9a-f]{{32}}$"}
            yield {
                "name": name,
                "in": "path",
                "required": True,
                "schema": schema,
                "description": description,
            }


def _answers(told: Told) -> Iterator[tuple[str, Document]]:
    for status, description in told.statuses.items():
        if told.is_stream:
            content: Document = {"text/event-stream": {"schema": _frame(told.shows)}}
        else:
            content = {"application/json": {"schema": named(told.shows)}}
        yield str(status), {"description": description, "content": content}


def _frame(component: str) -> Document:
    event = {"type": "string", "contentMediaType": "application/json", "contentSchema": named(component)}
    return {
        "type": "object",
        "description": "Each server-sent event; `event` is the `type` that stands in the data, too.",
        "properties": {"event": {"type": "string"}, "data": event},
    }


def _refusals(told: Told) -> Iterator[tuple[str, Document]]:
    words = {**REFUSALS, **(told.own_words or {})}
    for status in told.refused:
        content = {"application/json": {"schema": named(_ERROR)}}
        yield str(status), {"description": words[status], "content": content}


def _with_processors(form: Mapping[str, Any], processors: Processors) -> Document:
    """Name the processors behind which something runs on this server."""
    told = {**form["properties"]["processor"], "enum": list(processors.usable)}
    known = told if processors.usable else form["properties"]["processor"]
    example = {**form["examples"][0], "processor": next(iter(processors.usable), "pro")}
    return {**form, "properties": {**form["properties"], "processor": known}, "examples": [example]}
