"""Long, equal rows seen along their axes: what they take from each other and from the ground between them.

In the cross-section one row is a line of width 1 turned by its *rotation*, the angle from the level position,
positive towards the azimuth that the rows face: ``axis_azimuth + 90``. Fixed tables have their tilt as
rotation, trackers a new one in every row of the series. The next row stands a horizontal distance 1 / gcr away, on
ground that leans by ``cross_axis_tilt`` towards the same azimuth. Seen from the ground such a field is level:
every angle lessened by that tilt, every gcr multiplied by its cosine, which is how all functions here treat it.

View factors follow from crossed strings (Hottel and Sarofim 1967, Radiative Transfer, section 2-5): exact
means over the row's width and over the ground between two rows.
"""

from typing import TypeAlias

import numpy as np

from gnomon.pv.arrays import FloatArray, FloatLike

Across: TypeAlias = tuple[FloatArray, FloatArray]
"""The sun's unit vector in the cross-section: towards the azimuth that is faced, and up off the axis."""


def sun_across(
    surface_azimuth: FloatLike, zenith: FloatArray, azimuth: FloatArray, axis_tilt: float = 0.0
) -> Across:
    """Return the parts of the sun's unit vector that lie in the cross-section.

    Anderson and Mikofski (2020), NREL/TP-5K00-76626, DOI 10.2172/1660126, equation 4.

    Parameters
    ----------
    surface_azimuth
        That the rows face, ``axis_azimuth + 90``. [degrees]
    zenith, azimuth
        Of the sun, shape (m,). [degrees]
    axis_tilt
        Of the rows' axes, positive when they fall towards ``axis_azimuth``. [degrees]
    """
    sun, turn = np.radians(zenith), np.radians(azimuth - surface_azimuth)
    level, upward = np.sin(sun), np.cos(sun)
    across: FloatArray = level * np.cos(turn)
    if axis_tilt == 0.0:
        return across, upward
    lean = np.radians(axis_tilt)
    return across, upward * np.cos(lean) - level * np.sin(turn) * np.sin(lean)


def projected_solar_zenith(
    surface_azimuth: FloatLike, zenith: FloatArray, azimuth: FloatArray, axis_tilt: float = 0.0
) -> FloatArray:
    """Return the sun's angle from the upright on the axes, in the cross-section, positive before the rows.

    Anderson and Mikofski (2020), NREL/TP-5K00-76626, DOI 10.2172/1660126, equation 5; parameters as for
    `sun_across`. It is also the rotation that turns a lone tracker to the sun. [degrees]
    """
    across, upward = sun_across(surface_azimuth, zenith, azimuth, axis_tilt)
    return np.degrees(np.arctan2(across, upward))


def cross_axis_tilt(
    slope_tilt: float, slope_azimuth: float, axis_azimuth: float, axis_tilt: float = 0.0
) -> float:
    """Return the tilt of sloping ground in the cross-section of rows that lie on it. [degrees].

    Anderson and Mikofski (2020), NREL/TP-5K00-76626, DOI 10.2172/1660126, equation 26: the slope's normal
    is projected as the sun is, so a slope that falls towards ``axis_azimuth + 90`` has a positive tilt.

    Parameters
    ----------
    slope_tilt, slope_azimuth
        Of the ground, the azimuth pointing downhill. [degrees]
    axis_azimuth, axis_tilt
        Of the rows' axes. [degrees]
    """
    normal = projected_solar_zenith(
        axis_azimuth + 90.0, np.array([slope_tilt]), np.array([slope_azimuth]), axis_tilt
    )
    return float(normal[0])


def shaded_fraction(
    rotation: FloatLike, gcr: float, projected_zenith: FloatArray, cross_axis_tilt: float = 0.0
) -> FloatArray:
    """Return the share of a row's width that lies in the shadow of the row before it.

    ``1 - cos(p - c) / (gcr cos(c) cos(p - rotation))`` with the projected zenith p and the ground's tilt c:
    Anderson and Jensen (2024), DOI 10.1063/5.0202220, equation 12 for equal rows. Where the sun stands
    behind the modules there is no beam to shade and the share is 0; where it stands below the plane of
    sloping ground that goes on without end the share is 1.

    Parameters
    ----------
    rotation
        Of the rows, shape (m,) or one for all. [degrees]
    gcr
        Collector width over the horizontal distance of rows.
    projected_zenith
        Of `projected_solar_zenith`, shape (m,). [degrees]
    cross_axis_tilt
        Of the ground across the rows. [degrees]
    """
    sun, turned, cover = _seen_from_ground(rotation, gcr, cross_axis_tilt, projected_zenith)
    facing: FloatArray = np.cos(sun - turned)
    shaded = 1.0 - np.cos(sun) / (cover * np.maximum(facing, 1e-9))
    return np.where(facing > 0, np.clip(shaded, 0.0, 1.0), 0.0)


