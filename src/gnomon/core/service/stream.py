"""Following a task: what stands in the log after a cursor, then what is committed; in order, each event once."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from gnomon.core.access import Principal
from gnomon.core.errors import Gone, Unavailable
from gnomon.core.event import Event, EventType
from gnomon.core.hub import Subscription
from gnomon.core.service.access import require, watch
from gnomon.core.service.cursor import require_cursor
from gnomon.core.service.digest import Digest, Digests
from gnomon.core.service.house import House
from gnomon.core.task import Task

PAGE = 100
"""Events that are read from the log at a time."""

ENDS = frozenset(
    {
        *(EventType.COMPLETED, EventType.FAILED, EventType.CANCELLED),
        *(EventType.TIMED_OUT, EventType.EXPIRED),
    }
)
"""After one of these nothing follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The first item: the cursor is good, and this is the task."""

    task: Task
    after: int
    subscription: Subscription
    """Ending it ends the stream."""

    @property
    def is_told(self) -> bool:
        """Say whether the task has ended and nothing is left to tell."""
        return self.task.status.is_terminal and self.after >= self.task.version


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Events, in order and without a hole."""

    events: Sequence[Event]

    @property
    def last(self) -> int:
        """Return the cursor of what follows."""
        return self.events[-1].number

    @property
    def is_end(self) -> bool:
        """Say whether nothing follows."""
        return self.events[-1].type in ENDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Events that were trimmed, and the task as it stands now."""

    first: int
    last: int
    task: Task

    @property
    def is_end(self) -> bool:
        """Say whether nothing follows."""
        return self.task.status.is_terminal and self.last >= self.task.version


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Nothing was said for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """All was told: how many events there are, and the digest of them."""

    task: Task
    digest: Digest


Item = Opened | Told | Gap | Quiet | Ended
QUIET = Quiet()


async def follow(
    house: House,
    principal: Principal,
    task_id: str,
    after: int,
    *,
    quiet: float,
    digests: Digests | None = None,
) -> AsyncGenerator[Item, None]:
    """Tell a task's events above a number until it ends, or the server or the right to listen does.

    The first item is `Opened`; whatever is wrong with the request is raised before it. Without `digests` no `Ended`
    follows the last item, which `is_end`.

    Raises
    ------
    NotFound
        When the workspace has no such task.
    Conflict
        When the cursor is beyond the last event.
    Unavailable
        When the server is about to stop.
    """
    require(principal, "read")
    # Subscribed before reading: an event that is committed between the two is not missed.
    with house.hub.subscribe(task_id) as news, watch(house, principal, news):
        if news.is_over():
            raise Unavailable("The server is about to stop; ask again in a moment.")
        task = await _get_task(house, principal, news, task_id, after)
        yield Opened(task=task, after=after, subscription=news)
        is_end = task.status.is_terminal and after >= task.version
        while not news.is_over() and not is_end:
            item = await _next(house, principal, news, task_id, after)
            if item is not None:
                yield item
                after, is_end = item.last, item.is_end
                item = None  # a page of the log is not kept for as long as nothing follows it
            elif not await news.wait(quiet):
                yield QUIET
        if digests is not None and is_end and not news.is_over():
            ended = await _ended(house, news, task, after)
            yield Ended(task=ended, digest=await digests.of(ended))


async def _get_task(house: House, principal: Principal, news: Subscription, task_id: str, after: int) -> Task:
    """Return what the channel knows, or what the store says; a crowd of listeners costs one read."""
    known = news.task
    if known is None or known.workspace != principal.workspace or known.version < after:
        known = await house.store.get_task(principal.workspace, task_id)
        news.know(known)
    require_cursor(f"Task {task_id}", "event", after, known.version)
    return known


async def _ended(house: House, news: Subscription, task: Task, last: int) -> Task:
    """Return the task as its last event left it: the log may have been read before that was published."""
    known = news.task or task
    return known if known.version >= last else await house.store.get_task(task.workspace, task.id)


async def _next(
    house: House, principal: Principal, news: Subscription, task_id: str, after: int
) -> Told | Gap | None:
    """Return what follows the cursor: from memory when all of it is there, from the log otherwise."""
    events = news.since(after)
    if events is None:
        try:
            events = await house.store.list_events(principal.workspace, task_id, after, PAGE)
        except Gone:
            task = await house.store.get_task(principal.workspace, task_id)
            return Gap(first=after + 1, last=task.events_from - 1, task=task)
    return Told(events=events) if events else None
