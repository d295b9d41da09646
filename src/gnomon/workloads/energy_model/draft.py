"""Drafts: a run's input that still lacks something, and which file it waits for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gnomon.core.errors import Complaint
from gnomon.core.task import Json
from gnomon.workloads.energy_model.block_rules import items
from gnomon.workloads.energy_model.wording import place_text

WAITS_FOR = "waitsFor"


def told_what_it_waits_for(found: Sequence[Complaint], document: Mapping[str, Any]) -> list[Complaint]:
    """Add to each complaint about something that is not there the file that would bring it, where that is known."""
    waits = dict(_waits(document))
    return [
        replace(each, message=f"{each.message}; {waits[place_text(each.loc)]}")
        if place_text(each.loc) in waits
        else each
        for each in found
    ]


def file_awaited(document: Mapping[str, Any], kind: str) -> str | None:
    """Return the name of the file of a kind that a document waits for, None where it tells none."""
    return next(
        (wait.get("file") for _, wait in items(document, WAITS_FOR) if wait.get("kind") == kind), None
    )


def intolerable(found: Sequence[Complaint], document: Json) -> list[Complaint]:
    """Return what a draft is refused for: all but what it lacks."""
    return [each for each in found if not _is_lack(each, document)]


def _is_lack(complaint: Complaint, document: Json) -> bool:
    if complaint.type == "one_of":
        return _at(complaint.loc, document) is None
    return complaint.type == "missing" or (complaint.type == "too_short" and complaint.loc == ("blocks",))


def _at(loc: Sequence[str | int], document: Json) -> Json:
    for part in loc:
        if isinstance(document, dict):
            document = document.get(str(part))
        elif isinstance(document, list) and isinstance(part, int) and part < len(document):
            document = document[part]
        else:
            return None
    return document


def without_nulls(document: Json) -> Json:
    """Return a document without the members that are null."""
    if isinstance(document, dict):
        return {key: without_nulls(value) for key, value in document.items() if value is not None}
    # Nothing stands in a list under a name, and a year of numbers is not to be copied.
    if isinstance(document, list) and any(isinstance(value, dict) for value in document):
        return [without_nulls(value) for value in document]
    return document


def _waits(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for _, wait in items(document, WAITS_FOR):
        if isinstance(wait.get("at"), str):
            yield wait["at"], _words(wait)


def _words(wait: Mapping[str, Any]) -> str:
    if wait.get("kind") == "value":
        return "the imported files do not tell it: give it here"
    kind, file = str(wait.get("kind") or "record").replace("_", " "), wait.get("file")
    named = f"the file {file}" if file else "its file"
    return f"it waits for {named}: post the {kind} in it, and give its number here"
