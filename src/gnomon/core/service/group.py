"""Groups: make one, add tasks to it, read it, follow its members, cancel it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Invalid, NotFound
from gnomon.core.group import Group, NewGroup, group_id
from gnomon.core.ports import Added, AddMembers, Given, Member, MemberQuery, Reservation, Submit
from gnomon.core.service.access import require
from gnomon.core.service.blob import unfold
from gnomon.core.service.house import House
from gnomon.core.service.idempotency import one_at_a_time
from gnomon.core.service.run import prepare_run
from gnomon.core.service.steering import steering
from gnomon.core.service.task import NO_TERMS, Terms
from gnomon.core.task import Json, Status, Steering, Task

MOST_AT_ONCE = 1000
"""Members that one call may add."""
_BREATH = 25
"""Inputs that are checked, or members that are cancelled, before others have their turn."""
_PAGE = 500
_NOT_AT_WORK = frozenset({Status.PENDING, Status.QUEUED, Status.WAITING, Status.PAUSED})
_NOT_ASKED = _NOT_AT_WORK | {Status.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A task that shall join a group."""

    kind: str
    input: Json
    terms: Terms = NO_TERMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A group, and whether the same request had made it before."""

    group: Group
    is_replay: bool = False


@one_at_a_time
async def create(
    house: House, principal: Principal, *, metadata: Json = None, reservation: Reservation | None = None
) -> Created:
    """Store an empty group, or find the one that the same idempotency key has made.

    A key that is guessed does not count. Most groups are made by the same empty request: one that is repeated might
    be given the group that somebody else has made meanwhile, to put other tasks into. An empty one too many harms
    nobody.

    Raises
    ------
    ReservationReused
        When the idempotency key was used with another request.
    """
    require(principal, "write")
    now = house.clock.now()
    new = NewGroup(id=group_id(now, house.clock.chance(80)), workspace=principal.workspace, metadata=metadata)
    kept = None if reservation is None or reservation.is_guess else reservation
    group = await house.store.create_group(new, now, kept)
    return Created(group=group, is_replay=group.id != new.id)


async def get(house: House, principal: Principal, group_id: str) -> Group:
    """Return a group with its counts; raises `NotFound`."""
    require(principal, "read")
    return await house.store.get_group(principal.workspace, group_id)


async def find_member(house: House, principal: Principal, group_id: str, task_id: str) -> Task:
    """Return a member of a group without its result.

    Raises
    ------
    NotFound
        When the workspace has no such task, or the group no such member.
    """
    require(principal, "read")
    task = await house.store.glance(principal.workspace, task_id)
    if task.group_id != group_id:
        raise NotFound(f"There is no task {task_id} in group {group_id}.")
    return task


@one_at_a_time
async def add(
    house: House,
    principal: Principal,
    group_id: str,
    orders: Sequence[Order],
    *,
    reservation: Reservation | None = None,
) -> Added:
    """Store tasks as members of a group, all of them or none.

    Raises
    ------
    NotFound
        When the workspace has no such group.
    Invalid
        When one of them could not be submitted alone; a complaint's place begins with the position of its order.
    QuotaExceeded
        When the workspace would have more tasks that have not ended than it may.
    ReservationReused
        When the idempotency key was used with another request.
    """
    require(principal, "write")
    if again := await _find_added(house, principal, reservation):
        return again
    await house.store.get_group(principal.workspace, group_id)
    command = AddMembers(
        workspace=principal.workspace,
        group_id=group_id,
        members=await _prepare(house, principal, group_id, orders),
        now=house.clock.now(),
        reservation=reservation,
        most_active=house.limits.active_tasks,
    )
    return await house.store.add_members(command)


async def _find_added(house: House, principal: Principal, reservation: Reservation | None) -> Added | None:
    if reservation is None or reservation.tries == 0:
        return None
    return await house.store.find_added(principal.workspace, reservation, house.clock.now())


async def _prepare(
    house: House, principal: Principal, group_id: str, orders: Sequence[Order]
) -> tuple[Submit, ...]:
    """Check every order, so that whoever sends a batch learns of all that is wrong with it at once."""
    if len(orders) > MOST_AT_ONCE:
        message = f"Add at most {MOST_AT_ONCE} tasks in one call, and the others in further ones."
        raise Invalid([Complaint((), message, "too_long")])
    members: list[Submit] = []
    complaints: list[Complaint] = []
    for position, order in enumerate(orders):
        try:
            alone = await prepare_run(house, principal, order.kind, order.input, order.terms)
            members.append(replace(alone, task=replace(alone.task, group_id=group_id)))
        except Invalid as invalid:
            complaints += invalid.under(position).complaints
        if position % _BREATH == 0:
            await asyncio.sleep(0)
    if complaints:
        raise Invalid(complaints)
    return tuple(members)


async def list_members(house: House, principal: Principal, query: MemberQuery) -> Sequence[Member]:
    """List members that joined after a version, in that order; raises `NotFound`."""
    require(principal, "read")
    found = await house.store.list_members(replace(query, workspace=principal.workspace))
    return [await _whole(house, member) for member in found]


async def list_rested(house: House, principal: Principal, query: MemberQuery) -> Sequence[Member]:
    """List members by the version at which they came to rest last; raises `NotFound`."""
    require(principal, "read")
    found = await house.store.list_rested(replace(query, workspace=principal.workspace))
    return [await _whole(house, member) for member in found]


async def _whole(house: House, member: Member) -> Member:
    if member.given is None:
        return member
    whole = await unfold(house, member.given.input)
    return replace(member, given=Given(input=whole, wording=member.given.wording))


async def cancel(house: House, principal: Principal, group_id: str, reason: str | None = None) -> Group:
    """Ask every present member to stop, and return the group as it then stands.

    Piece by piece, so that nobody waits long for the one writer. Those that are not at work go first: none of them
    takes the slot that another one leaves. Who asks again goes on where a call was broken off.

    Raises
    ------
    NotFound
        When the workspace has no such group.
    """
    require(principal, "cancel")
    told = steering(principal, reason)
    group = await house.store.get_group(principal.workspace, group_id)
    for statuses in (_NOT_AT_WORK, _NOT_ASKED):
        query = MemberQuery(workspace=principal.workspace, group_id=group_id, limit=_PAGE, statuses=statuses)
        while query.after < group.version and (page := await house.store.list_members(query)):
            await _cancel(house, [member.task for member in page if member.number <= group.version], told)
            query = replace(query, after=page[-1].number)
    return await house.store.get_group(principal.workspace, group_id)


async def _cancel(house: House, tasks: Sequence[Task], told: Steering | None) -> None:
    now, within = house.clock.now(), house.cancel_within
    for first in range(0, len(tasks), _BREATH):
        piece = tasks[first : first + _BREATH]
        await asyncio.gather(
            *(house.store.cancel(task.workspace, task.id, now, within=within, told=told) for task in piece)
        )
