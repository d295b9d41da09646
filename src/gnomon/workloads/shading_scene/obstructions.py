"""What casts shadows and makes no power: polygons and meshes of a document, as triangles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnomon.pv.arrays import FloatArray
from gnomon.workloads.shading_scene.fields import Loc, Notes, Point, as_point, shown
from gnomon.workloads.shading_scene.layout import triangulate

MOST_TRIANGLES = 500_000
"""Of all obstructions together."""
_MOST_CORNERS = 2000  # of one polygon: cutting it into triangles goes with their square
_FARTHEST = 1e8  # m
_EXAMPLE = "{outline: [[x, y, z], ...]} or {vertices: [[x, y, z], ...], faces: [[0, 1, 2], ...]}, in metres"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Obstructions as triangles, shape (m, 3, 3), and which of them are ground."""

    triangles: FloatArray
    terrain: Sequence[bool]


def read_obstructions(given: object, at: Loc, notes: Notes) -> Read:
    """Return what a list of obstructions holds; what is wrong is noted."""
    if given is None:
        given = []
    triangles: list[FloatArray] = []
    terrain: list[bool] = []
    if not isinstance(given, list):
        notes.complain(at, f"give a list of {_EXAMPLE}", "list_type")
        given = []
    for place, each in enumerate(given):
        found = _triangles(each, (*at, place), notes)
        if found is None:
            continue
        triangles.append(found)
        terrain += [isinstance(each, dict) and each.get("kind") == "terrain"] * len(found)
        if len(terrain) > MOST_TRIANGLES:
            notes.complain(at, f"more than {MOST_TRIANGLES} triangles; give a coarser mesh", "too_long")
            break
    whole = np.concatenate(triangles) if triangles else np.zeros((0, 3, 3))
    return Read(triangles=whole, terrain=terrain)


def _triangles(given: object, at: Loc, notes: Notes) -> FloatArray | None:
    if isinstance(given, list):
        given = {"outline": given}
    if not isinstance(given, dict):
        notes.complain(at, f"give {_EXAMPLE}, not {shown(given)}", "object_type")
        return None
    key = "vertices" if given.get("vertices") is not None else "outline"
    points = _points(given, key, at, notes)
    if points is None:
        return None
    faces = _faces(given, len(points), at, notes) if key == "vertices" else [list(range(len(points)))]
    if faces is None:
        return None
    cut = [
        [points[face[a]], points[face[b]], points[face[c]]]
        for face in faces
        for a, b, c in ([(0, 1, 2)] if len(face) == 3 else triangulate([points[each] for each in face]))
    ]
    return np.array(cut, dtype=np.float64).reshape(-1, 3, 3)


def _points(given: Mapping[str, Any], key: str, at: Loc, notes: Notes) -> list[Point] | None:
    value = given.get(key)
    if value is None and all(isinstance(given.get(f"{axis}points"), list) for axis in "xyz"):
        value = [list(each) for each in zip(*(given[f"{axis}points"] for axis in "xyz"), strict=False)]
    if not isinstance(value, list) or len(value) < 3:
        notes.complain(at, f"has fewer than three points; give {_EXAMPLE}", "missing")
        return None
    if key == "outline" and len(value) > _MOST_CORNERS:
        notes.complain(
            (*at, key), f"{len(value)} corners; give at most {_MOST_CORNERS}, or a mesh", "too_long"
        )
        return None
    points = [as_point(each) for each in value]
    for place, point in enumerate(points):
        if point is None or max(map(abs, point)) > _FARTHEST:
            words = f"{shown(value[place])} is no point; give [x, y, z] in metres"
            notes.complain((*at, key, place), words, "float_type")
            return None
    return [point for point in points if point is not None]


def _faces(given: Mapping[str, Any], points: int, at: Loc, notes: Notes) -> list[list[int]] | None:
    faces = given.get("faces")
    if not isinstance(faces, list) or not faces:
        notes.complain((*at, "faces"), "give a list of faces, each a list of places in vertices", "missing")
        return None
    for place, face in enumerate(faces):
        if not isinstance(face, list) or not 3 <= len(face) <= _MOST_CORNERS or not _within(face, points):
            words = f"{shown(face)} is no face; give three or more places, 0 to {points - 1}, in vertices"
            notes.complain((*at, "faces", place), words, "face")
            return None
    return faces


def _within(face: list[object], points: int) -> bool:
    return all(isinstance(each, int) and not isinstance(each, bool) and 0 <= each < points for each in face)
