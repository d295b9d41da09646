"""How fast one provider is asked: so many at once, and not while it wants to be left alone."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gnomon.workloads.research.web.provider import Unanswered

T = TypeVar("T")

_AT_ONCE = 4
_TRIES = 3
_LONGEST_WAIT = 20.0
"""Seconds that a task waits for a provider; what wants more is passed over for now."""
_FIRST_WAIT = 0.5
_REFUSED_FOR = 60.0
"""Seconds for which a refusal stands: a key that is not valid is not tried once for each query."""


class Pace:
    """Is shared by all tasks that ask one provider."""

    def __init__(
        self,
        *,
        at_once: int = _AT_ONCE,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._sleep = sleep
        self._now = now
        self._chance = chance
        self._rests_until = 0.0
        self._refused: tuple[float, Unanswered] | None = None

    async def run(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask, and ask again when that may help; raises the last `Unanswered`."""
        async with self._places:
            for tried in range(1, _TRIES):
                try:
                    return await self._once(ask)
                except Unanswered as error:
                    await self._pause(error, tried)
            return await self._once(ask)

    async def _once(self, ask: Callable[[], Awaitable[T]]) -> T:
        if self._refused and self._refused[0] > self._now():
            raise Unanswered(self._refused[1].message)
        try:
            return await ask()
        except Unanswered as error:
            if not error.is_passing:
                self._refused = self._now() + _REFUSED_FOR, error
            elif error.wait is not None:
                self._rests_until = max(self._rests_until, self._now() + error.wait)
            raise

    async def _pause(self, error: Unanswered, tried: int) -> None:
        """Wait until the provider may be asked again; raises the error when that is never, or too late."""
        backoff = _FIRST_WAIT * 2 ** (tried - 1) * (0.5 + self._chance() / 2)
        wait = max(self._rests_until - self._now(), backoff)
        if not error.is_passing or wait > _LONGEST_WAIT:
            raise error
        await self._sleep(wait)
