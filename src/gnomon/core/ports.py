"""The seams: what the house asks of a store, of a place for blobs, and of the clock.

Each verb of a store is one transaction. Commands and answers are records; all times are aware UTC and come from the
caller. A verb that changes a task writes the event that says so, and the store tells the hub after the commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from gnomon.core.access import Key, Workspace
from gnomon.core.blob import Blob
from gnomon.core.event import Event
from gnomon.core.resource import NewResource, Resource
from gnomon.core.retry import Ending, Outcome, RetryPolicy
from gnomon.core.task import Json, NewTask, Status, Task, Visibility
from gnomon.core.workload import ChildResult, Pinned, Saved

R = TypeVar("R")


class Clock(Protocol):
    """Tells the time and gives chance, so that tests can choose both."""

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""

    def chance(self, bits: int) -> int:
        """Return that many unguessable random bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[R]):
    """Some records, the cursor of the next page, and how many there are in all when that was asked for."""

    records: Sequence[R]
    next: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """An idempotency key: the same key and fingerprint find what was made, another fingerprint is refused."""

    key: str
    fingerprint: str
    """SHA-256 of method, route and body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResource:
    """Run the present document of a resource: its revision rises by one."""

    workspace: str
    kind: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """Store a task, with the resource it creates or runs, in one transaction."""

    task: NewTask
    now: datetime
    resource: NewResource | RunResource | None = None
    reservation: Reservation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The stored task; `is_replay` when a reservation found it already there."""

    task: Task
    resource: Resource | None = None
    is_replay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Take up to `limit` eligible tasks of these kinds, under a lease."""

    worker: str
    kinds: tuple[str, ...]
    limit: int
    now: datetime
    lease: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What an attempt holds: every write of it carries the fence."""

    task_id: str
    fence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What an attempt needs to start."""

    task: Task
    input: Json
    references: tuple[Pinned, ...]
    steps: Mapping[str, Json]
    state: Json = None
    children: tuple[ChildResult, ...] = ()
    """Present when the attempt is a join."""
    predecessor: ChildResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Progress and messages of a running attempt; one event for the progress, one for each message."""

    holding: Holding
    now: datetime
    progress: float | None = None
    stage: str | None = None
    messages: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Record how an attempt ended, and what follows."""

    holding: Holding
    now: datetime
    ending: Ending
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    chance: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What time alone has changed, and when it will next."""

    changed: int
    overdue: tuple[Holding, ...]
    """Running attempts whose deadline has passed: their engine must stop them."""
    next_due: datetime | None


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


