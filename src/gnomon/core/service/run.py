"""Runs: a resource that is the saved input of a task, created, edited and run again in place."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Conflict, Invalid, TaskActive
from gnomon.core.fold import blobs_of, refuse_marks
from gnomon.core.ports import NewDocument, Reservation, RunResource, Submit, Submitted
from gnomon.core.resource import Resource
from gnomon.core.service.access import require
from gnomon.core.service.blob import fold
from gnomon.core.service.house import House
from gnomon.core.service.idempotency import one_at_a_time
from gnomon.core.service.resource import (
    Missing,
    Resolved,
    delete_resource,
    gather,
    get_resource,
    name_of,
    new_resource,
    prepare,
    resolve,
    store_replacement,
)
from gnomon.core.service.task import (
    NO_TERMS,
    Terms,
    check_input,
    check_terms,
    find_again,
    find_workload,
    look_at,
    new_task,
)
from gnomon.core.task import Json, NewTask, Task
from gnomon.core.workload import Reference, Workload


class ResourceActive(TaskActive):
    """The resource's latest task has not ended."""

    def __init__(self, task: Task) -> None:
        super().__init__(
            task.id, f"Task {task.number} is still {task.status}; wait for it or cancel it first."
        )
        self.task = task


@one_at_a_time
async def run_input(
    house: House,
    principal: Principal,
    kind: str,
    task_input: Json,
    *,
    terms: Terms = NO_TERMS,
    reservation: Reservation | None = None,
) -> Submitted:
    """Store a task whose input is not saved as a resource; what the input refers to is pinned.

    Raises
    ------
    Invalid
        When no such kind is offered, it complains, or the input refers to what the workspace does not have; the
        complaint about a term names it alone, all others begin with `input` or `kind`.
    ReservationReused
        When the idempotency key was used with another request.
    """
    require(principal, "write")
    if again := await find_again(house, principal, reservation):
        return again
    command = await prepare_run(house, principal, kind, task_input, terms)
    return await house.store.submit(
        replace(command, reservation=reservation, most_active=house.limits.active_tasks)
    )


async def prepare_run(
    house: House, principal: Principal, kind: str, task_input: Json, terms: Terms = NO_TERMS
) -> Submit:
    """Check an input and its terms, and make the command that stores its task; raises `Invalid`."""
    workload = find_workload(house, kind)
    await check_terms(house, principal, terms)
    task = await inline_task(house, principal, workload, task_input, terms)
    return Submit(task=task, now=house.clock.now(), hooks=terms.hooks)


async def inline_task(
    house: House, principal: Principal, workload: Workload, task_input: Json, terms: Terms = NO_TERMS
) -> NewTask:
    """Check an input that is not saved as a resource and make the record of the task that runs it.

    Raises
    ------
    Invalid
        When the workload complains, or the input refers to what the workspace does not have; the complaints'
        places begin with `input`.
    """
    try:
        await look_at(task_input, refuse_marks)
        await check_input(workload, task_input)
        references = await look_at(task_input, workload.references)
        resolved = await _resolve(house, principal, references, workload.alongside)
    except Invalid as invalid:
        raise invalid.under("input") from invalid
    return new_task(
        house,
        principal,
        workload,
        task_input=task_input,
        pins=resolved.pins,
        blobs=resolved.blobs,
        terms=terms,
    )


@one_at_a_time
async def create_and_run(
    house: House,
    principal: Principal,
    kind: str,
    document: Json,
    *,
    name: str | None = None,
    blobs: tuple[str, ...] = (),
    reservation: Reservation | None = None,
) -> Submitted:
    """Store a resource and the task that runs it, of the workload of the same kind, in one transaction.

    `blobs` are kept for as long as the resource or the task: the document names them.

    Raises
    ------
    Invalid
        When the kind complains, or the document refers to what the workspace does not have.
    ReservationReused
        When the idempotency key was used with another request.
    """
    require(principal, "write")
    if again := await find_again(house, principal, reservation):
        return again
    complete = await prepare(house, kind, document)
    workload = find_workload(house, kind)
    references = house.kinds[kind].references(complete)
    resolved = await _resolve(house, principal, references, workload.alongside)
    resource = await new_resource(
        house, principal, kind, complete, links=resolved.links, name=name, blobs=blobs
    )
    task = new_task(
        house,
        principal,
        workload,
        pins=resolved.pins,
        blobs=_union(resource.blobs, resolved.blobs),
    )
    command = Submit(
        task=task,
        now=house.clock.now(),
        resource=resource,
        reservation=reservation,
        most_active=house.limits.active_tasks,
    )
    return await house.store.submit(command)


@one_at_a_time
async def run_saved(
    house: House,
    principal: Principal,
    kind: str,
    number: int,
    *,
    if_revision: int | None = None,
    reservation: Reservation | None = None,
) -> Submitted:
    """Run the saved document of a resource in place; its revision rises by one.

    Raises
    ------
    NotFound, ResourceActive, PreconditionFailed, Invalid
        As `run_in_place`.
    ReservationReused
        When the idempotency key was used with another request.
    """
    return await run_in_place(
        house, principal, kind, number, if_revision=if_revision, reservation=reservation
    )


