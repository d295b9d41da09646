"""How mounts turn: trackers on one axis, their exceptions for wind and cloud, and platforms that float.

A rotation is the angle about the axis from the level position, positive towards ``axis_azimuth + 90``: on an
axis that points south (180) positive is west. Signs are those of pvlib and of Anderson and Mikofski (2020),
NREL/TP-5K00-76626, DOI 10.2172/1660126.
"""

from typing import TypeAlias

import numpy as np

from gnomon.pv.arrays import FloatArray, FloatLike
from gnomon.pv.shading import Across, projected_solar_zenith

MaxAngle: TypeAlias = float | tuple[float, float]
"""Largest rotation to both sides, or the least and the largest. [degrees]."""

DIFFUSE_SHARE = 0.95
"""Share of diffuse light in all from which `flatten` lays a tracker level.

Under a uniform sky a tracker square to the sun at zenith z loses against a level plane from
``2 / (2 + cos z)``, 0.67 to 1: the break-even of ``(1 - k) / cos z + k (1 + cos z) / 2 = 1``. Real skies stay
brighter around the sun and put it off. Over the typical year of Greensboro, with Perez's sky, 60 degrees
and a gcr of 0.3 or 0.45, no single threshold gains more than 0.95 does (0.5 % of the light in the plane, nine
tenths of what choosing rightly in each hour would gain); 0.8 gains 0.1 to 0.2 %, and 0.75 loses. Kelly and
Gibson (2009), DOI 10.1016/j.solener.2009.08.009, measured the gain of lying level under overcast.
"""


def singleaxis(
    zenith: FloatArray,
    azimuth: FloatArray,
    *,
    axis_tilt: float = 0.0,
    axis_azimuth: float = 180.0,
    max_angle: MaxAngle = 90.0,
    backtrack: bool = True,
    gcr: float = 2.0 / 7.0,
    cross_axis_tilt: float = 0.0,
) -> FloatArray:
    """Return the rotation of a tracker that follows the sun; with the sun down it lies level. [degrees].

    Parameters
    ----------
    zenith, azimuth
        Of the sun, shape (m,); the apparent zenith. [degrees]
    axis_tilt, axis_azimuth
        Of the axis, positive when it falls towards its azimuth. [degrees]
    max_angle, backtrack, gcr, cross_axis_tilt
        As for `follow`.
    """
    projected = projected_solar_zenith(axis_azimuth + 90.0, zenith, azimuth, axis_tilt)
    theta = follow(
        projected, max_angle=max_angle, backtrack=backtrack, gcr=gcr, cross_axis_tilt=cross_axis_tilt
    )
    return np.where(zenith <= 90.0, theta, level_angle(max_angle))


def follow(
    projected_zenith: FloatArray,
    *,
    max_angle: MaxAngle = 90.0,
    backtrack: bool = True,
    gcr: float = 2.0 / 7.0,
    cross_axis_tilt: float = 0.0,
) -> FloatArray:
    """Return the rotation towards the sun, turned back as far as rows would shade each other. [degrees].

    ``p - sign(p) arccos(|cos(p - c)| / (gcr cos c))`` with the projected zenith p and the tilt c of the
    ground across the axes, Anderson and Mikofski (2020), equations 14 to 16; without the second term where
    the argument passes 1. The shadow then just touches the next row, unless the limits keep the tracker
    from lying parallel to the ground.

    Parameters
    ----------
    projected_zenith
        Of `shading.projected_solar_zenith` for the azimuth ``axis_azimuth + 90``, shape (m,). [degrees]
    max_angle
        Limits of the rotation. [degrees]
    backtrack
        Whether to turn back.
    gcr
        Collector width over the horizontal distance of axes.
    cross_axis_tilt
        Of `shading.cross_axis_tilt`. [degrees]
    """
    theta = projected_zenith
    if backtrack:
        reach = gcr * np.cos(np.radians(cross_axis_tilt))
        sun = np.radians(projected_zenith - cross_axis_tilt)
        excess = np.degrees(np.arccos(np.minimum(np.abs(np.cos(sun)) / reach, 1.0)))
        theta = theta - np.copysign(excess, projected_zenith)
    least, largest = _limits(max_angle)
    return np.clip(theta, least, largest)


def surface_orientation(
    theta: FloatLike, axis_tilt: float = 0.0, axis_azimuth: float = 180.0
) -> tuple[FloatLike, FloatLike]:
    """Return tilt and azimuth of a surface turned about an axis. [degrees].

    Marion and Dobos (2013), NREL/TP-6A20-58891, DOI 10.2172/1089596, from the components of the normal, so
    that small tilts keep their digits. Fixed tables on an inclined axis have their tilt as the one rotation
    and the azimuth that they face less 90 as ``axis_azimuth``. A level surface faces ``axis_azimuth - 90``.

    Parameters
    ----------
    theta
        Rotation, one or shape (m,). [degrees]
    axis_tilt, axis_azimuth
        Of the axis. [degrees]
    """
    if axis_tilt == 0.0:
        right, left = (axis_azimuth + 90.0) % 360.0, (axis_azimuth - 90.0) % 360.0
        return np.abs(theta), np.where(np.asarray(theta) > 0, right, left)
    turn, lean = np.radians(theta), np.radians(axis_tilt)
    across, off = np.sin(turn), np.cos(turn)
    along = off * np.sin(lean)
    tilt = np.degrees(np.arctan2(np.hypot(across, along), off * np.cos(lean)))
    return tilt, _compass(axis_azimuth + np.degrees(np.arctan2(across, along)))


