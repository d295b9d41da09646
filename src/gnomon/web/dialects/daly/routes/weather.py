"""Weather records."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.errors import Invalid
from gnomon.core.service.resource import create_resource
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.dialects.daly.desk import AtDesk, Writer
from gnomon.web.dialects.daly.nouns import WEATHER
from gnomon.web.dialects.daly.openapi import shows, takes
from gnomon.web.dialects.daly.render.resource import render_row
from gnomon.web.dialects.daly.routes.placing import place
from gnomon.web.dialects.daly.routes.reading import add_delete, add_get, add_list
from gnomon.web.dialects.daly.wire.resources import read_placed
from gnomon.web.problems import Malformed

router = APIRouter(prefix=WEATHER.path, tags=["weather"])

_SENT = {
    "name": "Two hours",
    "locationId": 1,
    "date": [1767254400000, 1767258000000],
    "ghi": [410.0, 520.5],
    "dhi": [90.0, 101.2],
    "windSpeed": [2.1, 2.4],
    "temperature": [17.5, 18.2],
}


@router.post(
    "",
    summary="Save a weather record",
    responses=shows(
        {"id": 1, "name": "Two hours", "locationId": 1}, "The record without its arrays.", 404, 413, 415
    ),
    openapi_extra=takes("weather", _SENT),
)
async def create(request: Request, desk: AtDesk, writer: Writer) -> Response:
    """Save arrays of equal length; the newest record linked to a location is the one its runs use."""
    body = await read_json(request)
    try:
        document = await place(desk.house, writer, read_placed(body))
        made = await create_resource(desk.house, writer, WEATHER.kind, document)
    except Invalid as error:
        raise Malformed(error.complaints) from error
    return answer(render_row(made, WEATHER))


add_list(router, WEATHER)
add_get(router, WEATHER)
add_delete(router, WEATHER)
