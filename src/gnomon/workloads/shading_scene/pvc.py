"""Tables, trackers and what shades them in Collada files: PV Collada 1 and 2 by their own words, others by shape.

PV Collada is the exchange format of PVsyst and PVcase: version 1 marks a mesh with ``frame_parameters`` or
``tracker_parameters``, version 2 a geometry with ``rack`` and a node with ``table``. Where a file has such words,
what bears them is a table and everything else is not; only a file without any is judged by names and shapes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from gnomon.pv.arrays import FloatArray
from gnomon.workloads.shading_scene import plates
from gnomon.workloads.shading_scene.collada import Drawing, Shape, moved, numbers_of, read
from gnomon.workloads.shading_scene.modules import ModuleGrid, module_grid, rack_grid
from gnomon.workloads.shading_scene.plates import Plate
from gnomon.workloads.shading_scene.xml import NotReadable, parse

_FRAME, _TRACKER = "frame_parameters", "tracker_parameters"
_TABLE_NAMES = re.compile(r"(?i)table|tracker|panel|module|frame|rack|solar|(?<![a-z])pv")
_TRACKER_NAMES = re.compile(r"(?i)tracker|(?<![a-z])sat(?![a-z])")
_TERRAIN_NAMES = re.compile(r"(?i)terrain|topo|ground|relief|(?<![a-z])(dtm|dem|tin)(?![a-z])")
_HARDWARE = ("post", "gap")
_TABLE_SIDES = ((0.4, 10.0), (0.8, 250.0))  # m; shorter and longer side of what may be a table
_STEEPEST = 0.1  # rise of the normal of what may be a table: steeper is a wall


@dataclass(slots=True, kw_only=True)
class Found:
    """What a file shows: tables and obstructions of canonical scene JSON, and what was assumed."""

    tables: list[dict[str, Any]] = field(default_factory=list)
    obstructions: list[dict[str, Any]] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Surface:
    """A plate of a shape that may be a table."""

    plate: Plate
    shape: Shape
    name: str
    axis: tuple[FloatArray, FloatArray] | None = None
    is_tracker: bool = False
    grid: ModuleGrid | None = None


def read_pvc(content: bytes, *, read_diodes: bool = True) -> tuple[dict[str, Any], list[str]]:
    """Return canonical scene JSON of a Collada file, and what was assumed.

    Raises
    ------
    NotReadable
        If it is no Collada, or shows no table; the message says what to send.
    """
    root = parse(content)
    is_pv = any(True for name in (_FRAME, _TRACKER, "rack") for _ in root.iter(name))
    # PV Collada is defined with z up; the files of its first version do not say it.
    drawing = read(root, up_axis="Z_UP" if is_pv else "Y_UP")
    found = Found(warnings=drawing.warnings)
    if drawing.up_axis is None:
        axis = "z, as PV Collada has it" if is_pv else "y, as Collada has it"
        found.warnings.append(
            f"up_axis: not given; taken as {axis}. If the tables do not lie as built, give it"
        )
    surfaces, rest = _marked(drawing, found) if is_pv else _by_shape(drawing, found)
    if not surfaces:
        raise NotReadable(
            "the file shows no tables; export PV Collada (PVcase: 'Export to PVsyst'), or rectangles that are "
            "named table or tracker"
        )
    found.tables = _tables(surfaces, found, read_diodes=read_diodes)
    for shape in rest:
        found.obstructions += _obstruction(shape)
    return _scene_json(found, read_diodes=read_diodes), found.warnings


def _scene_json(found: Found, *, read_diodes: bool) -> dict[str, Any]:
    scene: dict[str, Any] = {
        "tableList": found.tables,
        "obstructions": found.obstructions,
        "modelInputs": {"diodesReadIn": read_diodes},
    }
    if found.limits:
        scene["maxRotation"] = min(found.limits)
    return scene


def _marked(drawing: Drawing, found: Found) -> tuple[list[_Surface], list[Shape]]:
    """Sort shapes by the words of PV Collada."""
    surfaces: list[_Surface] = []
    rest: list[Shape] = []
    racks: dict[int, list[_Surface]] = {}
    left_out = 0
    for shape in drawing.shapes:
        if any(_marks(shape.mesh.holder, word) is not None for word in _HARDWARE):
            left_out += 1
        elif (rack := _marks(shape.mesh.holder, "rack")) is not None:
            racks.setdefault(id(_instance(shape)), []).extend(_rack(shape, rack, found))
        elif (parameters := _parameters(shape.mesh.element)) is not None:
            surfaces += _framed(shape, parameters, drawing.metre, found)
        else:
            rest.append(shape)
    for place, group in enumerate(racks.values()):
        surfaces += _one_table(group, place, found)
    if left_out:
        found.warnings.append(f"{left_out} posts and gaps of racks are left out: what shades is above them")
    return surfaces, rest


def _parameters(mesh: Element) -> Element | None:
    found = mesh.find(_FRAME)
    return mesh.find(_TRACKER) if found is None else found


def _marks(element: Element, word: str) -> Element | None:
    """Return what the extras of an element tell by a word of PV Collada 2."""
    return element.find(f"extra/technique/{word}")


def _instance(shape: Shape) -> Element:
    """Return what places the table that a rack is part of: the outermost instance, or else its node."""
    placed = [node for node in shape.nodes[:-1] if node.tag == "instance_node"]
    return placed[0] if placed else shape.nodes[-2]


def _framed(shape: Shape, parameters: Element, metre: float, found: Found) -> Iterator[_Surface]:
    """Yield the table of a mesh of PV Collada 1."""
    is_tracker = parameters.tag == _TRACKER
    for piece in plates.pieces(shape.points(), shape.mesh.faces):
        plate = plates.plate_of(piece)
        if plate is None:
            found.warnings.append(f"{shape.mesh.name}: is no rectangle; left out of the tables")
            continue
        yield _Surface(
            plate=plate,
            shape=shape,
            name=shape.mesh.name,
            axis=_axis(parameters, shape) if is_tracker else None,
            is_tracker=is_tracker,
            grid=module_grid(parameters, plate.sides, metre),
        )
    if is_tracker:
        found.limits += _limits(parameters)


def _axis(parameters: Element, shape: Shape) -> tuple[FloatArray, FloatArray] | None:
    ends = [numbers_of(each) for each in parameters.findall("axis_vertices/float_array")]
    if len(ends) != 2 or any(len(end) != 3 or not np.isfinite(end).all() for end in ends):
        return None
    first, second = moved(np.array(ends), shape.place)
    return first, second


def _limits(parameters: Element) -> Iterator[float]:
    """Yield how far a tracker turns to either side, where a file tells it."""
    for name in ("min_phi", "max_phi"):
        yield from _limit(numbers_of(parameters.find(name)))


def _limit(numbers: FloatArray) -> Iterator[float]:
    yield from (abs(float(each)) for each in numbers if 0.0 < abs(float(each)) <= 90.0)


def _rack(shape: Shape, rack: Element, found: Found) -> Iterator[_Surface]:
    for piece in plates.pieces(shape.points(), shape.mesh.faces):
        plate = plates.plate_of(piece)
        if plate is None:
            found.warnings.append(f"{shape.mesh.name}: is no rectangle; left out of the tables")
            continue
        kind = "".join(rack.findtext("rack_type") or "").strip()
        yield _Surface(plate=plate, shape=shape, name="", is_tracker=kind == "tracker", grid=rack_grid(rack))


def _one_table(group: Sequence[_Surface], place: int, found: Found) -> Iterator[_Surface]:
    """Yield the racks of one table of PV Collada 2: with the name of the table, and one axis for all."""
    marked = [node for node in group[0].shape.nodes if _marks(node, "table") is not None] if group else []
    table = _marks(marked[-1], "table") if marked else None
    is_tracker = any(each.is_tracker for each in group)
    if table is not None:
        is_tracker = (table.findtext("type") or "").strip() == "tracker" or is_tracker
        told = table.find("tracker_max_rotation")
        if is_tracker and told is not None:
            found.limits += _limit(numbers_of(told))
    if table is not None and (table.findtext("tracker_type") or "").strip() == "dual_axis":
        found.warnings.append("tracker_type: dual_axis is turned about one axis here; expect other results")
    name = _table_name(group[0].shape, place) if group else ""
    axis = _common_axis(group) if is_tracker else None
    for number, each in enumerate(group, start=1):
        whole = name if len(group) == 1 else f"{name}/{number}"
        yield _Surface(
            plate=each.plate, shape=each.shape, name=whole, axis=axis, is_tracker=is_tracker, grid=each.grid
        )


def _table_name(shape: Shape, place: int) -> str:
    instance = _marks(_instance(shape), "instance_table")
    return (instance.get("id") if instance is not None else None) or f"table-{place + 1}"


def _common_axis(group: Sequence[_Surface]) -> tuple[FloatArray, FloatArray]:
    """Return two points of the tube of racks in a row: through their middles, or along the only one's longer side."""
    middles = np.array([each.plate.corners.mean(axis=0) for each in group])
    middle = middles.mean(axis=0)
    corners = group[0].plate.corners
    edges = corners[1] - corners[0], corners[3] - corners[0]
    direction = max(edges, key=lambda edge: float(np.linalg.norm(edge)))
    if len(group) > 1:
        farthest = middles[np.argmax(np.linalg.norm(middles - middle, axis=1))] - middle
        if np.linalg.norm(farthest) > 0.1:
            direction = farthest
    return middle, middle + direction / np.linalg.norm(direction)


