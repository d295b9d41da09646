"""What stands in a scene: tables of modules and things that shade them.

A table is taken as the parallelogram that comes nearest to its four corners, so corners that leave one
plane by centimetres do no harm. It shades with both faces and has no thickness.
"""

from dataclasses import dataclass

import numpy as np

from gnomon.pv.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """n tables at rest.

    The front of a table is the face that looks up; that of an upright one (within 0.0001 degrees) is the face from
    which its corners run counter-clockwise.

    Attributes
    ----------
    corners
        Around each table, shape (n, 4, 3): from 0 to 1 along its length, from 1 to 2 across its width. [m]
    is_tracker
        Whether it turns with the sun, shape (n,).
    axis_point, axis_vector
        A point on a tracker's torque tube [m] and the tube's direction, either way round, shape (n, 3). A
        vector of zeros stands for an axis through the middle of the table, along its length.
    transverse_diodes
        Groups of cells, one over the other, across the width, at least 1, shape (n,).
    strings_per_length
        Parts of the length in which touched groups are counted, at least 1, shape (n,).
    """

    corners: FloatArray
    is_tracker: BoolArray
    axis_point: FloatArray
    axis_vector: FloatArray
    transverse_diodes: IntArray
    strings_per_length: IntArray

    def __post_init__(self) -> None:
        count = len(self.corners)
        shapes = {"corners": (count, 4, 3), "axis_point": (count, 3), "axis_vector": (count, 3)}
        for name, shape in shapes.items():
            _set_points(self, name, shape)
        object.__setattr__(self, "is_tracker", np.asarray(self.is_tracker, dtype=np.bool_))
        for name in ("transverse_diodes", "strings_per_length"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.int64))
        for name in ("is_tracker", "transverse_diodes", "strings_per_length"):
            if getattr(self, name).shape != (count,):
                raise ValueError(
                    f"{name}: shape {getattr(self, name).shape}; give one for each of {count} tables"
                )
        for name in ("transverse_diodes", "strings_per_length"):
            if count and getattr(self, name).min() < 1:
                raise ValueError(f"{name}: {getattr(self, name).min()} in a table; give at least 1")

    def __len__(self) -> int:
        return len(self.corners)


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstructions:
    """Triangles that shade with both faces, shape (m, 3, 3). [m]."""

    triangles: FloatArray

    def __post_init__(self) -> None:
        _set_points(self, "triangles", (len(self.triangles), 3, 3))


def areas(tables: Tables) -> FloatArray:
    """Return the area of each table, shape (n,). [m2]."""
    _, along, across = edges(tables.corners)
    area: FloatArray = np.linalg.norm(np.cross(along, across), axis=-1)
    return area


def edges(corners: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return corner 0, length and width of the parallelograms nearest to four corners each, as vectors."""
    first, second, third, fourth = np.moveaxis(corners, -2, 0)
    along = ((second - first) + (third - fourth)) / 2.0
    across = ((third - second) + (fourth - first)) / 2.0
    return corners.mean(axis=-2) - (along + across) / 2.0, along, across


def table_rows(
    surface_tilt: float,
    surface_azimuth: float,
    gcr: float,
    *,
    rows: int,
    length: float,
    width: float = 1.0,
    is_tracker: bool = False,
    transverse_diodes: int = 1,
    strings_per_length: int = 1,
    axis_tilt: float = 0.0,
    cross_axis_tilt: float = 0.0,
) -> Tables:
    """Return equal rows, one behind the other, as `pv.shading` describes them in cross-section.

    Parameters
    ----------
    surface_tilt
        Rotation of the rows about their axes (their tilt, on level axes). [degrees]
    surface_azimuth
        That the rows face, ``axis_azimuth + 90``. [degrees]
    gcr
        Width over the horizontal distance of axes.
    rows
        How many; their middles lie along the azimuth faced, the first in the origin's row behind all others.
    length, width
        Of each row. [m]
    axis_tilt, cross_axis_tilt
        Of the axes, positive when they sink towards ``surface_azimuth - 90``; of the ground in the
        cross-section, positive when it falls towards the azimuth that is faced. [degrees]
    """
    axis, across, upward = _section(surface_azimuth, axis_tilt)
    turn, slope = np.radians(surface_tilt), np.radians(cross_axis_tilt)
    # From the lower edge up: against the azimuth that is faced.
    rise = -across * np.cos(turn) + upward * np.sin(turn)
    step = (across - upward * np.tan(slope)) * (width / gcr)
    middles = np.arange(rows)[:, None] * step
    lengthwise, crosswise = axis * (length / 2.0), rise * (width / 2.0)
    corners = np.stack(
        [
            middles - lengthwise - crosswise,
            middles + lengthwise - crosswise,
            middles + lengthwise + crosswise,
            middles - lengthwise + crosswise,
        ],
        axis=1,
    )
    return Tables(
        corners=corners,
        is_tracker=np.full(rows, is_tracker),
        axis_point=middles,
        axis_vector=np.tile(axis, (rows, 1)),
        transverse_diodes=np.full(rows, transverse_diodes),
        strings_per_length=np.full(rows, strings_per_length),
    )


def _section(surface_azimuth: float, axis_tilt: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the unit vectors of rows: along the axis, level across it, and up off it."""
    facing, lean = np.radians(surface_azimuth), np.radians(axis_tilt)
    across = np.array([np.sin(facing), np.cos(facing), 0.0])
    level = np.array([-np.cos(facing), np.sin(facing), 0.0])
    axis = level * np.cos(lean) - np.array([0.0, 0.0, np.sin(lean)])
    return axis, across, np.cross(across, axis)


def _set_points(record: object, name: str, shape: tuple[int, ...]) -> None:
    points = np.array(getattr(record, name), dtype=np.float64)
    if points.shape != shape:
        raise ValueError(f"{name}: shape {points.shape}; give {shape}")
    if not np.isfinite(points).all():
        raise ValueError(
            f"{name}: {np.argwhere(~np.isfinite(points))[0].tolist()} is no finite number of metres"
        )
    points.setflags(write=False)
    object.__setattr__(record, name, points)


NOTHING = Obstructions(triangles=np.empty((0, 3, 3)))
