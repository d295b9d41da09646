"""The viewer of a shading scene: what it draws, and the page that draws it."""

import asyncio
from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from starlette.responses import Response

from gnomon.core.fold import marked_blob
from gnomon.core.service import House
from gnomon.core.service.resource import get_resource
from gnomon.core.task import Json
from gnomon.web.desk import Reader
from gnomon.web.dialects.daly.desk import AtDesk
from gnomon.web.dialects.daly.nouns import SCENE
from gnomon.web.dialects.daly.openapi import shows
from gnomon.web.dialects.daly.render.scene import SceneStanding, render_viewer_head
from gnomon.web.dialects.daly.render.scene_page import HEADERS, PAGE
from gnomon.web.dialects.daly.render.viewer import VIEWER, geometry_of, is_stored, render_viewer
from gnomon.web.dialects.daly.routes.scene_results import standing_of
from gnomon.web.dialects.daly.wire.scenes import Aggregate, Scenery

router = APIRouter(prefix=SCENE.path, tags=["shading scenes"])

_NEAR = "degrees; the grid's nearest counts, and without it the mean over all"


@router.get(
    "/{number}/viewer",
    summary="Get what a viewer draws",
    responses=shows(VIEWER, "Tables, obstructions and shares; no more than is drawn.", 404, 422),
)
async def get_viewer(
    number: int,
    desk: AtDesk,
    reader: Reader,
    *,
    include_geometry: Annotated[bool, Query(description="Show the tables.")] = True,
    include_obstructions: Annotated[bool, Query(description="Show what stands around them.")] = True,
    include_shading: Annotated[bool, Query(description="Show the shares that are lost.")] = True,
    aggregate: Annotated[
        Aggregate, Query(description="Shares by table, or of the whole scene alone.")
    ] = Aggregate.TABLE,
    azimuth_bin: Annotated[
        float | None, Query(ge=0, le=360, description=f"The sun's azimuth, {_NEAR}.")
    ] = None,
    elevation_bin: Annotated[
        float | None, Query(ge=-90, le=90, description=f"The sun's elevation, {_NEAR}.")
    ] = None,
) -> Response:
    """Show the scene as far as it is computed."""
    asked = Scenery(
        with_geometry=include_geometry,
        with_obstructions=include_obstructions,
        with_shading=include_shading,
        aggregate=aggregate,
        azimuth=azimuth_bin,
        elevation=elevation_bin,
    )
    scene = await get_resource(desk.house, reader, SCENE.kind, number)
    standing = await standing_of(desk.house, scene)
    head = orjson.dumps(render_viewer_head(standing))
    picture = await _picture(desk.house, standing, asked)
    return Response(head[:-1] + b"," + picture[1:], media_type="application/json")


@router.get("/{number}/view", include_in_schema=False)
async def view(number: int) -> Response:  # noqa: ARG001 - a path's name; the script reads it off the address
    """Give the page, which is the same for all scenes and holds nothing of any; its script asks for the data."""
    return Response(PAGE, headers=HEADERS, media_type="text/html; charset=utf-8")


async def _picture(house: House, standing: SceneStanding, asked: Scenery) -> bytes:
    """Write the picture; its stored parts are read and cut off the event loop."""
    drawn = await _drawn(house, standing)
    stored = standing.result.get("shares")
    is_cut = asked.with_shading and not is_stored(asked)
    shares = await house.store.get_blob(stored) if stored is not None and is_cut else None
    return await asyncio.to_thread(render_viewer, drawn, shares, asked)


async def _drawn(house: House, standing: SceneStanding) -> dict[str, Json]:
    """Return the computed geometry, or before that what was sent, if it can be drawn as it stands."""
    if stored := standing.result.get("viewer"):
        drawn: dict[str, Json] = await asyncio.to_thread(orjson.loads, await house.store.get_blob(stored))
        return drawn
    sent = standing.scene.document.get("sceneJson")
    if (stored := marked_blob(sent)) is not None:
        content = await house.store.get_blob(stored)
        return await asyncio.to_thread(lambda: geometry_of(orjson.loads(content)))
    return geometry_of(sent or {})
