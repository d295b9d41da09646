"""The result of a scene's run: what is stored beside it as files, and what it tells itself.

The files, each named by its SHA-256: ``table`` (JSON of the scene as a whole, as `pv.scene` reads it), ``shares``
(npz), ``viewer`` and ``results`` (JSON that a door may send as it is), ``tables_results`` (the same per table, None
when it would be too large), ``scene`` (canonical JSON, when it came from a file), ``tables`` when they are many.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnomon.core.task import Json
from gnomon.pv.shade import SunGrid
from gnomon.workloads.shading_scene import arrays, layout
from gnomon.workloads.shading_scene.cast import Outcome
from gnomon.workloads.shading_scene.gcr import Density, gcr_properties
from gnomon.workloads.shading_scene.grid import sun_grid
from gnomon.workloads.shading_scene.layout import Scene
from gnomon.workloads.shading_scene.tracking import TrackingOrder
from gnomon.workloads.shading_scene.viewer import scene_shares, table_results, viewer

MOST_INLINE_TABLES = 1000
"""Names of tables that stand in the result itself."""
MOST_TABLE_SHARES = 2_000_000
"""Tables times positions up to which shares per table are stored as JSON too, about 25 MB."""
ENGINE_VERSION = 1
"""Of the numbers: what changes them raises it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a run knows besides the shares."""

    scene_blob: str | None
    order: TrackingOrder | None
    density: Density
    warnings: Sequence[str]
    seconds: float


def result_of(scene: Scene, outcome: Outcome, told: Told, put: Callable[[bytes], str]) -> Json:
    """Store the files of a scene's result, and return the result."""
    positions, grid = sun_grid(), len(outcome.direct)
    direct, diodes = scene_shares(outcome, positions)
    table = scene_table(outcome, positions)
    many = len(scene.names) > MOST_INLINE_TABLES
    is_small = len(scene.names) * grid <= MOST_TABLE_SHARES
    results = _results(positions, (direct, diodes), scene, told)
    return {
        "scene": told.scene_blob,
        "table": put(_json(table)),
        "shares": put(arrays.dump(share_arrays(scene, outcome, positions))),
        "viewer": put(_json(viewer(scene, outcome, positions))),
        "results": put(_json(results)),
        "tables_results": put(_json(table_results(scene.names, outcome))) if is_small else None,
        "tables": put(_json(list(scene.names))) if many else list(scene.names),
        "positions": {"expected": grid, "completed": grid, "failed": 0},
        "gcrProperties": gcr_properties(scene, told.density),
        "tracking": told.order.as_json() if told.order is not None else None,
        "summary": _summary(scene, outcome, told.density),
        "warnings": list(told.warnings),
        "engine": {"version": ENGINE_VERSION, "seconds": round(told.seconds, 1)},
    }


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def scene_table(outcome: Outcome, positions: SunGrid) -> dict[str, Any]:
    """Return the table of the scene as a whole; with trackers its views are told by position of the sun."""
    direct, diodes = scene_shares(outcome, positions)
    views = {
        name: np.clip(np.average(share, axis=1, weights=outcome.area), 0.0, 1.0)
        for name, share in (("skyShare", outcome.sky), ("groundShare", outcome.ground))
    }
    return {
        "azimuth": list(positions.azimuth),
        "elevation": list(positions.elevation),
        "directShare": np.clip(direct, 0.0, 1.0).tolist(),
        "affectedDiodes": np.clip(diodes, 0.0, 1.0).tolist(),
        **{
            name: float(share[0]) if len(share) == 1 else share.reshape(positions.shape()).tolist()
            for name, share in views.items()
        },
    }


def share_arrays(scene: Scene, outcome: Outcome, positions: SunGrid) -> Mapping[str, Any]:
    """Return the arrays of the shares' file: shapes (n, k, j), or (n,) for what does not change with the sun."""
    shape = (-1, *positions.shape())
    arrays_ = {
        "azimuth": np.array(positions.azimuth),
        "elevation": np.array(positions.elevation),
        "area": outcome.area,
        **{
            name: np.ascontiguousarray(getattr(outcome, name).T).reshape(shape)
            for name in ("direct", "diodes", "incidence")
        },
        **{name: _views(getattr(outcome, name), shape) for name in ("sky", "ground")},
    }
    if scene.is_tracker.any():
        arrays_["rotation"] = np.ascontiguousarray(outcome.rotation.T).reshape(shape)
    return arrays_


def _views(share: Any, shape: tuple[int, ...]) -> Any:
    told = np.ascontiguousarray(share.T).astype(np.float32)
    return told[:, 0] if told.shape[1] == 1 else told.reshape(shape)


def _results(positions: SunGrid, shares: tuple[Any, Any], scene: Scene, told: Told) -> dict[str, Any]:
    direct, diodes = (np.round(each, 6).tolist() for each in shares)
    return {
        "sun_positions": [
            {
                "azimuth": azimuth,
                "elevation": elevation,
                "directShading": direct[around][upward],
                "affectedDiodes": diodes[around][upward],
            }
            for around, azimuth in enumerate(positions.azimuth)
            for upward, elevation in enumerate(positions.elevation)
        ],
        "metadata": {
            "tables": len(scene.names),
            "positions": len(positions.azimuth) * len(positions.elevation),
            "azimuths": list(positions.azimuth),
            "elevations": list(positions.elevation),
            "tracking": told.order.as_json() if told.order is not None else None,
            "gcrProperties": gcr_properties(scene, told.density),
            "engineVersion": ENGINE_VERSION,
        },
    }


def _summary(scene: Scene, outcome: Outcome, density: Density) -> dict[str, Any]:
    normal = layout.normals(scene.corners)
    normal = np.where(normal[:, 2:] < 0.0, -normal, normal)
    facing = (normal * outcome.area[:, None]).sum(axis=0)
    size = max(float(np.linalg.norm(facing)), 1e-12)
    tilt = float(np.degrees(np.arccos(min(max(facing[2] / size, -1.0), 1.0))))
    azimuth = float(np.degrees(np.arctan2(facing[0], facing[1])) % 360.0)
    return {
        "tables": len(scene.names),
        "trackers": int(scene.is_tracker.sum()),
        "triangles": len(scene.triangles),
        "area": round(float(outcome.area.sum()), 3),
        "meanTilt": round(tilt, 2),
        "meanAzimuth": round(azimuth, 2) if tilt > 0.5 else None,
        "pitch": None if density.pitch is None else round(density.pitch, 3),
        "skyShareLost": round(float(np.average(outcome.sky.mean(axis=0), weights=outcome.area)), 5),
        "groundShareLost": round(float(np.average(outcome.ground.mean(axis=0), weights=outcome.area)), 5),
    }
