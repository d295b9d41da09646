"""Energy models: create and run, show, edit, run again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace as changed
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.errors import NotFound
from gnomon.core.ports import Submitted
from gnomon.core.resource import Resource
from gnomon.core.service import House
from gnomon.core.service.resource import excerpt_tasks, find, get_resource, latest_task
from gnomon.core.service.run import create_and_run, replace_saved, run_saved
from gnomon.core.task import Json, Status
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.desk import Reader, Writer
from gnomon.web.dialects.daly import examples
from gnomon.web.dialects.daly.desk import AtDesk, Desk, IdempotencyKey
from gnomon.web.dialects.daly.nouns import ENERGY_MODEL, PROJECT
from gnomon.web.dialects.daly.openapi import shows, takes
from gnomon.web.dialects.daly.render.energy_model import (
    EVERYTHING,
    SHOWN_IN_ROWS,
    Standing,
    render_blocks,
    render_detail,
    render_model,
    render_sections,
)
from gnomon.web.dialects.daly.render.run import (
    COMPLETED,
    QUEUED,
    render_completed,
    render_ended,
    render_queued,
)
from gnomon.web.dialects.daly.render.series import (
    local_time,
    render_all,
    render_base,
    render_base_with_losses,
)
from gnomon.web.dialects.daly.routes.reading import add_delete, list_all
from gnomon.web.dialects.daly.wire.energy_model import (
    Include,
    View,
    deprecations_of,
    name_in,
    read_include,
    read_order,
    refuse_removed,
    view_of,
)
from gnomon.web.reservation import replay_headers, reserve
from gnomon.web.series import Listed, Member, Series, Shape, stream

router = APIRouter(prefix=ENERGY_MODEL.path, tags=["energy models"])

IsAsync = Annotated[
    bool, Query(alias="async", description="Answer at once; otherwise wait a while for the result.")
]
BlockResults = Annotated[
    bool | None, Query(deprecated=True, description="Use output.blockResults in the body.")
]
Includes = Annotated[
    str | None,
    Query(description="Comma list of summary, inputs, fulltimeseries, blocktimeseries."),
]

_ROW = {
    "id": 56,
    "energyModelId": 56,
    "name": "Site A",
    "status": "completed",
    "revision": "v0003",
    "annualProductionMWh": 412.3,
    "capacityFactor": 0.26,
}
_RAN = "The result, or the queued envelope when the run outlasts the wait."


@router.post(
    "",
    summary="Save an energy model and run it",
    responses=shows(COMPLETED, _RAN, 409, 413, 415, 422),
    openapi_extra=takes("energy_model", examples.ENERGY_MODEL),
)
async def create(
    request: Request,
    desk: AtDesk,
    writer: Writer,
    *,
    is_async: IsAsync = False,
    blockresults: BlockResults = None,
    _: IdempotencyKey = None,
) -> Response:
    """Save the input under a new number and run it."""
    refuse_removed(request.query_params)
    order = read_order(await read_json(request), blockresults=blockresults)
    submitted = await create_and_run(
        desk.house,
        writer,
        ENERGY_MODEL.kind,
        order.document,
        name=name_in(order.document),
        reservation=await reserve(request, writer),
    )
    return await _answer_run(request, desk, writer, submitted, is_async=is_async, warnings=order.warnings)


@router.post(
    "/{number}/run",
    summary="Run a saved energy model again, in place",
    responses=shows(QUEUED, _RAN, 404, 409, 422),
)
async def run(
    number: int,
    request: Request,
    desk: AtDesk,
    writer: Writer,
    *,
    is_async: IsAsync = False,
    _: IdempotencyKey = None,
) -> Response:
    """Run the saved input; the row keeps its number and its revision rises."""
    refuse_removed(request.query_params)
    submitted = await run_saved(
        desk.house, writer, ENERGY_MODEL.kind, number, reservation=await reserve(request, writer, b"")
    )
    return await _answer_run(request, desk, writer, submitted, is_async=is_async, warnings=())


@router.get("", summary="List energy models", responses=shows([_ROW], "All of them, without inputs."))
async def list_(desk: AtDesk, reader: Reader, include: Includes = None) -> Response:
    """List energy models; `include` is accepted and does not change the rows."""
    read_include(include)
    models = await list_all(desk.house, reader, ENERGY_MODEL)
    tasks = await excerpt_tasks(desk.house, models, SHOWN_IN_ROWS)
    projects = await _projects(desk.house, models)
    rows = zip(models, tasks, strict=True)
    return answer(
        [
            render_model(Standing(model=model, task=task, global_project_id=projects.get(_project_of(model))))
            for model, task in rows
        ]
    )


@router.get(
    "/{number}",
    summary="Get an energy model",
    responses=shows(_ROW, "The energy model; `include` says what more is shown.", 404, 422),
)
async def get(number: int, desk: AtDesk, reader: Reader, include: Includes = None) -> Response:
    """Show an energy model; what is shown depends on `include` alone."""
    asked = read_include(include)
    model = await get_resource(desk.house, reader, ENERGY_MODEL.kind, number, is_whole="inputs" in asked)
    if isinstance(model.document.get("importWarnings"), dict):  # so many that they stand apart
        model = await get_resource(desk.house, reader, ENERGY_MODEL.kind, number, is_whole=True)
    standing = await _standing(desk.house, model)
    return _answer_detail(desk.house, standing, asked)


@router.put(
    "/{number}",
    summary="Replace the saved input",
    responses=shows(
        {**_ROW, "status": "draft"}, "The edited energy model with its inputs.", 404, 409, 413, 415, 422
    ),
    openapi_extra=takes("energy_model", examples.ENERGY_MODEL),
)
async def replace(number: int, request: Request, desk: AtDesk, writer: Writer) -> Response:
    """Replace the saved input as a whole; what earlier inputs gave is no longer shown."""
    order = read_order(await read_json(request))
    await replace_saved(
        desk.house, writer, ENERGY_MODEL.kind, number, order.document, name=name_in(order.document)
    )
    saved = await get_resource(desk.house, writer, ENERGY_MODEL.kind, number, is_whole=True)
    warnings = [*order.warnings, *deprecations_of(saved.document)]
    details = {"message": "Energy model inputs saved", "warnings": warnings}
    standing = await _standing(desk.house, saved)
    return answer({**render_detail(standing), "inputs": saved.document, "taskDetails": details})


add_delete(router, ENERGY_MODEL)


async def _answer_run(
    request: Request,
    desk: Desk,
    writer: Principal,
    submitted: Submitted,
    *,
    is_async: bool,
    warnings: Sequence[str],
) -> Response:
    headers = replay_headers(is_replay=submitted.is_replay)
    model = submitted.resource
    if model is None:
        raise NotFound("The energy model that this request made was deleted since.")
    task = submitted.task
    if not is_async:
        task = await desk.await_end(request, writer, task.id)
    standing = await _of_project(desk.house, Standing(model=model, task=task))
    warnings = [*warnings, *deprecations_of(model.document)]
    if task.status.is_active or is_async:
        return answer(render_queued(standing, task, warnings), headers=headers)
    if task.status is not Status.COMPLETED:
        status, body = render_ended(standing, task)
        return answer(body, status=status, headers=headers)
    view = view_of(model.document)
    head = render_completed(standing, task, view, warnings)
    if view.time_series:
        head.pop("localTime", None)
    members = [_summaries(task.result, view), *_immediate_series(task.result, view)]
    return stream(head, members, desk.house.store, headers)


def _answer_detail(house: House, standing: Standing, asked: frozenset[Include]) -> Response:
    head = render_detail(standing)
    if "inputs" in asked:
        head["inputs"] = standing.model.document
    result = standing.result
    if result is None:
        return answer(head)
    members = []
    if "summary" in asked:
        head |= render_sections(result, EVERYTHING)
        members.append(_summaries(result, EVERYTHING))
    if "fulltimeseries" in asked:
        head.pop("localTime", None)
        members += [_plant(result, render_all), *_local_time(result)]
    if "blocktimeseries" in asked:
        members.append(_blocks(result, render_all, None))
    return stream(head, members, house.store, {})


def _immediate_series(result: Mapping[str, Json], view: View) -> list[Member]:
    members = []
    if view.time_series:
        members += [_plant(result, render_base), *_local_time(result)]
    if view.block_series:
        shape = render_base_with_losses if view.loss_breakdown else render_base
        members.append(_blocks(result, shape, view.block_index))
    return members


def _summaries(result: Mapping[str, Json], view: View) -> Member:
    shown = partial(render_blocks, result["blocks"], view)
    return Member(key="blockSummary", series=Listed(names=result["block_details"], shown=shown))


def _plant(result: Mapping[str, Json], shape: Shape) -> Member:
    return Member(key="timeSeries", series=Series(sha256=result["series"]["plant"], shape=shape))


def _local_time(result: Mapping[str, Json]) -> list[Member]:
    section = result.get("local_time")
    if section is None:
        return []
    return [
        Member(key="localTime", series=Series(sha256=result["series"]["plant"], shape=local_time(section)))
    ]


def _blocks(result: Mapping[str, Json], shape: Shape, only: int | None) -> Member:
    stored: Mapping[str, str] = result["series"]["blocks"]
    kept = [
        (key, Series(sha256=sha256, shape=shape, part=key))
        for key, sha256 in stored.items()
        if only is None or key == str(only)
    ]
    return Member(key="blockTimeSeries", series=kept)


async def _standing(house: House, model: Resource) -> Standing:
    return await _of_project(house, Standing(model=model, task=await latest_task(house, model)))


async def _of_project(house: House, standing: Standing) -> Standing:
    projects = await _projects(house, [standing.model])
    return changed(standing, global_project_id=projects.get(_project_of(standing.model)))


async def _projects(house: House, models: Sequence[Resource]) -> dict[int | None, str]:
    """Return the global ids of the projects of a workspace's models, each asked for once."""
    numbers = {number: model.workspace for model in models if (number := _project_of(model)) is not None}
    found = [await find(house, workspace, PROJECT.kind, number) for number, workspace in numbers.items()]
    return {project.number: project.id for project in found if project is not None}


def _project_of(model: Resource) -> int | None:
    number = model.document.get("projectId")
    return number if isinstance(number, int) else None
