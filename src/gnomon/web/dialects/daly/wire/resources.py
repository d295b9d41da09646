"""Bodies of the nouns that are saved and not run."""

from collections.abc import Mapping
from dataclasses import dataclass

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.task import Json
from gnomon.web.dialects.daly.nouns import INVERTER, MODULE
from gnomon.web.problems import Malformed

_COMPONENT_KEYS = {
    MODULE.kind: frozenset({"name", "properties", "aoi"}),
    INVERTER.kind: frozenset({"name", "properties", "efficiency"}),
}
_ALIASES = {"lat": "latitude", "lng": "longitude"}
_DEPRECATED = ("lat and lng are deprecated; use latitude and longitude",)
_OLD_NUMBER = "internallocationid"
_OURS = frozenset({"id", "createdAt", "updatedAt"})
"""What the house alone says; a client that sends a record back sends it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLocation:
    """A location, the weather that came nested in it, and what to tell its sender."""

    document: dict[str, Json]
    weather: Json
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A document and the location it names by a number, a global id, or both."""

    document: dict[str, Json]
    number: int | None
    global_id: str | None


def read_object(body: Json) -> dict[str, Json]:
    """Require an object and drop what only the house may say.

    Raises
    ------
    Invalid
        When the body is no object.
    """
    if not isinstance(body, dict):
        raise Invalid([Complaint((), "Send a JSON object.", "object_type")])
    return {key: value for key, value in body.items() if key not in _OURS}


def read_location(body: Json) -> NewLocation:
    """Translate the deprecated names and take out nested weather.

    Raises
    ------
    Invalid
        When an old and a new name say different things.
    """
    document = read_object(body)
    document.pop("globalLocationId", None)
    is_old = bool(_ALIASES.keys() & document.keys())
    for old, new in _ALIASES.items():
        if old in document:
            value = document.pop(old)
            if document.setdefault(new, value) != value:
                message = f"'{old}' and '{new}' differ; send only '{new}'."
                raise Invalid([Complaint((old,), message, "conflict")])
    weather = document.pop("weatherData", None)
    return NewLocation(document=document, weather=weather, warnings=_DEPRECATED if is_old else ())


def read_placed(body: Json) -> Placed:
    """Take the location out of a document that belongs to one.

    Raises
    ------
    Invalid
        When it is named by something that is no id.
    """
    document = read_object(body)
    number = _number(document)
    global_id = document.get("globalLocationId")
    if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
        raise Invalid([Complaint(("locationId",), "Give the location's id, an integer.", "int_type")])
    if isinstance(global_id, bool) or not isinstance(global_id, int | str | None):
        message = "Give the location's global id, a string of digits."
        raise Invalid([Complaint(("globalLocationId",), message, "string_type")])
    return Placed(document=document, number=number, global_id=None if global_id is None else str(global_id))


def _number(document: dict[str, Json]) -> Json:
    """Return the location's number, by its name or by the old one, which is taken out."""
    old, number = document.pop(_OLD_NUMBER, None), document.get("locationId")
    if old is not None and number is not None and old != number:
        message = f"'{_OLD_NUMBER}' and 'locationId' differ; send only 'locationId'."
        raise Invalid([Complaint((_OLD_NUMBER,), message, "conflict")])
    return old if number is None else number


def read_component(body: Json, kind: str) -> dict[str, Json]:
    """Read a module or an inverter that is given as JSON.

    Raises
    ------
    Malformed
        When it has a key that the contract does not name, or lacks one.
    """
    known = _COMPONENT_KEYS[kind]
    if not isinstance(body, dict):
        raise Malformed([Complaint((), "Send a JSON object.", "object_type")])
    listed = ", ".join(sorted(known))
    complaints = [
        Complaint((key,), f"'{key}' is not known here; the keys are {listed}.", "extra_forbidden")
        for key in body
        if key not in known
    ]
    complaints += _missing(body)
    if complaints:
        raise Malformed(complaints)
    return body


def _missing(body: Mapping[str, Json]) -> list[Complaint]:
    name = body.get("name")
    complaints = []
    if not isinstance(name, str) or not name.strip():
        complaints.append(Complaint(("name",), "Give a name, a string that is not empty.", "missing"))
    if not isinstance(body.get("properties"), dict):
        complaints.append(Complaint(("properties",), "Give the properties, an object.", "missing"))
    return complaints


def read_keys(body: Json) -> tuple[str, str]:
    """Read the pair of keys under either spelling.

    Raises
    ------
    Invalid
        When one is missing.
    """
    document = read_object(body)
    return _key(document, "workspace"), _key(document, "user")


def _key(document: Mapping[str, Json], role: str) -> str:
    key = document.get(role, document.get(f"{role}_id"))
    if not isinstance(key, str) or not key:
        raise Invalid([Complaint((f"{role}_id",), f"Give '{role}_id', the {role} key.", "missing")])
    return key


def read_update(saved: Json, body: Json) -> Placed:
    """Lay the fields that are sent over the saved ones; a new location replaces both of its ids.

    Raises
    ------
    Invalid
        When the body is no object, or its location is named by something that is no id.
    """
    sent = read_object(body)
    kept = dict(saved)
    if {"locationId", "globalLocationId", _OLD_NUMBER} & sent.keys():
        kept.pop("locationId", None)
        kept.pop("globalLocationId", None)
    return read_placed({**kept, **sent})
