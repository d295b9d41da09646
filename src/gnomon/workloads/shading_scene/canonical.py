"""The canonical scene JSON, read whole: what is wrong is noted table by table, with what to give instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnomon.pv.arrays import FloatArray, IntArray
from gnomon.workloads.shading_scene import layout
from gnomon.workloads.shading_scene.fields import (
    Loc,
    Notes,
    Point,
    as_number,
    as_point,
    count,
    flag,
    inner,
    shown,
    unknown,
)
from gnomon.workloads.shading_scene.layout import Scene
from gnomon.workloads.shading_scene.obstructions import read_obstructions

MOST_TABLES = 20_000
"""Of one scene. More are better cut into scenes of a few blocks each."""
WIDEST = 50_000.0
"""How far apart two corners of a scene may be. [m]"""
DEFAULT_TRANSVERSE_DIODES = 3
"""Where a table does not tell: the three groups of cells of one common module, which lies down."""
PIECE = 2.2
"""About how long the pieces are in which such a table is counted: as such a module is. [m]"""
MOST_PIECES = 24
"""Of a table that does not tell; each costs time."""
_MOST_DIODES = 1000
_FARTHEST = 1e8  # m; coordinates of maps have seven digits
_CORNERS = 4
_KEYS = ("tableList", "obstructions", "modelInputs", "gcrProperties", "maxRotation")
_TABLE_KEYS = (
    *("tableHash", "tracker", "xpoints", "ypoints", "zpoints", "outline", "torqueTubePoint_1"),
    *("torqueTubePoint_2", "torqueTubeVector", "transverseDiodes", "stringsPerLength"),
)
_EXAMPLE = (
    "outline: [[0,0,1],[10,0,1],[10,2,2],[0,2,2]], or xpoints, ypoints and zpoints of four numbers each"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A table as it is given."""

    name: str
    corners: Sequence[Point]
    is_tracker: bool
    tube: Point | None
    vector: Point | None
    diodes: int | None
    strings: int | None


def read_scene(document: Mapping[str, Any], notes: Notes, at: Loc = ("sceneJson",)) -> Scene | None:
    """Return the geometry of a scene, or None when something in it is wrong."""
    tables = _tables(document.get("tableList"), (*at, "tableList"), notes)
    obstructions = read_obstructions(document.get("obstructions"), (*at, "obstructions"), notes)
    _model_inputs(document, at, notes)
    unknown(document, _KEYS, at, notes)
    if notes.complaints or not tables:
        return None
    limit = as_number(document.get("maxRotation"))
    return _scene(tables, obstructions.triangles, obstructions.terrain, limit, (*at, "tableList"), notes)


def _model_inputs(document: Mapping[str, Any], at: Loc, notes: Notes) -> None:
    inputs = inner(document, "modelInputs", at, notes)
    if inputs is None:
        return
    place = (*at, "modelInputs")
    flag(inputs, "diodesReadIn", place, notes)
    if inputs.get("diffuseTableIndex") is not None:
        notes.warn(
            "modelInputs.diffuseTableIndex: not used; the light of sky and ground is computed for every table"
        )
    unknown(inputs, ("diodesReadIn", "diffuseTableIndex"), place, notes)


def _tables(given: object, at: Loc, notes: Notes) -> list[_Table]:
    if not isinstance(given, list) or not given:
        notes.complain(at, f"give a list of at least one table, each with {_EXAMPLE}", "missing")
        return []
    if len(given) > MOST_TABLES:
        words = f"{len(given)} tables; give at most {MOST_TABLES}, and the rest in scenes of their own"
        notes.complain(at, words, "too_long")
        return []
    tables = [_table(each, (*at, place), place, notes) for place, each in enumerate(given)]
    found = [table for table in tables if table is not None]
    _refuse_twins(found, at, notes)
    _tell_defaults(found, notes)
    return found


def _refuse_twins(tables: Sequence[_Table], at: Loc, notes: Notes) -> None:
    seen: dict[str, int] = {}
    for place, table in enumerate(tables):
        if table.name in seen:
            words = f"{shown(table.name)} names table {seen[table.name]} already; give each a name of its own"
            notes.complain((*at, place, "tableHash"), words, "duplicate")
        seen.setdefault(table.name, place)


def _tell_defaults(tables: Sequence[_Table], notes: Notes) -> None:
    if lacking := sum(not table.diodes for table in tables):
        notes.warn(
            f"transverseDiodes: not given for {lacking} of {len(tables)} tables; "
            f"taken as {DEFAULT_TRANSVERSE_DIODES}"
        )


