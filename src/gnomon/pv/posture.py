"""Where the modules of a mount face while the sun moves, and how the sun meets their rows."""

from dataclasses import dataclass
from typing import assert_never

from gnomon.pv import shading, tracking
from gnomon.pv.arrays import FloatArray, FloatLike
from gnomon.pv.mount import FixedMount, FloatingMount, Mount, TrackerMount
from gnomon.pv.sky import Sky


@dataclass(frozen=True, slots=True, kw_only=True)
class Posture:
    """A mount under a sky, in degrees; floats where nothing moves, else arrays of shape (m,).

    Attributes
    ----------
    surface_tilt, surface_azimuth
        Of the modules.
    rotation
        Of the rows about their axis, positive towards the side that they face.
    across
        The sun's zenith in the plane across the axis, with the same sign.
    cross_axis_tilt
        Of the ground in that plane.
    gcr
        Collector width over the rows' level distance, None for a single table.
    """

    surface_tilt: FloatLike
    surface_azimuth: FloatLike
    rotation: FloatLike
    across: FloatArray
    cross_axis_tilt: float
    gcr: float | None


def posture(mount: Mount, sky: Sky) -> Posture:
    """Return how a mount stands in each row of daylight."""
    match mount:
        case FixedMount():
            return _fixed(mount, sky)
        case TrackerMount():
            return _tracker(mount, sky)
        case FloatingMount():
            return _floating(mount, sky)
        case _:
            assert_never(mount)


def _fixed(mount: FixedMount, sky: Sky) -> Posture:
    tilt, azimuth = float(mount.surface_tilt), float(mount.surface_azimuth)
    if mount.axis_tilt:
        turned = tracking.surface_orientation(tilt, mount.axis_tilt, azimuth - 90.0)
        tilt, azimuth = float(turned[0]), float(turned[1])
    return Posture(
        surface_tilt=tilt,
        surface_azimuth=azimuth,
        rotation=mount.surface_tilt,
        across=shading.projected_solar_zenith(
            mount.surface_azimuth, sky.zenith, sky.azimuth, mount.axis_tilt
        ),
        cross_axis_tilt=mount.cross_axis_tilt,
        gcr=mount.gcr,
    )


def _tracker(mount: TrackerMount, sky: Sky) -> Posture:
    across = shading.projected_solar_zenith(
        mount.axis_azimuth + 90.0, sky.zenith, sky.azimuth, mount.axis_tilt
    )
    theta = tracking.follow(
        across,
        max_angle=mount.max_angle,
        backtrack=mount.backtrack,
        gcr=mount.gcr,
        cross_axis_tilt=mount.cross_axis_tilt,
    )
    if mount.level_above is not None:
        theta = tracking.flatten(
            theta, sky.ghi, sky.dhi, threshold=mount.level_above, max_angle=mount.max_angle
        )
    if mount.wind_stow is not None:
        theta = tracking.stow(
            theta,
            sky.wind_speed,
            threshold=mount.wind_stow.wind_speed,
            stow_angle=mount.wind_stow.angle,
            max_angle=mount.max_angle,
        )
    tilt, azimuth = tracking.surface_orientation(theta, mount.axis_tilt, mount.axis_azimuth)
    return Posture(
        surface_tilt=tilt,
        surface_azimuth=azimuth,
        rotation=theta,
        across=across,
        cross_axis_tilt=mount.cross_axis_tilt,
        gcr=mount.gcr,
    )


def _floating(mount: FloatingMount, sky: Sky) -> Posture:
    azimuth = tracking.floating_azimuth(
        sky.azimuth, central_azimuth=mount.surface_azimuth, max_angle=mount.max_angle
    )
    return Posture(
        surface_tilt=float(mount.surface_tilt),
        surface_azimuth=azimuth,
        rotation=mount.surface_tilt,
        across=shading.projected_solar_zenith(azimuth, sky.zenith, sky.azimuth),
        cross_axis_tilt=0.0,
        gcr=mount.gcr,
    )
