"""The log of a task, read from its first event that is kept to its last."""

from collections.abc import AsyncIterator
from itertools import islice

from gnomon.core.errors import Gone
from gnomon.core.event import Event, EventType
from gnomon.core.service import House
from gnomon.core.service.stream import ENDS
from gnomon.core.task import Json, Task
from gnomon.web.dialects.shannon.render.event import PARTIAL, frames, missing
from gnomon.web.dialects.shannon.render.frame import internal
from gnomon.web.dialects.shannon.stream import Closings

_PAGE = 1000
"""Events that are read at a time."""


async def read_log(house: House, task: Task) -> AsyncIterator[Event]:
    """Read the events."""
    after = task.events_from - 1
    while after < task.version:
        try:
            events = await house.store.list_events(task.workspace, task.id, after, _PAGE)
        except Gone:  # trimmed meanwhile
            task = await house.store.glance(task.workspace, task.id)
            after = max(task.events_from - 1, after)
            continue
        if not events:
            break
        for event in events:
            yield event
        after = events[-1].number


async def list_frames(
    house: House, closings: Closings, task: Task, *, offset: int, limit: int
) -> list[dict[str, Json]]:
    """List some of the frames that the log holds; the pieces of an answer are no part of it."""
    found: list[dict[str, Json]] = []
    if task.events_from > 1:
        first = missing(task, 1, task.events_from - 1)
        offset, found = max(offset - 1, 0), [] if offset else [internal(first)]
    async for event in read_log(house, task):
        closing = await closings.of(task) if event.type is EventType.COMPLETED else None
        kept = (frame for frame in frames(event, task.kind, closing) if frame.type != PARTIAL)
        for frame in islice(kept, limit - len(found) + offset):
            if offset:
                offset -= 1
            else:
                found.append(internal(frame))
        if len(found) >= limit or event.type in ENDS:
            break
    return found
