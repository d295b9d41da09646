"""Tasks: submit, read, wait, cancel, set aside, answer."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from gnomon.core.access import Principal
from gnomon.core.delivery import NewEndpoint
from gnomon.core.errors import Complaint, Conflict, Invalid, NotFound
from gnomon.core.event import Event, as_of
from gnomon.core.naming import no_such
from gnomon.core.ports import Attempt, Crowd, Given, Page, Reservation, Submit, Submitted, TaskQuery
from gnomon.core.service.access import require, require_still_valid, watch
from gnomon.core.service.blob import unfold
from gnomon.core.service.cursor import require_cursor
from gnomon.core.service.house import House
from gnomon.core.service.idempotency import one_at_a_time
from gnomon.core.service.steering import answer_question as answer_question
from gnomon.core.service.steering import cancel as cancel
from gnomon.core.service.steering import is_at_rest as is_at_rest
from gnomon.core.service.steering import pause as pause
from gnomon.core.service.steering import resume as resume
from gnomon.core.service.steering import steering as steering
from gnomon.core.service.steering import tell_task as tell_task
from gnomon.core.session import SESSION_ID
from gnomon.core.task import Json, NewTask, Pin, Status, Task, Visibility, task_id
from gnomon.core.workload import Workload

T = TypeVar("T")

NO_TASK = "There is no such task."
_SMALL = 100
"""Values in an input that is checked on the event loop."""
_EVENTS_AT_ONCE = 1000
PRIORITIES = range(-100, 101)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms a task is submitted."""

    run_at: datetime | None = None
    """Not before then."""
    deadline_at: datetime | None = None
    """It ends by then, come what may; None: what its workload allows."""
    priority: int = 0
    """Higher ones are taken first."""
    predecessor_id: str | None = None
    """The task whose end it waits for."""
    hooks: tuple[NewEndpoint, ...] = ()
    """Webhook endpoints that are told of this task alone."""
    metadata: Json = None
    """What the submitter attaches to know it by."""
    origin: Json = None
    """What the door needs to show it."""
    wording: Json = None
    """The request in the door's words, without its secrets."""
    secrets: Mapping[str, Json] = field(default_factory=dict, repr=False)
    """What only the workload is told."""
    session_id: str | None = None
    """The session whose next turn it is; made if need be."""
    session_context: Json = None
    """What that session is given for its context when this is its first task."""


NO_TERMS = Terms()


@one_at_a_time
async def submit(
    house: House,
    principal: Principal,
    kind: str,
    task_input: Json,
    *,
    blobs: tuple[str, ...] = (),
    reservation: Reservation | None = None,
) -> Submitted:
    """Store a task of a kind that stands by itself.

    Raises
    ------
    Invalid
        When no such kind is offered, or it complains about the input.
    ReservationReused
        When the idempotency key was used with another request.
    """
    require(principal, "write")
    if again := await find_again(house, principal, reservation):
        return again
    workload = find_workload(house, kind)
    await check_input(workload, task_input)
    task = new_task(house, principal, workload, task_input=task_input, blobs=blobs)
    return await house.store.submit(
        Submit(
            task=task,
            now=house.clock.now(),
            reservation=reservation,
            most_active=house.limits.active_tasks,
        )
    )


async def find_again(house: House, principal: Principal, reservation: Reservation | None) -> Submitted | None:
    """Return what the same request submitted before: it is not checked again, as what it names may be gone.

    Raises
    ------
    ReservationReused
        When the idempotency key was used with another request.
    """
    if reservation is None or reservation.tries == 0:
        return None
    return await house.store.find_submitted(principal.workspace, reservation, house.clock.now())


async def check_input(workload: Workload, task_input: Json) -> None:
    """Let the workload look at an input; a large one off the event loop.

    Raises
    ------
    Invalid
        When it complains.
    """
    if workload.check is None:
        return
    if complaints := await look_at(task_input, workload.check):
        raise Invalid(complaints)


