"""What every seam shares: the clock, a page of a list, an idempotency key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

R = TypeVar("R")


class Clock(Protocol):
    """Tells the time and gives chance, so that tests can choose both."""

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""

    def chance(self, bits: int) -> int:
        """Return that many unguessable random bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[R]):
    """Some records, the cursor of the next page, and how many there are in all when that was asked for."""

    records: Sequence[R]
    next: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """An idempotency key: the same key and fingerprint find what was made, another fingerprint is refused."""

    key: str
    fingerprint: str
    """SHA-256 of method, route and body."""
    tries: int | None = None
    """The key was made from the request itself, of a client that sends none but counts its tries: this is the first
    (0) or a later one. Equal requests may be meant, so such a key may have made several things: the first try always
    makes; a later one takes what was made, and answered to lower numbers alone, within `GUESS_HOLDS`."""

    @property
    def is_guess(self) -> bool:
        """Say whether nobody has sent the key."""
        return self.tries is not None


GUESS_HOLDS = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """What an idempotency key has made, and when."""

    key: str
    made_id: str
    created_at: datetime


class Vault(Protocol):
    """Keeps secrets that must be readable again: what leaves it is encrypted."""

    def seal(self, secret: bytes) -> str:
        """Encrypt."""

    def open(self, sealed: str) -> bytes:
        """Decrypt; raises `Unavailable` when it was sealed with another key."""
