"""Collada 1.4 and 1.5: shapes on their places, in metres with z up. It knows nothing of modules.

What real files do against the standard is taken as it is meant: accessors that count numbers instead of points,
triangles that count none, scenes without a name, and sources that are named twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element

import numpy as np

from gnomon.pv.arrays import FloatArray
from gnomon.workloads.shading_scene.xml import NotReadable

MOST_SHAPES = 400_000
"""Of one file, each counted as often as it is placed."""
MOST_STEPS = 1_000_000
"""Of a walk through the nodes, each counted as often as it is placed."""
_MOST_DEPTH = 60
_MOST_POINTS = 10_000_000
# Turns an axis that is up into z, and keeps right hands right.
_UPWARD = {
    "X_UP": np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]]),
    "Y_UP": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]),
    "Z_UP": np.eye(3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """A geometry as it stands in the file.

    Attributes
    ----------
    faces
        Places of corners in `points`.
    element, holder
        The mesh and the geometry that holds it, for what else they tell.
    """

    name: str
    points: FloatArray
    faces: Sequence[Sequence[int]]
    materials: tuple[str, ...]
    element: Element
    holder: Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A mesh on its place.

    Attributes
    ----------
    place
        Turns points of the mesh into metres, shape (4, 4).
    names
        Of the nodes that lead to it, from the outermost.
    nodes
        Those nodes; what is placed as an instance comes after what places it.
    """

    mesh: Mesh
    place: FloatArray
    names: tuple[str, ...]
    nodes: tuple[Element, ...]

    def points(self) -> FloatArray:
        """Return the mesh's points where they stand. [m]."""
        return moved(self.mesh.points, self.place)


@dataclass(slots=True, kw_only=True)
class Drawing:
    """What a file shows.

    Attributes
    ----------
    metre
        How long its unit is. [m]
    up_axis
        As the file tells it; None when it does not.
    """

    shapes: list[Shape]
    metre: float
    up_axis: str | None
    warnings: list[str] = field(default_factory=list)


def moved(points: FloatArray, place: FloatArray) -> FloatArray:
    """Return points turned and shifted by a matrix of shape (4, 4)."""
    there: FloatArray = points @ place[:3, :3].T + place[:3, 3]
    return there


def read(root: Element, *, up_axis: str = "Y_UP") -> Drawing:
    """Return what a Collada document shows; `up_axis` stands for one that the file does not tell.

    Raises
    ------
    NotReadable
        If it is no Collada, or too large.
    """
    if root.tag != "COLLADA":
        raise NotReadable(
            f"the file is XML of another kind ({root.tag[:40]}); send a Collada file (.dae, .pvc)"
        )
    warnings: list[str] = []
    metre, told = _unit(root, warnings), _text(root.find("asset/up_axis"))
    if told not in (None, *_UPWARD):
        warnings.append(f"up_axis: {told} is not known; taken as {up_axis}")
        told = None
    start = np.eye(4)
    start[:3, :3] = _UPWARD[told or up_axis] * metre
    walk = _Walk(meshes=_meshes(root, warnings), nodes=_by_id(root, "library_nodes//node"), warnings=warnings)
    shapes: list[Shape] = []
    nodes = tuple(_scenes(root))
    walk.refuse_endless(nodes)
    for node in nodes:
        shapes += walk.shapes(node, _Way(place=start, names=(), nodes=()))
        if len(shapes) > MOST_SHAPES:
            raise NotReadable(f"the file places more than {MOST_SHAPES} shapes; export a part of the plant")
    return Drawing(shapes=shapes, metre=metre, up_axis=told, warnings=list(dict.fromkeys(warnings)))


def _unit(root: Element, warnings: list[str]) -> float:
    unit = root.find("asset/unit")
    found = _numbers(unit.get("meter", "1") if unit is not None else "1")
    if len(found) == 1 and 1e-6 <= found[0] <= 1e6:
        return float(found[0])
    warnings.append("unit: its length in metres cannot be read; taken as 1")
    return 1.0


def _scenes(root: Element) -> Iterator[Element]:
    """Yield the outermost nodes of the scene that is shown."""
    shown = root.find("scene/instance_visual_scene")
    name = _target(shown) if shown is not None else ""
    scenes = root.findall("library_visual_scenes/visual_scene")
    chosen = [scene for scene in scenes if scene.get("id", "") == name] or scenes[:1]
    for scene in chosen[:1]:
        yield from scene.findall("node")


def _by_id(root: Element, path: str) -> Mapping[str, Element]:
    return {element.get("id", ""): element for element in root.findall(path)}


def _target(instance: Element) -> str:
    return instance.get("url", "").rpartition("#")[2]


def _text(element: Element | None) -> str | None:
    return None if element is None else "".join(element.itertext()).strip() or None


