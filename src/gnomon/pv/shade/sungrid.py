"""The positions of the sun for which a scene is computed, and the mean of a scene's tables over them."""

from dataclasses import dataclass

import numpy as np

from gnomon.pv.arrays import FloatArray
from gnomon.pv.shade.cast import Shares

# Under 2 degrees a beam carries next to nothing; above, shadows shorten with the tangent.
_ELEVATIONS = (
    *(2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0),
    *(22.5, 25.0, 27.5, 30.0, 35.0, 40.0, 45.0, 50.0, 55.0, 60.0, 70.0, 80.0, 90.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SunGrid:
    """Azimuths, k of them, and elevations, j of them, both increasing. [degrees]."""

    azimuth: tuple[float, ...]
    elevation: tuple[float, ...]

    def positions(self) -> tuple[FloatArray, FloatArray]:
        """Return zenith and azimuth of all k x j positions, those of the first azimuth first. [degrees]."""
        around, upward = np.meshgrid(self.azimuth, self.elevation, indexing="ij")
        return 90.0 - upward.ravel(), around.ravel()

    def shape(self) -> tuple[int, int]:
        """Return k and j."""
        return len(self.azimuth), len(self.elevation)


def grid(azimuth_step: float = 7.5, elevations: tuple[float, ...] = _ELEVATIONS) -> SunGrid:
    """Return a grid of the whole sky over the horizon, denser where shadows are long.

    All azimuths are kept: a scene is used at any latitude. For rows, weighted by a year's beam, what lies straight
    between points is off by 0.0006 of the beam and 0.008 of the diodes in the mean.

    Parameters
    ----------
    azimuth_step
        A part of 360. [degrees]
    elevations
        Increasing, above 0 and up to 90. [degrees]
    """
    steps = round(360.0 / azimuth_step) if azimuth_step > 0 else 0
    if steps < 1 or abs(steps * azimuth_step - 360.0) > 1e-9:
        raise ValueError(
            f"azimuth_step: {azimuth_step} degrees do not divide the compass; give a part of 360"
        )
    if not elevations or elevations[0] <= 0 or elevations[-1] > 90 or (np.diff(elevations) <= 0).any():
        raise ValueError("elevations: give increasing angles above 0 and up to 90 degrees")
    return SunGrid(
        azimuth=tuple(step * azimuth_step for step in range(steps)), elevation=tuple(map(float, elevations))
    )


def scene_mean(sun_grid: SunGrid, shares: Shares, area: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return beam and diodes lost by a scene as a whole, on a grid's points, shapes (k, j).

    Each table counts by its area times its cosine of incidence for the beam, and by its area for the diodes, as
    long as its front is lit. Where no front is lit nothing is there to lose; such a point takes the mean of the
    points around it, so that what lies between it and a lit one is not darkened.

    Parameters
    ----------
    area
        Of the tables, of `areas`. [m2]
    """
    shape = (*sun_grid.shape(), len(area))
    lit = (shares.incidence * area).reshape(shape), ((shares.incidence > 0) * area).reshape(shape)
    direct, diodes = (
        filled(_weighted(share.reshape(shape), weight))
        for share, weight in zip((shares.direct, shares.diodes), lit, strict=True)
    )
    return direct, diodes


def filled(shares: FloatArray) -> FloatArray:
    """Return a table of shape (k, j) whose NaN are the mean of their neighbours, from the known ones outward.

    The first axis closes around the compass. Where all are NaN the share is 1.
    """
    shares = shares.copy()
    if np.isnan(shares).all():
        return np.ones_like(shares)
    while np.isnan(shares).any():
        around = np.concatenate((shares[-1:], shares, shares[:1]))
        upward = np.pad(shares, ((0, 0), (1, 1)), constant_values=np.nan)
        near = np.stack((around[:-2], around[2:], upward[:, :-2], upward[:, 2:]))
        known = ~np.isnan(near)
        count = known.sum(axis=0)
        total = np.where(known, near, 0.0).sum(axis=0)
        takes = np.isnan(shares) & (count > 0)
        shares[takes] = total[takes] / count[takes]
    return shares


def _weighted(shares: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the weighted mean over the last axis, NaN where nothing has weight."""
    total = weight.sum(axis=-1)
    mean: FloatArray = np.divide(
        (shares * weight).sum(axis=-1), total, out=np.full(total.shape, np.nan), where=total > 0
    )
    return mean
