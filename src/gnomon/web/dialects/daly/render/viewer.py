"""What a scene's viewer draws: tables, what stands around them, and the shares they lose at a place of the sun."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import orjson

from gnomon.core.task import Json
from gnomon.web.dialects.daly.wire.scenes import Aggregate, Scenery

Floats = npt.NDArray[np.floating]

VIEWER = {
    "shadingSceneId": 4,
    "status": "completed",
    "units": "m",
    "sunPositions": {"azimuth": [90.0, 180.0], "elevation": [10.0, 40.0]},
    "tables": [
        {
            "tableHash": "front",
            "index": 0,
            "tracker": False,
            "corners": [[0, 0, 0.5], [20, 0, 0.5], [20, 3.5, 2.5], [0, 3.5, 2.5]],
        }
    ],
    "obstructions": {"terrain": [], "objects": []},
    "shading": {
        "aggregate": "table",
        "azimuthBin": 180.0,
        "elevationBin": 10.0,
        "scene": {"directShading": 0.12, "affectedDiodes": 0.34, "skyShading": 0.05},
        "tables": {"directShading": [0.12], "affectedDiodes": [0.34], "skyShading": [0.05]},
    },
}
_PARTS = ("tables", "obstructions", "shading")
_SHARES = {"direct": "directShading", "diodes": "affectedDiodes"}
_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The positions of the grid that count: all those of an axis on which none was named."""

    azimuth: slice
    elevation: slice
    azimuth_bin: float | None
    elevation_bin: float | None

    @property
    def is_one(self) -> bool:
        """Say whether it is one position of the sun."""
        return self.azimuth_bin is not None and self.elevation_bin is not None


def is_stored(asked: Scenery) -> bool:
    """Say whether the stored shares are what is asked for: the means over all positions."""
    return asked.azimuth is None and asked.elevation is None


def render_viewer(drawn: Mapping[str, Json], shares: bytes | None, asked: Scenery) -> bytes:
    """Write what is asked for of the stored picture; `shares` is the stored npz, where the picture has not those."""
    wanted = dict(
        zip(_PARTS, (asked.with_geometry, asked.with_obstructions, asked.with_shading), strict=True)
    )
    shown = {key: value for key, value in drawn.items() if wanted.get(key, True)}
    shown.setdefault("shading", None)
    if shares is not None:
        shown["shading"] = shading_at(shares, asked)
    elif shown["shading"] and asked.aggregate is Aggregate.SCENE:
        kept = {key: value for key, value in shown["shading"].items() if key != "tables"}
        shown["shading"] = {**kept, "aggregate": asked.aggregate}
    return _encode(shown)


def shading_at(content: bytes, asked: Scenery) -> dict[str, Json]:
    """Return the shares at the position of the grid that is nearest to the one asked for.

    On an axis on which none is named they are means, in which each position counts as the beam that a table would
    have there.
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        place = _place(archive["azimuth"], archive["elevation"], asked)
        # One array after the other: all of them at once would be several times the memory.
        at = {
            name: _cut(archive[name], place)
            for name in ("direct", "diodes", "incidence", "sky", "rotation")
            if name in archive.files and (name != "rotation" or place.is_one)
        }
        area = archive["area"]
    told = {
        "aggregate": asked.aggregate,
        "azimuthBin": place.azimuth_bin,
        "elevationBin": place.elevation_bin,
        "scene": _of_scene(at, area),
    }
    return told if asked.aggregate is Aggregate.SCENE else {**told, "tables": _of_tables(at)}


def geometry_of(scene: Mapping[str, Json]) -> dict[str, Json]:
    """Take what can be drawn out of a scene's JSON that has not been computed yet."""
    tables = [_table(index, table) for index, table in enumerate(scene.get("tableList") or ())]
    solids = [solid for solid in scene.get("obstructions") or () if isinstance(solid, dict)]
    objects = [triangle for solid in solids for triangle in _triangles(solid)]
    return {"units": "m", "tables": tables, "obstructions": {"terrain": [], "objects": objects}}


def _place(azimuths: Floats, elevations: Floats, asked: Scenery) -> Place:
    around = _near(np.abs((azimuths - (asked.azimuth or 0.0) + 180) % 360 - 180), asked.azimuth)
    upward = _near(np.abs(elevations - (asked.elevation or 0.0)), asked.elevation)
    return Place(
        azimuth=around,
        elevation=upward,
        azimuth_bin=None if asked.azimuth is None else float(azimuths[around][0]),
        elevation_bin=None if asked.elevation is None else float(elevations[upward][0]),
    )


def _near(distance: Floats, asked: float | None) -> slice:
    nearest = int(distance.argmin())
    return slice(None) if asked is None else slice(nearest, nearest + 1)


def _cut(shares: Floats, place: Place) -> Floats:
    """Return an array's part, tables by positions; what does not change with the sun has one position."""
    if shares.ndim == 1:
        return shares[:, None]
    return shares[:, place.azimuth, place.elevation].reshape(len(shares), -1)


def _of_scene(at: Mapping[str, Floats], area: Floats) -> dict[str, float]:
    beam = at["incidence"] * area[:, None]
    lit = np.where(beam > 0, area[:, None], 0.0)
    diodes = _means(at["diodes"], lit, axis=0)
    return {
        "directShading": _rounded(_means(at["direct"].ravel(), beam.ravel())),
        "affectedDiodes": _rounded(_means(diodes, beam.sum(axis=0))),
        "skyShading": _rounded(np.average(at["sky"].mean(axis=1), weights=area)),
    }


def _of_tables(at: Mapping[str, Floats]) -> dict[str, Floats]:
    shares = {word: _means(at[name], at["incidence"], axis=1) for name, word in _SHARES.items()}
    turned = {"rotation": at["rotation"][:, 0]} if "rotation" in at else {}
    every = {**shares, "skyShading": at["sky"].mean(axis=1), **turned}
    return {word: np.round(values, _DIGITS) + 0.0 for word, values in every.items()}


def _means(shares: Floats, weights: Floats, axis: int = 0) -> Floats:
    """Return weighted means along an axis; where nothing has weight there is no light to lose, and all of it is."""
    total = weights.sum(axis=axis, dtype=np.float64)
    summed = (shares * weights).sum(axis=axis, dtype=np.float64)
    means: Floats = np.divide(summed, total, out=np.ones_like(total), where=total > 0)
    return means


def _rounded(value: Floats | np.floating) -> float:
    return round(float(value), _DIGITS)


def _table(index: int, table: Mapping[str, Json]) -> dict[str, Json]:
    axis = {"axis": table["torqueTubeVector"]} if "torqueTubeVector" in table else {}
    return {
        "tableHash": table.get("tableHash", str(index)),
        "index": index,
        "tracker": bool(table.get("tracker")),
        "corners": _corners(table),
        **axis,
    }


def _corners(table: Mapping[str, Json]) -> Sequence[Json]:
    if "outline" in table:
        return list(table["outline"])
    return [list(corner) for corner in zip(table["xpoints"], table["ypoints"], table["zpoints"], strict=True)]


def _triangles(solid: Mapping[str, Json]) -> Iterator[list[float]]:
    """Yield the triangles of a polygon or a mesh, nine numbers each."""
    points = solid.get("vertices") or solid.get("outline") or ()
    for face in solid.get("faces") or [range(len(points))]:
        first, *others = (points[index] for index in face)
        for second, third in pairwise(others):
            yield [*first, *second, *third]


def _encode(value: Json) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
