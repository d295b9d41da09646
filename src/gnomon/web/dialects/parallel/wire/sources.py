"""Where a run may look: domains, the day, connectors and the place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from gnomon.core.errors import Complaint
from gnomon.core.task import Json
from gnomon.web.dialects.parallel.telling import guarded
from gnomon.web.dialects.parallel.wire.doubts import Doubts
from gnomon.web.dialects.parallel.wire.words import MOST_DOMAINS, AdvancedSettings, DataSources, SourcePolicy

LONGEST_ENTRY: Final = 2048
LONGEST_SOURCE: Final = 64
MOST_SOURCES: Final = 50
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_EXTENSION = re.compile(rf"(?:\.{_LABEL})+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_REFUSED: Mapping[str, str] = {
    "://": "Leave the scheme out",
    "@": "Leave user names out",
    "?": "Leave the query out",
    "#": "Leave the fragment out",
    "*": "Leave the wildcard out; a domain covers its subdomains",
    ":": "Leave the port out",
    "\\": "Write the path with slashes",
}
_REMEDY = "give a domain (example.com), a domain with a path (example.com/docs) or an extension (.gov)"


def read_sources(policy: SourcePolicy, doubts: Doubts) -> Json:
    """Read a source policy as a brief's sources; None when it says nothing."""
    found = [*_of_count(policy), *_of_entries(policy), *_of_day(policy)]
    if doubts.drop(found, "The source policy was left out.", part=("source_policy",)):
        return None
    include, exclude = policy.include_domains or [], policy.exclude_domains or []
    if include and exclude:
        text = "'source_policy.exclude_domains' is ignored, because 'include_domains' says where to look."
        doubts.warn("warning", text, {"fields": ["source_policy.exclude_domains"]})
        exclude = []
    named = {
        "include": [normal(entry) for entry in include],
        "exclude": [normal(entry) for entry in exclude],
        "after": policy.after_date,
    }
    return {name: value for name, value in named.items() if value} or None


def _of_count(policy: SourcePolicy) -> Iterator[Complaint]:
    count = len(policy.include_domains or ()) + len(policy.exclude_domains or ())
    if count > MOST_DOMAINS:
        text = (
            f"A source policy names {MOST_DOMAINS} domains at most, both lists together; these are {count}."
        )
        yield Complaint(("source_policy",), text, "too_long")


def _of_entries(policy: SourcePolicy) -> Iterator[Complaint]:
    lists = {"include_domains": policy.include_domains, "exclude_domains": policy.exclude_domains}
    for name, entries in lists.items():
        for position, entry in enumerate((entries or ())[: MOST_DOMAINS + 1]):
            if fault := fault_of(entry):
                yield Complaint(("source_policy", name, position), fault, "domain")


def _of_day(policy: SourcePolicy) -> Iterator[Complaint]:
    if policy.after_date is not None and not _is_day(policy.after_date):
        text = "Give 'after_date' as a day of the calendar, such as 2026-01-31."
        yield Complaint(("source_policy", "after_date"), text, "date")


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def fault_of(entry: str) -> str | None:
    """Say what is wrong with an entry of a source policy, if so."""
    shown = f"'{guarded(entry, 80)}'"
    if len(entry) > LONGEST_ENTRY:
        return f"{shown} is longer than {LONGEST_ENTRY} characters; {_REMEDY}."
    for sign, remedy in _REFUSED.items():
        if sign in entry.partition("/")[0] or (sign in entry and sign not in ":@"):
            return f"{remedy}: {shown}; {_REMEDY}."
    if any(letter.isspace() or not letter.isprintable() for letter in entry):
        return f"There is a space or a control character in {shown}; {_REMEDY}."
    domain, slash, _ = entry.partition("/")
    if _DOMAIN.fullmatch(domain.removesuffix(".")) or (_EXTENSION.fullmatch(domain) and not slash):
        return None
    return f"{shown} is no domain; {_REMEDY}."


def normal(entry: str) -> str:
    """Write an entry in its one spelling: the domain in small letters, the path without dots and last slash."""
    domain, _, path = entry.partition("/")
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", "."):
            kept.append(segment)
    return "/".join([domain.lower().removesuffix("."), *kept])


def read_location(settings: AdvancedSettings, doubts: Doubts) -> str | None:
    """Read the place to look from."""
    if settings.location is None or _COUNTRY.fullmatch(settings.location):
        return settings.location and settings.location.lower()
    text = "Give 'location' as the two letters of a country (ISO 3166-1 alpha-2), such as us."
    place = ("advanced_settings", "location")
    doubts.drop([Complaint(place, text, "country")], "The location was left out.", part=place)
    return None


def read_data_sources(
    sources: DataSources, *, is_fast: bool, servers: Sequence[str], doubts: Doubts
) -> Mapping[str, Sequence[str]] | None:
    """Read the connectors to use; which there are is the workload's to say, so any name is handed on."""
    named = {"free": sources.free or [], "pay_per_use": sources.pay_per_use or []}
    wanted = {name: texts for name, texts in named.items() if texts}
    found = [*_of_speed(wanted, is_fast=is_fast), *_of_names(wanted, servers), *_of_members(sources)]
    if doubts.drop(found, "The data sources were left out.", part=_SOURCES):
        return None
    return wanted or None


_SOURCES = ("advanced_settings", "data_sources")


def _of_speed(wanted: Mapping[str, Sequence[str]], *, is_fast: bool) -> Iterator[Complaint]:
    if wanted and is_fast:
        text = "Data sources go with standard processors only; choose one without '-fast'."
        yield Complaint(_SOURCES, text, "processor")


def _of_names(wanted: Mapping[str, Sequence[str]], servers: Sequence[str]) -> Iterator[Complaint]:
    taken = dict.fromkeys(servers, "an MCP server has that name")
    if sum(map(len, wanted.values())) > MOST_SOURCES:
        yield Complaint(_SOURCES, f"Name {MOST_SOURCES} data sources at most.", "too_long")
        return
    for member, names in wanted.items():
        for position, name in enumerate(names):
            place = (*_SOURCES, member, position)
            if not 0 < len(name) <= LONGEST_SOURCE or not name.isprintable():
                text = f"Give the name of a data source in 1 to {LONGEST_SOURCE} characters."
                yield Complaint(place, text, "name")
            elif name in taken:
                yield Complaint(place, f"Choose another than '{name}': {taken[name]}.", "repeated")
            taken[name] = "it is named already"


def _of_members(sources: DataSources) -> Iterator[Complaint]:
    for name in sources.model_extra or ():
        text = f"There is no member '{name[:80]}'. Use 'free' or 'pay_per_use'."
        yield Complaint((*_SOURCES, name), text, "unknown_field")
