"""A task told to one reader: the frames of its log after the reader's cursor, and of what is committed then."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace

from gnomon.core.access import Principal
from gnomon.core.event import EventType
from gnomon.core.hub import Subscription
from gnomon.core.service import House
from gnomon.core.service.cursor import require_cursor
from gnomon.core.service.stream import Gap, Opened, Quiet, Told, follow
from gnomon.core.task import Task
from gnomon.web.dialects.shannon.render.event import (
    STREAM_END,
    Closing,
    Frame,
    closing_of,
    frames,
    missing,
)
from gnomon.web.dialects.shannon.wire.listening import Cursor, Listening


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The first item: nothing is wrong with the request."""

    subscription: Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """Frames for the reader, in order."""

    frames: Iterable[Frame]
    is_end: bool
    """Whether nothing follows them."""


Item = Begun | Pieces | Quiet


class Closings:
    """Reads what a completed task gave, which may be large, once for all who wait for it together."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._at_work: dict[str, asyncio.Task[Closing]] = {}

    async def of(self, task: Task) -> Closing:
        """Return what its end tells; of the task only who it is counts."""
        work = self._at_work.get(task.id)
        if work is None:
            work = self._at_work[task.id] = asyncio.create_task(self._read(task))
            work.add_done_callback(lambda _: self._at_work.pop(task.id))
        return await asyncio.shield(work)

    async def _read(self, task: Task) -> Closing:
        return closing_of(await self._house.store.get_task(task.workspace, task.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Who reads a stream, and how."""

    house: House
    principal: Principal
    closings: Closings
    heartbeat: float


async def tell(reading: Reading, task: Task, asked: Listening) -> AsyncGenerator[Item, None]:
    """Tell a task's frames after the cursor, and those to come; the last piece `is_end`.

    Raises
    ------
    NotFound
        When the task has gone.
    Conflict
        When the cursor is beyond the last event of a task that goes on.
    Unavailable
        When the server is about to stop.
    """
    asked = _bounded(asked, task)
    items = follow(reading.house, reading.principal, task.id, asked.cursor.after, quiet=reading.heartbeat)
    async with aclosing(items):
        async for item in items:
            if isinstance(item, Opened):
                yield Begun(subscription=item.subscription)
            elif isinstance(item, Quiet):
                yield item
            elif isinstance(item, (Told, Gap)):
                yield await _pieces(reading, task, asked, item)
            del item  # a page of the log is not kept for as long as nothing follows it


def _bounded(asked: Listening, task: Task) -> Listening:
    """Refuse a cursor that was never given; of a task that has ended every such one has all of it."""
    cursor = asked.cursor
    if cursor.seq <= task.version:
        return asked
    if not task.status.is_terminal:
        require_cursor(f"Task {task.id}", "event", cursor.seq, task.version)
    return replace(asked, cursor=Cursor(seq=task.version))


async def _pieces(reading: Reading, task: Task, asked: Listening, item: Told | Gap) -> Pieces:
    if isinstance(item, Gap):  # the last event of a log is never removed
        lost = missing(item.task, item.first, item.last)
        return Pieces(frames=_chosen(asked, iter([lost])), is_end=False)
    is_completed = item.events[-1].type is EventType.COMPLETED
    known = await reading.closings.of(task) if is_completed else None
    told = (frame for event in item.events for frame in frames(event, task.kind, known))
    return Pieces(frames=_chosen(asked, told), is_end=item.is_end)


def _chosen(asked: Listening, told: Iterator[Frame]) -> Iterator[Frame]:
    """Leave out what the reader has or does not ask for; the end is told to everybody."""
    for frame in told:
        is_asked = asked.types is None or frame.type in asked.types
        if frame.type == STREAM_END or (is_asked and asked.cursor.is_before(frame)):
            yield frame
