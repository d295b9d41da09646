"""The geometry of a scene as the shading engine takes it: tables put in order, obstructions in triangles.

The four corners of a table may be given from any of them and either way round. Here corner 0 to 1 always runs along
the table's length, 1 to 2 across its width, and the normal points upward. The length is the side along the torque
tube for a tracker; for a fixed table that slopes, the side that lies more level; else the longer side.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.pv.arrays import BoolArray, FloatArray, IntArray

LEAST_SIDE = 0.05
"""Shorter than this is no table. [m]"""
MOST_BEND = 0.02
"""How far, as a share of its diagonal, a corner may stand off the table's plane."""
_LEAST_BEND = 0.005  # m; rounding of coordinates, on the smallest tables
_SLOPES = 0.05  # sine of the angle by which the sides must differ for one to be the level one
_SQUARE = 0.05  # how far the sides' ratios or their angle may be from a rectangle's


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A scene of n tables and m triangles.

    Attributes
    ----------
    names
        One per table, no two alike.
    corners
        Shape (n, 4, 3), about `origin`; x east, y north, z up. [m]
    is_tracker
        Which of them turn.
    axis_point, axis_vector
        Of their torque tubes, shape (n, 3); of length 1, and not pointing south. [m]
    transverse_diodes, strings_per_length
        Groups of cells across the width, and pieces along the length that are counted apart.
    triangles
        What else casts shadows, shape (m, 3, 3). [m]
    terrain
        Which of the triangles are ground.
    max_rotation
        The scene's own limit of rotation, where it tells one. [degrees]
    origin
        What was taken off all coordinates: whole metres near the scene's middle. [m]
    """

    names: tuple[str, ...]
    corners: FloatArray
    is_tracker: BoolArray
    axis_point: FloatArray
    axis_vector: FloatArray
    transverse_diodes: IntArray
    strings_per_length: IntArray
    triangles: FloatArray
    terrain: BoolArray
    origin: tuple[float, float, float]
    max_rotation: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flattened:
    """Quadrilaterals flattened and put in order around their normals.

    Attributes
    ----------
    corners
        In their planes, anticlockwise seen from where the normal points. [m]
    normal
        Upward.
    bend
        How far the corners stood off the plane, over the diagonal.
    sides
        Lengths of the sides from corner 0 to 1, and 1 to 2. [m]
    is_crossed
        Which were not given around the table.
    is_rectangle
        Which have opposite sides alike and square corners.
    """

    corners: FloatArray
    normal: FloatArray
    bend: FloatArray
    sides: FloatArray
    is_crossed: BoolArray
    is_rectangle: BoolArray


def flatten(given: FloatArray) -> Flattened:
    """Fit a plane through the corners of each table, and put them in order around it."""
    middle = given.mean(axis=1, keepdims=True)
    _, _, directions = np.linalg.svd(given - middle, full_matrices=False)
    normal = directions[:, 2]
    told = np.cross(given[:, 2] - given[:, 0], given[:, 3] - given[:, 1])
    upward = np.where(np.abs(normal[:, 2]) > 1e-6, normal[:, 2], np.einsum("ni,ni->n", normal, told))
    normal = normal * np.where(upward < 0.0, -1.0, 1.0)[:, None]
    off = np.einsum("nci,ni->nc", given - middle, normal)
    flat = given - off[:, :, None] * normal[:, None, :]
    order = _around(flat - middle, normal)
    corners = np.take_along_axis(flat, order[:, :, None], axis=1)
    diagonal = np.linalg.norm(given[:, 2] - given[:, 0], axis=1)
    edges = np.roll(corners, -1, axis=1) - corners
    lengths = np.linalg.norm(edges, axis=2)
    step = (order - np.roll(order, 1, axis=1)) % 4
    return Flattened(
        corners=corners,
        normal=normal,
        bend=np.abs(off).max(axis=1) / np.maximum(diagonal, 1e-9),
        sides=lengths[:, :2],
        is_crossed=~((step == 1).all(axis=1) | (step == 3).all(axis=1)),
        is_rectangle=_is_rectangle(edges, lengths),
    )


def _around(offset: FloatArray, normal: FloatArray) -> IntArray:
    """Return the order of the corners anticlockwise, beginning with the first one given."""
    first = offset[:, 0]
    across = np.cross(normal, first)
    angle = np.arctan2(np.einsum("nci,ni->nc", offset, across), np.einsum("nci,ni->nc", offset, first))
    angle = np.where(angle < -1e-9, angle + 2.0 * np.pi, np.maximum(angle, 0.0))
    angle[:, 0] = -1.0
    order: IntArray = np.argsort(angle, axis=1, kind="stable")
    return order


def _is_rectangle(edges: FloatArray, lengths: FloatArray) -> BoolArray:
    safe = np.maximum(lengths, 1e-9)
    cosine = np.einsum("nci,nci->nc", edges, np.roll(edges, -1, axis=1)) / (safe * np.roll(safe, -1, axis=1))
    unlike = np.abs(lengths[:, :2] - lengths[:, 2:]) / safe[:, :2]
    square: BoolArray = (np.abs(cosine).max(axis=1) < _SQUARE) & (unlike.max(axis=1) < _SQUARE)
    return square


def along(flat: Flattened, axis: FloatArray) -> FloatArray:
    """Turn the corners so that 0 to 1 runs along the length, and the lower long side comes first.

    Parameters
    ----------
    axis
        Direction of each torque tube, shape (n, 3); NaN where there is none.
    """
    edges = np.roll(flat.corners, -1, axis=1) - flat.corners
    unit = edges / np.maximum(np.linalg.norm(edges, axis=2, keepdims=True), 1e-9)
    lengths = np.linalg.norm(edges, axis=2)
    longer = lengths[:, 1] + lengths[:, 3] > (lengths[:, 0] + lengths[:, 2]) * (1.0 + 1e-9)
    slope = np.abs(unit[:, 0, 2]) - np.abs(unit[:, 1, 2])
    is_second = np.where(np.abs(slope) > _SLOPES, slope > 0.0, longer)
    told = np.abs(np.einsum("nci,ni->nc", unit[:, :2], axis))
    is_second = np.where(np.isnan(axis[:, 0]), is_second, told[:, 1] > told[:, 0])
    height = flat.corners[:, :, 2]
    start = is_second.astype(np.int64)
    low = height[np.arange(len(start)), start] + height[np.arange(len(start)), start + 1]
    high = height[np.arange(len(start)), (start + 2) % 4] + height[np.arange(len(start)), (start + 3) % 4]
    start = start + 2 * (low > high + 1e-6)
    order = (start[:, None] + np.arange(4)) % 4
    turned: FloatArray = np.take_along_axis(flat.corners, order[:, :, None], axis=1)
    return turned


def longer_side(flat: Flattened) -> FloatArray:
    """Return the direction of each table's longer side."""
    edges = np.roll(flat.corners, -1, axis=1) - flat.corners
    return northward(np.where((flat.sides[:, 1] > flat.sides[:, 0])[:, None], edges[:, 1], edges[:, 0]))


