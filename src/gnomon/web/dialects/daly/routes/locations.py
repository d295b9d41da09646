"""Locations."""

from dataclasses import replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.service.resource import create_resource, prepare
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.desk import Writer
from gnomon.web.dialects.daly import examples
from gnomon.web.dialects.daly.desk import AtDesk, IdempotencyKey
from gnomon.web.dialects.daly.nouns import LOCATION, WEATHER
from gnomon.web.dialects.daly.openapi import shows, takes
from gnomon.web.dialects.daly.render.resource import render_resource
from gnomon.web.dialects.daly.routes.reading import add_delete, add_get, add_list
from gnomon.web.dialects.daly.wire.resources import read_location
from gnomon.web.reservation import replay_headers, reserve

router = APIRouter(prefix=LOCATION.path, tags=["locations"])

_MADE = {
    "id": 1,
    "globalLocationId": "7262",
    **examples.LOCATION,
    "timeZone": -7,
    "timeZoneName": "America/Phoenix",
}


@router.post(
    "",
    summary="Save a location",
    responses=shows(_MADE, "The location, with what its coordinates tell.", 413, 415, 422),
    openapi_extra=takes("location", examples.LOCATION),
)
async def create(request: Request, desk: AtDesk, writer: Writer, _: IdempotencyKey = None) -> Response:
    """Save a location; weather that comes nested in it is saved as a record linked to it."""
    asked = read_location(await read_json(request))
    if asked.weather is not None:
        await prepare(desk.house, WEATHER.kind, asked.weather)
    kept = await reserve(request, writer)
    made = await create_resource(desk.house, writer, LOCATION.kind, asked.document, reservation=kept)
    location = made.resource
    if asked.weather is not None:
        linked = {**asked.weather, "locationId": location.number, "globalLocationId": location.id}
        # A repeated request finds the weather by a reservation of its own, or saves it if a crash came between.
        # A key that is guessed may have made several locations; each has its own weather.
        of = f"\n{location.id}" if kept and kept.is_guess else ""
        apart = replace(kept, key=f"{kept.key}{of}\nweather") if kept else None
        await create_resource(desk.house, writer, WEATHER.kind, linked, reservation=apart)
    body = {
        **render_resource(location, LOCATION),
        **({"warnings": list(asked.warnings)} if asked.warnings else {}),
    }
    return answer(body, headers=replay_headers(is_replay=made.is_replay))


add_list(router, LOCATION)
add_get(router, LOCATION)
add_delete(router, LOCATION)
