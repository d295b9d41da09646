"""Long, equal rows on level ground, seen from the side: what they take from each other.

One row has width 1 and rises at the tilt; the next stands one pitch (1 / gcr) away. View factors follow from
crossed strings (Hottel and Sarofim 1967, Radiative Transfer, section 2-5): exact means over the row's width.
"""

import numpy as np

from gnomon.pv.arrays import FloatArray


def projected_solar_zenith(surface_azimuth: float, zenith: FloatArray, azimuth: FloatArray) -> FloatArray:
    """Return the sun's angle from the vertical in the plane across the rows, positive before the modules.

    Anderson and Mikofski (2020), NREL/TP-5K00-76626, for level rows. [degrees]
    """
    sun = np.radians(zenith)
    across: FloatArray = np.sin(sun) * np.cos(np.radians(azimuth - surface_azimuth))
    return np.degrees(np.arctan2(across, np.cos(sun)))


def shaded_fraction(surface_tilt: float, gcr: float, projected_zenith: FloatArray) -> FloatArray:
    """Return the share of a row's width that lies in the shadow of the row before it.

    ``1 - cos(p) / (gcr cos(p - tilt))``, Anderson and Jensen (2024), DOI 10.1063/5.0202220, on level ground.
    Where the sun stands behind the modules there is no beam to shade and the share is 0.
    """
    sun, tilt = np.radians(projected_zenith), np.radians(surface_tilt)
    facing = np.cos(sun - tilt)
    shaded = 1.0 - np.cos(sun) / (gcr * np.maximum(facing, 1e-9))
    return np.where(facing > 0, np.clip(shaded, 0.0, 1.0), 0.0)


def row_sky_view(surface_tilt: float, gcr: float) -> float:
    """Return the view factor from the face of a row to the sky: (1 + cos tilt) / 2 when alone."""
    pitch, cosine = 1.0 / gcr, np.cos(np.radians(surface_tilt))
    return float(1.0 + pitch - np.sqrt(pitch**2 - 2.0 * pitch * cosine + 1.0)) / 2.0


def row_ground_view(surface_tilt: float, gcr: float) -> float:
    """Return the view factor from the face of a row to the ground: (1 - cos tilt) / 2 when alone."""
    return row_sky_view(180.0 - surface_tilt, gcr)


def ground_sky_view(surface_tilt: float, gcr: float) -> float:
    """Return the mean view factor from the ground between two rows to the sky, by reciprocity and closure.

    The rows stand on the ground: what it does not see of the sky is one row's face and the other's back.
    """
    back = 180.0 - surface_tilt
    return 1.0 - gcr * (row_ground_view(surface_tilt, gcr) + row_ground_view(back, gcr))


def ground_lit_fraction(surface_tilt: float, gcr: float, projected_zenith: FloatArray) -> FloatArray:
    """Return the share of the ground between the rows that the beam reaches."""
    sun, tilt = np.radians(projected_zenith), np.radians(surface_tilt)
    shadow: FloatArray = np.abs(np.cos(sun - tilt)) / np.maximum(np.cos(sun), 1e-9)
    return np.maximum(1.0 - gcr * shadow, 0.0)
