"""How the tables of a shading scene stand, for a look at whether the layout of a block says the same."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnomon.core.workload import Pinned
from gnomon.pv.arrays import BoolArray, FloatArray

Object = Mapping[str, Any]
_LEVEL = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How tables of a scene stand, in degrees; None where the scene does not tell.

    Attributes
    ----------
    trackers
        The share of the area that turns.
    surface_tilt, surface_azimuth
        Of the mean of the tables that stand still.
    axis_azimuth
        Of the trackers, from 0 to 180.
    gcr, max_angle, backtrack
        As the scene's trackers were moved; the gcr else as it was found in the geometry.
    """

    trackers: float
    surface_tilt: float | None = None
    surface_azimuth: float | None = None
    axis_azimuth: float | None = None
    gcr: float | None = None
    max_angle: float | None = None
    backtrack: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Geometry:
    """Tables of a scene: hashes, upward normals times area [m2], which of them turn, and their axes."""

    names: tuple[str, ...]
    normal: FloatArray
    is_tracker: BoolArray
    axis: FloatArray


class Standings:
    """How the tables of the scenes stand that a run refers to, each scene read once."""

    def __init__(self, pinned: Sequence[Pinned], read: Callable[[str], bytes]) -> None:
        self._scenes = {each.number: each for each in pinned if each.kind == "shading_scene"}
        self._read = read
        self._geometries: dict[int, _Geometry | None] = {}

    def of(self, number: int, chosen: Sequence[str | int]) -> Standing | None:
        """Return how the chosen tables of a scene stand, or all of them; None where only its shares are known."""
        scene = self._scenes.get(number)
        if scene is None or not isinstance(scene.result, dict):
            return None
        if number not in self._geometries:
            self._geometries[number] = self._geometry(scene, scene.result)
        found = self._geometries[number]
        return None if found is None else _standing(_chosen(found, chosen), scene.result)

    def _geometry(self, scene: Pinned, result: Object) -> _Geometry | None:
        document = scene.document.get("sceneJson")
        if isinstance(result.get("scene"), str):
            document = json.loads(self._read(result["scene"]))
        tables = document.get("tableList") if isinstance(document, dict) else None
        placed = [(table, corners) for table in tables or () if (corners := _corners(table)) is not None]
        if not placed:
            return None
        return _Geometry(
            names=tuple(str(table.get("tableHash")) for table, _ in placed),
            normal=_normals(np.array([corners for _, corners in placed])),
            is_tracker=np.array([table.get("tracker") is True for table, _ in placed]),
            axis=np.array([_axis(table) for table, _ in placed]),
        )


def _chosen(whole: _Geometry, chosen: Sequence[str | int]) -> _Geometry:
    if not chosen:
        return whole
    named, placed = set(map(str, chosen)), {each for each in chosen if isinstance(each, int)}
    kept = [place for place, name in enumerate(whole.names) if name in named or place in placed]
    return _Geometry(
        names=tuple(whole.names[place] for place in kept),
        normal=whole.normal[kept],
        is_tracker=whole.is_tracker[kept],
        axis=whole.axis[kept],
    )


def _standing(tables: _Geometry, result: Object) -> Standing | None:
    area = np.linalg.norm(tables.normal, axis=1)
    if not area.sum() > 0:
        return None
    turns = tables.is_tracker
    tilt, azimuth = _facing(tables.normal[~turns].sum(axis=0)) if not turns.all() else (None, None)
    tracking, found = result.get("tracking") or {}, result.get("gcrProperties") or {}
    return Standing(
        trackers=float(area[turns].sum() / area.sum()),
        surface_tilt=tilt,
        surface_azimuth=azimuth,
        axis_azimuth=_axis_azimuth(tables, tracking),
        gcr=_number(tracking.get("gcr")) or _number(found.get("gcr")),
        max_angle=_number(tracking.get("maxAngle")),
        backtrack=tracking.get("backTracking"),
    )


def _facing(normal: FloatArray) -> tuple[float, float]:
    level = float(np.hypot(normal[0], normal[1]))
    tilt = float(np.degrees(np.arctan2(level, normal[2])))
    return tilt, float(np.degrees(np.arctan2(normal[0], normal[1]))) % 360.0


def _axis_azimuth(tables: _Geometry, tracking: Object) -> float | None:
    axes = tables.axis[tables.is_tracker & ~np.isnan(tables.axis[:, 0])]
    if len(axes):
        # An axis has no front: doubled angles have one mean, whichever end is named first.
        doubled = 2.0 * np.arctan2(axes[:, 0], axes[:, 1])
        mean = float(np.degrees(np.arctan2(np.sin(doubled).sum(), np.cos(doubled).sum())) / 2.0)
        return round(mean, 6) % 180.0
    told = _number(tracking.get("azimuth"))
    return None if told is None else told % 180.0


def _normals(corners: FloatArray) -> FloatArray:
    """Return the upward normal of each table, as long as its area is large, whatever the order of the corners."""
    offset = corners - corners.mean(axis=1, keepdims=True)
    _, sizes, directions = np.linalg.svd(offset, full_matrices=False)
    normal = directions[:, 2] * (sizes[:, 0] * sizes[:, 1])[:, None]
    upward: FloatArray = normal * np.where(normal[:, 2] < 0.0, -1.0, 1.0)[:, None]
    return upward


def _corners(table: Any) -> list[list[float]] | None:
    if not isinstance(table, dict):
        return None
    given = table.get("outline") or list(
        zip(*(table.get(f"{axis}points") or () for axis in "xyz"), strict=False)
    )
    points = [[float(each) for each in point] for point in given]
    return points if len(points) == 4 and all(len(point) == 3 for point in points) else None


def _axis(table: Object) -> list[float]:
    """Return the direction of a table's torque tube over the ground, east and north; NaN where it has none."""
    vector, ends = table.get("torqueTubeVector"), [table.get(f"torqueTubePoint_{end}") for end in (1, 2)]
    if not vector and all(ends):
        first, second = (list(end or ()) for end in ends)
        vector = [b - a for a, b in zip(first, second, strict=True)]
    return [float(vector[0]), float(vector[1])] if vector else [np.nan, np.nan]


def _number(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) else None