def northward(vector: FloatArray) -> FloatArray:
    """Return directions of length 1 that do not point south: a torque tube has no end that is its first."""
    unit = vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-12)
    is_south = (unit[..., 1] < -1e-9) | ((np.abs(unit[..., 1]) <= 1e-9) & (unit[..., 0] < 0.0))
    turned: FloatArray = np.where(is_south[..., None], -unit, unit)
    return turned


def areas(corners: FloatArray) -> FloatArray:
    """Return the areas of flat quadrilaterals. [m2]."""
    whole = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    area: FloatArray = np.linalg.norm(whole, axis=1) / 2.0
    return area


def normals(corners: FloatArray) -> FloatArray:
    """Return the normals of flat quadrilaterals, of length 1."""
    whole = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    normal: FloatArray = whole / np.maximum(np.linalg.norm(whole, axis=1, keepdims=True), 1e-12)
    return normal


def triangulate(polygon: Sequence[tuple[float, float, float]]) -> list[tuple[int, int, int]]:
    """Cut a polygon, not necessarily convex, into triangles; one that is no surface gives none."""
    points = np.array(polygon)
    order = [
        place
        for place in range(len(points))
        if place == 0 or not np.allclose(points[place], points[place - 1])
    ]
    if len(order) > 1 and np.allclose(points[order[0]], points[order[-1]]):
        order.pop()
    if len(order) < 3:
        return []
    normal = np.cross(
        points[order] - points[order[0]], np.roll(points[order], -1, axis=0) - points[order[0]]
    ).sum(axis=0)
    if np.linalg.norm(normal) < 1e-9:
        return []
    kept = np.argsort(np.abs(normal))[:2]
    kept.sort()
    flat = points[:, kept]
    signed = sum(_cross(flat[a], flat[b]) for a, b in zip(order, [*order[1:], order[0]], strict=True))
    turn = 1.0 if signed > 0 else -1.0
    return _ears(flat, order, turn)


def _ears(flat: FloatArray, order: list[int], turn: float) -> list[tuple[int, int, int]]:
    cut: list[tuple[int, int, int]] = []
    left = list(order)
    while len(left) > 3:
        ear = next((place for place in range(len(left)) if _is_ear(flat, left, place, turn)), 0)
        cut.append((left[ear - 1], left[ear], left[(ear + 1) % len(left)]))
        left.pop(ear)
    return [*cut, (left[0], left[1], left[2])]


def _is_ear(flat: FloatArray, left: list[int], place: int, turn: float) -> bool:
    a, b, c = left[place - 1], left[place], left[(place + 1) % len(left)]
    if _doubled(flat[a], flat[b], flat[c]) * turn <= 0.0:
        return False
    others = flat[[each for each in left if each not in (a, b, c)]]
    inside = np.ones(len(others), dtype=bool)
    for start, end in ((a, b), (b, c), (c, a)):
        edge, offset = flat[end] - flat[start], others - flat[start]
        inside &= (edge[0] * offset[:, 1] - edge[1] * offset[:, 0]) * turn > 0.0
    return not inside.any()


def _doubled(a: FloatArray, b: FloatArray, c: FloatArray) -> float:
    return _cross(b - a, c - a)


def _cross(a: FloatArray, b: FloatArray) -> float:
    return float(a[0] * b[1] - a[1] * b[0])
