"""What time alone asks for: due retries, deadlines, expired leases, and the removal of what is kept no longer.

Upkeep sleeps until the next moment that the store has named, and is woken when a task with an earlier one is stored.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from gnomon.core.errors import Unavailable
from gnomon.core.ports import Clock, Holding, Store
from gnomon.core.task import Status, Task

log = logging.getLogger(__name__)

_SHORTEST_SLEEP = timedelta(milliseconds=50)
_LONGEST_SLEEP = timedelta(seconds=30)
"""The wall clock may be set while we sleep, forward or back; half a minute bounds what that can delay."""
_TIDY_FIRST = timedelta(minutes=1)
"""After the start, which has enough to do; a server that is restarted every half hour shall tidy all the same."""
_TIDY_EVERY = timedelta(hours=1)
_BLOB_GRACE = timedelta(days=1)
"""A blob is stored before what refers to it; no attempt takes a day between the two."""


PIECE = 500
"""Records of each sort that are removed in one transaction, so that submits wait for none of them long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long what is over is kept."""

    events: timedelta | None = None
    """Events, but the last one, of tasks that have ended; None keeps them for ever."""
    deliveries: timedelta = timedelta(days=30)
    reservations: timedelta = timedelta(days=7)


Errand = Callable[[], Awaitable[datetime | None]]
"""Does what is due, and says when it is next."""


class Upkeep:
    """Runs the sweeps of one store."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        on_overdue: Callable[[Holding], None],
        before: Callable[[], Awaitable[None]],
        retention: Retention | None = None,
        errands: Sequence[Errand] = (),
    ) -> None:
        self._store = store
        self._clock = clock
        self._on_overdue = on_overdue
        self._before = before
        self._next = clock.now()
        self._retention = retention or Retention()
        self._errands = errands
        self._tidy_due = self._next + _TIDY_FIRST
        self._is_tidying = False
        self._rearmed = asyncio.Event()

    def notice(self, task: Task) -> None:
        """Wake up earlier if the task asks for something earlier."""
        due = _due(task)
        if due is not None:
            self.expect(due)

    def expect(self, at: datetime) -> None:
        """Wake up at that moment, if not before."""
        if at < self._next:
            self._next = at
            self._rearmed.set()

    async def run(self) -> None:
        """Sweep for ever."""
        while True:
            try:
                await self.sweep()
            except Unavailable as error:
                log.warning("sweep.failed", extra={"cause": error.message})
                self._next = self._clock.now() + timedelta(seconds=1)
            await self._sleep()

    async def sweep(self) -> None:
        """Do what is due now."""
        # A clock that was set forward must not expire the leases of attempts that are alive.
        await self._before()
        now = self._clock.now()
        self._next = now + _LONGEST_SLEEP
        swept = await self._store.sweep(now)
        for holding in swept.overdue:
            self._on_overdue(holding)
        if swept.next_due is not None:
            self._next = min(self._next, swept.next_due)
        for errand in self._errands:
            if (due := await errand()) is not None:
                self._next = min(self._next, due)
        if now >= self._tidy_due:
            self._tidy_due, self._is_tidying = now + _TIDY_EVERY, True
            await self._store.sweep_blobs(now - _BLOB_GRACE)
        if self._is_tidying:
            await self._tidy(now)

    async def _tidy(self, now: datetime) -> None:
        """Remove a piece of what is kept no longer; the rest at once after what else is due by then."""
        kept, store = self._retention, self._store
        removed = await store.sweep_reservations(now - kept.reservations, PIECE)
        removed += await store.sweep_deliveries(now - kept.deliveries, PIECE)
        if kept.events is not None:
            removed += await store.trim_events(now - kept.events, PIECE)
        self._is_tidying = removed > 0
        if self._is_tidying:
            self._next = now

    async def _sleep(self) -> None:
        """Sleep until the next moment; a moment that has passed already, and could not be served, is not spun on.

        A clock that is set back makes the pause no longer.
        """
        pause, clock = _SHORTEST_SLEEP, asyncio.get_running_loop().time
        until = clock() + _LONGEST_SLEEP.total_seconds()
        while pause > timedelta(0):
            self._rearmed.clear()
            # Not `wait_for`: in Python 3.11 it loses a cancellation that comes together with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(pause.total_seconds()):
                    await self._rearmed.wait()
            pause = min(self._next - self._clock.now(), timedelta(seconds=until - clock()))


def _due(task: Task) -> datetime | None:
    """Return when time alone will next change the task; a moment that has been served is not due again."""
    run_at = task.run_at if task.status is Status.PENDING else None
    deadline = task.deadline_at if task.status.is_active else None
    cancel_by = task.cancel_by if task.status is Status.CANCELLING else None
    answer_by = task.question.answer_by if task.question is not None else None
    return min(filter(None, (run_at, deadline, cancel_by, answer_by)), default=None)
