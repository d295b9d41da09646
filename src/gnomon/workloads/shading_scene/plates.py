"""Rectangular plates in meshes: the faces of tables, and of single modules that make up a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.pv.arrays import FloatArray, IntArray

_SAME_POINT = 0.001  # m
_GAP = 0.06  # m; between modules on one table, and not between tables
_MOST_MODULE = (2.6, 1.6)  # m; sides of the largest module
_THICKEST = 0.3  # m
_THICK_SHARE = 0.25  # of the shorter side
_FILLED = 0.97  # of the rectangle around it
_JOINED = 0.85  # modules over the rectangle around them


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """A rectangle: its corners around it, shape (4, 3), its sides and its upward normal. [m]."""

    corners: FloatArray
    sides: tuple[float, float]
    normal: FloatArray

    @property
    def area(self) -> float:
        """Of one face. [m2]."""
        return self.sides[0] * self.sides[1]

    @property
    def is_module(self) -> bool:
        """Whether it is no larger than one module."""
        return all(
            side <= most for side, most in zip(sorted(self.sides, reverse=True), _MOST_MODULE, strict=True)
        )


def pieces(points: FloatArray, faces: Sequence[Sequence[int]]) -> Iterator[FloatArray]:
    """Yield the points of each connected piece of a mesh; points without faces are one piece."""
    if not faces:
        yield points
        return
    _, same = np.unique(np.round(points / _SAME_POINT), axis=0, return_inverse=True)
    same = same.ravel()
    parent = list(range(len(points)))
    for face in faces:
        for corner in face[1:]:
            _join(parent, int(same[face[0]]), int(same[corner]))
    used = np.unique(np.concatenate([np.asarray(face) for face in faces]))
    roots = np.array([_root(parent, int(same[each])) for each in used])
    for root in dict.fromkeys(roots.tolist()):
        yield points[used[roots == root]]


def _root(parent: list[int], place: int) -> int:
    while parent[place] != place:
        parent[place] = parent[parent[place]]
        place = parent[place]
    return place


def _join(parent: list[int], one: int, other: int) -> None:
    parent[_root(parent, one)] = _root(parent, other)


def plate_of(points: FloatArray, *, filled: float = _FILLED) -> Plate | None:
    """Return the rectangle that points are the corners of, on their upper side; None if they are of another shape."""
    if len(points) < 4:
        return None
    middle = points.mean(axis=0)
    _, spread, directions = np.linalg.svd(points - middle, full_matrices=False)
    if spread[1] < 1e-3:
        return None
    normal = directions[2] * (-1.0 if directions[2][2] < 0.0 else 1.0)
    flat = (points - middle) @ directions[:2].T
    hull = flat[_hull(flat)]
    found = _around(hull)
    if found is None:
        return None
    corners, sides, share = found
    off = (points - middle) @ normal
    thick = float(np.ptp(off))
    if share < filled or thick > min(_THICKEST, _THICK_SHARE * min(sides) + 0.01):
        return None
    # A box is as thick as it looks; what has one face may be bent, and lies in the middle of its bends.
    upper = off.max() if thick > 0.01 and len(points) >= 8 else 0.0
    return Plate(corners=corners @ directions[:2] + middle + normal * upper, sides=sides, normal=normal)


def _around(hull: FloatArray) -> tuple[FloatArray, tuple[float, float], float] | None:
    """Return the smallest rectangle around a hull, its sides, and the share of it that the hull fills."""
    best: tuple[float, FloatArray, tuple[float, float]] | None = None
    area = _area(hull)
    for edge in np.roll(hull, -1, axis=0) - hull:
        length = float(np.linalg.norm(edge))
        if length < 1e-6:
            continue
        x = edge / length
        y = np.array([-x[1], x[0]])
        across, upward = hull @ x, hull @ y
        sides = (float(np.ptp(across)), float(np.ptp(upward)))
        whole = sides[0] * sides[1]
        if best is None or whole < best[0] - 1e-12:
            low, high = (across.min(), upward.min()), (across.max(), upward.max())
            ends = ((low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1]))
            best = whole, np.array([a * x + b * y for a, b in ends]), sides
    if best is None or best[0] <= 1e-9:
        return None
    return best[1], best[2], area / best[0]


def _area(hull: FloatArray) -> float:
    x, y = hull[:, 0], hull[:, 1]
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2.0)


def _hull(flat: FloatArray) -> list[int]:
    """Return the places of the convex hull of points in a plane, anticlockwise."""
    order = np.lexsort((flat[:, 1], flat[:, 0])).tolist()
    half: list[list[int]] = []
    for way in (order, order[::-1]):
        chain: list[int] = []
        for place in way:
            while len(chain) > 1 and _turn(flat, chain[-2], chain[-1], place) <= 0.0:
                chain.pop()
            chain.append(place)
        half.append(chain[:-1])
    return half[0] + half[1]


def _turn(flat: FloatArray, a: int, b: int, c: int) -> float:
    one, other = flat[b] - flat[a], flat[c] - flat[a]
    return float(one[0] * other[1] - one[1] * other[0])


def joined(plates: Sequence[Plate]) -> list[tuple[Plate, list[int]]]:
    """Join plates of the size of a module that lie side by side in one plane; the others stay alone.

    Each comes with the places of the plates that it is made of.
    """
    small = [place for place, plate in enumerate(plates) if plate.is_module]
    parent = list(range(len(plates)))
    for one, other in _neighbours([plates[place] for place in small]):
        _join(parent, small[one], small[other])
    groups: dict[int, list[int]] = {}
    for place in range(len(plates)):
        groups.setdefault(_root(parent, place), []).append(place)
    return [piece for members in groups.values() for piece in _united(plates, members)]


def _united(plates: Sequence[Plate], members: list[int]) -> Iterator[tuple[Plate, list[int]]]:
    if len(members) > 1:
        whole = plate_of(np.concatenate([plates[each].corners for each in members]), filled=_FILLED)
        if whole is not None and sum(plates[each].area for each in members) > _JOINED * whole.area:
            yield whole, members
            return
    for each in members:
        yield plates[each], [each]


def _neighbours(plates: Sequence[Plate]) -> Iterator[tuple[int, int]]:
    """Yield pairs that lie in one plane, side by side."""
    if not plates:
        return
    middles = np.array([plate.corners.mean(axis=0) for plate in plates])
    cells = np.floor(middles / (_MOST_MODULE[0] + _GAP)).astype(np.int64)
    boxes: dict[tuple[int, ...], list[int]] = {}
    for place, cell in enumerate(map(tuple, cells.tolist())):
        boxes.setdefault(cell, []).append(place)
    for cell, held in boxes.items():
        near = [each for step in _STEPS for each in boxes.get(_shifted(cell, step), ())]
        for one in held:
            yield from (
                (one, other) for other in near if one < other and _is_beside(plates[one], plates[other])
            )


_STEPS: IntArray = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3), axis=-1).reshape(-1, 3)


def _shifted(cell: tuple[int, ...], step: IntArray) -> tuple[int, ...]:
    return tuple(int(a + b) for a, b in zip(cell, step, strict=True))


def _is_beside(one: Plate, other: Plate) -> bool:
    between = other.corners.mean(axis=0) - one.corners.mean(axis=0)
    if abs(float(one.normal @ other.normal)) < 0.999 or abs(float(between @ one.normal)) > 0.03:
        return False
    edges = one.corners[1:3] - one.corners[0:2]
    units = edges / np.linalg.norm(edges, axis=1, keepdims=True)
    apart = []
    for unit in units:
        mine, theirs = one.corners @ unit, other.corners @ unit
        apart.append(max(theirs.min() - mine.max(), mine.min() - theirs.max()))
    # Side by side: a small gap one way, and an overlap the other.
    return bool(max(apart) <= _GAP and min(apart) < -0.5)
