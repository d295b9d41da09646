"""Which objects can stand between the sun and which tables: a hash grid in the plane square to the sun.

Seen along the sun, a table can only be shaded by what overlaps it. The boxes that are compared lie with the
main direction of the tables' lengths, so that long rows have thin boxes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gnomon.pv.arrays import BoolArray, FloatArray, IntArray

# Pairs looked at together; it bounds memory.
_AT_ONCE = 400_000
_MOST_CELLS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All polygons as the sun sees them, four corners each, tables first: across, upward and depth towards it."""

    x: FloatArray
    y: FloatArray
    depth: FloatArray


def picture_of(corners: FloatArray, sun: FloatArray) -> Picture:
    """Return the polygons of shape (o, 4, 3) as seen from the sun."""
    main = _main_direction(corners, sun)
    return Picture(x=corners @ main, y=corners @ np.cross(sun, main), depth=corners @ sun)


def candidates(picture: Picture, lit: BoolArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield pairs (table, object) whose boxes overlap as the sun sees them, each once, not self with self.

    Parameters
    ----------
    lit
        Of the tables, shape (n,): only those are asked for.
    """
    tables = np.flatnonzero(lit)
    if not len(tables):
        return
    low = np.stack((picture.x.min(axis=1), picture.y.min(axis=1)))
    high = np.stack((picture.x.max(axis=1), picture.y.max(axis=1)))
    nearest, farthest = picture.depth.max(axis=1), picture.depth.min(axis=1)
    least = low[:, tables].min(axis=1, keepdims=True)
    most = high[:, tables].max(axis=1, keepdims=True)
    size = np.maximum(np.median(high[:, tables] - low[:, tables], axis=1), 1e-6)[:, None]
    size = np.maximum(size, (most - least) / _MOST_CELLS)
    columns, rows = (np.floor((most - least) / size).astype(np.int64) + 1).ravel().tolist()
    start = np.clip(np.floor((low - least) / size), 0, [[columns], [rows]]).astype(np.int64)
    stop = np.clip(np.floor((high - least) / size), -1, [[columns - 1], [rows - 1]]).astype(np.int64)
    objects = np.flatnonzero((stop >= start).all(axis=0) & (nearest > farthest[tables].min()))
    whose, cell = _spread(objects, start, stop, columns)
    order = np.argsort(cell, kind="stable")
    whose, cell = whose[order], cell[order]
    asking, asked = _spread(tables, start, stop, columns)
    first, last = np.searchsorted(cell, asked, "left"), np.searchsorted(cell, asked, "right")
    for part in _parts(last - first):
        receiver, place = expanded(first[part], last[part])
        table, other, here = asking[part][receiver], whose[place], asked[part][receiver]
        # A pair that shares several cells counts in the one where its overlap begins.
        begin = np.maximum(start[:, table], start[:, other])
        keep = (begin[1] * columns + begin[0] == here) & (table != other)
        keep &= nearest[other] > farthest[table]
        table, other = table[keep], other[keep]
        keep = (low[:, other] < high[:, table]).all(axis=0) & (high[:, other] > low[:, table]).all(axis=0)
        yield table[keep], other[keep]


def expanded(first: IntArray, last: IntArray) -> tuple[IntArray, IntArray]:
    """Return for ranges ``first[i]:last[i]`` the i and the member of each, all in a row."""
    count = last - first
    owner = np.repeat(np.arange(len(first)), count)
    before = np.cumsum(count) - count
    return owner, np.arange(len(owner)) + (first - before)[owner]


def _spread(objects: IntArray, start: IntArray, stop: IntArray, columns: int) -> tuple[IntArray, IntArray]:
    """Return each object once for each cell that its box touches, and that cell's number."""
    left, low = start[:, objects]
    wide, tall = stop[:, objects] - start[:, objects] + 1
    owner, place = expanded(np.zeros(len(objects), dtype=np.int64), wide * tall)
    column, row = left[owner] + place % wide[owner], low[owner] + place // wide[owner]
    return objects[owner], row * columns + column


def _parts(count: IntArray) -> Iterator[slice]:
    """Yield slices of entries with about as many pairs as are looked at together."""
    total = np.cumsum(count)
    begin = 0
    while begin < len(count):
        reached = total[begin - 1] if begin else 0
        end = max(int(np.searchsorted(total, reached + _AT_ONCE, "right")), begin + 1)
        yield slice(begin, end)
        begin = end


def _main_direction(corners: FloatArray, sun: FloatArray) -> FloatArray:
    """Return the unit vector square to the sun along which the polygons are longest on the whole."""
    along = corners[:, 1] - corners[:, 0]
    along = along - np.outer(along @ sun, sun)
    _, vectors = np.linalg.eigh(along.T @ along + np.outer(sun, sun) * -1.0)
    direction: FloatArray = vectors[:, -1] - (vectors[:, -1] @ sun) * sun
    return direction / np.linalg.norm(direction)
