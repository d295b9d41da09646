"""The documents of shading scenes and tracking inputs, checked whole. Nothing here raises."""

from collections.abc import Mapping
from typing import Any, TypeGuard

from gnomon.core.errors import Complaint
from gnomon.core.fold import marked_blob
from gnomon.core.task import Json
from gnomon.core.workload import Reference
from gnomon.pv.scene import from_json
from gnomon.workloads.shading_scene.canonical import read_scene
from gnomon.workloads.shading_scene.fields import Loc, Notes, flag, inner, shown, text, unknown
from gnomon.workloads.shading_scene.tracking import read_tracking

SOURCES = ("sceneJson", "file", "shadingTable")
FILE_TYPES = ("pvc", "shd")
_KEYS = ("name", "sceneSource", "trackingParameters", *SOURCES)
_MOST_ANGLES = 721  # of an axis: twice a degree around the compass, and more than any scene needs
_SHA256 = 64


def check_scene(document: Json) -> list[Complaint]:
    """List what is wrong with a shading scene, its geometry included."""
    if not isinstance(document, dict):
        return [Complaint((), "give a JSON object", "object_type")]
    notes = Notes()
    text(document, "name", (), notes)
    text(document, "sceneSource", (), notes)
    _check_source(document, notes)
    tracking = inner(document, "trackingParameters", (), notes)
    if tracking is not None and marked_blob(tracking) is None:
        read_tracking(tracking, ("trackingParameters",), notes)
    return notes.all_complaints()


def _check_source(document: Mapping[str, Any], notes: Notes) -> None:
    given = [key for key in SOURCES if document.get(key) is not None]
    if len(given) != 1:
        words = f"give one of {', '.join(SOURCES)}" + (f", not {' and '.join(given)}" if given else "")
        notes.complain(("sceneJson",), words, "conflict" if given else "missing")
    scene = inner(document, "sceneJson", (), notes)
    if scene is not None and marked_blob(scene) is None:
        read_scene(scene, notes)
    file = inner(document, "file", (), notes)
    if file is not None:
        _check_file(file, notes)
    if document.get("shadingTable") is not None and marked_blob(document["shadingTable"]) is None:
        _check_table(document["shadingTable"], notes)


def _check_file(file: Mapping[str, Any], notes: Notes) -> None:
    at: Loc = ("file",)
    blob = text(file, "blob", at, notes)
    if blob is None or len(blob) != _SHA256 or set(blob) - set("0123456789abcdef"):
        notes.complain((*at, "blob"), "give the SHA-256 name of the uploaded file", "missing")
    if file.get("type") not in FILE_TYPES:
        words = f"{shown(file.get('type'))} is not known; give pvc (.dae, .pvc) or shd"
        notes.complain((*at, "type"), words, "choice")
    text(file, "filename", at, notes)
    flag(file, "readDiodes", at, notes)


def _check_table(table: object, notes: Notes) -> None:
    at: Loc = ("shadingTable",)
    if not isinstance(table, dict):
        notes.complain(at, "give an object with azimuth, elevation and directShare", "object_type")
        return
    for axis in ("azimuth", "elevation"):
        angles = len(table[axis]) if isinstance(table.get(axis), list) else 0
        if angles > _MOST_ANGLES:
            notes.complain((*at, axis), f"{angles} angles; give at most {_MOST_ANGLES}", "shading_table")
            return
    try:
        from_json(table)
    except (OverflowError, ValueError) as error:
        notes.complain(at, str(error), "shading_table")


def warnings_of(document: Mapping[str, Any]) -> list[str]:
    """List what a scene's document holds that means nothing here."""
    notes = Notes()
    unknown(document, _KEYS, (), notes)
    return notes.warnings


def needs_result(document: Json) -> bool:
    """Say whether a scene's shares are what its run gives, and not its own table."""
    return isinstance(document, dict) and any(document.get(key) is not None for key in ("sceneJson", "file"))


def check_tracking_input(document: Json) -> list[Complaint]:
    """List what is wrong with a tracking input."""
    if not isinstance(document, dict):
        return [Complaint((), "give a JSON object", "object_type")]
    notes = Notes()
    if not _is_number(document.get("shadingSceneId")):
        notes.complain(("shadingSceneId",), "give the number of the shading scene", "missing")
    if document.get("gcr") is None:
        notes.complain(("gcr",), "is missing; give collector width over row pitch", "missing")
    read_tracking(document, (), notes)
    return notes.all_complaints()


def scene_of(document: Json) -> list[Reference]:
    """List the scene that a tracking input is for."""
    number = document.get("shadingSceneId") if isinstance(document, dict) else None
    if not _is_number(number):
        return []
    return [Reference(kind="shading_scene", number=number, loc=("shadingSceneId",))]


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
