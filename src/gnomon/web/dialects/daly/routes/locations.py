"""Locations."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.service.resource import create_resource, prepare
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.dialects.daly.desk import AtDesk, Writer
from gnomon.web.dialects.daly.nouns import LOCATION, WEATHER
from gnomon.web.dialects.daly.openapi import shows, takes
from gnomon.web.dialects.daly.render.resource import render_resource
from gnomon.web.dialects.daly.routes.reading import add_delete, add_get, add_list
from gnomon.web.dialects.daly.wire.resources import read_location

router = APIRouter(prefix=LOCATION.path, tags=["locations"])

_SENT = {"name": "Site A", "latitude": 33.4, "longitude": -112.0, "elevation": 340}
_MADE = {"id": 1, "globalLocationId": "7262", **_SENT, "timeZone": -7, "timeZoneName": "America/Phoenix"}


@router.post(
    "",
    summary="Save a location",
    responses=shows(_MADE, "The location, with what its coordinates tell.", 413, 415, 422),
    openapi_extra=takes("location", _SENT),
)
async def create(request: Request, desk: AtDesk, writer: Writer) -> Response:
    """Save a location; weather that comes nested in it is saved as a record linked to it."""
    asked = read_location(await read_json(request))
    if asked.weather is not None:
        await prepare(desk.house, WEATHER.kind, asked.weather)
    location = await create_resource(desk.house, writer, LOCATION.kind, asked.document)
    if asked.weather is not None:
        linked = {**asked.weather, "locationId": location.number, "globalLocationId": location.id}
        await create_resource(desk.house, writer, WEATHER.kind, linked)
    return answer(render_resource(location, LOCATION))


add_list(router, LOCATION)
add_get(router, LOCATION)
add_delete(router, LOCATION)