async def look_at(task_input: Json, look: Callable[[Json], T]) -> T:
    """Look at an input; a large one off the event loop."""
    # The way to a thread and back costs more than the look at a small input.
    return look(task_input) if _is_small(task_input) else await asyncio.to_thread(look, task_input)


def _is_small(value: Json) -> bool:
    waiting, seen = [value], 0
    while waiting and seen <= _SMALL:
        value = waiting.pop()
        seen += 1
        if isinstance(value, dict | list):
            seen += len(value)
            if seen <= _SMALL:
                waiting.extend(value.values() if isinstance(value, dict) else value)
    return seen <= _SMALL


def find_workload(house: House, kind: str) -> Workload:
    """Return the workload of a kind that doors may submit.

    Raises
    ------
    Invalid
        When there is none.
    """
    workload = house.workloads.get(kind)
    if workload is None or workload.visibility is Visibility.INTERNAL:
        offered = [w.kind for w in house.workloads.values() if w.visibility is Visibility.PUBLIC]
        raise Invalid([Complaint(("kind",), no_such("kind", kind, offered), "unknown_kind")])
    return workload


def new_task(
    house: House,
    principal: Principal,
    workload: Workload,
    *,
    task_input: Json = None,
    pins: tuple[Pin, ...] = (),
    blobs: tuple[str, ...] = (),
    terms: Terms = NO_TERMS,
) -> NewTask:
    """Make the record of a task under its workload's policy and its submitter's terms."""
    now = house.clock.now()
    return NewTask(
        id=task_id(now, house.clock.chance(80)),
        workspace=principal.workspace,
        kind=workload.kind,
        input=task_input,
        max_attempts=workload.retry.max_attempts,
        max_lost=workload.retry.max_lost,
        deadline_at=terms.deadline_at or (now + workload.deadline if workload.deadline else None),
        run_at=terms.run_at,
        priority=terms.priority,
        predecessor_id=terms.predecessor_id,
        pins=pins,
        blobs=blobs,
        metadata=terms.metadata,
        origin=terms.origin,
        wording=terms.wording,
        sealed=house.vault.seal(json.dumps(terms.secrets).encode()) if terms.secrets else None,
        session_id=terms.session_id,
        session_context=terms.session_context,
    )


async def check_terms(house: House, principal: Principal, terms: Terms) -> None:
    """Look at the terms of a submission.

    Raises
    ------
    Invalid
        When its times contradict each other, no session may have such a name, or it comes after a task that the
        workspace does not have.
    """
    if complaints := [*_of_times(terms, house.clock.now()), *_of_priority(terms), *_of_session(terms)]:
        raise Invalid(complaints)
    if terms.predecessor_id is None:
        return
    try:
        await house.store.get_version(principal.workspace, terms.predecessor_id)
    except NotFound as error:
        message = f"There is no task {terms.predecessor_id} to come after."
        raise Invalid([Complaint(("after",), message, "missing_reference")]) from error


def _of_times(terms: Terms, now: datetime) -> Sequence[Complaint]:
    if terms.deadline_at is None:
        return ()
    if terms.deadline_at <= now:
        return [Complaint(("deadline_at",), "This time has passed; give one to come, or none.", "range")]
    if terms.run_at is not None and terms.deadline_at <= terms.run_at:
        message = "The task would have to end before it may begin; give a time after 'run_at'."
        return [Complaint(("deadline_at",), message, "range")]
    return ()


def _of_priority(terms: Terms) -> Sequence[Complaint]:
    if terms.priority in PRIORITIES:
        return ()
    message = f"Give a priority from {PRIORITIES[0]} to {PRIORITIES[-1]}; higher ones are taken first."
    return [Complaint(("priority",), message, "range")]


def _of_session(terms: Terms) -> Sequence[Complaint]:
    if terms.session_id is None or SESSION_ID.fullmatch(terms.session_id):
        return ()
    message = "Name the session with 1 to 128 letters, digits and the signs : _ . - (not dots alone)."
    return [Complaint(("session_id",), message, "pattern")]