def _table(given: object, at: Loc, place: int, notes: Notes) -> _Table | None:
    if not isinstance(given, dict):
        notes.complain(at, f"give an object with {_EXAMPLE}, not {shown(given)}", "object_type")
        return None
    corners = _corners(given, at, notes)
    tube, vector = _tube(given, at, notes)
    found = _Table(
        name=_name(given, at, place, notes),
        corners=corners or (),
        is_tracker=flag(given, "tracker", at, notes) or False,
        tube=tube,
        vector=vector,
        diodes=count(given, "transverseDiodes", at, notes, high=_MOST_DIODES),
        strings=count(given, "stringsPerLength", at, notes, high=_MOST_DIODES),
    )
    if place == 0:
        unknown(given, _TABLE_KEYS, at, notes)
    return found if corners else None


def _name(given: Mapping[str, Any], at: Loc, place: int, notes: Notes) -> str:
    name = given.get("tableHash")
    if name is None or name == "":
        return f"table-{place + 1}"
    if isinstance(name, str) and len(name) <= 200:
        return name
    if isinstance(name, int) and not isinstance(name, bool):
        return str(name)
    notes.complain(
        (*at, "tableHash"), f"give a text of at most 200 characters, not {shown(name)}", "string_type"
    )
    return f"table-{place + 1}"


def _corners(given: Mapping[str, Any], at: Loc, notes: Notes) -> Sequence[Point] | None:
    if given.get("outline") is not None:
        return _outline(given["outline"], (*at, "outline"), notes)
    axes = [given.get(f"{axis}points") for axis in "xyz"]
    if all(axis is None for axis in axes):
        notes.complain(at, f"has no corners; give {_EXAMPLE}", "missing")
        return None
    columns = [_column(axis, (*at, f"{name}points"), notes) for name, axis in zip("xyz", axes, strict=True)]
    if any(column is None for column in columns):
        return None
    return [(x, y, z) for x, y, z in zip(*(column or () for column in columns), strict=True)]


def _column(given: object, at: Loc, notes: Notes) -> Sequence[float] | None:
    numbers = [as_number(each) for each in given] if isinstance(given, list) else []
    if len(numbers) == _CORNERS + 1 and numbers[0] == numbers[-1]:
        numbers.pop()
    if len(numbers) != _CORNERS:
        notes.complain(at, f"give the four corners' numbers, not {shown(given)}", "corners")
        return None
    for place, value in enumerate(numbers):
        if value is None or abs(value) > _FARTHEST:
            bad = given[place] if isinstance(given, list) else given
            notes.complain(
                (*at, place), f"{shown(bad)} is no coordinate; give a number of metres", "float_type"
            )
            return None
    return [value for value in numbers if value is not None]


def _outline(given: object, at: Loc, notes: Notes) -> Sequence[Point] | None:
    points = [as_point(each) for each in given] if isinstance(given, list) else []
    if len(points) == _CORNERS + 1 and points[0] == points[-1]:
        points.pop()
    if len(points) != _CORNERS:
        notes.complain(at, f"give four corners [x, y, z], not {shown(given)}", "corners")
        return None
    for place, point in enumerate(points):
        if point is None or max(map(abs, point)) > _FARTHEST:
            bad = given[place] if isinstance(given, list) else given
            notes.complain((*at, place), f"{shown(bad)} is no corner; give [x, y, z] in metres", "float_type")
            return None
    return [point for point in points if point is not None]


def _tube(given: Mapping[str, Any], at: Loc, notes: Notes) -> tuple[Point | None, Point | None]:
    """Return a point of the torque tube and its direction, as far as they are told."""
    told = {key: _given_point(given, key, at, notes) for key in _TABLE_KEYS if key.startswith("torqueTube")}
    first, second = told["torqueTubePoint_1"], told["torqueTubePoint_2"]
    vector = told["torqueTubeVector"]
    if first is not None and second is not None:
        between = tuple(b - a for a, b in zip(first, second, strict=True))
        if max(map(abs, between)) > 1e-6:
            vector = (between[0], between[1], between[2])
    if vector is not None and max(map(abs, vector)) <= 1e-9:
        vector = None
    middle = first if second is None else second if first is None else _midway(first, second)
    return middle, vector


