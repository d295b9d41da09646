"""Objects from the items of a list: `- Pump A: 12 kW, 900 EUR`, where the parts fit the members plainly."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from gnomon.core.task import Json
from gnomon.reading.terms import terms
from gnomon.workloads.research.plain.coverage import Scale, widened
from gnomon.workloads.research.plain.typed.candidate import Kind, Want
from gnomon.workloads.research.plain.typed.dates import dates
from gnomon.workloads.research.plain.typed.names import NAME
from gnomon.workloads.research.plain.typed.numbers import wanted_units
from gnomon.workloads.research.plain.typed.quantity import quantities
from gnomon.workloads.research.plain.typed.reading import read
from gnomon.workloads.research.plain.typed.want import wants_of
from gnomon.workloads.research.plain.weighing import LEAST_SUBJECT
from gnomon.workloads.research.record import Evidence, Question, Source
from gnomon.workloads.research.wanted.shape import Schema
from gnomon.workloads.research.wanted.validity import is_valid

TITLES: Final = ("name", "title", "label")
"""Members that say what an object is."""
ROLES: Final = frozenset(("role", "position", "function", "job", "job_title", "post", "office"))
"""Members that say what a person does."""
BULLET: Final = re.compile(r"^\s*(?:[-*+\u2022\u25e6]|\d{1,3}[.)])\s+(?P<item>\S.{0,300}?)\s*$", re.MULTILINE)
_BETWEEN: Final = re.compile(r"(?<!\d),\s*|,\s+|[:;]\s+|\s+[\u2013\u2014-]\s+")
_FEWEST_PARTS: Final = 2
_LONGEST_TITLE: Final = 80
_ANY_DATE: Final = Want(kind=Kind.DATE, schema={"type": "string"})
_TEXTS: Final = (Kind.TEXT, Kind.NAME)
Found = tuple[Json, Sequence[Evidence], str]


def settle_items(
    members: Mapping[str, Question],
    topic: Collection[str],
    subject: Collection[str],
    scale: Scale,
    items: Schema,
    sources: Sequence[Source],
) -> list[Found]:
    """Return the objects that the items of lists give, each whole and valid by itself."""
    found: list[Found] = []
    for source in sources:
        heading = widened(terms(source.heading.rpartition(" > ")[2]))
        around = widened(terms(f"{source.title} {source.heading} {source.text}"))
        if scale.share(subject, around) < LEAST_SUBJECT:
            continue
        for bullet in BULLET.finditer(source.text):
            value = _read_item(bullet["item"], members, is_told=bool(set(topic) & heading))
            if value and is_valid(filled := filled_up(value, items), items):
                evidence = Evidence(source=source, start=bullet.start("item"), end=bullet.end("item"))
                found.append((filled, [evidence], f"an item of a list that gives {', '.join(value)}"))
    return found


def filled_up(value: Mapping[str, Json], items: Schema) -> dict[str, Json]:
    """Add null for what was not given and the schema takes it for."""
    properties: Mapping[str, Schema] = items.get("properties", {})
    absent = {
        name: None for name, each in properties.items() if isinstance(each, dict) and is_valid(None, each)
    }
    whole = {**absent, **value}
    return {name: whole[name] for name in properties if name in whole}


def is_title(words: str) -> bool:
    """Say whether words may be what something is called: not a date, nor a number with its unit."""
    if not any(letter.isalpha() for letter in words) or len(words) > _LONGEST_TITLE:
        return False
    is_counted = any(each.start == 0 and each.end == len(words) for each in quantities(words))
    return not is_counted and not any(each.end - each.start == len(words) for each in dates(words, _ANY_DATE))


def _read_item(item: str, members: Mapping[str, Question], *, is_told: bool) -> dict[str, Json]:
    """Give each part of an item to the one member it fits; nothing where a part fits none or several."""
    parts = [part.strip(" .*_") for part in _BETWEEN.split(item)]
    title = next((name for name in members if name.lower() in TITLES), None)
    if len(parts) < _FEWEST_PARTS or title is None or not is_title(parts[0]):
        return {}
    value: dict[str, Json] = {title: parts[0]}
    is_plain = is_told
    for part in parts[1:]:
        fitting = _fitting(
            part, parts[0], {name: each for name, each in members.items() if name not in value}
        )
        if len(fitting) != 1:
            return {}
        name, given, is_sure = fitting[0]
        value[name], is_plain = given, is_plain or is_sure
    return value if is_plain else {}


def _fitting(part: str, title: str, members: Mapping[str, Question]) -> list[tuple[str, Json, bool]]:
    """Return the members that a part fits, its value and whether nothing else can be meant."""
    found: list[tuple[str, Json, bool]] = []
    for name, member in members.items():
        for want in wants_of(member):
            if want.kind in _TEXTS:
                is_role = name.lower() in ROLES and part[:1].islower() and _is_person(title)
                found += [(name, part, True)] * (is_role and is_valid(part, want.schema))
            elif len(values := _typed(part, want)) == 1:
                found.append((name, values[0], bool(wanted_units(want)) or want.kind is not Kind.NUMBER))
    return found


def _typed(part: str, want: Want) -> list[Json]:
    if want.kind is Kind.TRUTH:
        return []
    return [each.value for each in read(part, want) if each.end - each.start == len(part)]


def _is_person(words: str) -> bool:
    return bool(NAME.fullmatch(words)) and " " in words
