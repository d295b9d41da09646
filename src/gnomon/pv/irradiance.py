"""From horizontal irradiance to the plane of the modules.

All angles in degrees, all irradiances in W/m2; every function takes numbers or arrays of shape (n,).
"""

from dataclasses import dataclass

import numpy as np

from gnomon.pv.arrays import FloatArray, FloatLike

# Perez et al. (1990), table 6 ("all sites composite"): rows are the eight bins of clearness, columns the
# coefficients of F1 (around the sun) and of F2 (along the horizon) for 1, brightness and zenith.
_CLEARNESS = (1.065, 1.23, 1.5, 1.95, 2.8, 4.5, 6.2)
_F1 = np.array(
    [
        [-0.008, 0.588, -0.062],
        [0.130, 0.683, -0.151],
        [0.330, 0.487, -0.221],
        [0.568, 0.187, -0.295],
        [0.873, -0.392, -0.362],
        [1.132, -1.237, -0.412],
        [1.060, -1.600, -0.359],
        [0.678, -0.327, -0.250],
    ]
).T.copy()
_F2 = np.array(
    [
        [-0.060, 0.072, -0.022],
        [-0.019, 0.066, -0.029],
        [0.055, -0.064, -0.026],
        [0.109, -0.152, -0.014],
        [0.226, -0.462, 0.001],
        [0.288, -0.823, 0.056],
        [0.264, -1.127, 0.131],
        [0.156, -1.377, 0.251],
    ]
).T.copy()
_COS_85 = float(np.cos(np.radians(85.0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SkyDiffuse:
    """Diffuse light of the sky in the plane, by where it comes from [W/m2]."""

    isotropic: FloatArray
    circumsolar: FloatArray
    horizon: FloatArray


def aoi_projection(
    surface_tilt: FloatLike, surface_azimuth: FloatLike, zenith: FloatArray, azimuth: FloatArray
) -> FloatArray:
    """Return the cosine of the angle of incidence; negative when the sun is behind the plane."""
    tilt, sun = np.radians(surface_tilt), np.radians(zenith)
    turn = np.radians(azimuth - surface_azimuth)
    projection: FloatArray = np.cos(tilt) * np.cos(sun) + np.sin(tilt) * np.sin(sun) * np.cos(turn)
    return np.clip(projection, -1.0, 1.0)


def relative_airmass(apparent_zenith: FloatArray) -> FloatArray:
    """Return the relative optical air mass, held at its horizon value below the horizon.

    Kasten and Young (1989), DOI 10.1364/AO.28.004735.
    """
    zenith = np.minimum(apparent_zenith, 90.0)
    return 1.0 / (np.cos(np.radians(zenith)) + 0.50572 * np.power(96.07995 - zenith, -1.6364))


def clear_sky_limit(dni_extra: FloatArray, airmass: FloatArray, linke_turbidity: float = 2.0) -> FloatArray:
    """Return the direct normal irradiance that the cleanest air lets through [W/m2].

    Beam of the European Solar Radiation Atlas, ``dni_extra exp(-0.8662 T m delta(m))``, at a Linke turbidity
    of 2: dry air with no dust. Rigollier et al. (2000), DOI 10.1016/S0038-092X(99)00055-9; thickness of the
    pure atmosphere by Kasten (1996), DOI 10.1016/0038-092X(95)00114-7.
    """
    polynomial = np.polynomial.Polynomial((6.6296, 1.7513, -0.1202, 0.0065, -0.00013))
    thickness = 1.0 / np.where(airmass <= 20.0, polynomial(airmass), 10.4 + 0.718 * airmass)
    return dni_extra * np.exp(-0.8662 * linke_turbidity * airmass * thickness)


def closure_dni(
    ghi: FloatArray, dhi: FloatArray, zenith: FloatArray, dni_extra: FloatArray, airmass: FloatArray
) -> FloatArray:
    """Return the direct normal irradiance that closes GHI = DHI + DNI cos(zenith).

    Near the horizon the division blows up what is measured or averaged badly, so the beam is held below
    what the cleanest air lets through; it is never negative, and zero with the sun below the horizon.
    ``airmass`` is the absolute one: relative air mass times the site's pressure over that of sea level.
    """
    cosine = np.cos(np.radians(zenith))
    beam = np.maximum(ghi - dhi, 0.0) / np.maximum(cosine, 1e-6)
    return np.where(cosine > 0, np.minimum(beam, clear_sky_limit(dni_extra, airmass)), 0.0)


def clearness_index(ghi: FloatArray, zenith: FloatArray, dni_extra: FloatArray) -> FloatArray:
    """Return GHI over what falls outside the atmosphere, 0 to 1; cos(zenith) is held at 0.065."""
    horizontal = dni_extra * np.maximum(np.cos(np.radians(zenith)), 0.065)
    return np.clip(ghi / horizontal, 0.0, 1.0)


def erbs_driesse(ghi: FloatArray, zenith: FloatArray, dni_extra: FloatArray) -> FloatArray:
    """Return the diffuse horizontal irradiance from the global one by the clearness index.

    The continuous form of Erbs, Klein and Duffie (1982), DOI 10.1016/0038-092X(82)90302-4, by Driesse,
    Jensen and Perez (2024), DOI 10.1016/j.solener.2023.112093. With the sun under 3 degrees all is diffuse.
    """
    kt = clearness_index(ghi, zenith, dni_extra)
    middle = np.polynomial.Polynomial(
        (0.946296633571001, -0.11390583806313881, 4.246926715218317, -16.470508424697307, 12.26911439571261)
    )
    share = np.where(kt > 0.216, middle(kt), 1.0 - 0.09 * kt)
    share = np.where(kt > 0.792, 0.165, share)
    return np.where(zenith > 87.0, ghi, share * ghi)


def perez_brightness(
    dhi: FloatArray, dni: FloatArray, dni_extra: FloatArray, zenith: FloatArray, airmass: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the brightening around the sun F1 and along the horizon F2: the sky's part, one for all planes.

    Perez et al. (1990), DOI 10.1016/0038-092X(90)90055-H.
    """
    angle = np.radians(zenith)
    brightness = dhi * airmass / dni_extra
    bent = 1.0 + 1.041 * angle * angle * angle
    clearness = 1.0 + dni / (np.maximum(dhi, 1e-9) * bent)
    # Seven comparisons of whole arrays cost a quarter of one search.
    row = np.zeros(angle.shape, dtype=np.int8)
    for bound in _CLEARNESS:
        row += clearness >= bound
    around_sun, along_horizon = (
        table[0].take(row) + table[1].take(row) * brightness + table[2].take(row) * angle
        for table in (_F1, _F2)
    )
    return np.maximum(around_sun, 0.0), along_horizon


def perez(
    surface_tilt: FloatLike,
    projection: FloatArray,
    zenith: FloatArray,
    dhi: FloatArray,
    brightness: tuple[FloatArray, FloatArray],
) -> SkyDiffuse:
    """Return the sky's diffuse light in a plane by the model of Perez et al. (1990).

    ``DHI [(1 - F1) (1 + cos tilt) / 2 + F1 a / b + F2 sin tilt]`` with a = max(0, cos aoi) and
    b = max(cos 85, cos zenith). Where the sum is negative all parts are zero.

    Parameters
    ----------
    surface_tilt
        Of the plane. [degrees]
    projection
        Cosine of the angle of incidence.
    zenith
        Apparent zenith of the sun. [degrees]
    dhi
        Diffuse horizontal irradiance. [W/m2]
    brightness
        F1 and F2 of `perez_brightness`.
    """
    tilt = np.radians(surface_tilt)
    around_sun, along_horizon = brightness
    isotropic = dhi * (1.0 - around_sun) * (0.5 * (1.0 + np.cos(tilt)))
    lift = np.maximum(projection, 0.0) / np.maximum(np.cos(np.radians(zenith)), _COS_85)
    circumsolar = dhi * around_sun * lift
    horizon = dhi * along_horizon * np.sin(tilt)
    bright = isotropic + circumsolar + horizon > 0
    return SkyDiffuse(
        isotropic=isotropic * bright, circumsolar=circumsolar * bright, horizon=horizon * bright
    )


def ground_diffuse(surface_tilt: FloatLike, ghi: FloatArray, albedo: FloatLike) -> FloatArray:
    """Return the light that level, open ground sends into a plane: GHI albedo (1 - cos tilt) / 2 [W/m2]."""
    return ghi * albedo * (0.5 * (1.0 - np.cos(np.radians(surface_tilt))))
