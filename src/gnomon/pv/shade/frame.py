"""Geometry of one scene, made once: tables at rest, how trackers turn on their tubes, and the sun's direction."""

from dataclasses import dataclass

import numpy as np

from gnomon.pv.arrays import BoolArray, FloatArray, IntArray
from gnomon.pv.shade.tables import Obstructions, Tables, edges

# A table whose normal rises less than this is upright.
_UPRIGHT = 2e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """The tubes of all tables (of those that stand, their lengths), each of shape (n, 3).

    ``along`` points to the south half of the compass, or due east; ``right`` is level in the direction of
    ``axis_azimuth + 90`` and ``up`` stands square on both.
    """

    point: FloatArray
    along: FloatArray
    right: FloatArray
    up: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A scene about the middle of its tables; n tables, m triangles.

    Attributes
    ----------
    corners
        At rest, parallelograms, shape (n, 4, 3). [m]
    front
        +1 or -1: the side of ``length x width`` that is the front, shape (n,).
    width
        Across the axis, shape (n,). [m]
    length
        Along it, shape (n,). [m]
    axes
        Of the trackers.
    rest
        Rotation of each table as its corners give it, shape (n,). [degrees]
    obstructions
        Triangles as four corners, the last one twice, shape (m, 4, 3). [m]
    groups, strings
        As in `Tables`.
    carried, arm, quarter
        Of the corners: their foot on the axis, what leads from it to them, and that turned by 90 degrees. [m]
    """

    corners: FloatArray
    front: FloatArray
    width: FloatArray
    length: FloatArray
    axes: Axes
    rest: FloatArray
    is_tracker: BoolArray
    obstructions: FloatArray
    groups: IntArray
    strings: IntArray
    carried: FloatArray
    arm: FloatArray
    quarter: FloatArray


def frame_of(tables: Tables, obstructions: Obstructions) -> Frame:
    """Return the geometry of a scene, with its tables' middle as origin so that large coordinates keep digits."""
    origin = tables.corners.reshape(-1, 3).mean(axis=0) if len(tables) else np.zeros(3)
    first, along, across = edges(tables.corners - origin)
    corners = np.stack((first, first + along, first + along + across, first + across), axis=1)
    normal = np.cross(along, across)
    size = np.linalg.norm(normal, axis=1)
    front = np.where(normal[:, 2] < -_UPRIGHT * size, -1.0, 1.0)
    axes = _axes(tables, corners, along, origin)
    facing = normal * front[:, None]
    rest = np.degrees(np.arctan2(_dot(facing, axes.right), _dot(facing, axes.up)))
    arm = corners - axes.point[:, None]
    parallel = _dot(arm, axes.along[:, None])[..., None] * axes.along[:, None]
    triangles = obstructions.triangles[:, [0, 1, 2, 2]] - origin
    length = np.linalg.norm(along, axis=1)
    return Frame(
        corners=corners,
        front=front,
        width=np.divide(size, length, out=np.zeros_like(size), where=length > 0),
        length=length,
        axes=axes,
        rest=rest,
        is_tracker=tables.is_tracker,
        obstructions=triangles,
        groups=tables.transverse_diodes,
        strings=tables.strings_per_length,
        carried=axes.point[:, None] + parallel,
        arm=arm - parallel,
        quarter=np.cross(axes.along[:, None], arm),
    )


def turned(frame: Frame, rotation: FloatArray) -> FloatArray:
    """Return the corners with trackers turned to their rotations, shape (n, 4, 3); the others stay."""
    turn = np.where(frame.is_tracker, np.radians(rotation - frame.rest), 0.0)[:, None, None]
    moved: FloatArray = frame.carried + frame.arm * np.cos(turn) + frame.quarter * np.sin(turn)
    return np.where(frame.is_tracker[:, None, None], moved, frame.corners)


def towards_sun(zenith: FloatArray, azimuth: FloatArray) -> FloatArray:
    """Return unit vectors towards the sun, shape (p, 3)."""
    down, around = np.radians(zenith), np.radians(azimuth)
    level = np.sin(down)
    return np.stack((level * np.sin(around), level * np.cos(around), np.cos(down)), axis=-1)


def _axes(tables: Tables, corners: FloatArray, along: FloatArray, origin: FloatArray) -> Axes:
    given = np.linalg.norm(tables.axis_vector, axis=1) > 0
    vector = np.where(given[:, None], tables.axis_vector, along)
    point = np.where(given[:, None], tables.axis_point - origin, corners.mean(axis=1))
    length = np.linalg.norm(vector, axis=1, keepdims=True)
    unit = np.divide(vector, length, out=np.tile([1.0, 0.0, 0.0], (len(vector), 1)), where=length > 0)
    east_west = np.abs(unit[:, 1]) <= 1e-6
    flips = np.where(east_west, unit[:, 0] < 0, unit[:, 1] > 0)
    unit = np.where(flips[:, None], -unit, unit)
    right = np.cross(unit, [0.0, 0.0, 1.0])
    level = np.linalg.norm(right, axis=1, keepdims=True)
    # A tube that stands upright has no level direction of its own: north.
    right = np.divide(right, level, out=np.tile([0.0, 1.0, 0.0], (len(right), 1)), where=level > 1e-9)
    return Axes(point=point, along=unit, right=right, up=np.cross(right, unit))


def _dot(one: FloatArray, other: FloatArray) -> FloatArray:
    total: FloatArray = (one * other).sum(axis=-1)
    return total
