"""Resources: check, complete, link, store, read, delete."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Invalid, NotFound
from gnomon.core.fold import blobs_of, refuse_marks
from gnomon.core.ports import Page, Reservation, ResourceQuery
from gnomon.core.resource import NewResource, Resource, resource_id
from gnomon.core.service.access import require
from gnomon.core.service.blob import fold, unfold
from gnomon.core.service.house import House
from gnomon.core.service.idempotency import one_at_a_time
from gnomon.core.service.task import is_number
from gnomon.core.task import Json, Pin, Status, Task
from gnomon.core.workload import Failure, Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What references lead to."""

    links: tuple[str, ...] = ()
    """Ids of the resources that are named directly."""
    pins: tuple[Pin, ...] = ()
    """Those, what they refer to in turn, and what is gathered along with them."""
    blobs: tuple[str, ...] = ()
    missing: tuple["Missing", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A direct reference that leads nowhere, and the one at which its way ends: itself, or one further on."""

    reference: Reference
    end: Reference
    reason: str | None = None
    """Why what is there is of no use, for one that is there."""


class Lost(NamedTuple):
    """The reference at which a way ends, and why, if what it names is there."""

    end: Reference
    reason: str | None = None


async def prepare(house: House, kind: str, document: Json) -> Json:
    """Check a document and add what can be derived.

    Raises
    ------
    Invalid
        When the kind complains, or something cannot be derived.
    """
    meaning = house.kinds[kind]
    # Before the kind looks: it would take a mark for a value of the wrong type, or for one of the house's own.
    await asyncio.to_thread(refuse_marks, document)
    if complaints := await asyncio.to_thread(meaning.check, document):
        raise Invalid(complaints)
    try:
        return await asyncio.to_thread(meaning.complete, document)
    except Failure as failure:
        raise Invalid([Complaint((), failure.message, failure.code)]) from failure


async def resolve(
    house: House, workspace: str, references: Sequence[Reference], alongside: Sequence[str] = ()
) -> Resolved:
    """Follow references to the resources they name, and on to what those refer to and gather.

    The workspace's resource number 1 of each kind in `alongside` is pinned too, where it exists.
    """
    links: list[str] = []
    pins: dict[str, Pin] = {}
    blobs: set[str] = set()
    missing: list[Missing] = []
    for reference in references:
        found = await find(house, workspace, reference.kind, reference.number)
        lost = Lost(reference) if found is None else await _follow(house, found, reference, pins, blobs)
        if lost is not None:
            missing.append(Missing(reference=reference, end=lost.end, reason=lost.reason))
        # What is there and has no result yet can be named all the same; it cannot be run with.
        if found is not None and (lost is None or lost.reason is not None):
            links.append(found.id)
    for kind in alongside:
        single = await find(house, workspace, kind, 1)
        if single is not None:
            pins[single.id] = _pin(single)
    return Resolved(
        links=tuple(dict.fromkeys(links)),
        pins=tuple(pins.values()),
        blobs=tuple(sorted(blobs)),
        missing=tuple(missing),
    )


async def gather(house: House, resource: Resource, resolved: Resolved) -> Resolved:
    """Add what is gathered along with a resource that is itself run."""
    pins = {pin.resource_id: pin for pin in resolved.pins}
    blobs = set(resolved.blobs)
    await _gather(house, resource, pins, blobs)
    return replace(resolved, pins=tuple(pins.values()), blobs=tuple(sorted(blobs)))


async def _follow(
    house: House, resource: Resource, way: Reference, pins: dict[str, Pin], blobs: set[str]
) -> Lost | None:
    """Collect a resource and what it refers to; return where the way ends, if it leads nowhere."""
    if resource.id in pins:
        return None
    meaning, task_id = house.kinds[resource.kind], None
    if meaning.needs_result(resource.document):
        task = await latest_task(house, resource)
        if task is None or task.status is not Status.COMPLETED:
            return Lost(way, _why_no_result(task))
        task_id = task.id
    pins[resource.id] = _pin(resource, task_id)
    blobs.update(blobs_of(resource.document))
    for reference in meaning.references(resource.document):
        found = await find(house, resource.workspace, reference.kind, reference.number)
        lost = Lost(reference) if found is None else await _follow(house, found, reference, pins, blobs)
        if lost is not None:
            return lost
    await _gather(house, resource, pins, blobs)
    return None


async def _gather(house: House, resource: Resource, pins: dict[str, Pin], blobs: set[str]) -> None:
    for kind in house.kinds[resource.kind].gathers:
        newest = await house.store.resources.find_newest_linked(resource.workspace, kind, resource.id)
        whole = await find(house, resource.workspace, kind, newest.number) if newest else None
        # What it refers to is the resource itself, which is no part of its own run.
        if whole is not None and whole.id not in pins:
            pins[whole.id] = _pin(whole)
            blobs.update(blobs_of(whole.document))


def _why_no_result(task: Task | None) -> str:
    if task is None:
        return "has no results yet: run it first."
    if task.status.is_active:
        return f"has no results yet: task {task.number} is {task.status}, at {task.progress or 0:.0f} %; wait for it."
    return f"has no results: task {task.number} is {task.status}; run it again first."


def _pin(resource: Resource, task_id: str | None = None) -> Pin:
    return Pin(
        kind=resource.kind,
        number=resource.number,
        resource_id=resource.id,
        revision=resource.document_revision,
        task_id=task_id,
    )


async def latest_task(house: House, resource: Resource) -> Task | None:
    """Return the task that ran the document as it is, and says how the resource stands; None for a draft."""
    if resource.latest_task_id is None or resource.is_draft:
        return None
    return await house.store.get_task(resource.workspace, resource.latest_task_id)


async def excerpt_tasks(
    house: House, resources: Sequence[Resource], members: Sequence[str]
) -> Sequence[Task | None]:
    """Return the latest task of each of a workspace's resources, with these members of its result alone."""
    shown = [None if each.is_draft else each.latest_task_id for each in resources]
    wanted = [task_id for task_id in shown if task_id is not None]
    if not wanted:
        return [None] * len(shown)
    found = await house.store.excerpt(resources[0].workspace, wanted, members)
    return [found.get(task_id) if task_id is not None else None for task_id in shown]


async def find(house: House, workspace: str, kind: str, number: int) -> Resource | None:
    """Return a resource, or None."""
    if not is_number(number):
        return None
    try:
        return await house.store.resources.get(workspace, kind, number)
    except NotFound:
        return None


async def new_resource(
    house: House,
    principal: Principal,
    kind: str,
    document: Json,
    *,
    links: tuple[str, ...],
    name: str | None = None,
    blobs: tuple[str, ...] = (),
) -> NewResource:
    """Make the record of a resource; what is large in it is stored beside it."""
    folded = await fold(house, document)
    now = house.clock.now()
    return NewResource(
        id=resource_id(now, house.clock.chance(22)),
        workspace=principal.workspace,
        kind=kind,
        document=folded.document,
        name=name or name_of(document),
        links=links,
        blobs=(*blobs, *folded.blobs),
    )


def name_of(document: Json) -> str | None:
    """Return the document's own name for itself."""
    name = document.get("name") if isinstance(document, dict) else None
    return name if isinstance(name, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A resource; `is_replay` when a reservation found it already there."""

    resource: Resource
    is_replay: bool


async def find_created(house: House, principal: Principal, reservation: Reservation | None) -> Made | None:
    """Return what the same request created before: it is not checked again, as what it names may be gone.

    Raises
    ------
    ReservationReused
        When the idempotency key was used with another request.
    NotFound
        When what the request made was deleted since.
    """
    require(principal, "write")
    if reservation is None or reservation.tries == 0:
        return None
    made = await house.store.resources.find_created(principal.workspace, reservation, house.clock.now())
    return Made(resource=made, is_replay=True) if made else None


@one_at_a_time
async def create_resource(
    house: House,
    principal: Principal,
    kind: str,
    document: Json,
    *,
    reservation: Reservation | None = None,
) -> Made:
    """Store a resource at revision 1.

    Raises
    ------
    ReservationReused
        When the idempotency key was used with another request.
    Invalid
        When the kind complains about the document.
    NotFound
        When the document refers to what the workspace does not have.
    """
    require(principal, "write")
    if again := await find_created(house, principal, reservation):
        return again
    complete = await prepare(house, kind, document)
    links = await _link(house, principal, kind, complete)
    new = await new_resource(house, principal, kind, complete, links=links)
    made = await house.store.resources.create(new, house.clock.now(), reservation)
    return Made(resource=made, is_replay=made.id != new.id)


async def replace_resource(
    house: House, principal: Principal, kind: str, number: int, document: Json
) -> Resource:
    """Store a new document under the next revision.

    Raises
    ------
    NotFound
        When there is no such resource, or the document refers to what the workspace does not have.
    Invalid
        When the kind complains about the document.
    Conflict
        When the resource's latest task is active.
    """
    require(principal, "write")
    await get_resource(house, principal, kind, number)
    complete = await prepare(house, kind, document)
    links = await _link(house, principal, kind, complete)
    return await store_replacement(house, principal, kind, number, complete, links)


async def store_replacement(
    house: House,
    principal: Principal,
    kind: str,
    number: int,
    document: Json,
    links: tuple[str, ...],
    name: str | None = None,
    if_revision: int | None = None,
) -> Resource:
    """Store a checked document in the place of the present one."""
    folded = await fold(house, document)
    return await house.store.resources.replace(
        principal.workspace,
        kind,
        number,
        folded.document,
        links,
        folded.blobs,
        name or name_of(document),
        house.clock.now(),
        if_revision,
    )


async def _link(house: House, principal: Principal, kind: str, document: Json) -> tuple[str, ...]:
    resolved = await resolve(house, principal.workspace, house.kinds[kind].references(document))
    absent = [missing for missing in resolved.missing if missing.reason is None]
    if absent:
        raise NotFound(f"There is no such {absent[0].end.kind}.")
    return resolved.links


async def get_resource(
    house: House, principal: Principal, kind: str, number: int, *, is_whole: bool = False
) -> Resource:
    """Return a resource; with its large members when it shall be whole.

    Raises
    ------
    NotFound
        When the workspace has none of that number.
    """
    require(principal, "read")
    resource = await find(house, principal.workspace, kind, number)
    if resource is None:
        raise NotFound(f"There is no such {kind.replace('_', ' ')}.")
    if not is_whole:
        return resource
    return replace(resource, document=await unfold(house, resource.document))


async def list_resources(
    house: House, principal: Principal, kind: str, *, cursor: str | None = None
) -> Page[Resource]:
    """List resources with their documents, large members left out, oldest first."""
    require(principal, "read")
    return await house.store.resources.list(
        ResourceQuery(workspace=principal.workspace, kind=kind, cursor=cursor, with_documents=True)
    )


async def delete_resource(house: House, principal: Principal, kind: str, number: int) -> None:
    """Delete a resource.

    Raises
    ------
    NotFound
        When the workspace has none of that number.
    Conflict
        When its latest task is active.
    """
    require(principal, "write")
    await get_resource(house, principal, kind, number)
    await house.store.resources.delete(principal.workspace, kind, number, house.clock.now())


async def find_any(house: House, principal: Principal, resource_id: str) -> Resource | None:
    """Return the resource of that global id, if the workspace has it."""
    return await house.store.resources.find_by_id(principal.workspace, resource_id)


async def find_global(house: House, principal: Principal, kind: str, resource_id: str) -> Resource | None:
    """Return the resource of that kind and global id, if the workspace has it."""
    found = await find_any(house, principal, resource_id)
    return found if found is not None and found.kind == kind else None