def _by_shape(drawing: Drawing, found: Found) -> tuple[list[_Surface], list[Shape]]:
    """Sort shapes of a plain file by their names, or where no name tells, by what might be a table."""
    named = any(_TABLE_NAMES.search(_words(shape)) for shape in drawing.shapes)
    single: list[_Surface] = []
    rest: list[Shape] = []
    for shape in drawing.shapes:
        is_named = bool(_TABLE_NAMES.search(_words(shape)))
        if _TERRAIN_NAMES.search(_words(shape)) or (named and not is_named):
            rest.append(shape)
            continue
        pieces = [plates.plate_of(piece) for piece in plates.pieces(shape.points(), shape.mesh.faces)]
        whole = [plate for plate in pieces if plate is not None and (_may_be_table(plate) or plate.is_module)]
        if not whole or len(whole) < len(pieces):
            rest.append(shape)
            continue
        tracker = bool(_TRACKER_NAMES.search(_words(shape)))
        name = next((each for each in reversed(shape.names) if each), shape.mesh.name)
        single += [_Surface(plate=plate, shape=shape, name=name, is_tracker=tracker) for plate in whole]
    how = "by their names" if named else "by their shape, rectangles of the size of tables"
    found.warnings.append(f"the file is no PV Collada: tables are taken {how}; compare their number")
    return _joined(single, rest), rest


