"""Runs: create, list, read, and what they were asked for."""

from dataclasses import replace
from functools import partial
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.errors import Invalid
from gnomon.core.ports import Submitted, TaskQuery
from gnomon.core.service import House
from gnomon.core.service import task as service
from gnomon.core.service.run import run_input
from gnomon.core.task import Task
from gnomon.web.answer import answer
from gnomon.web.body import read_as
from gnomon.web.desk import AtHouse, Reader, Writer
from gnomon.web.dialects.parallel.desk import AtDesk, find_run, opted_in
from gnomon.web.dialects.parallel.ordering import Ready, in_words_of, make_ready
from gnomon.web.dialects.parallel.origin import read_origin
from gnomon.web.dialects.parallel.render import given
from gnomon.web.dialects.parallel.render.run import run
from gnomon.web.dialects.parallel.status import asked
from gnomon.web.dialects.parallel.wire.listing import Listing, read_listing
from gnomon.web.dialects.parallel.wire.run import read_run
from gnomon.web.reservation import replay_headers, reserve

router = APIRouter(tags=["runs"])

_MOST_LOOKS = 10
"""Pages that one answer looks through for runs of one processor; the cursor goes on where it stopped."""


@router.post("/runs", status_code=HTTPStatus.ACCEPTED)
async def create_run(request: Request, desk: AtDesk, house: AtHouse, writer: Writer) -> Response:
    """Store a run; once this is answered, it is never lost, and the same request sent again finds it."""
    is_lenient = desk.options.is_lenient
    order = await read_as(request, partial(read_run, processors=desk.processors, is_lenient=is_lenient))
    made = await _submit(
        house, writer, request, await make_ready(house, writer, order, is_lenient=is_lenient)
    )
    headers = replay_headers(is_replay=made.is_replay)
    shown = run(made.task, opted_in=opted_in(request))
    return answer(shown, status=HTTPStatus.ACCEPTED, headers=headers)


async def _submit(house: House, writer: Principal, request: Request, ready: Ready) -> Submitted:
    order, kept = ready.order, await reserve(request, writer)
    try:
        return await run_input(
            house, writer, order.kind, order.task_input, terms=ready.terms, reservation=kept
        )
    except Invalid as error:
        raise in_words_of(order, error) from error


@router.get("/runs")
async def list_runs(request: Request, house: AtHouse, reader: Reader) -> Response:
    """List the workspace's runs, newest first. Not the vendor's."""
    listing, is_in = read_listing(request.query_params), opted_in(request)
    found, cursor = await _find(house, reader, listing, _query(reader, listing, opted_in=is_in))
    runs = [run(task, opted_in=is_in) for task in found]
    return answer({"runs": runs, "next_cursor": cursor})


def _query(reader: Principal, listing: Listing, *, opted_in: bool) -> TaskQuery:
    query = TaskQuery(workspace=reader.workspace, limit=listing.limit, cursor=listing.cursor)
    if listing.word is None:
        return query
    meant = asked(listing.word, opted_in=opted_in)
    return replace(query, statuses=meant.statuses, is_started=meant.is_started)


async def _find(
    house: House, reader: Principal, listing: Listing, query: TaskQuery
) -> tuple[list[Task], str | None]:
    found: list[Task] = []
    for _ in range(_MOST_LOOKS):
        page = await service.list_tasks(house, reader, query)
        found += [task for task in page.records if _is_of(task, listing.processor)]
        query = replace(query, cursor=page.next, limit=listing.limit - len(found))
        if not query.limit or page.next is None:
            break
    return found, query.cursor


def _is_of(task: Task, processor: str | None) -> bool:
    return processor is None or read_origin(task).processor == processor


@router.get("/runs/{run_id}")
async def get_run(run_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """Show how a run stands."""
    return answer(run(await find_run(house, reader, run_id), opted_in=opted_in(request)))


@router.get("/runs/{run_id}/input")
async def get_input(run_id: str, house: AtHouse, reader: Reader) -> Response:
    """Show what a run was asked for, without what it was to keep secret."""
    task = await find_run(house, reader, run_id)
    return answer(given.run_input(task, await service.get_given(house, reader, task.id)))
