"""The OpenAPI document: the routes, what is told of each, and the components."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from gnomon.core.session import SESSION_ID
from gnomon.web.desk import Holder
from gnomon.web.dialects.shannon.operations import OPERATIONS
from gnomon.web.dialects.shannon.operations.told import REFUSALS, Told
from gnomon.web.dialects.shannon.render.frame import DONE
from gnomon.web.dialects.shannon.schema import SCHEMAS
from gnomon.web.forms import TEXT, named
from gnomon.web.openapi import BEARER, Document, serve, show_examples, tell_scopes

_ERROR: Final = "Error"
_JSON: Final = "application/json"
_STREAM: Final = "text/event-stream"
_NAMES: Final[Mapping[str, str]] = {
    "task_id": "A task's `task_id`.",
    "workflow_id": "A task's `workflow_id`, which is its `task_id`.",
    "session_id": "A session's `session_id`.",
    "schedule_id": "A schedule's `schedule_id`.",
    "model_id": "A model's `id`.",
    "agent_id": "An agent's `id`.",
    "name": "The `name` of the tool or skill.",
}
"""Parameters of paths that have the form of ids."""


def describe(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Let the application serve its document."""
    serve(app, lambda: build(app, routers))


def build(app: FastAPI, routers: Sequence[APIRouter]) -> Document:
    """Build the document."""
    document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    document["servers"] = app.servers
    for path, item in document["paths"].items():
        for method, operation in item.items():
            operation |= _told(OPERATIONS[method, path], path, operation)
    show_examples(document["paths"], SCHEMAS, but=_ERROR)
    tell_scopes(document, routers, Holder)
    document["components"] = {
        "schemas": {name: SCHEMAS[name] for name in sorted(SCHEMAS)},
        "securitySchemes": {
            "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            "bearer": BEARER,
        },
    }
    return document


def _told(told: Told, path: str, found: Document) -> Document:
    written: Document = {
        "summary": told.summary,
        "parameters": [*_places(path, found), *map(dict, told.parameters)],
        "responses": {**dict(_answers(told)), **dict(_refusals(told))},
    }
    if told.body is not None:
        media = {"schema": named(told.body), "example": SCHEMAS[told.body]["examples"][0]}
        written["requestBody"] = {"required": told.is_body_needed, "content": {_JSON: media}}
    return written


def _places(path: str, found: Document) -> Iterator[Document]:
    """Yield the parameters of a path: ids in their form, others as they were found."""
    for name in re.findall(r"\{(\w+)", path):
        if name not in _NAMES:
            yield from (dict(each) for each in found.get("parameters", ()) if each["name"] == name)
            continue
        schema = {"type": "string", "pattern": f"^{SESSION_ID.pattern}$"}
        place = {"name": name, "in": "path", "required": True}
        yield {**place, "schema": schema, "description": _NAMES[name]}


def _answers(told: Told) -> Iterator[tuple[str, Document]]:
    for status, description in told.statuses.items():
        answer: Document = {"description": description}
        if told.shows is not None:
            answer["content"] = {told.media: {"schema": _shown(told.media, told.shows)}}
            if told.streams is not None:
                answer["content"][_STREAM] = {"schema": _pieces(told.streams)}
        yield str(status), answer


def _shown(media: str, component: str) -> Document:
    if media != _STREAM:
        return named(component)
    pieces = _pieces(component)
    return {**pieces, "properties": {"id": TEXT, "event": TEXT, **pieces["properties"]}}


def _pieces(component: str) -> Document:
    """Tell of a stream: each event's data is the text of JSON, and that of the last one is not."""
    piece = {"type": "string", "contentMediaType": _JSON, "contentSchema": named(component)}
    data = {"anyOf": [{"const": DONE}, piece]}
    return {"type": "object", "description": "Each server-sent event.", "properties": {"data": data}}


def _refusals(told: Told) -> Iterator[tuple[str, Document]]:
    for status in told.refused:
        yield (
            str(status),
            {"description": REFUSALS[status], "content": {_JSON: {"schema": named(told.refusal)}}},
        )
