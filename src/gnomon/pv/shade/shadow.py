"""The shadows that lie on tables while the light comes from one direction.

In the oblique coordinates of a table, a point is ``corner + a length + b width + t sun``: what the point shades is
the spot (a, b) if t > 0. A convex polygon cuts a line across the table (a = const) in one interval of b, and the
share of the line in shade is the length of the union of all intervals. That length is linear in a between the
shadows' corners, so a table is cut into slabs at these corners and each slab counts by its middle line. The area
is exact when shadows do not cross each other aslant, and off by the square of a slab's width where they do;
the steeper they run, the finer are the slabs.
"""

from dataclasses import dataclass

import numpy as np

from gnomon.pv.arrays import BoolArray, FloatArray, IntArray
from gnomon.pv.shade.candidate import Picture, candidates, expanded, picture_of

# What nowhere stands farther before a table's plane shades nothing of it: neighbours in one plane. [m]
_PLANE = 2e-3
# Shade on less than this share of a group's width or of a part's length does not touch it.
_TOUCH = 1e-3
# Below this cosine of incidence the light runs along the plane.
_GRAZING = 1e-6
# Slabs of a table: as many as keep its intervals below a number, within limits.
_SLABS = (12, 48)
_INTERVALS = 480
_THIN = 1e-9
# Shadows that cross with slopes m err by m / 8 of a slab's square: this much, in as many even cuts at most.
_ERROR = 5e-4
_MOST_CUTS = 24
# A steeper edge lies in a slab of its own.
_STEEP = 30.0
# Intervals worked on together; it bounds memory.
_AT_ONCE = 60_000
_PAIRS_AT_ONCE = 100_000
_NO_PAIRS = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
# What counts as near, in widths of a table, and up to which share of all pairs it pays to try the near ones first.
_NEAR = 8.0
_MOSTLY = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadows:
    """Polygons before tables, in the tables' coordinates, in the order of the tables.

    ``table`` has shape (s,), the others (s, 4).
    """

    table: IntArray
    a: FloatArray
    b: FloatArray
    t: FloatArray


def incidence(corners: FloatArray, front: FloatArray, sun: FloatArray) -> FloatArray:
    """Return the cosine of incidence on each table's front, 0 for a table without area, shape (n,)."""
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 3] - corners[:, 0])
    size = np.linalg.norm(normal, axis=1)
    cosine: FloatArray = np.divide(normal @ sun * front, size, out=np.zeros_like(size), where=size > 1e-9)
    return cosine


def is_lit(cosine: FloatArray) -> BoolArray:
    """Return whether light falls on the front."""
    return cosine > _GRAZING


