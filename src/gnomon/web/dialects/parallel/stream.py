"""A run told to one reader: how it stands, what it said, how far it is, and how it ended."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Conflict, Gone
from gnomon.core.service import House
from gnomon.core.service.stream import PAGE, Gap, Opened, Quiet, Told, follow
from gnomon.core.service.stream import Item as LogItem
from gnomon.core.task import Task
from gnomon.web.dialects.parallel.framing import write
from gnomon.web.dialects.parallel.origin import read_origin
from gnomon.web.dialects.parallel.render import event as render
from gnomon.web.dialects.parallel.render.errors import body_of, status_of
from gnomon.web.dialects.parallel.status import ACTIVE, show
from gnomon.web.problems import InvalidQuery
from gnomon.web.sse import Begin, Frames, Item, Last, Pace, Remembered

Items = AsyncGenerator[Item, None]

log = logging.getLogger(__name__)

_RARELY = 10.0
"""Seconds between two statistics of a run that was submitted without events."""
_LOOK_BACK = 5 * PAGE
"""Events before a cursor among which the newest word on sources is looked for."""

_message = Remembered(lambda event: write(render.message(event)))


class Endings:
    """Reads an ended run, whose output may be large, and writes its state once for all who wait for it together."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._at_work: dict[tuple[str, int], asyncio.Task[bytes]] = {}

    async def state(self, task: Task, number: int) -> bytes:
        """Return the frame; of the task only who it is counts."""
        name = (task.id, number)
        work = self._at_work.get(name)
        if work is None:
            work = self._at_work[name] = asyncio.create_task(self._write(task, number))
            work.add_done_callback(lambda _: self._at_work.pop(name))
        return await asyncio.shield(work)

    async def _write(self, task: Task, number: int) -> bytes:
        ended = await self._house.store.get_task(task.workspace, task.id)
        return write(render.state(ended, number, has_output=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Who reads a stream, and how."""

    house: House
    principal: Principal
    pace: Pace
    endings: Endings
    opted_in: bool
    """Whether the reader knows what to do with a run that asks; for all others it goes on running."""
    request_id: str | None


async def tell_run(reading: Reading, task_id: str, after: int) -> Items:
    """Tell a run: its state, then its messages after the cursor and the newest statistics, then what comes.

    At the end, which is also that of the stream's life, comes the state once more.

    Raises
    ------
    NotFound
        When the workspace has no such run.
    Conflict
        When the cursor is beyond the last event.
    Unavailable
        When the server is about to stop.
    """
    items = follow(reading.house, reading.principal, task_id, after, quiet=reading.pace.heartbeat)
    async with aclosing(items):
        opened = await anext(items)
        assert isinstance(opened, Opened)
        yield Begin(subscription=opened.subscription)
        telling = _Telling(reading, opened)
        await telling.recall(opened.task)
        first = await telling.begin(opened.task)
        yield first
        if isinstance(first, Last):
            return
        async for item in items:
            told = await telling.take(item)
            yield told
            if isinstance(told, Last):
                return


async def excused(reading: Reading, items: Items) -> Items:
    """Tell what fails after the beginning as an event, and end.

    Raises
    ------
    InvalidQuery
        When the cursor was never given; and whatever else is raised before the beginning.
    """
    has_begun = False
    try:
        async with aclosing(items):
            async for item in items:
                yield item
                has_begun = True
    except Exception as error:
        if not has_begun and isinstance(error, Conflict):
            text = "There is no such event yet. Send the 'event_id' of the last one that you have, or leave it out."
            raise InvalidQuery([Complaint(("query", "last_event_id"), text, "range")]) from error
        if not has_begun:
            raise
        log.exception("stream.failed", extra={"request_id": reading.request_id})
        yield Last(parts=(write(body_of(error, status_of(error), reading.request_id)),))


class _Telling:
    """What one reader has been told of a run."""

    def __init__(self, reading: Reading, opened: Opened) -> None:
        self._reading = reading
        self._news = opened.subscription
        self._task = opened.task
        self._after = self._last = opened.after
        self._is_rare = not read_origin(opened.task).enable_events
        self._stats = render.Stats(progress=opened.task.progress)
        self._told_stats: render.Stats | None = None
        self._clock = asyncio.get_running_loop().time
        self._limit = self._clock() + reading.pace.draw_life()
        self._next_stats = 0.0

    async def recall(self, task: Task) -> None:
        """Find out whether the reader has the newest statistics, which then are not told once more.

        Its cursor is their number, unless it is that of a message that came just before them.
        """
        if not 0 < self._after == task.version:
            return
        try:
            (event,) = await self._reading.house.store.list_events(
                task.workspace, task.id, self._after - 1, 1
            )
        except Gone:
            return
        if not render.is_message(event):
            self._stats = self._told_stats = await self._recall_sources(self._stats)

    async def begin(self, task: Task) -> Frames:
        """Write the state before everything else; it is all there is when nothing is left to tell."""
        state = await self._state(task)
        if self._is_over(task):
            return Last(parts=(state,))
        return Frames(parts=[state, *await self._due_stats()])

    async def take(self, item: LogItem) -> Item:
        """Write what has happened."""
        if isinstance(item, Quiet):
            return await self._pass_time(item)
        assert isinstance(item, (Told, Gap))
        parts: list[bytes] = []
        if isinstance(item, Told):
            parts += [_message(event) for event in item.events if render.is_message(event)]
            self._stats = render.sum_up(self._stats, item.events)
        self._last = item.last
        closing = await self._close(item)
        if closing is None:
            return Frames(parts=[*parts, *await self._due_stats()])
        return Last(parts=[*parts, *await self._due_stats(is_last=True), closing])

    async def _pass_time(self, quiet: Quiet) -> Item:
        if self._clock() >= self._limit:
            return Last(parts=[*await self._due_stats(is_last=True), await self._state(self._newest())])
        parts = await self._due_stats()
        return Frames(parts=parts) if parts else quiet

    async def _close(self, item: Told | Gap) -> bytes | None:
        """Write the closing state when it is time: the run is over, or the stream's life is."""
        if item.is_end:
            return await self._reading.endings.state(self._task, self._last)
        newest = self._newest()
        if newest.version < self._last and self._reading.opted_in:
            newest = await self._reading.house.store.glance(self._task.workspace, self._task.id)
        if self._is_over(newest) or self._clock() >= self._limit:
            return await self._state(newest)
        return None

    def _is_over(self, task: Task) -> bool:
        """Say whether this reader has been told all of a run that is not active."""
        is_active = show(task, opted_in=self._reading.opted_in) in ACTIVE
        return not is_active and self._last >= task.version

    def _newest(self) -> Task:
        return self._news.task or self._task

    async def _state(self, task: Task) -> bytes:
        if task.status.is_terminal:  # what is remembered of it lacks the result
            return await self._reading.endings.state(task, self._last)
        return write(render.state(task, self._last, opted_in=self._reading.opted_in))

    async def _due_stats(self, *, is_last: bool = False) -> Sequence[bytes]:
        """Write the statistics when they have changed: not during the replay, and rarely for a run without events."""
        is_replay = self._last < self._task.version
        is_too_soon = self._is_rare and self._clock() < self._next_stats
        if self._stats == self._told_stats or (not is_last and (is_replay or is_too_soon)):
            return ()
        if self._told_stats is None and not self._stats.has_sources:
            self._stats = await self._recall_sources(self._stats)
        self._told_stats, self._next_stats = self._stats, self._clock() + _RARELY
        return (write(render.stats(self._stats, self._last)),)

    async def _recall_sources(self, stats: render.Stats) -> render.Stats:
        """Take what was last said of sources before the cursor, if that is not far back."""
        first = max(self._after - _LOOK_BACK, 0)
        if first == self._after:
            return stats
        try:
            events = await self._reading.house.store.list_events(
                self._task.workspace, self._task.id, first, self._after - first
            )
        except Gone:
            return stats
        return render.sum_up(stats, filter(render.counts_sources, events))
