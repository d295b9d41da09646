"""The digest of an ended task's events: with it a client proves that what it pieced together is the log."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gnomon.core.errors import Gone
from gnomon.core.event import Event
from gnomon.core.ports import TaskStore
from gnomon.core.task import Task

PAGE = 200
MOST = 1024
"""Digests that are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """SHA-256 over the lines of events `first` to the last, in order, each followed by one newline."""

    first: int
    """1, unless older events were trimmed."""
    count: int
    sha256: str


class Digests:
    """Works digests out once for all who ask at the same time, page by page and off the loop.

    `line` writes an event as the door shows it: the bytes of its data, without a newline.
    """

    def __init__(self, store: TaskStore, line: Callable[[Event], bytes], *, most: int = MOST) -> None:
        self._store = store
        self._line = line
        self._most = most
        self._known: OrderedDict[str, asyncio.Future[Digest]] = OrderedDict()

    async def of(self, task: Task) -> Digest:
        """Return the digest of a task that has ended."""
        found = self._known.get(task.id)
        if found is None or (found.done() and (found.cancelled() or found.exception() is not None)):
            found = self._known[task.id] = asyncio.ensure_future(self._work_out(task))
        self._known.move_to_end(task.id)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return await asyncio.shield(found)

    async def _work_out(self, task: Task) -> Digest:
        while True:
            try:
                return await self._read(task)
            except Gone:  # trimmed in the meantime: what is kept begins later
                task = await self._store.get_task(task.workspace, task.id)

    async def _read(self, task: Task) -> Digest:
        digest, last = hashlib.sha256(), task.events_from - 1
        while last < task.version:
            page = await self._store.list_events(task.workspace, task.id, last, PAGE)
            await asyncio.to_thread(_feed, digest.update, self._line, page)
            last += len(page)
        count = task.version - task.events_from + 1
        return Digest(first=task.events_from, count=count, sha256=digest.hexdigest())


def _feed(update: Callable[[bytes], None], line: Callable[[Event], bytes], page: Iterable[Event]) -> None:
    for event in page:
        update(line(event) + b"\n")
