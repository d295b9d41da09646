"""Shading scenes: save and compute, show, refresh, set how trackers turn, delete."""

import asyncio
import json
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Invalid, NotFound, Unavailable
from gnomon.core.ports import Submitted
from gnomon.core.resource import Resource
from gnomon.core.service.blob import store_blob
from gnomon.core.service.resource import create_resource, delete_resource, get_resource
from gnomon.core.service.run import ResourceActive, create_and_run, delete_saved, run_saved
from gnomon.core.service.task import cancel, find_again, wait
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.desk import Reader, Writer, find_gate
from gnomon.web.dialects.daly import examples
from gnomon.web.dialects.daly.desk import AtDesk, Desk, IdempotencyKey
from gnomon.web.dialects.daly.nouns import SCENE, TRACKING_INPUT
from gnomon.web.dialects.daly.openapi import shows, takes, takes_form
from gnomon.web.dialects.daly.render.scene import (
    PROCESSING,
    ROW,
    geometry,
    render_given,
    render_processing,
    render_scene,
)
from gnomon.web.dialects.daly.routes.reading import list_all
from gnomon.web.dialects.daly.routes.scene_results import legacy_members, standing_of
from gnomon.web.dialects.daly.wire.scenes import (
    IMPORT_FORM,
    TRACKING_FORM,
    as_sent,
    read_import,
    read_scene,
    read_tracking,
)
from gnomon.web.reservation import replay_headers, reserve
from gnomon.web.series import stream
from gnomon.web.upload import read_fields, read_form

router = APIRouter(prefix=SCENE.path, tags=["shading scenes"])

_TRIES = 3
"""How often a task that somebody else has started meanwhile is stopped."""
_QUEUED = "The scene is saved and its computation is queued."


@router.post(
    "",
    summary="Save a scene given as JSON and compute its shading",
    responses=shows(PROCESSING, _QUEUED, 413, 415, 422),
    openapi_extra=takes("shading_scene", examples.SCENE),
)
async def create(request: Request, desk: AtDesk, writer: Writer, _: IdempotencyKey = None) -> Response:
    """Save a scene of tables and obstructions; poll its task or its results."""
    scene = await asyncio.to_thread(read_scene, await read_json(request))
    kept = await reserve(request, writer)
    if scene.has_run:
        submitted = await create_and_run(
            desk.house, writer, SCENE.kind, scene.document, name=scene.name, reservation=kept
        )
        return _answer_run(submitted, scene.warnings)
    made = await create_resource(desk.house, writer, SCENE.kind, scene.document, reservation=kept)
    body = render_given(made.resource, scene.warnings)
    return answer(body, headers=replay_headers(is_replay=made.is_replay))


@router.post(
    "/import",
    summary="Save a scene from a .dae or .shd file and compute its shading",
    responses=shows(PROCESSING, _QUEUED, 413, 415, 422),
    openapi_extra=takes_form(
        IMPORT_FORM, required=("name",), file="a .dae file of PVCase or a .shd file of PVsyst"
    ),
)
async def import_file(request: Request, desk: AtDesk, writer: Writer, _: IdempotencyKey = None) -> Response:
    """Save the file at once; its task reads it and computes the shading."""
    form = await read_form(request, "file")
    blob = await store_blob(desk.house, form.upload.content)
    scene = read_import(form.fields, form.upload.filename, form.upload.content, blob)
    # A form that is sent again has another boundary; its fields and the file are the same.
    same = json.dumps([dict(sorted(form.fields.items())), form.upload.filename, blob]).encode()
    kept = await reserve(request, writer, same)
    try:
        submitted = await create_and_run(
            desk.house, writer, SCENE.kind, scene.document, name=scene.name, blobs=(blob,), reservation=kept
        )
    except Invalid as invalid:
        raise as_sent(invalid) from invalid
    return _answer_run(submitted, scene.warnings)


@router.get("", summary="List shading scenes", responses=shows([ROW], "All of them, without their geometry."))
async def list_(desk: AtDesk, reader: Reader) -> Response:
    """List scenes, oldest first."""
    scenes = await list_all(desk.house, reader, SCENE)
    standings = await asyncio.gather(*(standing_of(desk.house, scene) for scene in scenes))
    return answer([render_scene(standing) for standing in standings])