async def get_task(house: House, principal: Principal, number: int) -> Task:
    """Return a public task by its number in the workspace.

    Raises
    ------
    NotFound
        When there is none; an internal task counts as none.
    """
    require(principal, "read")
    return await _find(house, principal, number)


async def get_task_by_id(house: House, principal: Principal, task_id: str) -> Task:
    """Return a task by its id, an internal one included: who knows the id was told it.

    Raises
    ------
    NotFound
        When the workspace has no such task.
    """
    require(principal, "read")
    return await house.store.get_task(principal.workspace, task_id)


async def find_version(house: House, principal: Principal, task_id: str) -> int:
    """Return a task's version, and read nothing else of it; raises `NotFound`."""
    require(principal, "read")
    return await house.store.get_version(principal.workspace, task_id)


async def glance(house: House, principal: Principal, task_id: str) -> Task:
    """Return a task without its result, which is not read; raises `NotFound`."""
    require(principal, "read")
    return await house.store.glance(principal.workspace, task_id)


async def view_at(house: House, principal: Principal, task_id: str, number: int) -> Task:
    """Return a task as it stood when the event of that number had been written.

    Raises
    ------
    NotFound
        When the workspace has no such task, or the task no such event yet.
    Gone
        When its first events were trimmed, and it has moved on since.
    """
    task = await get_task_by_id(house, principal, task_id)
    if not 0 < number <= task.version:
        raise NotFound(f"Task {task_id} has events 1 to {task.version}, and none of number {number}.")
    if number == task.version:
        return task
    events: list[Event] = []
    while len(events) < number:
        limit = min(number - len(events), _EVENTS_AT_ONCE)
        events += await house.store.list_events(principal.workspace, task_id, len(events), limit)
    return await asyncio.to_thread(as_of, task, events)


async def get_input(house: House, principal: Principal, task_id: str) -> Json:
    """Return what a task was given to do; raises `NotFound`."""
    require(principal, "read")
    return await unfold(house, await house.store.get_input(principal.workspace, task_id))


async def get_given(house: House, principal: Principal, task_id: str) -> Given:
    """Return what a task was given to do, with the request for it in its door's words; raises `NotFound`."""
    require(principal, "read")
    given = await house.store.get_given(principal.workspace, task_id)
    return replace(given, input=await unfold(house, given.input))


async def list_events(
    house: House, principal: Principal, task_id: str, after: int, limit: int
) -> Sequence[Event]:
    """List a task's events numbered above `after`.

    Raises
    ------
    NotFound
        When the workspace has no such task.
    Conflict
        When the cursor is beyond the last event.
    Gone
        When some of them were trimmed.
    """
    require(principal, "read")
    events = await house.store.list_events(principal.workspace, task_id, after, limit)
    if not events:
        last = await house.store.get_version(principal.workspace, task_id)
        require_cursor(f"Task {task_id}", "event", after, last)
    return events


async def list_attempts(house: House, principal: Principal, task_id: str) -> Sequence[Attempt]:
    """List a task's attempts in order; raises `NotFound`."""
    require(principal, "read")
    return await house.store.list_attempts(principal.workspace, task_id)


async def count_queue(house: House, principal: Principal) -> Sequence[Crowd]:
    """Count the workspace's tasks that have not ended, by kind and status."""
    require(principal, "read")
    return await house.store.count_tasks(principal.workspace)


def list_workloads(house: House) -> Sequence[Workload]:
    """List the kinds that a door may submit."""
    return [workload for workload in house.workloads.values() if workload.visibility is Visibility.PUBLIC]


async def list_tasks(house: House, principal: Principal, query: TaskQuery) -> Page[Task]:
    """List the principal's public tasks, newest first."""
    require(principal, "read")
    return await house.store.list_tasks(
        replace(query, workspace=principal.workspace, visibility=Visibility.PUBLIC)
    )