def losses(
    corners: FloatArray,
    others: FloatArray,
    cosine: FloatArray,
    sun: FloatArray,
    counts: tuple[IntArray, IntArray] | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return the share of each table's area in shade and of its groups touched, shapes (n,); 0 where none is lit.

    What stands near is cast first: a table that it shades wholly needs nothing more, which is most of them while
    the light comes in low and the field is deep.

    Parameters
    ----------
    corners
        Of the tables, shape (n, 4, 3). [m]
    others
        Obstructions, shape (m, 4, 3). [m]
    cosine
        Of `incidence`.
    counts
        Groups and strings of the tables; without them no group is counted.
    """
    picture = picture_of(np.concatenate((corners, others)), sun)
    frame = _oblique(picture, len(corners))
    pairs = tuple(
        np.concatenate(side) for side in zip(_NO_PAIRS, *candidates(picture, is_lit(cosine)), strict=True)
    )
    table, other = pairs
    near = _is_near(picture, table, other, corners)
    whole = np.zeros(len(corners), dtype=np.bool_)
    if near.mean() < _MOSTLY if len(near) else False:
        found = _standing(picture, frame, cosine, table[near], other[near])
        whole = shaded_share(found, len(corners)) > 1.0 - _THIN
    rest = ~whole[table]
    found = _standing(picture, frame, cosine, table[rest], other[rest])
    direct = np.where(whole, 1.0, shaded_share(found, len(corners)))
    return direct, direct if counts is None else np.where(whole, 1.0, touched_share(found, *counts))


def shaded_share(cast: Shadows, count: int) -> FloatArray:
    """Return the share of each table's area that lies in shade, shape (count,)."""
    shaded = np.zeros(count)
    whose = cast.table
    line, table, width = _slabs(cast)
    middle = table + line
    first = np.searchsorted(middle, whose + np.maximum(cast.a.min(axis=1), 0.0))
    last = np.searchsorted(middle, whose + np.minimum(cast.a.max(axis=1), 1.0))
    # Kept apart for the sake of memory; a line's intervals must stay together, so cuts lie between tables.
    for begin, end in _cuts(whose, last - first):
        owner, place = expanded(first[begin:end], last[begin:end])
        low, high = _sections(cast, owner + begin, line[place])
        shaded += np.bincount(
            table[place],
            weights=width[place] * _added(place, low.clip(0, 1), high.clip(0, 1)),
            minlength=count,
        )
    return np.clip(shaded, 0.0, 1.0)


def touched_share(cast: Shadows, groups: IntArray, strings: IntArray) -> FloatArray:
    """Return the share of each table's groups of cells with shade on them, shape (n,).

    A table has ``groups`` across its width in each of ``strings`` parts of its length.
    """
    parts = strings[cast.table]
    owner, part = expanded(np.zeros_like(parts), parts)
    inset = _TOUCH / parts[owner]
    begin, end = part / parts[owner] + inset, (part + 1) / parts[owner] - inset
    least, most = cast.a.min(axis=1), cast.a.max(axis=1)
    meets = (least[owner] < end) & (most[owner] > begin)
    owner, part, begin, end = (column[meets] for column in (owner, part, begin, end))
    low, high = _reach(cast, owner, begin, end)
    table = cast.table[owner]
    across = groups[table]
    first = np.floor(np.clip(low, 0.0, 1.0) * across + _TOUCH).astype(np.int64)
    last = np.ceil(np.clip(high, 0.0, 1.0) * across - _TOUCH).astype(np.int64)
    touches = last > first
    # A counter for each group, and one more behind each part where its last shadow may end.
    size = strings * (groups + 1)
    offset = np.cumsum(size) - size
    base = (offset[table] + part * (across + 1))[touches]
    total = int(size.sum())
    begins, ends = (np.bincount(base + place[touches], minlength=total + 1) for place in (first, last))
    is_touched = np.cumsum((begins - ends)[:total]) > 0
    counted: FloatArray = np.add.reduceat(is_touched.astype(np.float64), offset) if total else np.zeros(0)
    return counted / (groups * strings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Oblique:
    """What turns a place in the picture into a table's coordinates, each of shape (n,)."""

    x: FloatArray
    y: FloatArray
    depth: FloatArray
    a_x: FloatArray
    a_y: FloatArray
    b_x: FloatArray
    b_y: FloatArray
    t_a: FloatArray
    t_b: FloatArray


def _oblique(picture: Picture, count: int) -> _Oblique:
    x, y, depth = (values[:count] for values in (picture.x, picture.y, picture.depth))
    (u_x, u_y, u_t), (v_x, v_y, v_t) = (
        tuple(values[:, corner] - values[:, 0] for values in (x, y, depth)) for corner in (1, 3)
    )
    area = u_x * v_y - u_y * v_x
    share = np.divide(1.0, area, out=np.zeros_like(area), where=area != 0)
    return _Oblique(
        x=x[:, 0],
        y=y[:, 0],
        depth=depth[:, 0],
        a_x=v_y * share,
        a_y=-v_x * share,
        b_x=-u_y * share,
        b_y=u_x * share,
        t_a=u_t,
        t_b=v_t,
    )


def _is_near(picture: Picture, table: IntArray, other: IntArray, corners: FloatArray) -> BoolArray:
    """Return which objects stand within some widths of the table, sunward."""
    reach = (
        _NEAR * float(np.median(np.linalg.norm(corners[:, 3] - corners[:, 0], axis=1)))
        if len(corners)
        else 0.0
    )
    near: BoolArray = picture.depth.min(axis=1)[other] - picture.depth.max(axis=1)[table] < reach
    return near


def _standing(
    picture: Picture, frame: _Oblique, cosine: FloatArray, table: IntArray, other: IntArray
) -> Shadows:
    """Return what of the pairs is in the light's way, in the order of the tables."""
    parts = range(0, max(len(table), 1), _PAIRS_AT_ONCE)
    found = [
        _before(
            picture,
            frame,
            cosine,
            table[begin : begin + _PAIRS_AT_ONCE],
            other[begin : begin + _PAIRS_AT_ONCE],
        )
        for begin in parts
    ]
    whose, a, b, t = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(whose, kind="stable")
    return Shadows(table=whose[order], a=a[order], b=b[order], t=t[order])


def _before(
    picture: Picture, frame: _Oblique, cosine: FloatArray, table: IntArray, other: IntArray
) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """Return table and coordinates of the polygons that overlap it and stand before its plane."""
    x = picture.x[other] - frame.x[table, None]
    y = picture.y[other] - frame.y[table, None]
    a = frame.a_x[table, None] * x + frame.a_y[table, None] * y
    b = frame.b_x[table, None] * x + frame.b_y[table, None] * y
    meets = (a.max(axis=1) > 0) & (a.min(axis=1) < 1) & (b.max(axis=1) > 0) & (b.min(axis=1) < 1)
    table, other, a, b = table[meets], other[meets], a[meets], b[meets]
    t = picture.depth[other] - frame.depth[table, None]
    t -= frame.t_a[table, None] * a + frame.t_b[table, None] * b
    stands = t.max(axis=1) * cosine[table] > _PLANE
    return table[stands], a[stands], b[stands], t[stands]


def _slabs(cast: Shadows) -> tuple[FloatArray, IntArray, FloatArray]:
    """Return the middle lines of all slabs, whose they are, and their widths, in order."""
    place, shadow = _kinks(cast)
    tables = np.unique(cast.table)
    key = np.sort(np.concatenate((tables.astype(np.float64), cast.table[shadow] + place, _even_cuts(cast))))
    key, table = _thinned(key, key.astype(np.int64), cast)
    end = np.minimum(np.append(key[1:], np.inf), table + 1.0)
    width = end - key
    wide = width > _THIN
    return (key + width / 2.0 - table)[wide], table[wide], width[wide]


def _even_cuts(cast: Shadows) -> FloatArray:
    """Return cuts, as table + place, of tables on which several shadows may cross each other aslant."""
    begins = np.flatnonzero(np.diff(cast.table, prepend=-1))
    several = np.diff(np.append(begins, len(cast.table))) > 1
    run, rise = (np.abs(values - np.roll(values, -1, axis=1)) for values in (cast.a, cast.b))
    slope = np.where(rise < _STEEP * run, rise / np.maximum(run, 1e-12), 0.0).max(axis=1)
    steepest = np.maximum.reduceat(slope, begins) if len(begins) else slope
    cuts: IntArray = np.minimum(np.ceil(np.sqrt(steepest / (8.0 * _ERROR))), _MOST_CUTS).astype(np.int64)
    owner, cut = expanded(np.ones(len(cuts), dtype=np.int64), np.where(several, np.maximum(cuts, 1), 1))
    places: FloatArray = cast.table[begins][owner] + cut / cuts[owner]
    return places


def _thinned(key: FloatArray, table: IntArray, cast: Shadows) -> tuple[FloatArray, IntArray]:
    """Leave out cuts, evenly, of tables that have too many."""
    _, first, cuts, shadows = (
        *np.unique(table, return_index=True, return_counts=True),
        np.unique(cast.table, return_counts=True)[1],
    )
    most = np.clip(_INTERVALS // shadows, *_SLABS)
    if (cuts <= most).all():
        return key, table
    rank = np.arange(len(key)) - np.repeat(first, cuts)
    share = np.repeat(np.minimum(most / cuts, 1.0), cuts)
    keep = (np.floor(rank * share) > np.floor((rank - 1) * share)) | (rank == 0)
    return key[keep], table[keep]


def _kinks(cast: Shadows) -> tuple[FloatArray, IntArray]:
    """Return where, along the length, shadows begin, end or change their slope, and which shadow does."""
    a, b, t = cast.a, cast.b, cast.t
    next_a, next_b, next_t = (np.roll(values, -1, axis=1) for values in (a, b, t))
    found = [(a, (a > 0) & (a < 1) & (b >= 0) & (b <= 1) & (t >= 0))]
    for edge in (0.0, 1.0):
        part, crosses = _crossing(b - edge, next_b - edge)
        found.append((a + part * (next_a - a), crosses & (t + part * (next_t - t) >= 0)))
    # What pierces the plane ends there, on the line between two of its edges.
    pierces = np.flatnonzero((t.min(axis=1) < 0) & (t.max(axis=1) >= 0))
    part, crosses = _crossing(t[pierces], next_t[pierces])
    row, ends = np.arange(len(pierces)), (crosses.argmax(axis=1), 3 - crosses[:, ::-1].argmax(axis=1))
    (one_a, one_b), (two_a, two_b) = (
        tuple(
            values[pierces, end] + part[row, end] * (following[pierces, end] - values[pierces, end])
            for values, following in ((a, next_a), (b, next_b))
        )
        for end in ends
    )
    for place, across in ((one_a, one_b), (two_a, two_b)):
        found.append((place, (across >= 0) & (across <= 1)))
    for edge in (0.0, 1.0):
        part, crosses = _crossing(one_b - edge, two_b - edge)
        found.append((one_a + part * (two_a - one_a), crosses))
    valid = [meets & (place > _THIN) & (place < 1 - _THIN) for place, meets in found]
    shadow = [np.nonzero(meets)[0] for meets in valid]
    shadow[3:] = [pierces[which] for which in shadow[3:]]
    return np.concatenate(
        [place[meets] for (place, _), meets in zip(found, valid, strict=True)]
    ), np.concatenate(shadow)


def _crossing(begin: FloatArray, end: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return how far on the way from begin to end 0 is passed, and whether it is."""
    crosses = (begin < 0) != (end < 0)
    return np.divide(begin, begin - end, out=np.zeros_like(begin), where=crosses), crosses


def _sections(cast: Shadows, shadow: IntArray, line: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return from where to where each shadow covers a line across its table, inf to -inf where it does not."""
    a, b, t = cast.a[shadow], cast.b[shadow], cast.t[shadow]
    before = a <= line[:, None]
    crosses = before != np.roll(before, -1, axis=1)
    first = crosses.argmax(axis=1)
    second = 3 - crosses[:, ::-1].argmax(axis=1)
    row = np.arange(len(line))
    ends = []
    for edge in (first, second):
        following = (edge + 1) % 4
        begin, span = a[row, edge], a[row, following] - a[row, edge]
        part = np.divide(line - begin, span, out=np.zeros_like(span), where=span != 0)
        ends.append(
            tuple(
                values[row, edge] + part * (values[row, following] - values[row, edge]) for values in (b, t)
            )
        )
    (one, one_t), (two, two_t) = ends
    # Only what stands before the plane shades.
    fall = one_t - two_t
    level = np.divide(one_t, fall, out=np.zeros_like(fall), where=fall != 0)
    edge_b = one + level * (two - one)
    one_cut, two_cut = np.where(one_t < 0, edge_b, one), np.where(two_t < 0, edge_b, two)
    low, high = np.minimum(one_cut, two_cut), np.maximum(one_cut, two_cut)
    nothing = ~crosses.any(axis=1) | ((one_t <= 0) & (two_t <= 0))
    return np.where(nothing, np.inf, low), np.where(nothing, -np.inf, high)


def _added(line: IntArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return what each interval adds to the union of its line's, in their given order."""
    order = np.lexsort((low, line))
    lift = 2.0 * (line[order] - line.min()) if len(line) else np.empty(0)
    begin, end = low[order] + lift, high[order] + lift
    reached = np.maximum.accumulate(np.concatenate(([-1.0], end[:-1]))) if len(line) else begin
    added = np.empty_like(low)
    added[order] = np.maximum(end - np.maximum(begin, reached), 0.0)
    return added


def _reach(
    cast: Shadows, owner: IntArray, begin: FloatArray, end: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the least and the largest b of each shadow between two lines; inf, -inf where there is none."""
    low, high = np.full(len(owner), np.inf), np.full(len(owner), -np.inf)
    for line in (begin, end):
        section = _sections(cast, owner, line)
        low, high = np.minimum(low, section[0]), np.maximum(high, section[1])
    a, b, t = cast.a, cast.b, cast.t
    next_a, next_b, next_t = (np.roll(values, -1, axis=1) for values in (a, b, t))
    crosses = (t < 0) != (next_t < 0)
    part = np.divide(t, t - next_t, out=np.zeros_like(t), where=crosses)
    corners = ((a, b, t >= 0), (a + part * (next_a - a), b + part * (next_b - b), crosses))
    for place, across, valid in corners:
        inside = valid[owner] & (place[owner] >= begin[:, None]) & (place[owner] <= end[:, None])
        low = np.minimum(low, np.where(inside, across[owner], np.inf).min(axis=1, initial=np.inf))
        high = np.maximum(high, np.where(inside, across[owner], -np.inf).max(axis=1, initial=-np.inf))
    return low, high


def _cuts(table: IntArray, count: IntArray) -> list[tuple[int, int]]:
    """Return ranges of shadows that hold whole tables and about as many intervals as are worked on together."""
    if not len(table):
        return []
    ends = np.append(np.flatnonzero(np.diff(table)) + 1, len(table))
    total = np.cumsum(count)[ends - 1]
    ranges, begin = [], 0
    while begin < len(ends):
        reached = total[begin - 1] if begin else 0
        stop = max(int(np.searchsorted(total, reached + _AT_ONCE, "right")), begin + 1)
        ranges.append((int(ends[begin - 1]) if begin else 0, int(ends[stop - 1])))
        begin = stop
    return ranges
