"""What a page that draws a scene is given: plain JSON of bounded size, nothing of the document but its geometry."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gnomon.pv.arrays import FloatArray
from gnomon.pv.shade import SunGrid
from gnomon.pv.shade.sungrid import filled
from gnomon.workloads.shading_scene import layout
from gnomon.workloads.shading_scene.cast import Outcome
from gnomon.workloads.shading_scene.layout import Scene

MOST_TRIANGLES = 60_000
"""That are drawn; of more, every so-many-th is left out."""
_DIGITS = 3  # of metres: millimetres
_SHARE_DIGITS = 4
_AT_ONCE = 48  # positions


def viewer(
    scene: Scene,
    outcome: Outcome,
    sun_grid: SunGrid,
    *,
    geometry: bool = True,
    obstructions: bool = True,
    shading: bool = True,
    aggregate: Literal["table", "scene"] = "table",
    azimuth_bin: float | None = None,
    elevation_bin: float | None = None,
) -> dict[str, Any]:
    """Return what is drawn of a scene.

    Parameters
    ----------
    azimuth_bin, elevation_bin
        Position of the sun whose shares are told, the grid's nearest; None: the mean over that axis, each position
        counted as the scene's beam there. [degrees]
    """
    payload: dict[str, Any] = {
        "units": "m",
        "origin": list(scene.origin),
        "axes": {"x": "east", "y": "north", "z": "up"},
        "tableCount": len(scene.names),
        "triangleCount": len(scene.triangles),
        "bounds": _bounds(scene),
        "sunPositions": {"azimuth": list(sun_grid.azimuth), "elevation": list(sun_grid.elevation)},
    }
    if geometry:
        payload["tables"] = _tables(scene)
    if obstructions:
        payload["obstructions"] = _obstructions(scene)
    if shading:
        bins = (azimuth_bin, elevation_bin)
        payload["shading"] = _shading(outcome, sun_grid, aggregate, bins)
    return payload


def _bounds(scene: Scene) -> list[list[float]]:
    points = scene.corners.reshape(-1, 3)
    return [_rounded(points.min(axis=0)), _rounded(points.max(axis=0))]


def _rounded(values: FloatArray, digits: int = _DIGITS) -> Any:
    return (np.round(values, digits) + 0.0).tolist()


def _tables(scene: Scene) -> list[dict[str, Any]]:
    normal = layout.normals(scene.corners)
    normal = np.where(normal[:, 2:] < 0.0, -normal, normal)
    tilt = np.degrees(np.arccos(np.clip(normal[:, 2], -1.0, 1.0)))
    azimuth = np.degrees(np.arctan2(normal[:, 0], normal[:, 1])) % 360.0
    columns = zip(
        scene.names,
        _rounded(scene.corners),
        _rounded(scene.corners.mean(axis=1)),
        scene.is_tracker.tolist(),
        _rounded(tilt, 2),
        _rounded(np.where(tilt < 0.01, 0.0, azimuth), 2),
        _rounded(scene.axis_vector, 5),
        _rounded(scene.axis_point),
        strict=True,
    )
    return [
        {
            "tableHash": name,
            "index": place,
            "corners": corners,
            "center": center,
            "tracker": is_tracker,
            "tilt": slope,
            "azimuth": facing,
            **({"axis": axis, "axisPoint": point} if is_tracker else {}),
        }
        for place, (name, corners, center, is_tracker, slope, facing, axis, point) in enumerate(columns)
    ]


def _obstructions(scene: Scene) -> dict[str, Any]:
    """Return triangles of nine numbers each, ground apart from the rest."""
    every = max(-(-len(scene.triangles) // MOST_TRIANGLES), 1)
    drawn, terrain = scene.triangles[::every].reshape(-1, 9), scene.terrain[::every]
    return {
        "terrain": _rounded(drawn[terrain]),
        "objects": _rounded(drawn[~terrain]),
        "leftOut": len(scene.triangles) - len(drawn),
    }


def _shading(
    outcome: Outcome,
    sun_grid: SunGrid,
    aggregate: Literal["table", "scene"],
    bins: tuple[float | None, float | None],
) -> dict[str, Any]:
    chosen = _chosen(sun_grid, *bins)
    azimuth, elevation = bins
    told: dict[str, Any] = {"aggregate": aggregate, "azimuthBin": azimuth, "elevationBin": elevation}
    direct, diodes = scene_shares(outcome, sun_grid)
    beam = (outcome.incidence * outcome.area)[chosen].sum(axis=1)
    told["scene"] = {
        "directShading": _mean(direct.ravel()[chosen, None], beam[:, None])[0],
        "affectedDiodes": _mean(diodes.ravel()[chosen, None], beam[:, None])[0],
        "skyShading": float(
            np.round(np.average(outcome.sky.mean(axis=0), weights=outcome.area), _SHARE_DIGITS)
        ),
    }
    if aggregate == "table":
        weight = outcome.incidence[chosen]
        told["tables"] = {
            "directShading": _mean(outcome.direct[chosen], weight),
            "affectedDiodes": _mean(outcome.diodes[chosen], weight),
            "skyShading": _rounded(outcome.sky.mean(axis=0), _SHARE_DIGITS),
        }
    return told


def _chosen(sun_grid: SunGrid, azimuth: float | None, elevation: float | None) -> npt.NDArray[np.int64]:
    """Return the places of the positions that count."""
    around = np.arange(len(sun_grid.azimuth))
    upward = np.arange(len(sun_grid.elevation))
    if azimuth is not None:
        apart = np.abs((np.array(sun_grid.azimuth) - azimuth + 180.0) % 360.0 - 180.0)
        around = around[[int(np.argmin(apart))]]
    if elevation is not None:
        upward = upward[[int(np.argmin(np.abs(np.array(sun_grid.elevation) - elevation)))]]
    return (around[:, None] * len(sun_grid.elevation) + upward).ravel()


def _mean(shares: npt.NDArray[Any], weight: npt.NDArray[Any]) -> list[float]:
    """Return the mean of each column by its weights; 1 where no beam is."""
    total = weight.sum(axis=0, dtype=np.float64)
    summed = (shares * weight).sum(axis=0, dtype=np.float64)
    means: list[float] = _rounded(
        np.divide(summed, total, out=np.ones_like(total), where=total > 0.0), _SHARE_DIGITS
    )
    return means


def scene_shares(outcome: Outcome, sun_grid: SunGrid) -> tuple[FloatArray, FloatArray]:
    """Return beam and diodes that the scene as a whole loses, each of shape (k, j).

    As `pv.shade.scene_mean`: each table counts by the beam that it would have, and for the diodes by its area.
    """
    means = np.full((2, len(outcome.direct)), np.nan)
    # A few positions at a time: all of them in double precision would fill the memory.
    for start in range(0, len(outcome.direct), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        beam = outcome.incidence[part].astype(np.float64) * outcome.area
        lit = np.where(beam > 0.0, outcome.area, 0.0)
        for mean, shares, weight in zip(means, (outcome.direct, outcome.diodes), (beam, lit), strict=True):
            total = weight.sum(axis=1)
            summed = (shares[part] * weight).sum(axis=1)
            mean[part] = np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0.0)
    direct, diodes = (filled(mean.reshape(sun_grid.shape())) for mean in means)
    return direct, diodes


def table_results(names: Sequence[str], outcome: Outcome) -> Mapping[str, Mapping[str, list[float]]]:
    """Return the shares of each table by position, as clients read them."""
    direct, diodes = (
        (np.round(each.T.astype(np.float64), _SHARE_DIGITS) + 0.0).tolist()
        for each in (outcome.direct, outcome.diodes)
    )
    return {
        name: {"directShading": direct[place], "affectedDiodes": diodes[place]}
        for place, name in enumerate(names)
    }
