"""The requests of an idempotency key that are at work: the second waits for the first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gnomon.core.errors import ReservationBusy
from gnomon.core.ports import Reservation

PATIENCE = 5.0
"""Seconds that a request waits for an earlier one of the same key."""


class InFlight:
    """Which idempotency keys are at work in this process."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._at_work: dict[tuple[str, str], list[asyncio.Event]] = {}

    @asynccontextmanager
    async def hold(self, workspace: str, reservation: Reservation | None) -> AsyncIterator[None]:
        """Have a key for the length of a block, after those who had it before.

        A first try without a key waits for nobody: two equal requests may both be meant.

        Raises
        ------
        ReservationBusy
            When an earlier request is at work for longer than is waited for.
        """
        if reservation is None:
            yield
            return
        place = (workspace, reservation.key)
        if not reservation.is_guess or reservation.is_retry:
            await self.clear(*place)
        over = asyncio.Event()
        self._at_work.setdefault(place, []).append(over)
        try:
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
        try:
            async with asyncio.timeout(self._patience):
                while at_work := self._at_work.get((workspace, key)):
                    await at_work[-1].wait()
        except TimeoutError as error:
            raise ReservationBusy from error

    def _leave(self, place: tuple[str, str], over: asyncio.Event) -> None:
        over.set()
        self._at_work[place].remove(over)
        if not self._at_work[place]:
            del self._at_work[place]

    def __len__(self) -> int:
        """Count the keys at work."""
        return len(self._at_work)
