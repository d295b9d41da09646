"""How modules stand and move: fixed tables, single-axis trackers, platforms that turn on water.

All are rows that rise from an axis on a field that may slope. Angles are pvlib's, in degrees: azimuths
clockwise from north; a tracker's axis points along ``axis_azimuth`` and sinks by ``axis_tilt`` towards it.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedMount:
    """Fixed tables; ``gcr`` is collector width over row pitch, None for a single table.

    Attributes
    ----------
    surface_tilt, surface_azimuth
        Of tables on a level axis; on a sloping one the turn about it, and its facing.
    axis_tilt
        Slope along the rows, positive where the right end (seen by a table) lies lower.
    cross_axis_tilt
        Slope across the rows, pvlib's sign for the axis 90 degrees left of the facing.
    """

    surface_tilt: float
    surface_azimuth: float
    gcr: float | None = None
    axis_tilt: float = 0.0
    cross_axis_tilt: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.surface_tilt <= 90:
            raise ValueError(f"surface_tilt: {self.surface_tilt} is outside 0 to 90 degrees")
        _check_rows(self.gcr, self.axis_tilt, self.cross_axis_tilt)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindStow:
    """From a wind of ``wind_speed`` [m/s] on, trackers lie at ``angle`` [degrees]."""

    wind_speed: float = 15.0
    angle: float = 0.0

    def __post_init__(self) -> None:
        if not self.wind_speed > 0:
            raise ValueError(f"wind_speed: {self.wind_speed} m/s; give the wind from which trackers stow")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerMount:
    """Rows that follow the sun about one axis, from -``max_angle`` to ``max_angle``.

    Attributes
    ----------
    backtrack
        Whether rows turn back so far that none shades the next.
    cross_axis_tilt
        Slope across the rows, pvlib's sign.
    wind_stow
        None: the wind moves nothing.
    level_above
        Share of the diffuse in the global irradiance above which the rows lie level, None to follow
        the sun always.
    """

    axis_azimuth: float = 180.0
    axis_tilt: float = 0.0
    max_angle: float = 60.0
    backtrack: bool = True
    gcr: float
    cross_axis_tilt: float = 0.0
    wind_stow: WindStow | None = None
    level_above: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.max_angle <= 90:
            raise ValueError(f"max_angle: {self.max_angle} is outside 0 to 90 degrees")
        if self.level_above is not None and not 0 <= self.level_above <= 1:
            raise ValueError(f"level_above: {self.level_above} is no share, 0 to 1")
        _check_rows(self.gcr, self.axis_tilt, self.cross_axis_tilt)


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatingMount:
    """A platform of fixed tilt that follows the sun's azimuth within ``max_angle`` of its central one."""

    surface_tilt: float
    surface_azimuth: float = 180.0
    max_angle: float = 90.0
    gcr: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.surface_tilt <= 90:
            raise ValueError(f"surface_tilt: {self.surface_tilt} is outside 0 to 90 degrees")
        if not 0 <= self.max_angle <= 180:
            raise ValueError(f"max_angle: {self.max_angle} is outside 0 to 180 degrees")
        _check_rows(self.gcr, 0.0, 0.0)


Mount: TypeAlias = FixedMount | TrackerMount | FloatingMount


def _check_rows(gcr: float | None, axis_tilt: float, cross_axis_tilt: float) -> None:
    if gcr is not None and not 0 < gcr < 1:
        raise ValueError(f"gcr: {gcr} is outside 0 to 1")
    for name, slope in (("axis_tilt", axis_tilt), ("cross_axis_tilt", cross_axis_tilt)):
        if not -89 <= slope <= 89:
            raise ValueError(f"{name}: a slope of {slope} degrees is none to build on")
