"""The viewer of a shading scene: what it draws, and the page that draws it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from gnomon.core.fold import marked_blob
from gnomon.core.service import House
from gnomon.core.service.resource import get_resource
from gnomon.core.task import Json
from gnomon.web.desk import Reader
from gnomon.web.dialects.daly.desk import AtDesk
from gnomon.web.dialects.daly.nouns import SCENE
from gnomon.web.dialects.daly.openapi import shows
from gnomon.web.dialects.daly.render.scene import SceneStanding
from gnomon.web.dialects.daly.render.scene_page import HEADERS, PAGE
from gnomon.web.dialects.daly.render.viewer import VIEWER, geometry_of, read_shares, shading_pieces
from gnomon.web.dialects.daly.routes.scene_results import standing_of
from gnomon.web.dialects.daly.wire.scenes import Aggregate, Scenery

router = APIRouter(prefix=SCENE.path, tags=["shading scenes"])

_NEAR = "degrees; only the nearest position of the grid is shown, all of them without it"


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
    aggregate: Annotated[Aggregate, Query(description="Shares by table, or of the whole scene alone.")]
    = Aggregate.TABLE,
    azimuth_bin: Annotated[float | None, Query(ge=0, le=360, description=f"The sun's azimuth, {_NEAR}.")] = None,
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
    return StreamingResponse(_pieces(desk.house, standing, asked), media_type="application/json")


@router.get("/{number}/view", include_in_schema=False)
async def view(number: int) -> Response:
    """Give the page, which is the same for all scenes and holds nothing of any; its script asks for the data."""
    return Response(PAGE, headers=HEADERS, media_type="text/html; charset=utf-8")


async def _pieces(house: House, standing: SceneStanding, asked: Scenery) -> AsyncIterator[bytes]:
    scene = standing.scene
    head = {
        "shadingSceneId": scene.number,
        SCENE.global_id: scene.id,
        "name": scene.name,
        "status": standing.status,
        "aggregate": asked.aggregate,
        **await _geometry(house, standing, asked),
    }
    yield (await asyncio.to_thread(orjson.dumps, head))[:-1] + b',"shading":'
    stored = standing.result.get("shares")
    if stored is None or not asked.with_shading:
        yield b"null"
    else:
        shares = await asyncio.to_thread(read_shares, await house.store.get_blob(stored))
        pieces = shading_pieces(shares, asked)
        while piece := await asyncio.to_thread(_next, pieces):
            yield piece
    yield b"}"


async def _geometry(house: House, standing: SceneStanding, asked: Scenery) -> dict[str, Json]:
    wanted = {"tables": asked.with_geometry, "obstructions": asked.with_obstructions}
    if not any(wanted.values()):
        return {}
    drawn = await _drawn(house, standing)
    return {key: drawn.get(key, []) for key in wanted if wanted[key]}


async def _drawn(house: House, standing: SceneStanding) -> dict[str, Json]:
    """Return the computed geometry, or before that what was sent, if it can be drawn as it stands."""
    if stored := standing.result.get("viewer"):
        drawn: dict[str, Json] = await asyncio.to_thread(orjson.loads, await house.store.get_blob(stored))
        return drawn
    sent = standing.scene.document.get("sceneJson")
    if (stored := marked_blob(sent)) is not None:
        content = await house.store.get_blob(stored)
        return await asyncio.to_thread(lambda: geometry_of(orjson.loads(content)))
    return geometry_of(sent) if sent else {}


def _next(pieces: Iterator[bytes]) -> bytes:
    return next(pieces, b"")
