"""The hub: who waits for which task. One registry per process; no thread and no connection per waiter."""

import asyncio
from collections.abc import Callable, Iterable

from gnomon.core.task import Task


class Hub:
    """Wakes waiters with the records that were just committed.

    Everything here runs on the event loop's thread. Nothing is pushed that is not already stored, so a waiter that
    subscribes first and reads the store second misses nothing.
    """

    def __init__(self) -> None:
        self._waiters: dict[str, set[asyncio.Queue[Task | None]]] = {}
        self._ready = asyncio.Event()
        self._is_closed = False
        self.on_change: Callable[[Task], None] | None = None
        self.on_access: list[Callable[[], None]] = []
        """Called when a key was ended: who lets something go on by it has to look again."""

    def publish(self, tasks: Iterable[Task], *, is_work_ready: bool) -> None:
        """Hand committed records to whoever waits for them, and wake the dispatcher if there is work."""
        for task in tasks:
            for queue in self._waiters.get(task.id, ()):
                queue.put_nowait(task)
            if self.on_change is not None:
                self.on_change(task)
        if is_work_ready:
            self._ready.set()

    def subscribe(self, task_id: str) -> "Subscription":
        """Start listening to one task; use it as a context manager."""
        return Subscription(self._waiters, task_id, is_closed=self._is_closed)

    def access_changed(self) -> None:
        """Tell that a key was ended, so that what is open by it ends."""
        for listener in self.on_access:
            listener()

    def close(self) -> None:
        """End every wait, present and future, as if its time were up: the server is leaving."""
        self._is_closed = True
        for queues in self._waiters.values():
            for queue in queues:
                queue.put_nowait(None)

    def wake(self) -> None:
        """Wake the dispatcher."""
        self._ready.set()

    async def work(self, timeout: float | None) -> bool:
        """Wait until there is work or the time is up; say which."""
        try:
            await asyncio.wait_for(self._ready.wait(), timeout)
        except TimeoutError:
            return False
        self._ready.clear()
        return True

    @property
    def waiting(self) -> int:
        """Count the subscriptions."""
        return sum(len(queues) for queues in self._waiters.values())


class Subscription:
    """One waiter's view of one task."""

    def __init__(
        self, waiters: dict[str, set[asyncio.Queue[Task | None]]], task_id: str, *, is_closed: bool
    ) -> None:
        self._waiters = waiters
        self._task_id = task_id
        self._queue: asyncio.Queue[Task | None] = asyncio.Queue()
        self._is_closed = is_closed

    def __enter__(self) -> "Subscription":
        self._waiters.setdefault(self._task_id, set()).add(self._queue)
        return self

    def __exit__(self, *_: object) -> None:
        queues = self._waiters[self._task_id]
        queues.discard(self._queue)
        if not queues:
            del self._waiters[self._task_id]

    async def next(self, timeout: float | None) -> Task | None:
        """Return the task's next record, or None when the time is up or the hub has closed."""
        if self._is_closed and self._queue.empty():
            return None
        try:
            task = await asyncio.wait_for(self._queue.get(), timeout)
        except TimeoutError:
            return None
        self._is_closed = self._is_closed or task is None
        return task
