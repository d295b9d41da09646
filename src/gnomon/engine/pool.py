"""Which child serves which attempt: one each for computing, one resident for all that waits."""

import asyncio

from gnomon.engine.children import Child, Nursery, Role

MAX_RUNS = 1000
"""Attempts after which a computing child is replaced, so that what libraries leak does not add up."""
MEMORY_LIMIT = 1 << 30
"""Octets that an idle child may have held at most; one that grew larger is replaced."""


class Pool:
    """Lends children to attempts."""

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery
        self._idle: list[Child] = []
        self._served: dict[Child, int] = {}
        self._resident: Child | None = None
        self._moving_in = asyncio.Lock()

    async def warm(self) -> None:
        """Have a computing child ready."""
        self._idle.append(await self._nursery.fork("cpu"))

    async def take(self, role: Role) -> Child:
        """Return a child for one attempt.

        Raises
        ------
        Unavailable
            When the system gives no process.
        """
        if role == "io":
            return await self._take_resident()
        while self._idle:
            child = self._idle.pop()
            if not child.is_gone:
                return child
        return await self._nursery.fork("cpu")

    def give_back(self, child: Child, *, peak: int = 0) -> None:
        """Keep the child for another attempt, or end it when it has served its time."""
        if child.role == "io":
            return
        served = self._served.pop(child, 0) + 1
        if child.is_gone or child.is_retired or served >= MAX_RUNS or peak > MEMORY_LIMIT:
            child.close()
            return
        self._served[child] = served
        self._idle.append(child)

    async def _take_resident(self) -> Child:
        async with self._moving_in:
            if self._resident is None or self._resident.is_gone or self._resident.is_retired:
                self._resident = await self._nursery.fork("io")
            return self._resident