def _numbers(text: str) -> FloatArray:
    try:
        return np.array(text.split(), dtype=np.float64)
    except ValueError as error:
        raise NotReadable(f"the file has a number that is none: {error}; export it anew") from error


def numbers_of(element: Element | None) -> FloatArray:
    """Return the numbers in an element's text.

    Raises
    ------
    NotReadable
        If one is none.
    """
    return _numbers(_text(element) or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """Where a walk through the nodes has come to."""

    place: FloatArray
    names: tuple[str, ...]
    nodes: tuple[Element, ...]


@dataclass(slots=True, kw_only=True)
class _Walk:
    """A walk through the nodes, which may place one another."""

    meshes: Mapping[str, Sequence[Mesh]]
    nodes: Mapping[str, Element]
    warnings: list[str]
    _known: dict[int, FloatArray | None] = field(default_factory=dict)

    def refuse_endless(self, nodes: Iterable[Element]) -> None:
        """Count the steps before the first of them: nodes that place others multiply.

        Raises
        ------
        NotReadable
            If there are too many, or no end.
        """
        known: dict[int, int] = {}
        if sum(self._steps(node, known, ()) for node in nodes) > MOST_STEPS:
            raise NotReadable("the file's nodes place one another too often; export a part of the plant")

    def _steps(self, node: Element, known: dict[int, int], way: tuple[Element, ...]) -> int:
        if len(way) > _MOST_DEPTH or any(node is each for each in way):
            raise NotReadable("the file's nodes hold themselves, or too deeply; export it anew")
        if id(node) not in known:
            held = (child if child.tag == "node" else self._target(child) for child in node)
            inside = [each for each in held if each is not None]
            known[id(node)] = 1 + sum(self._steps(each, known, (*way, node)) for each in inside)
        return known[id(node)]

    def _target(self, child: Element) -> Element | None:
        return self.nodes.get(_target(child)) if child.tag == "instance_node" else None

    def shapes(self, node: Element, way: _Way) -> Iterator[Shape]:
        name = node.get("name") or node.get("id") or ""
        here = _Way(
            place=self._place(node, way.place),
            names=(*way.names, name) if name else way.names,
            nodes=(*way.nodes, node),
        )
        for child in node:
            yield from self._child(child, here)

    def _child(self, child: Element, here: _Way) -> Iterator[Shape]:
        if child.tag == "node":
            yield from self.shapes(child, here)
        elif child.tag == "instance_node":
            target = self._target(child)
            if target is None:
                self.warnings.append(f"instance_node: {_target(child)[:60]} is not in the file; left out")
                return
            placed = replace(here, nodes=(*here.nodes, child))
            yield from self.shapes(target, placed)
        elif child.tag == "instance_geometry":
            for mesh in self.meshes.get(_target(child), ()):
                yield Shape(mesh=mesh, place=here.place, names=here.names, nodes=(*here.nodes, child))
        elif child.tag == "instance_controller":
            self.warnings.append("instance_controller: a skin or morph is left out; export plain meshes")

    def _place(self, node: Element, outer: FloatArray) -> FloatArray:
        # A node of the library is placed thousands of times.
        if id(node) not in self._known:
            self._known[id(node)] = self._transform(node)
        inner = self._known[id(node)]
        return outer if inner is None else outer @ inner

    def _transform(self, node: Element) -> FloatArray | None:
        whole, count = np.eye(4), 0
        for child in node:
            make = _TRANSFORMS.get(child.tag)
            if make is not None:
                whole, count = whole @ make(child), count + 1
            elif child.tag in ("lookat", "skew"):
                self.warnings.append(f"{child.tag}: not understood, and left out of a node's place")
        return whole if count else None


def _sized(element: Element, count: int) -> FloatArray:
    numbers = numbers_of(element)
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise NotReadable(
            f"a {element.tag} has {len(numbers)} numbers instead of {count}; export the file anew"
        )
    return numbers


def _matrix(element: Element) -> FloatArray:
    return _sized(element, 16).reshape(4, 4)


def _translate(element: Element) -> FloatArray:
    whole = np.eye(4)
    whole[:3, 3] = _sized(element, 3)
    return whole


def _scale(element: Element) -> FloatArray:
    return np.diag([*_sized(element, 3), 1.0])


def _rotate(element: Element) -> FloatArray:
    """Return a turn about an axis, right-handed, by Rodrigues' formula."""
    *axis, angle = _sized(element, 4).tolist()
    length = float(np.linalg.norm(axis))
    whole = np.eye(4)
    if length > 0.0:
        x, y, z = np.array(axis) / length
        across = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
        turn = np.radians(angle)
        whole[:3, :3] += np.sin(turn) * across + (1.0 - np.cos(turn)) * across @ across
    return whole


_TRANSFORMS = {"matrix": _matrix, "translate": _translate, "scale": _scale, "rotate": _rotate}


def _meshes(root: Element, warnings: list[str]) -> Mapping[str, Sequence[Mesh]]:
    found: dict[str, list[Mesh]] = {}
    materials = {
        each.get("id", ""): each.get("name") or "" for each in root.findall("library_materials/material")
    }
    points = 0
    for geometry in root.findall("library_geometries/geometry"):
        for element in geometry.findall("mesh"):
            mesh = _mesh(geometry, element, materials, warnings)
            points += len(mesh.points)
            if points > _MOST_POINTS:
                raise NotReadable(f"the file has more than {_MOST_POINTS} points; export a coarser terrain")
            found.setdefault(geometry.get("id", ""), []).append(mesh)
    return found


def _mesh(geometry: Element, element: Element, materials: Mapping[str, str], warnings: list[str]) -> Mesh:
    name = geometry.get("name") or geometry.get("id") or ""
    points = _points(element)
    if not np.isfinite(points).all():
        raise NotReadable(f"geometry {name[:60]} has a point that is none; export the file anew")
    faces, used = [], []
    for part in element:
        read_faces = _FACES.get(part.tag)
        if read_faces is None:
            continue
        material = part.get("material", "")
        used += [material, materials.get(material, "")]
        faces += [face for face in read_faces(part, _stride(part)) if len(face) >= 3]
    kept = [face for face in faces if min(face) >= 0 and max(face) < len(points)]
    if len(kept) < len(faces):
        warnings.append(
            f"geometry {name[:60]}: {len(faces) - len(kept)} faces name points that are not there"
        )
    return Mesh(
        name=name,
        points=points,
        faces=kept,
        materials=tuple(dict.fromkeys(each for each in used if each)),
        element=element,
        holder=geometry,
    )


def _points(element: Element) -> FloatArray:
    """Return a mesh's points: of the source of positions, or of its only source."""
    sources = {each.get("id", ""): each for each in element.findall("source")}
    told = element.find("vertices/input[@semantic='POSITION']")
    name = told.get("source", "").rpartition("#")[2] if told is not None else ""
    source = sources.get(name, next(iter(sources.values()), None))
    if source is None:
        return np.zeros((0, 3))
    numbers = numbers_of(source.find("float_array"))
    accessor = source.find("technique_common/accessor")
    stride = _whole(accessor.get("stride", "3") if accessor is not None else "3", 3)
    rows = numbers[: len(numbers) // max(stride, 3) * max(stride, 3)].reshape(-1, max(stride, 3))
    return rows[:, :3]


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.strip().isdigit() and len(text.strip()) < 10 else otherwise


def _stride(part: Element) -> tuple[int, int]:
    """Return how many indices belong to a corner, and which of them names its point."""
    offsets = {each.get("semantic"): _whole(each.get("offset", "0"), 0) for each in part.findall("input")}
    return max(offsets.values(), default=0) + 1, offsets.get("VERTEX", 0)


def _indices(element: Element, stride: tuple[int, int]) -> list[int]:
    indices = numbers_of(element)
    if not np.isfinite(indices).all() or np.abs(indices).max(initial=0.0) > _MOST_POINTS:
        raise NotReadable("a face has an index that is none; export the file anew")
    whole: list[int] = indices.astype(np.int64)[stride[1] :: stride[0]].tolist()
    return whole


def _triangles(part: Element, stride: tuple[int, int]) -> Iterator[list[int]]:
    for each in part.findall("p"):
        corners = _indices(each, stride)
        yield from (corners[place : place + 3] for place in range(0, len(corners) - 2, 3))


def _polylist(part: Element, stride: tuple[int, int]) -> Iterator[list[int]]:
    corners = [corner for each in part.findall("p") for corner in _indices(each, stride)]
    place = 0
    for count in _counts(part):
        yield _open(corners[place : place + count])
        place += count


def _counts(part: Element) -> list[int]:
    told = part.find("vcount")
    return [] if told is None else _indices(told, (1, 0))


def _polygons(part: Element, stride: tuple[int, int]) -> Iterator[list[int]]:
    for each in (*part.findall("p"), *part.findall("ph/p")):
        yield _open(_indices(each, stride))


def _fans(part: Element, stride: tuple[int, int]) -> Iterator[list[int]]:
    for each in part.findall("p"):
        corners = _indices(each, stride)
        yield from ([corners[0], *corners[place : place + 2]] for place in range(1, len(corners) - 1))


def _strips(part: Element, stride: tuple[int, int]) -> Iterator[list[int]]:
    for each in part.findall("p"):
        corners = _indices(each, stride)
        yield from (corners[place : place + 3] for place in range(len(corners) - 2))


def _open(face: list[int]) -> list[int]:
    """Leave out a last corner that is the first again."""
    return face[:-1] if len(face) > 3 and face[0] == face[-1] else face


_FACES = {
    "triangles": _triangles,
    "polylist": _polylist,
    "polygons": _polygons,
    "trifans": _fans,
    "tristrips": _strips,
}
