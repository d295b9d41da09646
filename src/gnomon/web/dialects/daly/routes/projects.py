"""Projects."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.service.resource import create_resource, find_created, get_resource, replace_resource
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.desk import Writer
from gnomon.web.dialects.daly import examples
from gnomon.web.dialects.daly.desk import AtDesk, IdempotencyKey
from gnomon.web.dialects.daly.nouns import PROJECT
from gnomon.web.dialects.daly.openapi import shows, takes
from gnomon.web.dialects.daly.render.resource import render_resource
from gnomon.web.dialects.daly.routes.placing import place
from gnomon.web.dialects.daly.routes.reading import add_delete, add_get, add_list
from gnomon.web.dialects.daly.wire.resources import read_placed, read_update
from gnomon.web.reservation import replay_headers, reserve

router = APIRouter(prefix=PROJECT.path, tags=["projects"])

_MADE = {"id": 1, "globalProjectId": "7263", **examples.PROJECT, "globalLocationId": "7262"}


@router.post(
    "",
    summary="Save a project",
    responses=shows(_MADE, "The project.", 404, 413, 415, 422),
    openapi_extra=takes("project", examples.PROJECT),
)
async def create(request: Request, desk: AtDesk, writer: Writer, _: IdempotencyKey = None) -> Response:
    """Save a project at a location."""
    asked, kept = read_placed(await read_json(request)), await reserve(request, writer)
    made = await find_created(desk.house, writer, kept)
    if made is None:
        document = await place(desk.house, writer, asked)
        made = await create_resource(desk.house, writer, PROJECT.kind, document, reservation=kept)
    return answer(render_resource(made.resource, PROJECT), headers=replay_headers(is_replay=made.is_replay))


@router.put(
    "/{number}",
    summary="Change some fields of a project",
    responses=shows(_MADE, "The whole project.", 404, 409, 413, 415, 422),
    openapi_extra=takes({"type": "object"}, {"status": "construction"}),
)
async def update(number: int, request: Request, desk: AtDesk, writer: Writer) -> Response:
    """Change the fields that are sent and keep the others."""
    saved = await get_resource(desk.house, writer, PROJECT.kind, number, is_whole=True)
    document = await place(desk.house, writer, read_update(saved.document, await read_json(request)))
    changed = await replace_resource(desk.house, writer, PROJECT.kind, number, document)
    return answer(render_resource(changed, PROJECT))


add_list(router, PROJECT)
add_get(router, PROJECT)
add_delete(router, PROJECT)
