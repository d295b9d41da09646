"""Bodies and parameters of shading scenes: JSON, forms with text fields, and what the viewer shall show."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.task import Json
from gnomon.web.dialects.daly.wire.resources import read_object

_SCENE_KEYS = ("name", "sceneJson", "sceneSource", "shadingTable", "trackingParameters")
DEFAULT_SOURCE = "api-json"
_DEFAULT_TYPE = "pvc"
_SUFFIXES = {".dae": "pvc", ".shd": "shd"}
_TYPES = tuple(_SUFFIXES.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class NewScene:
    """A scene that shall be saved and computed, and what is to be said about its request."""

    document: dict[str, Json]
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the scene's name."""
        return str(self.document["name"])

    @property
    def has_run(self) -> bool:
        """Say whether there is something to compute: a table that came along is its own result."""
        return "shadingTable" not in self.document


class Aggregate(StrEnum):
    """Of what the viewer shows the shares."""

    TABLE = "table"
    SCENE = "scene"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenery:
    """What the viewer shall show, and at which positions of the sun; all where none is named."""

    with_geometry: bool = True
    with_obstructions: bool = True
    with_shading: bool = True
    aggregate: Aggregate = Aggregate.TABLE
    azimuth: float | None = None
    elevation: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A text field of a form: its name in our documents and how it is read."""

    key: str
    read: Callable[[str], Json]
    """Gives None for what it cannot read."""
    wanted: str


def _number(low: float, high: float, key: str, of_what: str) -> Field:
    def read(text: str) -> float | None:
        try:
            value = float(text)
        except ValueError:
            return None
        return value if math.isfinite(value) and low <= value <= high else None

    return Field(key=key, read=read, wanted=f"give a number from {low:g} to {high:g}{of_what}")


_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def _flag(key: str) -> Field:
    return Field(key=key, read=lambda text: _FLAGS.get(text.strip().lower()), wanted="give true or false")


def _word(key: str) -> Field:
    return Field(key=key, read=lambda text: text.strip() or None, wanted="give a word, or leave it out")


TRACKING: Mapping[str, Field] = {
    "gcr": _number(0.15, 0.9, "gcr", ", the share of the ground that the collectors cover"),
    "azimuth": _number(-360, 360, "azimuth", " degrees"),
    "axis_tilt": _number(-89, 89, "axisTilt", " degrees"),
    "back_tracking": _flag("backTracking"),
    "max_angle": _number(0, 90, "maxAngle", " degrees"),
    "terrain_aware": _flag("terrainAware"),
    "terrain_aware_diode_threshold": _number(0, 1, "terrainAwareDiodeThreshold", ", a share of the diodes"),
    "terrain_aware_method": _word("terrainAwareMethod"),
}
"""The form's fields about tracking."""

TRACKING_DEFAULTS: Mapping[str, Json] = {
    "azimuth": 0.0,
    "axisTilt": 0.0,
    "backTracking": True,
    "maxAngle": 60.0,
    "terrainAware": False,
}

_IMPORT: Mapping[str, Field] = {
    "name": _word("name"),
    "file_type": Field(
        key="type",
        read=lambda text: text.strip().lower() if text.strip().lower() in _TYPES else None,
        wanted="give pvc (a .dae file of PVCase) or shd (PVsyst)",
    ),
    "read_diodes": _flag("readDiodes"),
    **TRACKING,
}
_NAME_OF_KEY = {field.key: name for name, field in _IMPORT.items()}


def _described(fields: Mapping[str, Field]) -> dict[str, str]:
    return {name: f"{field.wanted[0].upper()}{field.wanted[1:]}." for name, field in fields.items()}


IMPORT_FORM = _described(_IMPORT)
TRACKING_FORM = _described(TRACKING)
"""The forms' fields, and what is wanted in each."""


def read_scene(body: Json) -> NewScene:
    """Read a scene that is sent as JSON.

    Raises
    ------
    Invalid
        When it is no object, has no name, or has nothing to show.
    """
    sent = read_object(body)
    document = {key: sent[key] for key in _SCENE_KEYS if sent.get(key) is not None}
    document.setdefault("sceneSource", DEFAULT_SOURCE)
    if complaints := [*_missing(document), *_contents(document)]:
        raise Invalid(complaints)
    if "trackingParameters" in document:
        document["trackingParameters"] = _camel(document["trackingParameters"])
    strange = sorted(sent.keys() - set(_SCENE_KEYS))
    return NewScene(document=document, warnings=tuple(_not_kept(key) for key in strange))