def shadow_height(shaded: FloatArray, rotation: FloatLike, cross_axis_tilt: float = 0.0) -> FloatArray:
    """Return how high above a row's lower edge its shadow reaches, in widths of the collector.

    ``shaded |sin(rotation - cross_axis_tilt)|``: at right angles to the ground, so vertically where it is level.
    It runs from 0, no shadow, to the height of the whole row; times the collector's width it is in m.

    Parameters
    ----------
    shaded
        Share of the width in shadow, of `shaded_fraction`, shape (m,).
    rotation, cross_axis_tilt
        Of the rows and of the ground. [degrees]
    """
    return shaded * np.abs(np.sin(np.radians(rotation - cross_axis_tilt)))


def row_sky_view(rotation: FloatLike, gcr: float, cross_axis_tilt: float = 0.0) -> FloatLike:
    """Return the view factor from the face of a row to the sky: (1 + cos rotation) / 2 when alone.

    The strings are those between a row's lower edge and the upper edges of itself and of the row before.
    The back of a row is a face turned by 180 degrees more. Shape of ``rotation``.
    """
    cosine, cover = _lean(rotation, gcr, cross_axis_tilt)
    return _aperture_view(cosine, cover)


def row_ground_view(rotation: FloatLike, gcr: float, cross_axis_tilt: float = 0.0) -> FloatLike:
    """Return the view factor from the face of a row to the ground: (1 - cos rotation) / 2 when alone."""
    cosine, cover = _lean(rotation, gcr, cross_axis_tilt)
    return _aperture_view(-cosine, cover)


def row_view_shares(
    rotation: FloatLike, gcr: float, cross_axis_tilt: float = 0.0
) -> tuple[FloatLike, FloatLike]:
    """Return `row_sky_view` and `row_ground_view` over what a row sees alone, also where it sees none.

    ``2 / (1 + gcr + s)`` with the length s of the string that `ground_sky_view` names.
    """
    cosine, cover = _lean(rotation, gcr, cross_axis_tilt)
    return 2.0 / (1.0 + cover + _string(-cosine, cover)), 2.0 / (1.0 + cover + _string(cosine, cover))


def ground_sky_view(rotation: FloatLike, gcr: float, cross_axis_tilt: float = 0.0) -> FloatLike:
    """Return the mean view factor from the ground between two rows to the sky.

    Half the crossed strings less the rows: ``(s(+1) + s(-1)) / 2 - gcr`` with the lengths
    ``s(x) = sqrt(1 + 2 x gcr cos rotation + gcr^2)`` in units of the distance of rows. Rows on posts of any
    height see and hide the same.
    """
    cosine, cover = _lean(rotation, gcr, cross_axis_tilt)
    return (_string(cosine, cover) + _string(-cosine, cover)) / 2.0 - cover


def ground_lit_fraction(
    rotation: FloatLike, gcr: float, projected_zenith: FloatArray, cross_axis_tilt: float = 0.0
) -> FloatArray:
    """Return the share of the ground between the rows that the beam reaches.

    ``1 - gcr |cos(p - rotation)| / cos p``, the length of a row's shadow on the ground over the distance of
    rows; parameters as for `shaded_fraction`.
    """
    sun, turned, cover = _seen_from_ground(rotation, gcr, cross_axis_tilt, projected_zenith)
    shadow: FloatArray = np.abs(np.cos(sun - turned)) / np.maximum(np.cos(sun), 1e-9)
    return np.maximum(1.0 - cover * shadow, 0.0)


def _seen_from_ground(
    rotation: FloatLike, gcr: float, cross_axis_tilt: float, projected_zenith: FloatArray
) -> tuple[FloatArray, FloatLike, float]:
    """Return sun and rotation from the ground's normal [radians] and the width over the rows' distance."""
    cover = gcr * float(np.cos(np.radians(cross_axis_tilt)))
    sun = np.radians(projected_zenith - cross_axis_tilt)
    return sun, np.radians(rotation - cross_axis_tilt), cover


def _lean(rotation: FloatLike, gcr: float, cross_axis_tilt: float) -> tuple[FloatLike, float]:
    cosine: FloatLike = np.cos(np.radians(rotation - cross_axis_tilt))
    return cosine, gcr * float(np.cos(np.radians(cross_axis_tilt)))


def _string(cosine: FloatLike, cover: float) -> FloatLike:
    length: FloatLike = np.sqrt(1.0 + 2.0 * cover * cosine + cover**2)
    return length


def _aperture_view(cosine: FloatLike, cover: float) -> FloatLike:
    """Return (1 + p - sqrt(p^2 - 2 p cosine + 1)) / 2 with p = 1 / cover, without the difference of large p."""
    return 0.5 * (1.0 + (2.0 * cosine - cover) / (1.0 + _string(-cosine, cover)))
