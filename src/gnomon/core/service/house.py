"""The house as its use cases see it: the seams, the nouns and the trades."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from gnomon.core.access import Limits
from gnomon.core.delivery import Body
from gnomon.core.hub import Hub
from gnomon.core.ports import Calendar, Clock, Library, Store, Vault
from gnomon.core.resource import ResourceKind
from gnomon.core.service.attendance import Attendance
from gnomon.core.service.in_flight import InFlight
from gnomon.core.service.vigil import Vigil
from gnomon.core.workload import Workload


def _any_target(_: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything a use case needs; one per process."""

    store: Store
    hub: Hub
    clock: Clock
    kinds: Mapping[str, ResourceKind]
    workloads: Mapping[str, Workload]
    pepper: bytes = field(repr=False)
    """The secret of the keyed hash under which keys are stored."""
    vault: Vault = field(repr=False)
    """Keeps the secrets that webhooks are signed with."""
    calendar: Calendar = field(repr=False)
    """Knows when schedules fire."""
    limits: Limits = field(default_factory=Limits)
    cancel_within: timedelta = timedelta(seconds=15)
    """The most that may pass between a cancel and the end of the task: the engine's grace and a little more."""
    attendance: Attendance = field(default_factory=Attendance, repr=False)
    """Which keys were used, until that is written down."""
    in_flight: InFlight = field(default_factory=InFlight, repr=False)
    """Which idempotency keys are at work."""
    vigil: Vigil = field(default_factory=Vigil, repr=False)
    """Ends what is open by a key that was ended."""
    library: Library | None = None
    """The documents that work may draw on and that people may open."""
    check_target: Callable[[str], str | None] = _any_target
    """Says why nothing may be sent to a url, if so."""
    bodies: Mapping[str, Body] = field(default_factory=dict, repr=False)
    """Who writes the bodies of deliveries, by dialect."""
