"""What all tasks of a process share towards one server: places, a pause it asked for, and a rest after failings."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import inf
from weakref import WeakKeyDictionary

from gnomon.workloads.research.models.patience import rest_after
from gnomon.workloads.research.models.wire import Trouble


class Lane:
    """The way to one server."""

    def __init__(self, concurrency: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._places = asyncio.Semaphore(concurrency)
        self._clock = clock
        self._held_until = 0.0
        self._resting_until = 0.0
        self._faults = 0
        self._cause = ""

    @asynccontextmanager
    async def place(self, *, until: float = inf) -> AsyncIterator[None]:
        """Wait for a place, and for the end of a pause that the server has asked for.

        Raises
        ------
        Trouble
            When that pause is longer than the call may take, or the server is being left alone.
        """
        await self._wait_out(until)
        async with self._places:
            await self._wait_out(until)
            self._refuse_while_resting()
            yield

    async def _wait_out(self, until: float) -> None:
        while (wait := self._held_until - self._clock()) > 0:
            if self._held_until > until:
                raise Trouble(
                    "model_busy",
                    f"The server of the model has asked to be left alone for {wait:.0f} more seconds.",
                    retry_after=wait,
                    retryable=True,
                )
            await asyncio.sleep(wait)

    def _refuse_while_resting(self) -> None:
        left = self._resting_until - self._clock()
        if left > 0:
            raise Trouble(
                "model_unavailable",
                f"The server of the model has failed {self._faults} times in a row and is left alone for "
                f"{left:.0f} more seconds. It began with: {self._cause}",
                retry_after=left,
                retryable=True,
            )

    def hold(self, seconds: float) -> None:
        """Keep everybody from asking for a while."""
        self._held_until = max(self._held_until, self._clock() + seconds)

    def succeed(self) -> None:
        """Note that the server has answered."""
        self._faults = 0
        self._resting_until = 0.0

    def fail(self, cause: str) -> None:
        """Note that the server has failed, and how; after some failings in a row it is left alone.

        The first to ask after that rest shows whether it is well: one failing more begins a longer rest.
        """
        self._cause = self._cause if self._faults else cause
        self._faults += 1
        self._resting_until = self._clock() + rest_after(self._faults)


_LANES: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Lane]]" = WeakKeyDictionary()


def find_lane(server: str, concurrency: int) -> Lane:
    """Return the one lane of the running loop to a server; who comes first sets its width."""
    lanes = _LANES.setdefault(asyncio.get_running_loop(), {})
    if server not in lanes:
        lanes[server] = Lane(concurrency)
    return lanes[server]