async def with_result(house: House, principal: Principal, task: Task) -> Task:
    """Return a completed task that ran no resource with its result, which a list leaves out."""
    if task.status is not Status.COMPLETED or task.resource_id is not None or task.result is not None:
        return task
    return await house.store.get_task(principal.workspace, task.id)


async def list_children(house: House, principal: Principal, task: Task) -> Sequence[Task]:
    """List a task's public children by position."""
    require(principal, "read")
    children = await house.store.list_children(principal.workspace, task.id)
    return [child for child in children if child.visibility is Visibility.PUBLIC]


async def wait(house: House, principal: Principal, task_id: str, timeout: float) -> Task:
    """Return the task when it has ended, or as it stands when the time is up.

    Raises
    ------
    NotFound
        When the workspace has no such task.
    """
    return await _wait_until(house, principal, task_id, timeout, lambda task: task.status.is_terminal)


async def wait_until_still(house: House, principal: Principal, task_id: str, timeout: float) -> Task:
    """Return the task when it has ended or waits for somebody, or as it stands when the time is up.

    Raises
    ------
    NotFound
        When the workspace has no such task.
    Unauthenticated
        When the principal's key was ended meanwhile.
    """
    return await _wait_until(
        house, principal, task_id, timeout, lambda task: task.status.is_terminal or task.status.is_halted
    )


async def wait_until_asking(house: House, principal: Principal, task_id: str, timeout: float) -> Task:
    """Return the task when it has ended or waits for an answer, or as it stands when the time is up.

    Raises
    ------
    NotFound
        When the workspace has no such task.
    """
    return await _wait_until(
        house,
        principal,
        task_id,
        timeout,
        lambda task: task.status.is_terminal or task.status is Status.WAITING,
    )


async def wait_beyond(house: House, principal: Principal, task_id: str, version: int, timeout: float) -> Task:
    """Return the task when it has a higher version or has ended, or as it stands when the time is up.

    Raises
    ------
    NotFound
        When the workspace has no such task.
    """
    require(principal, "read")
    return await _wait_until(
        house, principal, task_id, timeout, lambda task: task.version > version or task.status.is_terminal
    )


async def _wait_until(
    house: House, principal: Principal, task_id: str, timeout: float, is_enough: Callable[[Task], bool]
) -> Task:
    # Subscribed before reading: a change that is committed between the two is not missed.
    with house.hub.subscribe(task_id) as changes, watch(house, principal, changes):
        task = await house.store.get_task(principal.workspace, task_id)
        if timeout <= 0 or is_enough(task):
            return task
        clock = asyncio.get_running_loop().time
        limit = clock() + timeout
        while (changed := await changes.next(limit - clock())) is not None and not is_enough(changed):
            pass
    # What the hub hands round may lack the result.
    task = await house.store.get_task(principal.workspace, task_id)
    await require_still_valid(house, principal)
    return task


async def cancel_and_wait(
    house: House, principal: Principal, number: int, timeout: float, reason: str | None = None
) -> Task:
    """Cancel a task and return it when the cancel, which is bounded, has come to its end.

    Raises
    ------
    NotFound
        When there is no such task.
    Conflict
        When it had ended before.
    """
    require(principal, "cancel")
    task = await _find(house, principal, number)
    if task.status.is_terminal:
        raise Conflict(f"The task has already ended ({task.status}); there is nothing to cancel.")
    asked = await cancel(house, principal, task.id, reason)
    if asked.status.is_terminal:
        return asked
    return await wait(house, principal, task.id, timeout)


async def _find(house: House, principal: Principal, number: int) -> Task:
    if not is_number(number):
        raise NotFound(NO_TASK)
    try:
        task = await house.store.get_task_by_number(principal.workspace, number)
    except NotFound as error:
        raise NotFound(NO_TASK) from error
    if task.visibility is Visibility.INTERNAL:
        raise NotFound(NO_TASK)
    return task


def is_number(number: int) -> bool:
    """Say whether the house could ever give that number to a record."""
    return 0 < number < 1 << 63
