"""Tasks as clients know them: the commands and the seam."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from gnomon.core.delivery import NewEndpoint
from gnomon.core.event import Event
from gnomon.core.ports.seam import Page, Reservation
from gnomon.core.resource import NewResource, Resource
from gnomon.core.retry import Outcome
from gnomon.core.task import Json, NewTask, Status, Steering, Task, Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """What takes the place of a resource's document, checked and completed."""

    document: Json
    name: str | None = None
    links: tuple[str, ...] = ()
    """Ids of the resources that the document refers to."""
    blobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResource:
    """Run the present document of a resource, or a new one in its place: its revision rises by one either way."""

    workspace: str
    kind: str
    number: int
    if_revision: int | None = None
    """Refused when it has another revision."""
    edit: NewDocument | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """Store a task, with the resource it creates or runs, in one transaction."""

    task: NewTask
    now: datetime
    resource: NewResource | RunResource | None = None
    reservation: Reservation | None = None
    hooks: tuple[NewEndpoint, ...] = ()
    """Endpoints for this one task."""
    most_active: int | None = None
    """Refused when the workspace has so many tasks that have not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """Continue a task's line with a new task; what `task.input` leaves out (None) is taken from the newest one.

    `on_active` says what becomes of it while the newest task of the line has not ended: refuse, come after it, or
    cancel it and come after it.
    """

    task: NewTask
    of: str
    """The id of any task of the line."""
    now: datetime
    on_active: Literal["reject", "enqueue", "replace"] = "reject"
    if_revision: int | None = None
    """Refused when the newest task of the line has another revision."""
    reservation: Reservation | None = None
    hooks: tuple[NewEndpoint, ...] = ()
    most_active: int | None = None
    cancel_within: timedelta | None = None
    told: Steering | None = None
    """Who asks, for the tasks that it cancels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How many tasks of a kind have a status."""

    kind: str
    status: Status
    count: int
    oldest: datetime | None = None
    """Since when the oldest one is queued; None for other statuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The stored task; `is_replay` when a reservation found it already there."""

    task: Task
    resource: Resource | None = None
    is_replay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    """Which tasks to list, newest first."""

    workspace: str
    statuses: frozenset[Status] | None = None
    is_started: bool | None = None
    """Whether an attempt has ever begun: doors that never show a step back need it."""
    kinds: frozenset[str] | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    group_id: str | None = None
    """Only members of this group."""
    session_id: str | None = None
    """Only tasks that were submitted to a session of this name, deleted ones included."""
    first_turn: int | None = None
    """With `session_id`, only its turns from this one on: where a session begins, those of its present life."""
    metadata: tuple[tuple[str, str], ...] = ()
    """Only tasks whose metadata has all of these names with these values, written as text."""
    visibility: Visibility | None = Visibility.PUBLIC
    limit: int = 50
    cursor: str | None = None
    offset: int = 0
    with_total: bool = False
    with_result: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at a task."""

    task_id: str
    number: int
    fence: int
    worker: str
    started_at: datetime
    finished_at: datetime | None
    outcome: Outcome | None
    error: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a task was given to do, and the request for it in the words of the door that took it, if it kept them."""

    input: Json
    wording: Json = None


class TaskStore(Protocol):
    """What clients ask about tasks, their attempts and their events."""

    async def submit(self, command: Submit) -> Submitted:
        """Store the task, its resource, its first event and its reservation.

        Raises
        ------
        ReservationReused
            When the key was used with another fingerprint.
        NotFound
            When the resource to run does not exist.
        Conflict
            When the resource to run has an active task.
        PreconditionFailed
            When it has another revision than the one expected.
        """

    async def find_submitted(
        self, workspace: str, reservation: Reservation, now: datetime
    ) -> Submitted | None:
        """Return what the same request has submitted, as a replay; a try of a guessed key takes what it finds.

        Raises
        ------
        ReservationReused
            When the key was used with another fingerprint.
        """

    async def cancel(
        self,
        workspace: str,
        task_id: str,
        now: datetime,
        within: timedelta | None = None,
        told: Steering | None = None,
    ) -> Task:
        """Ask a task and its descendants to stop: at once when none runs, `cancelling` otherwise.

        A terminal task is returned unchanged; asking twice changes nothing, unless the second names an earlier end.
        Who asked first, and why, stays.
        `within` bounds what a running attempt may take: no lease is prolonged beyond it, and the sweep that takes
        the lease back ends the task.

        Raises
        ------
        NotFound
            When the workspace has no such task.
        """

    async def pause(self, workspace: str, task_id: str, now: datetime, told: Steering | None = None) -> Task:
        """Set a task and its descendants aside: at once when none runs, at the next checkpoint otherwise.

        One that waits for an answer is set aside when the answer has come. Asking twice changes nothing.

        Raises
        ------
        NotFound
            When the workspace has no such task.
        Conflict
            When it has ended or is being cancelled.
        """

    async def resume(self, workspace: str, task_id: str, now: datetime, told: Steering | None = None) -> Task:
        """Make a paused task and its paused descendants eligible again; one that is not paused is left as it is.

        Raises
        ------
        NotFound
            When the workspace has no such task.
        Conflict
            When it has ended.
        """

    async def tell(
        self, workspace: str, task_id: str, message: Json, told: Steering | None, now: datetime
    ) -> Task:
        """Keep a message for the work: a running attempt gets it at once, and every later one finds it.

        Raises
        ------
        NotFound
            When the workspace has no such task.
        Conflict
            When it has ended, is being cancelled, or was told as much as a task takes.
        """

    async def answer(self, workspace: str, task_id: str, key: str, value: Json, now: datetime) -> Task:
        """Answer the question of that key; the same answer again changes nothing.

        Raises
        ------
        NotFound
            When the workspace has no such task.
        Conflict
            When no question of that key is open, or it was answered otherwise.
        """

    async def rerun(self, command: Rerun) -> Submitted:
        """Continue a line.

        Raises
        ------
        NotFound
            When the workspace has no such task.
        Conflict
            When the newest task of the line has not ended and `on_active` is `reject`.
        PreconditionFailed
            When it has another revision than the one expected.
        ReservationReused, QuotaExceeded
            As for `submit`.
        """

    async def list_line(self, workspace: str, task_id: str, limit: int) -> Sequence[Task]:
        """List the tasks of a line by revision, newest first, without results.

        A task that runs a resource stands in the line of all tasks that ran it. Raises `NotFound`.
        """

    async def get_input(self, workspace: str, task_id: str) -> Json:
        """Return a task's input, or the document that it ran; raises `NotFound`."""

    async def get_given(self, workspace: str, task_id: str) -> Given:
        """Return what a task was given, as `get_input` does, with its wording; raises `NotFound`."""

    async def get_version(self, workspace: str, task_id: str) -> int:
        """Return a task's version without reading the rest; raises `NotFound`."""

    async def glance(self, workspace: str, task_id: str) -> Task:
        """Return a task without its result, which is not read; raises `NotFound`."""

    async def excerpt(
        self, workspace: str, task_ids: Sequence[str], members: Sequence[str]
    ) -> Mapping[str, Task]:
        """Return by id the tasks that there are, with no more of their results than these members."""

    async def count_tasks(self, workspace: str) -> Sequence[Crowd]:
        """Count the tasks that have not ended, by kind and status."""

    async def get_task(self, workspace: str, task_id: str) -> Task:
        """Return a task with its result.

        Raises
        ------
        NotFound
            When the workspace has no such task.
        """

    async def get_task_by_number(self, workspace: str, number: int) -> Task:
        """Return a task by its number in the workspace; raises `NotFound`."""

    async def list_tasks(self, query: TaskQuery) -> Page[Task]:
        """List tasks, newest first."""

    async def list_children(self, workspace: str, task_id: str) -> Sequence[Task]:
        """List a task's children by position."""

    async def list_events(self, workspace: str, task_id: str, after: int, limit: int) -> Sequence[Event]:
        """List events numbered above `after`, in order.

        Raises
        ------
        NotFound
            When the workspace has no such task.
        Gone
            When some of them were trimmed; the task's `events_from` says which are kept.
        """

    async def list_attempts(self, workspace: str, task_id: str) -> Sequence[Attempt]:
        """List attempts in order; raises `NotFound`."""
