"""Weather records."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.errors import Invalid
from gnomon.core.service.resource import create_resource, find_created
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.desk import Writer
from gnomon.web.dialects.daly import examples
from gnomon.web.dialects.daly.desk import AtDesk, IdempotencyKey
from gnomon.web.dialects.daly.nouns import WEATHER
from gnomon.web.dialects.daly.openapi import shows, takes
from gnomon.web.dialects.daly.render.resource import render_row
from gnomon.web.dialects.daly.routes.placing import place
from gnomon.web.dialects.daly.routes.reading import add_delete, add_get, add_list
from gnomon.web.dialects.daly.wire.resources import read_placed
from gnomon.web.problems import Malformed
from gnomon.web.reservation import replay_headers, reserve

router = APIRouter(prefix=WEATHER.path, tags=["weather"])


@router.post(
    "",
    summary="Save a weather record",
    responses=shows(
        {"id": 1, "name": "Two hours", "locationId": 1}, "The record without its arrays.", 404, 413, 415
    ),
    openapi_extra=takes("weather", examples.WEATHER),
)
async def create(request: Request, desk: AtDesk, writer: Writer, _: IdempotencyKey = None) -> Response:
    """Save arrays of equal length; the newest record linked to a location is the one its runs use."""
    body = await read_json(request)
    kept = await reserve(request, writer)
    try:
        made = await find_created(desk.house, writer, kept)
        if made is None:
            document = await place(desk.house, writer, read_placed(body))
            made = await create_resource(desk.house, writer, WEATHER.kind, document, reservation=kept)
    except Invalid as error:
        raise Malformed(error.complaints) from error
    return answer(render_row(made.resource, WEATHER), headers=replay_headers(is_replay=made.is_replay))


add_list(router, WEATHER)
add_get(router, WEATHER)
add_delete(router, WEATHER)
