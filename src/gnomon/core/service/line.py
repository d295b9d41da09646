"""Lines: a task and its reruns, each the next revision of the one before; what differs between two of them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gnomon.core.access import Principal
from gnomon.core.diff import Comparison, compare, merge_patch
from gnomon.core.errors import Complaint, Gone, Invalid, NotFound, PreconditionFailed
from gnomon.core.ports import Rerun, Reservation, Submitted
from gnomon.core.resource import Resource
from gnomon.core.service.access import require
from gnomon.core.service.house import House
from gnomon.core.service.idempotency import one_at_a_time
from gnomon.core.service.resource import find_any, get_resource
from gnomon.core.service.run import inline_task, run_in_place
from gnomon.core.service.steering import steering
from gnomon.core.service.task import Terms, find_again, find_workload, get_input, new_task
from gnomon.core.task import Json, NewTask, Task

OnActive = Literal["reject", "enqueue", "replace"]
LONGEST_LINE = 10_000
"""Revisions that are looked through for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """How a rerun differs from the newest task of its line: by a whole new input, by a patch of it, or not at all."""

    input: Json = None
    patch: Json = None
    """A JSON merge patch (RFC 7396)."""
    on_active: OnActive = "reject"
    """What becomes of it while the newest task has not ended."""
    if_revision: int | None = None
    """Refused when the newest revision is another."""
    metadata: Json = None
    """In place of the newest task's."""
    secrets: Mapping[str, Json] = field(default_factory=dict, repr=False)
    """In place of the newest task's, which stay with their input."""


AS_IT_WAS = Again()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What differs between two revisions of a line."""

    first: Task
    second: Task
    input: Comparison
    result: Comparison


@one_at_a_time
async def rerun(
    house: House,
    principal: Principal,
    task_id: str,
    again: Again = AS_IT_WAS,
    *,
    reservation: Reservation | None = None,
) -> Submitted:
    """Run a task again as the next revision of its line; one that ran a saved resource runs that again in place.

    Raises
    ------
    NotFound
        When the workspace has no such task.
    Conflict
        When the newest task has not ended and `on_active` is `reject`, or the task is a child.
    PreconditionFailed
        When the newest revision is not the one expected.
    Invalid
        When the new input is not valid.
    ReservationReused, QuotaExceeded
        As for a submission.
    """
    require(principal, "write")
    if made := await find_again(house, principal, reservation):
        return made
    newest = await _newest(house, principal, task_id)
    if newest.resource_id is not None:
        return await _run_resource(house, principal, newest.resource_id, again, reservation)
    _expect(again, newest.revision)
    command = Rerun(
        task=await _edited(house, principal, newest, again),
        of=task_id,
        now=house.clock.now(),
        on_active=again.on_active,
        # A patch was made of the input that was newest then.
        if_revision=newest.revision if again.patch is not None else again.if_revision,
        reservation=reservation,
        most_active=house.limits.active_tasks,
        cancel_within=house.cancel_within,
        told=steering(principal, None),
    )
    return await house.store.rerun(command)


async def _edited(house: House, principal: Principal, newest: Task, again: Again) -> NewTask:
    workload = find_workload(house, newest.kind)
    terms = Terms(priority=newest.priority, metadata=again.metadata, secrets=again.secrets)
    if again.patch is not None:
        merged = merge_patch(await get_input(house, principal, newest.id), again.patch)
        return await inline_task(house, principal, workload, merged, terms)
    if again.input is not None:
        return await inline_task(house, principal, workload, again.input, terms)
    return new_task(house, principal, workload, terms=terms)


async def _run_resource(
    house: House, principal: Principal, resource_id: str, again: Again, reservation: Reservation | None
) -> Submitted:
    saved = await find_any(house, principal, resource_id)
    if saved is None:
        raise Gone("What this task ran was deleted, so it cannot be run again.")
    if complaints := [*_of_attached(again)]:
        raise Invalid(complaints)
    if again.on_active != "reject":
        message = "A task that runs a saved resource can only be run again when it has ended; use 'reject'."
        raise Invalid([Complaint(("on_active",), message, "unsupported")])
    document, revision = await _new_document(house, principal, saved, again)
    return await run_in_place(
        house,
        principal,
        saved.kind,
        saved.number,
        document=document,
        if_revision=revision,
        reservation=reservation,
    )


def _of_attached(again: Again) -> Sequence[Complaint]:
    given = {"metadata": again.metadata is not None, "secrets": bool(again.secrets)}
    message = "A task that runs a saved resource is run again as it was; leave {} out."
    return [
        Complaint((name,), message.format(name), "unsupported")
        for name, is_given in given.items()
        if is_given
    ]


async def _new_document(
    house: House, principal: Principal, saved: Resource, again: Again
) -> tuple[Json, int | None]:
    """Return the document that shall be run, None for the saved one, and the revision that it was made of."""
    if again.patch is None:
        return again.input, again.if_revision
    whole = await get_resource(house, principal, saved.kind, saved.number, is_whole=True)
    _expect(again, whole.revision)
    return merge_patch(whole.document, again.patch), whole.revision


async def list_revisions(house: House, principal: Principal, task_id: str, limit: int) -> Sequence[Task]:
    """List the tasks of a line, newest first, without results; raises `NotFound`."""
    require(principal, "read")
    return await house.store.list_line(principal.workspace, task_id, limit)


async def diff_revisions(
    house: House, principal: Principal, task_id: str, first: int | None, second: int | None
) -> Diff:
    """Compare input and result of two revisions: by default of the newest and the one before it.

    Raises
    ------
    NotFound
        When the workspace has no such task, or the line no such revision.
    """
    line = await list_revisions(house, principal, task_id, LONGEST_LINE)
    by_revision = {revision_of(task): task for task in line}
    second = second if second is not None else revision_of(line[0])
    first = first if first is not None else max((r for r in by_revision if r < second), default=second)
    for asked in (first, second):
        if asked not in by_revision:
            raise NotFound(f"The line of task {task_id} has no revision {asked}.")
    return await _diff(house, principal, by_revision[first], by_revision[second])


async def _diff(house: House, principal: Principal, first: Task, second: Task) -> Diff:
    inputs = [await get_input(house, principal, task.id) for task in (first, second)]
    whole = [await house.store.get_task(principal.workspace, task.id) for task in (first, second)]
    return Diff(
        first=whole[0],
        second=whole[1],
        input=await asyncio.to_thread(compare, inputs[0], inputs[1]),
        result=await asyncio.to_thread(compare, whole[0].result, whole[1].result),
    )


def revision_of(task: Task) -> int:
    """Return a task's revision: its place in its line, or the revision of the resource that it ran."""
    return task.revision if task.resource_revision is None else task.resource_revision


def _expect(again: Again, revision: int) -> None:
    if again.if_revision is not None and again.if_revision != revision:
        raise PreconditionFailed(
            f"The newest revision is {revision}, not {again.if_revision}; read it and decide anew."
        )


async def _newest(house: House, principal: Principal, task_id: str) -> Task:
    (newest,) = await house.store.list_line(principal.workspace, task_id, 1)
    return newest
