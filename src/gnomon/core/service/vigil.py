"""The vigil: what is open by a key ends when the key does. One look for all that one principal has open."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from gnomon.core.access import Principal
from gnomon.core.errors import Unavailable
from gnomon.core.hub import Bell, Hub, Subscription

LOOK_EVERY = 2.0
"""Seconds between two looks when nobody tells that a key was ended: expiry is not told."""


class Vigil:
    """Ends the subscriptions of principals that may listen no more, soon after the hub tells or their time comes."""

    def __init__(self, *, every: float = LOOK_EVERY) -> None:
        self._every = every
        self._bell = Bell()
        self._watched: dict[Principal, set[Subscription]] = {}
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def watch(
        self,
        hub: Hub,
        principal: Principal,
        subscription: Subscription,
        is_valid: Callable[[Principal], Awaitable[bool]],
    ) -> Iterator[None]:
        """End the subscription when the principal may listen no more, for the length of a block."""
        self._watched.setdefault(principal, set()).add(subscription)
        if self._looking is None:
            hub.on_access.append(self._bell.ring)
            self._looking = asyncio.create_task(self._look(is_valid), name="vigil")
        try:
            yield
        finally:
            self._leave(hub, principal, subscription)

    def _leave(self, hub: Hub, principal: Principal, subscription: Subscription) -> None:
        watched = self._watched[principal]
        watched.discard(subscription)
        if not watched:
            del self._watched[principal]
        if not self._watched and self._looking is not None:
            self._looking.cancel()
            self._looking = None
            hub.on_access.remove(self._bell.ring)

    async def _look(self, is_valid: Callable[[Principal], Awaitable[bool]]) -> None:
        while True:
            await self._bell.wait(self._every)
            for principal in list(self._watched):
                if not await _may_listen(principal, is_valid):
                    for subscription in list(self._watched.get(principal, ())):
                        subscription.end()


async def _may_listen(principal: Principal, is_valid: Callable[[Principal], Awaitable[bool]]) -> bool:
    try:
        return await is_valid(principal)
    except Unavailable:  # asked again at the next look
        return True