def level_angle(max_angle: MaxAngle) -> float:
    """Return the rotation nearest to level that the limits allow. [degrees]."""
    least, largest = _limits(max_angle)
    return min(max(0.0, least), largest)


def stow(
    theta: FloatArray,
    wind_speed: FloatArray,
    *,
    threshold: float,
    stow_angle: float = 0.0,
    max_angle: MaxAngle = 90.0,
) -> FloatArray:
    """Return the rotation with the tracker sent to its stow angle while the wind is at or above a threshold.

    Parameters
    ----------
    theta
        Rotation of the tracker, shape (m,). [degrees]
    wind_speed, threshold
        Of the wind, shape (m,), and that at which the tracker gives way. [m/s]
    stow_angle, max_angle
        Rotation in the wind, held within the limits. [degrees]
    """
    least, largest = _limits(max_angle)
    return np.where(wind_speed >= threshold, min(max(stow_angle, least), largest), theta)


def flatten(
    theta: FloatArray,
    ghi: FloatArray,
    dhi: FloatArray,
    *,
    threshold: float = DIFFUSE_SHARE,
    max_angle: MaxAngle = 90.0,
) -> FloatArray:
    """Return the rotation with the tracker laid level while diffuse light is at least a share of all.

    Parameters
    ----------
    theta
        Rotation of the tracker, shape (m,). [degrees]
    ghi, dhi
        Global and diffuse horizontal irradiance, shape (m,). [W/m2]
    threshold
        Share of ``dhi`` in ``ghi``.
    max_angle
        Limits of the rotation. [degrees]
    """
    return np.where(dhi >= threshold * ghi, level_angle(max_angle), theta)


def flatten_where_brighter(
    theta: FloatArray,
    sun: Across,
    *,
    ghi: FloatArray,
    dhi: FloatArray,
    dni: FloatArray,
    albedo: FloatLike = 0.2,
    axis_tilt: float = 0.0,
    max_angle: MaxAngle = 90.0,
) -> FloatArray:
    """Return the rotation with the tracker laid level where it then collects more than on its course.

    What is collected is that of a lone plane under a uniform sky, Liu and Jordan (1963),
    DOI 10.1016/0038-092X(63)90006-9: beam plus ``(dhi - albedo ghi) cos(tilt) / 2`` and what does not depend on the
    tilt.

    Parameters
    ----------
    theta
        Rotation of the tracker, shape (m,). [degrees]
    sun
        Of `shading.sun_across`, each of shape (m,).
    ghi, dhi, dni
        Global and diffuse horizontal, direct normal irradiance, shape (m,). [W/m2]
    albedo
        Of the ground.
    axis_tilt, max_angle
        Of the axis; limits of the rotation. [degrees]
    """
    across, upward = sun
    from_above = (dhi - albedo * ghi) * (0.5 * np.cos(np.radians(axis_tilt)))
    turn, rest = np.radians(theta), np.radians(level_angle(max_angle))
    level = dni * np.maximum(across * np.sin(rest) + upward * np.cos(rest), 0.0) + from_above * np.cos(rest)
    course = dni * np.maximum(across * np.sin(turn) + upward * np.cos(turn), 0.0) + from_above * np.cos(turn)
    return np.where(level > course, level_angle(max_angle), theta)


def floating_azimuth(azimuth: FloatArray, *, central_azimuth: float, max_angle: float) -> FloatArray:
    """Return the azimuth of a floating platform that turns with the sun within a band. [degrees].

    The platform stands at the end of the band nearest to the sun while the sun is outside.

    Parameters
    ----------
    azimuth
        Of the sun, shape (m,). [degrees]
    central_azimuth
        Middle of the band. [degrees]
    max_angle
        Largest turn to either side of it; 180 follows the sun all round. [degrees]
    """
    turn = _compass(azimuth - central_azimuth + 180.0) - 180.0
    return _compass(central_azimuth + np.clip(turn, -max_angle, max_angle))


def _limits(max_angle: MaxAngle) -> tuple[float, float]:
    return max_angle if isinstance(max_angle, tuple) else (-max_angle, max_angle)


def _compass(azimuth: FloatArray) -> FloatArray:
    """Return the angle within 0 to 360 degrees; many times as fast as NumPy's modulo."""
    return azimuth - 360.0 * np.floor(azimuth / 360.0)
