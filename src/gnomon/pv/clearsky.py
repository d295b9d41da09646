r"""The sky without clouds, from the sun's height and the haze of the air.

How hazy the air is stands in one number, the Linke turbidity: how many clean, dry atmospheres would dim the
beam as much. About 2 is cold and very clean, 3 warm and clean, 4 to 6 moist or stagnant, more is polluted.

References
----------
Ineichen and Perez (2002), A new airmass independent formulation for the Linke turbidity coefficient, Solar
Energy 73, 151-157, DOI 10.1016/S0038-092X(02)00045-2. The constants for height above the sea are those of
Perez et al. (2002), Solar Energy 73, 307-317, DOI 10.1016/S0038-092X(02)00122-6.
"""

from dataclasses import dataclass

import numpy as np

from gnomon.pv.arrays import FloatArray, FloatLike, IntArray

DEFAULT_TURBIDITY = 3.0
"""Warm, clean air (Kasten 1996, DOI 10.1016/0038-092X(95)00114-7); used where nothing is known of the air."""

_BEAM = 0.09  # dimming of the beam per air mass and unit of turbidity
_HAZE_MASKS_BELOW = 10.0  # degrees of sun height under which a beam says little of the air
_NO_BEAM = 50.0  # W/m2 of beam under which it says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearSky:
    """Global horizontal, direct normal and diffuse horizontal irradiance, shape (n,) [W/m2]."""

    ghi: FloatArray
    dni: FloatArray
    dhi: FloatArray


def ineichen(
    apparent_zenith: FloatArray,
    airmass: FloatArray,
    linke_turbidity: FloatLike,
    altitude: float,
    dni_extra: FloatArray,
) -> ClearSky:
    """Return the irradiance under a sky without clouds; zero while the sun is down.

    ``GHI = c1 I0 cos z exp(-c2 m (f1 + f2 (T - 1)))``, ``DNI = b I0 exp(-0.09 m (T - 1))`` where haze does
    not take it below what GHI leaves for the beam; the rest is diffuse. Ineichen and Perez (2002).

    Parameters
    ----------
    apparent_zenith
        Of the sun, with refraction. [degrees]
    airmass
        Absolute: the relative one times the site's pressure over that of sea level.
    linke_turbidity
        At air mass 2; a number, or one for each row.
    altitude
        Of the site. [m]
    dni_extra
        Irradiance outside the atmosphere, normal to the rays. [W/m2]
    """
    sea, low = np.exp(-altitude / 8000.0), np.exp(-altitude / 1250.0)
    rate = 3.92e-5 * altitude + 0.0387
    haze = np.asarray(linke_turbidity) - 1.0
    # Global irradiance over cos z, which stays finite at the horizon.
    upright = (5.09e-5 * altitude + 0.868) * dni_extra * np.exp(-rate * airmass * (sea + low * haze))
    share = 1.0 - (0.1 - 0.2 * np.exp(-(haze + 1.0))) / (0.1 + 0.882 / sea)
    cosine = np.maximum(np.cos(np.radians(apparent_zenith)), 0.0)
    beam = np.minimum(
        clear_beam(airmass, linke_turbidity, altitude, dni_extra), upright * np.maximum(share, 0)
    )
    dni = np.where(cosine > 0, beam, 0.0)
    return ClearSky(ghi=upright * cosine, dni=dni, dhi=(upright - dni) * cosine)


def clear_beam(
    airmass: FloatArray, linke_turbidity: FloatLike, altitude: float, dni_extra: FloatArray
) -> FloatArray:
    """Return the beam that air of a turbidity lets through: ``b I0 exp(-0.09 m (T - 1))`` [W/m2]."""
    haze: FloatArray = np.asarray(linke_turbidity) - 1.0
    beam: FloatArray = _beam_scale(altitude) * dni_extra * np.exp(-_BEAM * airmass * haze)
    return beam


def turbidity_of(dni: FloatArray, airmass: FloatArray, altitude: float, dni_extra: FloatArray) -> FloatArray:
    """Return the turbidity that a beam tells of, `clear_beam` solved for it; a cloud counts as haze.

    Infinite without a beam.
    """
    with np.errstate(divide="ignore"):
        told: FloatArray = 1.0 + np.log(_beam_scale(altitude) * dni_extra / dni) / (_BEAM * airmass)
    return told


def turbidity_around(
    day: IntArray, turbidity: FloatArray, dni: FloatArray, zenith: FloatArray, reach: int = 1
) -> FloatArray:
    """Return the turbidity of the air in each row, cloud or not: that of the clearest row around its day.

    Clouds come and go within hours, the haze goes with the mass of air and stays for days; so the lowest
    turbidity that any beam told of between ``reach`` days before and after is taken for the air's own.
    Where no beam told anything the default stands.

    Parameters
    ----------
    day
        Number of the local day of each row.
    turbidity
        What the beam of each row tells, by `turbidity_of`.
    dni, zenith
        The beam [W/m2] and the sun's zenith [degrees]; weak beams and a low sun tell nothing.
    reach
        Days on either side.
    """
    if day.size == 0:
        return np.empty(0)
    first, count = int(day.min()), int(day.max() - day.min()) + 1
    clearest = np.full(count + 2 * reach, np.inf)
    telling = (dni > _NO_BEAM) & (zenith < 90.0 - _HAZE_MASKS_BELOW)
    np.minimum.at(clearest, day[telling] - first + reach, turbidity[telling])
    around = np.lib.stride_tricks.sliding_window_view(clearest, 2 * reach + 1).min(axis=1)
    of_day = np.where(np.isfinite(around), np.maximum(around, 1.0), DEFAULT_TURBIDITY)
    rows: FloatArray = of_day[day - first]
    return rows


def _beam_scale(altitude: float) -> float:
    return float(0.664 + 0.163 * np.exp(altitude / 8000.0))