def _words(shape: Shape) -> str:
    return " ".join((*shape.names, shape.mesh.name, *shape.mesh.materials))


def _may_be_table(plate: Plate) -> bool:
    is_sized = all(
        low <= side <= high for side, (low, high) in zip(sorted(plate.sides), _TABLE_SIDES, strict=True)
    )
    return is_sized and float(plate.normal[2]) > _STEEPEST


def _joined(single: Sequence[_Surface], rest: list[Shape]) -> list[_Surface]:
    """Return the tables that single plates make up; what is too small for one is an obstruction."""
    kept: list[_Surface] = []
    for plate, members in plates.joined([each.plate for each in single]):
        first = single[members[0]]
        if _may_be_table(plate):
            kept.append(
                _Surface(plate=plate, shape=first.shape, name=first.name, is_tracker=first.is_tracker)
            )
        else:
            rest += [single[each].shape for each in members]
    return kept


def _tables(surfaces: Sequence[_Surface], found: Found, *, read_diodes: bool) -> list[dict[str, Any]]:
    used: dict[str, int] = {}
    tables = []
    untold = 0
    for surface in surfaces:
        used[surface.name] = used.get(surface.name, 0) + 1
        again = used[surface.name]
        table: dict[str, Any] = {
            "tableHash": surface.name if again == 1 else f"{surface.name}#{again}",
            "tracker": surface.is_tracker,
        }
        for axis, column in zip("xyz", surface.plate.corners.T, strict=True):
            table[f"{axis}points"] = [_rounded(value) for value in column]
        if surface.axis is not None:
            first, second = surface.axis
            table["torqueTubePoint_1"] = [_rounded(value) for value in first]
            table["torqueTubePoint_2"] = [_rounded(value) for value in second]
        if read_diodes and surface.grid is not None:
            table["transverseDiodes"] = surface.grid.transverse_diodes
        untold += surface.grid is None
        tables.append(table)
    if read_diodes and (told := {surface.grid for surface in surfaces if surface.grid is not None}):
        found.warnings += sorted(grid.told() for grid in told)[:5]
    if read_diodes and untold:
        found.warnings.append(f"{untold} of {len(tables)} tables do not tell how their modules lie")
    return tables


def _obstruction(shape: Shape) -> Iterator[dict[str, Any]]:
    faces = [list(face) for face in shape.mesh.faces]
    if faces:
        yield {
            "name": " ".join(shape.names[-1:] or (shape.mesh.name,)),
            "kind": "terrain" if _is_terrain(shape) else "object",
            "vertices": [[_rounded(value) for value in point] for point in shape.points()],
            "faces": faces,
        }


def _is_terrain(shape: Shape) -> bool:
    return _marks(shape.mesh.holder, "terrain") is not None or bool(_TERRAIN_NAMES.search(_words(shape)))


def _rounded(value: float) -> float:
    """Round to a tenth of a millimetre: no file is more exact, and equal files give equal bytes."""
    return round(float(value), 4) + 0.0
