"""The requests of an idempotency key that are at work: the second waits for the first."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from gnomon.core.errors import ReservationBusy
from gnomon.core.ports import Reservation

PATIENCE = 5.0
"""Seconds that a request waits for an earlier one of the same key."""


class InFlight:
    """Which idempotency keys are at work in this process."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._at_work: dict[tuple[str, str], dict[asyncio.Event, int]] = {}

    @asynccontextmanager
    async def hold(self, workspace: str, reservation: Reservation | None) -> AsyncIterator[None]:
        """Have a key for the length of a block, after those who had it before.

        Without a key, equal requests may all be meant: a try waits for those of lower numbers alone that came before
        it, one of which may be its own client's.

        Raises
        ------
        ReservationBusy
            When an earlier request is at work for longer than is waited for.
        """
        if reservation is None:
            yield
            return
        place = (workspace, reservation.key)
        if not reservation.is_guess:
            await self.clear(*place)
        tries, over = reservation.tries or 0, asyncio.Event()
        earlier = [other for other, number in self._at_work.get(place, {}).items() if number < tries]
        # Before the wait, so that a later try of the same client comes after this one.
        self._at_work.setdefault(place, {})[over] = tries
        try:
            await self._wait_for(earlier)
            yield
        finally:
            self._leave(place, over)

    async def clear(self, workspace: str, key: str) -> None:
        """Wait until no request of the key is at work.

        Raises
        ------
        ReservationBusy
            When one is for longer than is waited for.
        """
        async with self._patiently():
            while at_work := self._at_work.get((workspace, key)):
                await next(reversed(at_work)).wait()

    async def _wait_for(self, others: Sequence[asyncio.Event]) -> None:
        async with self._patiently():
            for other in others:
                await other.wait()

    @asynccontextmanager
    async def _patiently(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience):
                yield
        except TimeoutError as error:
            raise ReservationBusy from error

    def _leave(self, place: tuple[str, str], over: asyncio.Event) -> None:
        over.set()
        del self._at_work[place][over]
        if not self._at_work[place]:
            del self._at_work[place]

    def __len__(self) -> int:
        """Count the keys at work."""
        return len(self._at_work)
