"""The hub: who waits for which task. One registry per process; no thread and no connection per waiter."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from gnomon.core.event import Event, EventType
from gnomon.core.task import Task

RING = 64
"""Events that a channel remembers; who is further behind reads the log."""


def _let_be(_: datetime) -> None:
    return


class Bell:
    """Wakes the one who waits for it; rung any number of times before it is heard, it is heard once."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake who waits, or let the next wait end at once."""
        self._rung.set()

    async def wait(self, timeout: float | None) -> bool:
        """Wait until it rings or the time is up; say which."""
        try:
            # Not `wait_for`: in Python 3.11 it loses a cancellation that comes together with the ring.
            async with asyncio.timeout(timeout):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class Hub:
    """Wakes waiters with the records that were just committed.

    Everything here runs on the event loop's thread. Nothing is pushed that is not already stored, so a waiter that
    subscribes first and reads the store second misses nothing. A waiter that is slow costs no memory: it finds the
    newest record, and the events that a channel no longer remembers are in the log.
    """

    def __init__(self) -> None:
        self.work_bell = Bell()
        """Rung when a task may be claimed."""
        self.post_bell = Bell()
        """Rung when a delivery is due."""
        self.on_change: Callable[[Task], None] | None = None
        self.on_told: Callable[[Event], None] | None = None
        """Called with each message for a task's work, whether or not somebody listens to the task."""
        self.on_due: Callable[[datetime], None] = _let_be
        """Called with a moment at which something will be due that is no task yet."""
        self.on_access: list[Callable[[], None]] = []
        """Called when a key was ended: who lets something go on by it has to look again."""
        self._channels: dict[str, _Channel] = {}
        self._is_closed = False

    def publish(
        self,
        tasks: Iterable[Task],
        *,
        events: Iterable[Event] = (),
        is_work_ready: bool = False,
        is_post_ready: bool = False,
        stirred: Iterable[str] = (),
    ) -> None:
        """Hand committed records and events to whoever waits for them, and ring the bells.

        `stirred` names webhook endpoints that have new messages, and groups that have changed: who follows them
        listens as to a task.
        """
        for event in events:
            self._pass_on(event)
        for task in tasks:
            if (channel := self._channels.get(task.id)) is not None:
                channel.tell(task)
            if self.on_change is not None:
                self.on_change(task)
        for name in stirred:
            if (channel := self._channels.get(name)) is not None:
                channel.stir()
        if is_work_ready:
            self.work_bell.ring()
        if is_post_ready:
            self.post_bell.ring()

    def _pass_on(self, event: Event) -> None:
        if (channel := self._channels.get(event.task_id)) is not None:
            channel.ring.append(event)
        if self.on_told is not None and event.type is EventType.TOLD:
            self.on_told(event)

    def is_heard(self, task_id: str) -> bool:
        """Say whether somebody listens to a task: events that nobody hears need not be handed over."""
        return task_id in self._channels

    def subscribe(self, task_id: str) -> "Subscription":
        """Start listening to one task, or to the messages of one webhook endpoint; use it as a context manager."""
        return Subscription(self._channels, task_id, is_over=self._is_closed)

    def access_changed(self) -> None:
        """Tell that a key was ended, so that what is open by it ends."""
        for listener in self.on_access:
            listener()

    def close(self) -> None:
        """End every wait, present and future, as if its time were up: the server is leaving."""
        self._is_closed = True
        for channel in self._channels.values():
            for subscription in channel.subscriptions:
                subscription.end()

    @property
    def is_closed(self) -> bool:
        """Say whether the server is leaving."""
        return self._is_closed

    @property
    def waiting(self) -> int:
        """Count the subscriptions."""
        return sum(len(channel.subscriptions) for channel in self._channels.values())


class _Channel:
    """What is remembered of a task while somebody listens to it."""

    __slots__ = ("ring", "subscriptions", "task")

    def __init__(self) -> None:
        self.task: Task | None = None
        self.ring: deque[Event] = deque(maxlen=RING)
        self.subscriptions: set[Subscription] = set()

    def tell(self, task: Task) -> None:
        """Remember the record and wake all."""
        if self.task is None or self.task.version < task.version:
            self.task = task
        self.stir()

    def stir(self) -> None:
        """Wake all."""
        for subscription in self.subscriptions:
            subscription.stir()


class Subscription:
    """One waiter's view of one task."""

    __slots__ = (
        *("_channel", "_channels", "_is_over", "_is_stirred", "_limit", "_seen"),
        *("_task_id", "_timer", "_waiter"),
    )

    def __init__(self, channels: dict[str, _Channel], task_id: str, *, is_over: bool) -> None:
        self._channels = channels
        self._channel = channels.get(task_id) or _Channel()
        self._task_id = task_id
        self._is_over = is_over
        self._is_stirred = False
        self._seen = 0
        self._limit = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._waiter: asyncio.Future[None] | None = None

    def __enter__(self) -> "Subscription":
        self._channel = self._channels.setdefault(self._task_id, self._channel)
        self._channel.subscriptions.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.subscriptions.discard(self)
        if not self._channel.subscriptions:
            self._channels.pop(self._task_id, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def task(self) -> Task | None:
        """Return the newest record that is known, without its result."""
        return self._channel.task

    def is_over(self) -> bool:
        """Say whether nothing more will be heard, because the server or the right to listen has come to its end."""
        return self._is_over

    def know(self, task: Task) -> None:
        """Take a record that was read after the subscription began, unless a newer one is known."""
        known = self._channel.task
        if known is None or known.version < task.version:
            self._channel.task = task

    def since(self, number: int) -> Sequence[Event] | None:
        """Return the remembered events above a number; None when some that are missing stand in the log."""
        ring, task = self._channel.ring, self._channel.task
        if task is not None and task.version <= number:
            return ()
        if not ring or not ring[0].number <= number + 1 <= ring[-1].number:
            return None
        return [event for event in ring if event.number > number]

    def stir(self) -> None:
        """Wake the waiter, or let its next wait end at once."""
        self._is_stirred = True
        if self._waiter is not None:
            _release(self._waiter)

    def end(self) -> None:
        """Let nothing more be heard."""
        self._is_over = True
        self.stir()

    async def wait(self, timeout: float | None) -> bool:
        """Wait until something has changed since the last wait, or the time is up; say which."""
        if not self._is_stirred and not self._is_over:
            await self._sleep(timeout)
        was_stirred, self._is_stirred = self._is_stirred, False
        return was_stirred

    async def next(self, timeout: float | None) -> Task | None:
        """Return the newest record that was not yet returned, or None when the time is up or nothing will come."""
        clock = asyncio.get_running_loop().time
        limit = None if timeout is None else clock() + timeout
        while (news := self._news()) is None and not self._is_over:
            if not await self.wait(None if limit is None else limit - clock()):
                return self._news()
        return news

    def _news(self) -> Task | None:
        task = self._channel.task
        if task is None or task.version <= self._seen:
            return None
        self._seen = task.version
        return task

    async def _sleep(self, timeout: float | None) -> None:
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        if timeout is not None:
            self._wake_at(loop, loop.time() + max(timeout, 0))
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake_at(self, loop: asyncio.AbstractEventLoop, limit: float) -> None:
        """Let the timer that runs serve this wait too, where it ends before it: one for each would cost more."""
        self._limit = limit
        if self._timer is None or self._timer.when() > limit:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = loop.call_at(limit, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        if self._waiter is None:
            return
        if loop.time() < self._limit:
            self._timer = loop.call_at(self._limit, self._tick, loop)
        else:
            _release(self._waiter)


def _release(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)
