"""How much one caller may ask: requests of a key, failures of an address, streams and waits that are open.

All of it is counted per process and in memory, which stays bounded however many callers there are.
"""

import ipaddress
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gnomon.core.access import Limits
from gnomon.core.errors import QuotaExceeded

FAILURES = 30
"""Credentials of an address that may fail in a minute."""
_MINUTE = 60.0
_MOST_CALLERS = 20_000
_RETRY_HELD = 5.0
"""Seconds after which somebody may have closed a stream."""
_VISIT = "gnomon.visit"
_STARTS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
"""What an answer begins with."""
_ROUNDING = 1e-3
"""Part of a token by which the sums of a long-running clock may be wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A bucket of so many tokens, which fills again evenly in so many seconds; a request takes one."""

    name: str
    quota: int
    window: float = _MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a bucket answers."""

    policy: Policy
    is_admitted: bool
    full_at: float
    """When the bucket will be full: all that has to be remembered of it."""
    remaining: int
    retry_after: float
    """Seconds until it holds a token again; 0 when it does."""
    reset: float
    """Seconds until it is full."""

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Write the fields of draft-ietf-httpapi-ratelimit-headers-10."""
        policy, wait = self.policy, math.ceil(self.reset if self.is_admitted else self.retry_after)
        return [
            (b"ratelimit-policy", f'"{policy.name}";q={policy.quota};w={policy.window:.0f}'.encode()),
            (b"ratelimit", f'"{policy.name}";r={self.remaining};t={wait}'.encode()),
        ]


def take(policy: Policy, full_at: float, now: float, tokens: int = 1) -> Verdict:
    """Take tokens from a bucket that is full at `full_at`, if it holds them."""
    pace = policy.window / policy.quota
    wanted = max(full_at, now) + tokens * pace
    is_admitted = wanted - now <= policy.window + _ROUNDING * pace
    full_at = wanted if is_admitted else max(full_at, now)
    room = max(policy.window - (full_at - now), 0.0)
    return Verdict(
        policy=policy,
        is_admitted=is_admitted,
        full_at=full_at,
        remaining=int(room / pace + _ROUNDING),
        retry_after=0.0 if is_admitted else wanted - now - policy.window,
        reset=full_at - now,
    )


class Turnstile:
    """One bucket for each caller; the callers that came least lately are forgotten first."""

    def __init__(
        self, policy: Policy, *, most: int = _MOST_CALLERS, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._policy = policy
        self._most = most
        self._now = now
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def admit(self, caller: str) -> Verdict:
        """Take a token of a caller's."""
        verdict = take(self._policy, self._full_at.get(caller, 0.0), self._now())
        if verdict.is_admitted:
            self._full_at[caller] = verdict.full_at
        if caller in self._full_at:
            self._full_at.move_to_end(caller)
        if len(self._full_at) > self._most:
            self._full_at.popitem(last=False)
        return verdict

    def look(self, caller: str) -> Verdict:
        """Say what a caller would be answered, and take nothing."""
        return take(self._policy, self._full_at.get(caller, 0.0), self._now())

    def __len__(self) -> int:
        return len(self._full_at)


class Headcount:
    """How many of something each caller has open."""

    def __init__(self, name: str, limit: int | None) -> None:
        self._name = name
        self._limit = limit
        self._held: Counter[str] = Counter()

    @contextmanager
    def hold(self, caller: str) -> Iterator[None]:
        """Count one more for the length of a block.

        Raises
        ------
        QuotaExceeded
            When the caller has as many as it may have.
        """
        if not self._has_room(caller):
            message = f"This key has {self._limit} {self._name} open; close one, or ask again in a moment."
            raise QuotaExceeded(message, quota=self._name, retry_after=_RETRY_HELD)
        self._held[caller] += 1
        try:
            yield
        finally:
            self._held[caller] -= 1
            if not self._held[caller]:
                del self._held[caller]

    @contextmanager
    def grant(self, caller: str, seconds: float) -> Iterator[float]:
        """Yield how long a caller may wait for what it has just asked for: not at all when it has too many open.

        What was asked for is stored already, so that a refusal would only have it asked for again.
        """
        if not self._has_room(caller):
            yield 0.0
            return
        with self.hold(caller):
            yield seconds

    def _has_room(self, caller: str) -> bool:
        return self._limit is None or self._held[caller] < self._limit

    def __len__(self) -> int:
        return len(self._held)


class Failures:
    """Failed credentials of each address."""

    def __init__(self, limit: int = FAILURES, *, now: Callable[[], float] = time.monotonic) -> None:
        self._turnstile = Turnstile(Policy(name="failures", quota=limit), now=now)

    def count(self, address: str) -> Verdict:
        """Note that a credential was not valid, and say whether its address may be told so."""
        return self._turnstile.admit(address)

    def __len__(self) -> int:
        return len(self._turnstile)


def too_many_failed(verdict: Verdict) -> QuotaExceeded:
    """Make the refusal of an address that has sent too many wrong credentials."""
    message = "Too many credentials from this address were not valid; wait before you send another."
    return QuotaExceeded(message, quota="failures", retry_after=verdict.retry_after)


class Meter:
    """All that is counted of callers in this process."""

    def __init__(self, limits: Limits, *, failures: int = FAILURES) -> None:
        self.failures = Failures(failures)
        self.streams = Headcount("streams", limits.streams)
        self.waits = Headcount("waits", limits.waits)
        self.requests = (
            None if limits.requests is None else Turnstile(Policy(name="requests", quota=limits.requests))
        )

    def count(self, scope: Scope, key: str) -> None:
        """Count a request of a key, and let its answer tell how many are left.

        Raises
        ------
        QuotaExceeded
            When the key has used up its requests of this minute.
        """
        if self.requests is None:
            return
        verdict = self.requests.admit(key)
        if _VISIT in scope:
            scope[_VISIT].append(verdict)
        if not verdict.is_admitted:
            message = f"This key has made its {verdict.policy.quota} requests of a minute; wait, then go on."
            raise QuotaExceeded(message, quota="requests", retry_after=verdict.retry_after)


def find_verdict(scope: Scope) -> Verdict | None:
    """Return what was said of a request whose key has a limit; None when nothing was."""
    verdicts: list[Verdict] = scope.get(_VISIT, [])
    return verdicts[-1] if verdicts else None


class Metered:
    """Wraps all doors: the answer to a key whose requests are limited says how many are left."""

    def __init__(self, app: ASGIApp, meter: Meter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request inwards."""
        if self._meter.requests is None:
            await self._app(scope, receive, send)
            return
        verdicts: list[Verdict] = []

        async def tell(message: Message) -> None:
            if message["type"] in _STARTS and verdicts:
                message = {**message, "headers": [*message.get("headers", ()), *verdicts[-1].headers]}
            await send(message)

        await self._app({**scope, _VISIT: verdicts}, receive, tell)


def address_of(scope: Scope) -> str:
    """Name the network that a request comes from: an IPv4 address, or the 64 bits that one IPv6 site has."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return str(host)
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
