"""The attendance book: which keys were used, written to the store now and then, and whose time is up."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from gnomon.core.access import Key
from gnomon.core.errors import Unavailable
from gnomon.core.hub import Hub
from gnomon.core.ports import AccessStore, Clock

log = logging.getLogger(__name__)

WRITTEN_EVERY = timedelta(minutes=1)
_LOOKED_AT_EVERY = 1.0
_MOST_EXPIRIES = 10_000


class Attendance:
    """Who was here, in memory: no request waits for it to be written."""

    def __init__(self) -> None:
        self._used: dict[str, datetime] = {}
        self._expiries: dict[str, datetime] = {}

    def note(self, key: Key, now: datetime) -> None:
        """Note that a key was used, to the minute, and when it expires."""
        if key.expires_at is not None and len(self._expiries) < _MOST_EXPIRIES:
            self._expiries[key.public_id] = key.expires_at
        seen = self._used.get(key.public_id)
        if seen is None or now - seen >= WRITTEN_EVERY:
            self._used[key.public_id] = now.replace(second=0, microsecond=0)

    def expect(self, key: Key) -> None:
        """Note that a key, used or not, was given a moment at which it expires."""
        if key.expires_at is not None:
            self._expiries[key.public_id] = key.expires_at

    def last_use(self, public_id: str) -> datetime | None:
        """Return when a key was last used, as far as that is not written yet."""
        return self._used.get(public_id)

    def take_used(self) -> Mapping[str, datetime]:
        """Return what is not written yet, and begin a new page."""
        used, self._used = self._used, {}
        return used

    def take_expired(self, now: datetime) -> bool:
        """Say whether the time of a key has come since this was asked last."""
        expired = [public_id for public_id, at in self._expiries.items() if at <= now]
        for public_id in expired:
            del self._expiries[public_id]
        return bool(expired)

    async def keep(self, store: AccessStore, hub: Hub, clock: Clock) -> None:
        """Write the book every minute, and tell the hub within a second when a key has expired; for ever."""
        due = clock.now() + WRITTEN_EVERY
        while True:
            await asyncio.sleep(_LOOKED_AT_EVERY)
            now = clock.now()
            if self.take_expired(now):
                hub.access_changed()
            if now >= due:
                await self.write(store)
                due = now + WRITTEN_EVERY

    async def write(self, store: AccessStore) -> None:
        """Write what is not written yet; what cannot be written is lost, and said in the log."""
        if used := self.take_used():
            try:
                await store.touch_keys(used)
            except Unavailable as error:
                log.warning("attendance.lost", extra={"keys": len(used), "cause": error.message})
