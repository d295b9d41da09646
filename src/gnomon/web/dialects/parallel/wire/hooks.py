"""Webhooks of a run: the present form and the older one, whose messages bring the output."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gnomon.core.delivery import TERMINAL_TYPES
from gnomon.core.errors import Complaint
from gnomon.core.event import EventType
from gnomon.core.naming import no_such
from gnomon.core.service.hook import Wanted
from gnomon.web.dialects.parallel.wire.doubts import Doubts, Place
from gnomon.web.dialects.parallel.wire.words import EVENT_TYPES, Webhook

LONGEST_URL: Final = 2048
_STATUS, _ACTION_REQUIRED = EVENT_TYPES
_MEANT: Final[Mapping[str, frozenset[EventType]]] = {
    _STATUS: TERMINAL_TYPES,
    _ACTION_REQUIRED: frozenset({EventType.WAITING}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook to make, and where in the body it stands."""

    place: Place
    wanted: Wanted


def read_hooks(webhook: Webhook | None, webhook_url: str | None, doubts: Doubts) -> Sequence[Hook]:
    """Read both forms; a run may have both."""
    found: list[Hook] = []
    if webhook is not None:
        place: Place = ("webhook", "url")
        faults = [*_of_url(webhook.url, place), *_of_types(webhook.event_types or ())]
        if not doubts.drop(faults, "The webhook was left out.", part=("webhook",)):
            wanted = Wanted(url=webhook.url, event_types=_types(webhook.event_types), dialect="parallel")
            found.append(Hook(place=place, wanted=wanted))
    if webhook_url is not None:
        place = ("webhook_url",)
        if not doubts.drop(_of_url(webhook_url, place), "The webhook was left out.", part=place):
            wanted = Wanted(url=webhook_url, event_types=TERMINAL_TYPES, dialect="parallel-output")
            found.append(Hook(place=place, wanted=wanted))
    return found


def _types(words: Sequence[str] | None) -> frozenset[EventType]:
    return frozenset[EventType]().union(*(_MEANT[word] for word in words or (_STATUS,)))


def _of_url(url: str, place: Place) -> Iterator[Complaint]:
    # Which addresses may be sent to is the house's to say; this is what no house could send to.
    if len(url) > LONGEST_URL or not url.lower().startswith(("https://", "http://")):
        text = "Give the webhook's absolute address, such as https://example.com/hooks/parallel."
        yield Complaint(place, text, "url")


def _of_types(words: Sequence[str]) -> Iterator[Complaint]:
    for position, word in enumerate(words):
        if word not in EVENT_TYPES:
            text = no_such("event type", word, EVENT_TYPES)
            yield Complaint(("webhook", "event_types", position), text, "enum")
