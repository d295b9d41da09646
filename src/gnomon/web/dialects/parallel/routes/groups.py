"""Groups: make one, add runs to it, see how they stand, cancel them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Invalid, NotFound
from gnomon.core.ports import Added, Reservation
from gnomon.core.service import House
from gnomon.core.service import group as service
from gnomon.core.task import Json
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.desk import AtHouse, Canceller, Reader, Writer
from gnomon.web.dialects.parallel.desk import NO_RUN, AtDesk, Desk, find_group, opted_in
from gnomon.web.dialects.parallel.ordering import Ready, in_words_of, make_ready
from gnomon.web.dialects.parallel.render import group as render
from gnomon.web.dialects.parallel.render.run import run
from gnomon.web.dialects.parallel.wire.group import read_batch, read_group
from gnomon.web.dialects.parallel.wire.query import flag
from gnomon.web.dialects.parallel.wire.run import RunOrder
from gnomon.web.ids import find_task_id
from gnomon.web.reservation import replay_headers, reserve

router = APIRouter(tags=["groups"])


@router.post("/groups")
async def create_group(request: Request, house: AtHouse, writer: Writer) -> Response:
    """Make an empty group; no body at all is one without metadata."""
    is_bare = not (await request.body()).strip()
    metadata = None if is_bare else read_group(await read_json(request))
    made = await service.create(house, writer, metadata=metadata, reservation=await reserve(request, writer))
    shown = render.group(made.group, opted_in=opted_in(request))
    return answer(shown, headers=replay_headers(is_replay=made.is_replay))


@router.get("/groups/{group_id}")
async def get_group(group_id: str, request: Request, house: AtHouse, reader: Reader) -> Response:
    """Show how the runs of a group stand; it costs the same however many there are."""
    found = await find_group(house, reader, group_id)
    return answer(render.group(found, opted_in=opted_in(request)))


@router.post("/groups/{group_id}/runs")
async def add_runs(group_id: str, request: Request, desk: AtDesk, house: AtHouse, writer: Writer) -> Response:
    """Add runs to a group, all of them or none; the same request sent again adds nothing."""
    body = await read_json(request)
    flag(request.query_params, "refresh_status", default=True)  # counts are always those of this moment
    group = await find_group(house, writer, group_id)
    batch = await _Batch.read(desk, house, writer, body)
    made = await batch.add_to(group.id, await reserve(request, writer))
    shown = render.added(made, opted_in=opted_in(request))
    return answer(shown, headers=replay_headers(is_replay=made.is_replay))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """What one call asks for, ready to be stored."""

    house: House
    writer: Principal
    runs: Sequence[Ready]

    @classmethod
    async def read(cls, desk: Desk, house: House, writer: Principal, body: Json) -> "_Batch":
        """Read the runs off the event loop: a thousand of them keep a processor busy for a while.

        Raises
        ------
        Invalid
            When something is wrong with one of them.
        UnknownProcessor
            When nothing stands behind the processor of one.
        """
        is_lenient = desk.options.is_lenient
        orders = await asyncio.to_thread(read_batch, body, processors=desk.processors, is_lenient=is_lenient)
        runs = []
        for position, order in enumerate(orders):
            try:
                runs.append(await make_ready(house, writer, order, is_lenient=is_lenient))
            except Invalid as error:
                raise error.under("inputs", position) from error
        return cls(house=house, writer=writer, runs=runs)

    async def add_to(self, group_id: str, kept: Reservation | None) -> Added:
        """Store the runs; raises `Invalid` with the places of the body."""
        orders = [
            service.Order(kind=one.order.kind, input=one.order.task_input, terms=one.terms)
            for one in self.runs
        ]
        try:
            return await service.add(self.house, self.writer, group_id, orders, reservation=kept)
        except Invalid as error:
            raise _in_words_of([one.order for one in self.runs], error) from error


def _in_words_of(orders: Sequence[RunOrder], error: Invalid) -> Invalid:
    """Return what the house complains of, each in the words of the run that it concerns."""
    complaints: list[Complaint] = []
    for complaint in error.complaints:
        position = complaint.loc[0]
        assert isinstance(position, int)
        alone = Invalid([replace(complaint, loc=complaint.loc[1:])])
        complaints += in_words_of(orders[position], alone).under("inputs", position).complaints
    return Invalid(complaints)


@router.get("/groups/{group_id}/runs/{run_id}")
async def get_member(
    group_id: str, run_id: str, request: Request, house: AtHouse, reader: Reader
) -> Response:
    """Show how a run of a group stands."""
    group, task_id = await find_group(house, reader, group_id), find_task_id(run_id)
    if task_id is None:
        raise NotFound(NO_RUN)
    try:
        task = await service.find_member(house, reader, group.id, task_id)
    except NotFound as error:
        raise NotFound("There is no such run in this group.") from error
    return answer(run(task, opted_in=opted_in(request)))


@router.post("/groups/{group_id}/cancel")
async def cancel_group(group_id: str, request: Request, house: AtHouse, canceller: Canceller) -> Response:
    """Cancel all runs of a group: 200 when all have ended, 202 when they will have within their grace.

    Not the vendor's.
    """
    found = await find_group(house, canceller, group_id)
    group = await service.cancel(house, canceller, found.id)
    shown = render.group(group, opted_in=opted_in(request))
    return answer(shown, status=202 if group.is_active else 200)