@router.get(
    "/{number}",
    summary="Get a shading scene with its JSON",
    responses=shows({**ROW, "sceneJson": examples.SCENE["sceneJson"]}, "The scene.", 404, 422),
)
async def get(
    number: int,
    desk: AtDesk,
    reader: Reader,
    *,
    returnshading: Annotated[
        bool, Query(description="Add `shading`: shares by position of the sun.")
    ] = False,
    returntableshading: Annotated[bool, Query(description="Add `tableShading`: the same by table.")] = False,
    returnmodel: Annotated[bool, Query(description="Add `model`: what is drawn, and the tracking.")] = False,
) -> Response:
    """Show a scene; the flags add what its computation has given, or null before it has."""
    scene = await get_resource(desk.house, reader, SCENE.kind, number)
    standing = await standing_of(desk.house, scene)
    held, members = geometry(standing)
    asked = {"shading": returnshading, "tableShading": returntableshading, "model": returnmodel}
    more, streamed = await legacy_members(desk.house, standing, [key for key in asked if asked[key]])
    return stream({**render_scene(standing), **held, **more}, [*members, *streamed], desk.house.store, {})


@router.post(
    "/{number}/refresh",
    summary="Compute a scene's shading again",
    responses=shows(PROCESSING, "The results are cleared and the computation is queued.", 404, 409, 422),
)
async def refresh(
    number: int, request: Request, desk: AtDesk, writer: Writer, _: IdempotencyKey = None
) -> Response:
    """Compute again, with the newest tracking inputs; a computation that is under way is replaced."""
    kept = await reserve(request, writer, b"")
    scene = await get_resource(desk.house, writer, SCENE.kind, number)
    submitted = await find_again(desk.house, writer, kept)
    for _try in range(_TRIES):
        if submitted is not None:
            return _answer_run(submitted, ())
        _require_run(scene)
        await _stop(request, desk, writer, scene)
        try:
            submitted = await run_saved(desk.house, writer, SCENE.kind, number, reservation=kept)
        except ResourceActive:
            scene = await get_resource(desk.house, writer, SCENE.kind, number)
    raise Unavailable("The scene's present computation has not ended yet; ask again in a moment.")


@router.post(
    "/{number}/trackinginputs",
    summary="Set how a scene's trackers turn",
    responses=shows(
        {"trackingInputId": 2, "shadingSceneId": 4}, "Saved; the next refresh uses it.", 404, 413, 415, 422
    ),
    openapi_extra=takes_form(TRACKING_FORM, required=("gcr",)),
)
async def set_tracking_inputs(
    number: int, request: Request, desk: AtDesk, writer: Writer, _: IdempotencyKey = None
) -> Response:
    """Save tracking inputs beside the scene; nothing is computed before it is refreshed."""
    await get_resource(desk.house, writer, SCENE.kind, number)
    fields = await read_fields(request)
    same = json.dumps(sorted(fields.items())).encode()
    try:
        made = await create_resource(
            desk.house,
            writer,
            TRACKING_INPUT.kind,
            {"shadingSceneId": number, **read_tracking(fields)},
            reservation=await reserve(request, writer, same),
        )
    except Invalid as invalid:
        raise as_sent(invalid) from invalid
    body = {"trackingInputId": made.resource.number, TRACKING_INPUT.global_id: made.resource.id}
    return answer({**body, "shadingSceneId": number}, headers=replay_headers(is_replay=made.is_replay))


@router.delete(
    "/{number}",
    summary="Delete a shading scene",
    responses=shows({"deleted": True}, "It is gone, with its results and tracking inputs.", 404, 409, 422),
)
async def delete(number: int, request: Request, desk: AtDesk, writer: Writer) -> Response:
    """Stop what computes the scene, then delete it with the tracking inputs that are linked to it."""
    scene = await get_resource(desk.house, writer, SCENE.kind, number)
    await _stop(request, desk, writer, scene)
    inputs = await list_all(desk.house, writer, TRACKING_INPUT)
    await delete_saved(desk.house, writer, SCENE.kind, number)
    for each in inputs:
        if each.document.get("shadingSceneId") == number:
            await delete_resource(desk.house, writer, TRACKING_INPUT.kind, each.number)
    return answer({"deleted": True})


def _answer_run(submitted: Submitted, warnings: Sequence[str]) -> Response:
    if submitted.resource is None:
        raise NotFound("The shading scene that this request made was deleted since.")
    body = render_processing(submitted.resource, submitted.task, warnings)
    return answer(body, headers=replay_headers(is_replay=submitted.is_replay))


def _require_run(scene: Resource) -> None:
    if "shadingTable" in scene.document:
        message = "The scene's shares were sent as its shadingTable; there is nothing to compute."
        raise Invalid([Complaint(("shadingTable",), message, "conflict")])


async def _stop(request: Request, desk: Desk, writer: Principal, scene: Resource) -> None:
    """Cancel what computes the scene and wait for its end, which is bounded."""
    if scene.latest_task_id is None:
        return
    task = await desk.house.store.glance(scene.workspace, scene.latest_task_id)
    if task.status.is_terminal:
        return
    with find_gate(request).meter.waits.grant(writer.key_id, desk.cancel_wait) as seconds:
        await cancel(desk.house, writer, task.id)
        await wait(desk.house, writer, task.id, seconds)
