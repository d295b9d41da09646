"""What a scene's viewer draws: tables, what stands around them, and shares by position of the sun, in pieces."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import orjson

from gnomon.core.task import Json
from gnomon.web.dialects.daly.wire.scenes import Aggregate, Scenery

Shares = Mapping[str, npt.NDArray[np.floating]]

VIEWER = {
    "shadingSceneId": 4,
    "status": "completed",
    "aggregate": "table",
    "tables": [
        {
            "tableHash": "a1",
            "tracker": False,
            "corners": [[0, 0, 1], [20, 0, 1], [20, 3.6, 2.7], [0, 3.6, 2.7]],
        }
    ],
    "obstructions": [],
    "shading": {
        "azimuths": [120.0],
        "elevations": [10.0],
        "positions": [
            {
                "azimuth": 120.0,
                "elevation": 10.0,
                "directShading": 0.12,
                "affectedDiodes": 0.34,
                "tables": {"directShading": [0.12], "affectedDiodes": [0.34]},
            }
        ],
    },
}
_NAMES = {"direct": "directShading", "diodes": "affectedDiodes", "rotation": "rotation"}
_MEANS = ("direct", "diodes")
_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The places of the grid that are shown."""

    azimuths: tuple[int, ...]
    elevations: tuple[int, ...]


def read_shares(content: bytes) -> Shares:
    """Read the stored shares of a scene."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def shading_pieces(shares: Shares, asked: Scenery) -> Iterator[bytes]:
    """Write the shares in pieces of one azimuth each, as JSON."""
    cut = _cut(shares, asked)
    head = {key: shares[name].astype(float) for key, name in (("azimuths", "azimuth"), ("elevations", "elevation"))}
    yield _encode(head)[:-1] + b',"positions":['
    before = b""
    for azimuth in cut.azimuths:
        rows = [_position(shares, azimuth, elevation, asked.aggregate) for elevation in cut.elevations]
        yield before + _encode(rows)[1:-1]
        before = b","
    yield b"]" + _views(shares, asked.aggregate) + b"}"


def geometry_of(scene: Mapping[str, Json]) -> dict[str, Json]:
    """Take what can be drawn out of a scene's JSON that has not been computed yet."""
    tables = [_table(index, table) for index, table in enumerate(scene.get("tableList") or ())]
    solids = [solid for solid in scene.get("obstructions") or () if isinstance(solid, dict)]
    return {"tables": tables, "obstructions": solids}


def _cut(shares: Shares, asked: Scenery) -> Cut:
    azimuths, elevations = shares["azimuth"], shares["elevation"]
    return Cut(
        azimuths=_near(np.abs((azimuths - (asked.azimuth or 0.0) + 180) % 360 - 180), asked.azimuth),
        elevations=_near(np.abs(elevations - (asked.elevation or 0.0)), asked.elevation),
    )


def _near(distance: npt.NDArray[np.floating], asked: float | None) -> tuple[int, ...]:
    return tuple(range(len(distance))) if asked is None else (int(distance.argmin()),)


def _position(shares: Shares, azimuth: int, elevation: int, aggregate: Aggregate) -> dict[str, Json]:
    here = {name: np.round(shares[name][:, azimuth, elevation], _DIGITS) for name in _NAMES if name in shares}
    area = shares["area"]
    whole = {_NAMES[name]: round(float(np.average(here[name], weights=area)), _DIGITS) for name in _MEANS}
    sun = {"azimuth": float(shares["azimuth"][azimuth]), "elevation": float(shares["elevation"][elevation])}
    if aggregate is Aggregate.SCENE:
        return {**sun, **whole}
    return {**sun, **whole, "tables": {_NAMES[name]: values for name, values in here.items()}}


def _views(shares: Shares, aggregate: Aggregate) -> bytes:
    """Write the shares of sky and ground of tables at rest; those of trackers go with the sun."""
    still = {name: shares[name] for name in ("sky", "ground") if name in shares and shares[name].ndim == 1}
    words = {"sky": "skyShading", "ground": "groundShading"}
    shown = {words[name]: float(np.average(values, weights=shares["area"])) for name, values in still.items()}
    if aggregate is Aggregate.TABLE:
        shown_by = {words[name]: np.round(values, _DIGITS) for name, values in still.items()}
        return b"," + _encode({**shown, "tables": shown_by})[1:-1] if still else b""
    return b"," + _encode(shown)[1:-1] if still else b""


def _table(index: int, table: Mapping[str, Json]) -> dict[str, Json]:
    points = ("torqueTubePoint_1", "torqueTubePoint_2", "torqueTubeVector")
    return {
        "tableHash": table.get("tableHash", str(index)),
        "tracker": bool(table.get("tracker")),
        "corners": _corners(table),
        **{key: table[key] for key in points if key in table},
    }


def _corners(table: Mapping[str, Json]) -> Sequence[Json]:
    if "outline" in table:
        return list(table["outline"])
    return [list(corner) for corner in zip(table["xpoints"], table["ypoints"], table["zpoints"], strict=True)]


def _encode(value: Json) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
