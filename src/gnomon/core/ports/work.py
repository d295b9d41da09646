"""Tasks as an engine knows them: claims, what an attempt holds and writes, and what time asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from gnomon.core.resource import NewResource
from gnomon.core.retry import Ending, RetryPolicy
from gnomon.core.task import Json, Task
from gnomon.core.workload import ChildResult, Pinned, Saved


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
    sealed: str | None = field(default=None, repr=False)
    """Secrets for the workload, as the vault has sealed them."""
    told: tuple[Json, ...] = ()
    """The messages that were sent to the work, in order, up to the version of `task`."""


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


class WorkStore(Protocol):
    """What an engine asks."""

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

    async def sweep(self, now: datetime) -> Swept:
        """Do what time asks for: queue due retries, close late questions, end late tasks, take back old leases."""

    async def recover(self, now: datetime) -> int:
        """Take back every lease at start-up: no other process owns this store. Return how many."""

    async def trim_events(self, finished_before: datetime, limit: int) -> int:
        """Delete the events, but the last one, of up to `limit` tasks that ended before then; return how many."""