async def run_in_place(
    house: House,
    principal: Principal,
    kind: str,
    number: int,
    *,
    document: Json = None,
    if_revision: int | None = None,
    reservation: Reservation | None = None,
) -> Submitted:
    """Do what `run_saved` does, for a request that has its key already; a new document replaces the saved one.

    Nothing is replaced when the run is refused.

    Raises
    ------
    NotFound
        When the workspace has none of that number.
    ResourceActive
        When its latest task is active.
    PreconditionFailed
        When it has another revision than the one expected.
    Invalid
        When the document is no longer complete, or refers to what the workspace no longer has; the places of
        complaints about a new document begin with `input`.
    """
    require(principal, "write")
    if again := await find_again(house, principal, reservation):
        return again
    saved, workload = await get_resource(house, principal, kind, number), find_workload(house, kind)
    if document is None:
        await _require_complete(house, kind, saved.document)
        edit, blobs = None, tuple(blobs_of(saved.document))
        references = house.kinds[kind].references(saved.document)
        resolved = await _resolve(house, principal, references, workload.alongside, is_saved=True)
        resolved = await gather(house, saved, resolved)
    else:
        edit, resolved = await _edit(house, principal, workload, document)
        blobs = edit.blobs
    task = new_task(house, principal, workload, pins=resolved.pins, blobs=_union(blobs, resolved.blobs))
    run = RunResource(
        workspace=principal.workspace, kind=kind, number=number, if_revision=if_revision, edit=edit
    )
    command = Submit(
        task=task,
        now=house.clock.now(),
        resource=run,
        reservation=reservation,
        most_active=house.limits.active_tasks,
    )
    try:
        return await house.store.submit(command)
    except Conflict as conflict:
        raise await _name_the_task(house, saved) or conflict from conflict


async def _require_complete(house: House, kind: str, document: Json) -> None:
    """Refuse to run a draft that lacks something, in the words that its sender would have heard."""
    meaning = house.kinds[kind]
    if meaning.check_draft is None:
        return
    if complaints := await asyncio.to_thread(meaning.check, document):
        raise Invalid(complaints)


async def _edit(
    house: House, principal: Principal, workload: Workload, document: Json
) -> tuple[NewDocument, Resolved]:
    """Make a new document ready to be stored."""
    try:
        complete = await prepare(house, workload.kind, document)
        references = house.kinds[workload.kind].references(complete)
        resolved = await _resolve(house, principal, references, workload.alongside)
    except Invalid as invalid:
        raise invalid.under("input") from invalid
    folded = await fold(house, complete)
    edit = NewDocument(
        document=folded.document, name=name_of(complete), links=resolved.links, blobs=folded.blobs
    )
    return edit, resolved


async def replace_saved(
    house: House,
    principal: Principal,
    kind: str,
    number: int,
    document: Json,
    *,
    name: str | None = None,
    if_revision: int | None = None,
) -> Resource:
    """Replace the saved document of a resource; what its last run gave is no longer its result.

    Raises
    ------
    NotFound
        When the workspace has none of that number.
    ResourceActive
        When its latest task is active.
    PreconditionFailed
        When it has another revision than the one expected.
    Invalid
        When the kind complains, or the document refers to what the workspace does not have.
    """
    require(principal, "write")
    saved = await get_resource(house, principal, kind, number)
    complete = await prepare(house, kind, document)
    resolved = await _resolve(house, principal, house.kinds[kind].references(complete))
    try:
        return await store_replacement(
            house, principal, kind, number, complete, resolved.links, name, if_revision
        )
    except Conflict as conflict:
        raise await _name_the_task(house, saved) or conflict from conflict


async def delete_saved(house: House, principal: Principal, kind: str, number: int) -> None:
    """Delete a resource that tasks may run.

    Raises
    ------
    NotFound
        When the workspace has none of that number.
    ResourceActive
        When its latest task is active.
    """
    require(principal, "write")
    saved = await get_resource(house, principal, kind, number)
    try:
        await delete_resource(house, principal, kind, number)
    except Conflict as conflict:
        raise await _name_the_task(house, saved) or conflict from conflict


async def _resolve(
    house: House,
    principal: Principal,
    references: Sequence[Reference],
    alongside: Sequence[str] = (),
    *,
    is_saved: bool = False,
) -> Resolved:
    resolved = await resolve(house, principal.workspace, references, alongside)
    if resolved.missing:
        raise Invalid(
            [
                Complaint(m.reference.loc, _missing_text(m, is_saved=is_saved), "missing_reference")
                for m in resolved.missing
            ]
        )
    return resolved


def _missing_text(missing: Missing, *, is_saved: bool) -> str:
    # What a saved document refers to was there when it was saved, and numbers are never used again.
    reference, end = missing.reference, missing.end
    name, last = _name(reference), _name(end)
    if missing.reason:
        return f"{last} {missing.reason}"
    if end is not reference:
        return f"{name} refers to {last}, which was deleted; send it again and give {name} its new id."
    if not is_saved:
        return (
            f"There is no {name}; {reference.otherwise}." if reference.otherwise else f"There is no {name}."
        )
    field = ".".join(str(part) for part in reference.loc)
    return (
        f"{field}: {name} was deleted; send it again, then replace these inputs with its new id in {field}."
    )


def _name(reference: Reference) -> str:
    return f"{reference.kind.replace('_', ' ')} {reference.number}"


async def _name_the_task(house: House, saved: Resource) -> Conflict | None:
    present = await house.store.resources.get(saved.workspace, saved.kind, saved.number)
    if present.latest_task_id is None:
        return None
    task = await house.store.get_task(saved.workspace, present.latest_task_id)
    return ResourceActive(task) if task.status.is_active else None


def _union(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({name for group in groups for name in group}))
