"""What a shading scene's computation has given, and how far it is."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from gnomon.core.errors import Gone, NotFound
from gnomon.core.event import EventType
from gnomon.core.resource import Resource
from gnomon.core.service import House
from gnomon.core.service.blob import unfold
from gnomon.core.service.resource import get_resource, latest_task
from gnomon.core.task import Json, Task
from gnomon.web.answer import answer
from gnomon.web.desk import Reader
from gnomon.web.dialects.daly.desk import AtDesk
from gnomon.web.dialects.daly.nouns import SCENE
from gnomon.web.dialects.daly.openapi import shows
from gnomon.web.dialects.daly.render.scene import (
    ENVELOPE,
    GCR,
    SceneStanding,
    render_pending,
    render_progress,
    render_table,
)
from gnomon.web.series import Member, Stored, answer_stored, stream

router = APIRouter(prefix=SCENE.path, tags=["shading scenes"])

_LOOKED_AT = 200
"""Events of a task among which the number of its positions is looked for; it is said at the beginning."""
_STORED = {"shading": "results", "tableShading": "tables_results", "model": "viewer"}


@router.get(
    "/{number}/results",
    summary="Get a scene's shading by position of the sun",
    responses=shows(
        ENVELOPE, "The results; before they are there, or on request, how far they are.", 404, 422
    ),
)
async def get_results(
    number: int,
    desk: AtDesk,
    reader: Reader,
    *,
    include_status: Annotated[
        bool, Query(alias="includeStatus", description="Always answer an envelope that counts positions.")
    ] = False,
) -> Response:
    """Show finished results as they are stored."""
    scene = await get_resource(desk.house, reader, SCENE.kind, number)
    standing = await _counted(desk.house, await standing_of(desk.house, scene))
    given, stored = await _shares(desk.house, standing)
    if include_status:
        head = {"status": standing.status, **render_progress(standing)}
        if stored is not None:
            return stream(head, [Member(key="results", series=Stored(sha256=stored))], desk.house.store, {})
        return answer({**head, "results": given})
    if stored is not None:
        return await answer_stored(stored, desk.house.store)
    return answer(render_pending(standing) if given is None else given)


@router.get(
    "/{number}/gcr",
    summary="Get a scene's ground coverage",
    responses=shows(GCR, "What the geometry of the tables gives.", 404, 422),
)
async def get_gcr(number: int, desk: AtDesk, reader: Reader) -> Response:
    """Show the ratio of collector width to row pitch, where it was computed."""
    scene = await get_resource(desk.house, reader, SCENE.kind, number)
    standing = await standing_of(desk.house, scene)
    properties = standing.result.get("gcrProperties")
    if properties is None:
        raise NotFound(_why_no_ratio(standing))
    return answer(properties)


async def standing_of(house: House, scene: Resource) -> SceneStanding:
    """Return a scene and the task that says how it stands."""
    return SceneStanding(scene=scene, task=await latest_task(house, scene))


async def legacy_members(
    house: House, standing: SceneStanding, asked: Sequence[str]
) -> tuple[dict[str, Json], list[Member]]:
    """Give the members that the old flags ask for: null where there is nothing yet."""
    result = standing.result
    reference = {
        "trackerReference": {"tracking": result.get("tracking"), "gcrProperties": result.get("gcrProperties")}
    }
    members = [
        Member(
            key=key,
            series=Stored(sha256=result[_STORED[key]], beside=reference if key == "model" else {}),
        )
        for key in asked
        if result.get(_STORED[key])
    ]
    held = {member.key for member in members}
    nothing: dict[str, Json] = {key: None for key in asked if key not in held}
    if nothing.keys() & {"shading"}:
        nothing["shading"] = (await _shares(house, standing))[0]
    return nothing, members


async def _shares(house: House, standing: SceneStanding) -> tuple[Json, str | None]:
    """Return the results themselves, or the name under which they are stored; None and None before they are there."""
    if "shadingTable" not in standing.scene.document:
        return None, standing.result.get("results")
    whole = await unfold(house, standing.scene.document)
    return await asyncio.to_thread(render_table, whole["shadingTable"]), None


async def _counted(house: House, standing: SceneStanding) -> SceneStanding:
    """Look up how many positions a computation has that has not ended well."""
    if standing.task is None or standing.result:
        return standing
    expected = await _expected(house, standing.task)
    return SceneStanding(scene=standing.scene, task=standing.task, expected=expected)


async def _expected(house: House, task: Task) -> int | None:
    try:
        events = await house.store.list_events(task.workspace, task.id, 0, _LOOKED_AT)
    except Gone:
        return None
    for event in events:
        said = event.body.get("positions") if event.type is EventType.MESSAGE else None
        if isinstance(said, dict) and isinstance(said.get("expected"), int):
            return int(said["expected"])
    return None


def _why_no_ratio(standing: SceneStanding) -> str:
    if standing.error is not None:
        return f"There is no ground coverage: {standing.error}"
    if standing.status != "completed":
        return "The ground coverage is not computed yet; wait for the scene's task."
    return "The scene's tables give no ground coverage: they stand in no rows."
