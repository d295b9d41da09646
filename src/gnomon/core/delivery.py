"""Webhooks: endpoints that ask for events, deliveries that bring them, and what follows an attempt: pure."""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from gnomon.core.event import Event, EventType
from gnomon.core.task import Task, crockford

TERMINAL_TYPES = frozenset(
    {EventType.COMPLETED, EventType.FAILED, EventType.CANCELLED, EventType.TIMED_OUT, EventType.EXPIRED}
)
"""The ends of a task."""
DEFAULT_TYPES = TERMINAL_TYPES | {EventType.WAITING}
"""What an endpoint is told unless it asks for other types: the ends, and that nothing goes on without an answer."""


TEST_TYPE: Final = "webhook.test"
"""The type of a message that is no event: it is sent on request, to see whether it arrives."""

Body = Callable[[Task, Event], bytes]
"""Writes the body of a delivery in one dialect's words: of the same task and event always the same bytes."""


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    """Due now or later, or behind an earlier one of its task and endpoint."""
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    """The last attempt of the schedule failed; it can be redelivered."""
    DROPPED = "dropped"
    """Its endpoint was deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A signing secret, encrypted; the newest one has no end."""

    text: str = field(repr=False)
    created_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpoint:
    """An endpoint that is not yet stored."""

    id: str
    workspace: str
    url: str | None
    """None: nothing is sent; the receiver pulls."""
    sealed: str | None = field(repr=False)
    """None: messages are signed with the workspace's secrets."""
    event_types: frozenset[EventType] = DEFAULT_TYPES
    description: str | None = None
    dialect: str = "native"
    """Whose words its bodies use."""
    task_id: str | None = None
    """The one task whose events it gets; None: every public task of the workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A stored endpoint."""

    id: str
    workspace: str
    url: str | None
    event_types: frozenset[EventType]
    description: str | None
    dialect: str
    task_id: str | None
    version: int
    last_number: int
    """The number of its newest delivery; they are dense from 1."""
    secrets: tuple[Sealed, ...]
    """Its own, or else the workspace's, newest first; those past their end are left out by whoever signs."""
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None
    disabled_reason: str | None
    failing_since: datetime | None
    """When the first attempt failed after the last one that succeeded."""

    @property
    def is_enabled(self) -> bool:
        """Say whether deliveries are sent."""
        return self.disabled_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one endpoint; `id` is the `webhook-id` and never changes."""

    id: str
    number: int
    """Dense from 1 within the endpoint: the cursor of whoever pulls."""
    endpoint_id: str
    workspace: str
    task_id: str | None
    """None: a test message."""
    event_number: int
    event_type: EventType | Literal["webhook.test"]
    status: DeliveryStatus
    attempts: int
    """Attempts since it was written or last redelivered."""
    created_at: datetime
    due_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt:
    """One POST: when, how long, and what came back."""

    number: int
    started_at: datetime
    duration: timedelta
    status_code: int | None = None
    error: str | None = None
    """Why there was no answer, or why the answer counts as none."""
    answer: str = ""
    """The first part of the answer's body, as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A delivery with all that is needed to send it."""

    delivery: Delivery
    endpoint: Endpoint
    task: Task | None
    """As of the event (`core.event.as_of`); None: a test message, whose body is given."""
    event: Event | None
    body: bytes | None
    """What was sent before; None: it is rendered now, once."""

    def write(self, bodies: Mapping[str, Body]) -> bytes:
        """Return the bytes to send: the stored ones, or those that the endpoint's dialect writes now."""
        if self.body is not None:
            return self.body
        assert self.task is not None
        assert self.event is not None
        return bodies[self.endpoint.dialect](self.task, self.event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came back from a POST, as far as the decision needs it."""

    status_code: int | None
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What follows an attempt: the delivery's status, when it is due again, and why its endpoint is disabled."""

    status: DeliveryStatus
    due_at: datetime | None = None
    disable: str | None = None


SCHEDULE: Sequence[timedelta] = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=16),
)
"""Pauses before the second and each later attempt: nine attempts in two days (48 h)."""

GIVE_UP_AFTER = timedelta(days=5)
"""An endpoint that has taken nothing for so long is disabled; a delivery that was given up says nothing yet."""
LONGEST_RETRY_AFTER = timedelta(hours=24)
JITTER = 0.2
"""The share of a pause that chance may add to it."""
_GONE = 410
_OVERLOADED = frozenset({429, 502, 503, 504})
"""Answers whose `Retry-After` is heeded."""


def judge(
    delivery: Delivery,
    endpoint: Endpoint,
    answered: Answered,
    *,
    now: datetime,
    schedule: Sequence[timedelta] = SCHEDULE,
    chance: float,
) -> Verdict:
    """Decide what follows an attempt; `delivery` stands as it stood before, and `chance` is uniform in [0, 1).

    Only 2xx is success. 410 disables the endpoint, and so does an attempt that fails when none has succeeded for
    `GIVE_UP_AFTER`; what is open then waits until it is enabled again.
    """
    code = answered.status_code
    if code is not None and 200 <= code < 300:
        return Verdict(status=DeliveryStatus.DELIVERED)
    disable = _why_disable(endpoint, code, now)
    if delivery.attempts >= len(schedule):
        return Verdict(status=DeliveryStatus.EXHAUSTED, disable=disable)
    pause = schedule[delivery.attempts] * (1 + JITTER * chance)
    if code in _OVERLOADED and answered.retry_after is not None:
        pause = max(pause, min(answered.retry_after, LONGEST_RETRY_AFTER))
    return Verdict(status=DeliveryStatus.PENDING, due_at=now + pause, disable=disable)


def _why_disable(endpoint: Endpoint, code: int | None, now: datetime) -> str | None:
    if code == _GONE:
        return "The receiver answered 410 (Gone): it wants no more deliveries."
    since = endpoint.failing_since
    if since is not None and now - since >= GIVE_UP_AFTER:
        return f"No delivery has succeeded for {GIVE_UP_AFTER.days} days, since {since:%Y-%m-%d %H:%M} UTC."
    return None


def receiver_of(url: str) -> str:
    """Return host and port of a URL as they are written: all endpoints that share them share a receiver's pace."""
    return re.split("[/?#]", url.partition("://")[2], maxsplit=1)[0].lower()


def endpoint_id(at: datetime, chance: int) -> str:
    """Make an endpoint's id as `core.task.task_id` makes a task's."""
    return "whe_" + crockford(int(at.timestamp() * 1000) << 80 | chance & (1 << 80) - 1, 26)


def signing_secret(chance: int) -> str:
    """Write a secret as Standard Webhooks does: `whsec_` and the base64 of 256 bits."""
    return "whsec_" + base64.b64encode((chance & (1 << 256) - 1).to_bytes(32)).decode()
