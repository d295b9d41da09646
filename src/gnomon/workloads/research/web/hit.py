"""What a search of the web finds, and what may be found."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from gnomon.core.task import Json
from gnomon.workloads.research.web.address import domain, host_of, is_under


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A page that a search has found."""

    url: str
    title: str
    excerpt: str = ""
    """Words of the page, or about it, as the provider gives them: a hint, never evidence."""
    published: str | None = None
    """YYYY-MM-DD, where the provider knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which pages count: of which domains, and from which day on."""

    include: Sequence[str] = ()
    """Domains without their leading dot; one of a single label (`gov`) stands for all under it."""
    exclude: Sequence[str] = ()
    after: date | None = None

    def refuses(self, url: str) -> str | None:
        """Say why a page of this address does not count; None when it does."""
        host = host_of(url)
        if self.include and not any(is_under(host, each) for each in self.include):
            return f"{host} is not among the domains that the task keeps to."
        if any(is_under(host, each) for each in self.exclude):
            return f"The task leaves {host} out."
        return None

    def is_too_old(self, published: str | None) -> bool:
        """Say whether a page is known to be from before the day from which pages count."""
        day = read_day(published)
        return self.after is not None and day is not None and day < self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What all providers together have found, the best first, and what went wrong."""

    hits: Sequence[Hit] = ()
    notes: Sequence[str] = ()
    """One sentence each, for the person who reads the task's log: it names the provider and the remedy."""
    answered: Sequence[str] = field(default_factory=tuple)
    """The providers that answered."""

    @property
    def is_answered(self) -> bool:
        """Say whether any provider answered, if only with nothing."""
        return bool(self.answered)


def read_filters(sources: Mapping[str, Any] | None) -> Filters:
    """Read the `sources` of a brief; what is no domain or no day is left out."""
    given = sources or {}
    return Filters(
        include=_domains(given.get("include")),
        exclude=_domains(given.get("exclude")),
        after=read_day(given.get("after")),
    )


def read_day(text: object) -> date | None:
    """Read the day that a text begins with, as YYYY-MM-DD."""
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def searched_json(searched: Searched) -> dict[str, Json]:
    """Write the record as JSON, so that a step can keep it."""
    return {
        "hits": [asdict(hit) for hit in searched.hits],
        "notes": list(searched.notes),
        "answered": list(searched.answered),
    }


def read_searched(value: Mapping[str, Any]) -> Searched:
    """Make the record of its JSON."""
    return Searched(
        hits=tuple(Hit(**hit) for hit in value["hits"]),
        notes=tuple(value["notes"]),
        answered=tuple(value["answered"]),
    )


def _domains(given: object) -> tuple[str, ...]:
    if not isinstance(given, list | tuple):
        return ()
    return tuple(dict.fromkeys(filter(None, (domain(each) for each in given))))