def _midway(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2


def _given_point(given: Mapping[str, Any], key: str, at: Loc, notes: Notes) -> Point | None:
    value = given.get(key)
    if value is None or value == []:
        return None
    point = as_point(value)
    if point is None or max(map(abs, point)) > _FARTHEST:
        notes.complain((*at, key), f"give [x, y, z] in metres, not {shown(value)}", "float_type")
        return None
    return point


def _scene(
    tables: Sequence[_Table],
    triangles: FloatArray,
    terrain: Sequence[bool],
    limit: float | None,
    at: Loc,
    notes: Notes,
) -> Scene | None:
    corners = np.array([table.corners for table in tables])
    every = np.concatenate((corners.reshape(-1, 3), triangles.reshape(-1, 3)))
    span = np.ptp(every, axis=0)
    if span.max() > WIDEST:
        words = f"the scene is {span.max() / 1000:.0f} km wide; give coordinates in metres, and one plant"
        notes.complain(at, words, "range")
        return None
    origin = np.round(corners.reshape(-1, 3).mean(axis=0)) * (np.abs(every).max() > WIDEST)
    flat = layout.flatten(corners - origin)
    _check_shapes(flat, tables, at, notes)
    if notes.complaints:
        return None
    point, vector = _axes(tables, flat, origin, notes)
    is_tracker = np.array([table.is_tracker for table in tables])
    placed = layout.along(flat, np.where(is_tracker[:, None], vector, np.nan))
    return Scene(
        names=tuple(table.name for table in tables),
        corners=placed,
        is_tracker=is_tracker,
        axis_point=point,
        axis_vector=vector,
        transverse_diodes=np.array([table.diodes or DEFAULT_TRANSVERSE_DIODES for table in tables]),
        strings_per_length=_pieces(tables, placed),
        triangles=triangles - origin,
        terrain=np.array(terrain, dtype=bool),
        origin=(float(origin[0]), float(origin[1]), float(origin[2])),
        max_rotation=limit,
    )


def _pieces(tables: Sequence[_Table], corners: FloatArray) -> IntArray:
    """Return in how many pieces along its length each table's groups of cells are counted."""
    length = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1)
    usual = np.clip(np.round(length / PIECE), 1, MOST_PIECES).astype(np.int64)
    told = np.array([table.strings or 0 for table in tables], dtype=np.int64)
    return np.where(told > 0, told, usual)


def _check_shapes(flat: layout.Flattened, tables: Sequence[_Table], at: Loc, notes: Notes) -> None:
    shortest = np.minimum(flat.sides.min(axis=1), np.sqrt(layout.areas(flat.corners)))
    for place in np.flatnonzero(shortest < layout.LEAST_SIDE).tolist():
        words = f"{tables[place].name} has no area; give its four corners, in metres, around it"
        notes.complain((*at, place), words, "degenerate")
    diagonal = np.linalg.norm(flat.corners[:, 2] - flat.corners[:, 0], axis=1)
    bent = (flat.bend > layout.MOST_BEND) & (shortest >= layout.LEAST_SIDE)
    for place in np.flatnonzero(bent).tolist():
        off = flat.bend[place] * diagonal[place]
        words = (
            f"{tables[place].name}: a corner stands {off:.2g} m off the plane of the others; "
            "give a flat table, or cut it into flat ones"
        )
        notes.complain((*at, place), words, "not_planar")
    _tell(flat.is_crossed, "corners do not go around the table; taken in the order that does", tables, notes)
    _tell(
        ~flat.is_rectangle & ~flat.is_crossed,
        "is no rectangle; computed as the quadrilateral it is",
        tables,
        notes,
    )
    vertical = np.abs(flat.normal[:, 2]) < 0.01
    _tell(vertical, "stands upright; its front is where its corners go anticlockwise", tables, notes)


def _tell(which: FloatArray | Any, words: str, tables: Sequence[_Table], notes: Notes) -> None:
    places = np.flatnonzero(which).tolist()
    if places:
        more = f" (and {len(places) - 1} more tables)" if len(places) > 1 else ""
        notes.warn(f"{tables[places[0]].name}{more}: {words}")


def _axes(
    tables: Sequence[_Table], flat: layout.Flattened, origin: FloatArray, notes: Notes
) -> tuple[FloatArray, FloatArray]:
    """Return a point and the direction of each torque tube: as told, else through the middle along the length."""
    nothing = (np.nan, np.nan, np.nan)
    vector = np.array([table.vector or nothing for table in tables])
    point = np.array([table.tube or nothing for table in tables]) - origin
    middle = flat.corners.mean(axis=1)
    derived = np.array(
        [table.is_tracker and (table.vector is None or table.tube is None) for table in tables]
    )
    _tell(
        derived,
        "is a tracker without a torque tube; taken along its longer side, through its middle",
        tables,
        notes,
    )
    vector = np.where(np.isnan(vector), layout.longer_side(flat), layout.northward(vector))
    return np.where(np.isnan(point), middle, point), vector