def read_import(fields: Mapping[str, str], filename: str, content: bytes, blob: str) -> NewScene:
    """Read what is said beside a scene's file.

    Raises
    ------
    Invalid
        When a field is not one that is known, or its text is not of its type; the message names both.
    """
    values = _read(fields, _IMPORT)
    complaints = list(_missing(values))
    if not content.strip():
        complaints.append(
            Complaint(("file",), f"'{filename}' is empty; send a .dae or .shd file.", "missing")
        )
    if complaints:
        raise Invalid(complaints)
    kind, warnings = _type_of(str(values.get("type", _DEFAULT_TYPE)), filename)
    read_diodes = values.get("readDiodes", True)
    tracking = {field.key: values[field.key] for field in TRACKING.values() if field.key in values}
    document: dict[str, Json] = {
        "name": values["name"],
        "sceneSource": kind,
        "file": {"blob": blob, "filename": filename, "type": kind, "readDiodes": read_diodes},
    }
    if tracking:
        document["trackingParameters"] = tracking
    return NewScene(document=document, warnings=warnings)


def read_tracking(fields: Mapping[str, str]) -> dict[str, Json]:
    """Read the form that says how a scene's trackers turn.

    Raises
    ------
    Invalid
        When the ratio is missing, a field is not known, or its text is not of its type.
    """
    values = _read(fields, TRACKING)
    if "gcr" not in values:
        raise Invalid([Complaint(("gcr",), f"'gcr' is missing; {TRACKING['gcr'].wanted}.", "missing")])
    return {**TRACKING_DEFAULTS, **values}


def as_sent(invalid: Invalid) -> Invalid:
    """Return complaints about a document with the names of the form's fields that it was made of."""
    return Invalid([Complaint(_as_sent(c.loc), c.message, c.type) for c in invalid.complaints])


def _as_sent(loc: Sequence[str | int]) -> tuple[str | int, ...]:
    if loc[:1] == ("file",) or not loc:
        return tuple(loc)
    return (_NAME_OF_KEY.get(str(loc[-1]), str(loc[-1])),)


def _read(fields: Mapping[str, str], known: Mapping[str, Field]) -> dict[str, Json]:
    values: dict[str, Json] = {}
    complaints = []
    for name, text in fields.items():
        if name not in known:
            message = f"'{name[:80]}' is not known here; the fields are {', '.join(known)}."
            complaints.append(Complaint((name,), message, "extra_forbidden"))
            continue
        values[known[name].key] = value = known[name].read(text)
        if value is None:
            message = f"'{name}' is '{text[:80]}'; {known[name].wanted}."
            complaints.append(Complaint((name,), message, "value_error"))
    if complaints:
        raise Invalid(complaints)
    return values


def _missing(document: Mapping[str, Json]) -> Iterable[Complaint]:
    name = document.get("name")
    if not isinstance(name, str) or not name.strip():
        yield Complaint(("name",), "Give the scene a name, a string that is not empty.", "missing")


def _contents(document: Mapping[str, Json]) -> Iterable[Complaint]:
    if not isinstance(document["sceneSource"], str):
        yield Complaint(("sceneSource",), "Give a string, or leave it out.", "string_type")
    if not isinstance(document.get("trackingParameters", {}), dict):
        yield Complaint(("trackingParameters",), "Give an object, or leave it out.", "object_type")
    given = [key for key in ("sceneJson", "shadingTable") if key in document]
    if len(given) > 1:
        yield Complaint(("shadingTable",), "Send 'sceneJson' or 'shadingTable', not both.", "conflict")
    elif not given:
        told = (
            "Give 'sceneJson', an object with tableList; a .dae or .shd file goes to /shadingscenes/import."
        )
        yield Complaint(("sceneJson",), told, "missing")
    elif not isinstance(document[given[0]], dict):
        yield Complaint((given[0],), f"Give '{given[0]}', an object.", "object_type")


def _camel(tracking: Mapping[str, Json]) -> dict[str, Json]:
    """Accept the form's spelling in JSON too."""
    named: dict[str, Json] = {}
    for name, value in tracking.items():
        key = TRACKING[name].key if name in TRACKING else name
        if named.setdefault(key, value) != value:
            message = f"'{name}' and '{key}' differ; send one of them."
            raise Invalid([Complaint(("trackingParameters", name), message, "conflict")])
    return named


def _not_kept(key: str) -> str:
    return f"{key}: not known here and not kept; the keys are {', '.join(_SCENE_KEYS)}"


def _type_of(asked: str, filename: str) -> tuple[str, tuple[str, ...]]:
    """Decide what a file is: `pvc` is what clients send when nobody has said anything."""
    suffix = filename[-4:].lower()
    named = _SUFFIXES.get(suffix)
    if asked == _DEFAULT_TYPE and named not in (None, asked):
        told = f"file_type: the file's name ends in {suffix}, so it is read as {named}, not as {asked}"
        return str(named), (told,)
    return asked, ()