class TaskStore(Protocol):
    """Tasks, their attempts and their events."""

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
        """

    async def find_submitted(self, workspace: str, reservation: Reservation) -> Submitted | None:
        """Return what the same request has submitted, as a replay.

        Raises
        ------
        ReservationReused
            When the key was used with another fingerprint.
        """

    async def claim(self, command: Claim) -> Sequence[Task]:
        """Lease eligible tasks, by priority, then oldest first; each becomes (or stays) `running`."""

    async def load(self, holding: Holding) -> Load:
        """Read what a claimed attempt needs.

        Raises
        ------
        FenceLost
            When the lease is no longer held.
        """

    async def extend(self, holdings: Sequence[Holding], until: datetime) -> Sequence[Holding]:
        """Prolong leases and return those that are still held; no event is written."""

    async def report(self, command: Report) -> Task:
        """Record progress and messages.

        Raises
        ------
        FenceLost
            When the lease is no longer held.
        """

    async def save_step(self, holding: Holding, key: str, result: Json) -> Json:
        """Store a step's result and return what is stored: the first result of a key stays."""

    async def save_resource(self, holding: Holding, resource: NewResource, now: datetime) -> Saved:
        """Store a resource that an attempt made; the same origin is stored once."""

    async def finish(self, command: Finish) -> Task:
        """Record the attempt's ending and what follows from it (`retry.judge`), parents included.

        The last child's end queues its parent's join; a parent that is cancelling ends with its last child.

        Raises
        ------
        FenceLost
            When the lease is no longer held; nothing is recorded.
        """

    async def cancel(self, workspace: str, task_id: str, now: datetime) -> Task:
        """Ask a task and its descendants to stop: at once when none runs, `cancelling` otherwise.

        A terminal task is returned unchanged; asking twice changes nothing.

        Raises
        ------
        NotFound
            When the workspace has no such task.
        """

    async def sweep(self, now: datetime) -> Swept:
        """Do what time asks for: queue due retries, expire what never started, take back expired leases."""

    async def recover(self, now: datetime) -> int:
        """Take back every lease at start-up: no other process owns this store. Return how many."""

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
        """List events numbered above `after`, in order; raises `NotFound`."""

    async def list_attempts(self, workspace: str, task_id: str) -> Sequence[Attempt]:
        """List attempts in order; raises `NotFound`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceQuery:
    """Which resources to list, oldest first."""

    workspace: str
    kind: str
    limit: int = 1000
    cursor: str | None = None
    with_documents: bool = False


class ResourceStore(Protocol):
    """Resources and their revisions."""

    async def create(
        self, resource: NewResource, now: datetime, reservation: Reservation | None = None
    ) -> Resource:
        """Store a resource at revision 1, or return the one that the same request made before.

        Raises
        ------
        ReservationReused
            When the key was used with another fingerprint.
        NotFound
            When what the request made was deleted since.
        """

    async def find_created(self, workspace: str, reservation: Reservation) -> Resource | None:
        """Return the resource that the same request has made.

        Raises
        ------
        ReservationReused
            When the key was used with another fingerprint.
        NotFound
            When what the request made was deleted since.
        """

    async def replace(
        self,
        workspace: str,
        kind: str,
        number: int,
        document: Json,
        links: Sequence[str],
        blobs: Sequence[str],
        name: str | None,
        now: datetime,
    ) -> Resource:
        """Store a new document under the next revision.

        Raises
        ------
        NotFound
            When there is no such resource.
        Conflict
            When its latest task is active.
        """

    async def delete(self, workspace: str, kind: str, number: int, now: datetime) -> None:
        """Delete a resource: it is no longer found, its number is never used again.

        Raises
        ------
        NotFound
            When there is no such resource.
        Conflict
            When its latest task is active.
        """

    async def get(self, workspace: str, kind: str, number: int) -> Resource:
        """Return a resource with its document; raises `NotFound`."""

    async def find_by_id(self, workspace: str, resource_id: str) -> Resource | None:
        """Return the resource of that global id, if the workspace has it."""

    async def find_newest_linked(self, workspace: str, kind: str, target_id: str) -> Resource | None:
        """Return the newest resource of the kind that is linked to the target, without its document."""

    async def list(self, query: ResourceQuery) -> Page[Resource]:
        """List resources, oldest first."""


class AccessStore(Protocol):
    """Workspaces and keys."""

    async def create_workspace(self, workspace: Workspace, keys: Sequence[Key]) -> Workspace:
        """Store a workspace and its first keys; the number given is ignored and the next one taken."""

    async def list_workspaces(self) -> Sequence[Workspace]:
        """List all workspaces, oldest first."""

    async def find_key(self, public_id: str) -> Key | None:
        """Return the key of that public part."""


class BlobStore(Protocol):
    """Immutable bytes by name."""

    async def put_blob(self, content: bytes) -> Blob:
        """Store bytes durably before returning; storing them twice stores them once."""

    async def get_blob(self, sha256: str) -> bytes:
        """Return the bytes; raises `NotFound`."""

    async def sweep_blobs(self, older_than: datetime) -> int:
        """Remove blobs that nothing refers to and that were stored before then; return how many.

        Files of that age that were left to be adopted go too; they are not counted.
        """


class StagingStore(Protocol):
    """Blobs that another process of this machine writes and reads by itself, where the store keeps files."""

    @property
    def staging(self) -> Path | None:
        """Name the folder where files may be left to be adopted; None where blobs are no files.

        Who leaves a file there that is not adopted removes it; the store empties the folder when it opens, and
        sweeps what is old.
        """

    async def adopt_blob(self, name: str, blob: Blob) -> Blob:
        """Make the file of that name in the staging folder a blob, durably before returning.

        Whoever wrote it has synced it to the disk and answers for its SHA-256. Adopting the same blob again, with
        its file or without, changes nothing.

        Raises
        ------
        Unavailable
            When there is no such file, it has another size, or the disk does not take it.
        """

    async def find_blob_file(self, sha256: str) -> Path | None:
        """Return the file that holds the bytes, to be read and never written; None where blobs are no files.

        Raises
        ------
        NotFound
            When there are no such bytes.
        """


class Store(TaskStore, AccessStore, BlobStore, StagingStore, Protocol):
    """All of the cellar; resources stand on a shelf of their own because their verbs share names with tasks'."""

    @property
    def resources(self) -> ResourceStore:
        """Give the shelf of resources."""

    async def ping(self) -> None:
        """Answer when a transaction can be committed; raises `Unavailable`."""

    async def close(self) -> None:
        """Finish what is queued, then close."""
