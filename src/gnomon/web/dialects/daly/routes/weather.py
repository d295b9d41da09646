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
from gnomon.web.dialects.daly.routes.fetching import fetch_weather
from gnomon.web.dialects.daly.routes.placing import place
from gnomon.web.dialects.daly.routes.reading import add_delete, add_get, add_list
from gnomon.web.dialects.daly.wire.resources import read_placed
from gnomon.web.dialects.daly.wire.weather import names_provider
from gnomon.web.problems import Malformed
from gnomon.web.reservation import replay_headers, reserve

_WISH = {
    "type": "object",
    "properties": {
        "provider": {"type": "string", "description": "pvgis or nsrdb."},
        "locationId": {"type": "integer"},
        "globalLocationId": {"type": ["string", "integer"]},
        "latitude": {"type": "number", "description": "Degrees north, where no location is named."},
        "longitude": {"type": "number", "description": "Degrees east, where no location is named."},
        "dataset": {"enum": ["tmy", "hourly"], "description": "A typical year, or the hours of `year`."},
        "year": {"type": "integer"},
        "endYear": {"type": "integer", "description": "The last year of hours; PVGIS."},
        "interval": {"enum": [30, 60], "description": "Minutes of a row; hours of NSRDB."},
        "database": {"type": "string", "description": "Such as PVGIS-SARAH3; hours of PVGIS."},
        "useHorizon": {"type": "boolean", "description": "Whether the light has the horizon's shade; PVGIS."},
        "name": {"type": "string"},
    },
    "required": ["provider"],
}

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
    """Save arrays of equal length; the newest record linked to a location is the one its runs use.

    A record that names a provider as its `weatherDataSource`, and has no arrays, is fetched from it.
    """
    body = await read_json(request)
    if isinstance(body, dict) and names_provider(body):
        return await fetch_weather(request, desk, writer, body)
    kept = await reserve(request, writer)
    try:
        made = await find_created(desk.house, writer, kept)
        if made is None:
            document = await place(desk.house, writer, read_placed(body))
            made = await create_resource(desk.house, writer, WEATHER.kind, document, reservation=kept)
    except Invalid as error:
        raise Malformed(error.complaints) from error
    return answer(render_row(made.resource, WEATHER), headers=replay_headers(is_replay=made.is_replay))


@router.post(
    "/fetch",
    summary="Fetch weather from a provider",
    responses=shows(
        {"id": 1, "name": "PVGIS tmy", "locationId": 1, "weatherDataSource": "pvgis"},
        "The record without its arrays, or which task will save it.",
        *(404, 409, 413, 415, 422),
    ),
    openapi_extra=takes(_WISH, examples.WEATHER_WISH),
)
async def fetch(request: Request, desk: AtDesk, writer: Writer, _: IdempotencyKey = None) -> Response:
    """Ask a provider for the weather of a location, or of coordinates, and save it as a record."""
    return await fetch_weather(request, desk, writer, await read_json(request))


add_list(router, WEATHER)
add_get(router, WEATHER)
add_delete(router, WEATHER)
