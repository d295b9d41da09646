"""What passes the front glass by angle of incidence, relative to normal incidence.

A model is a function of the angle of incidence [degrees] that returns a factor of the same shape: 1 at
0 degrees, 0 at 90 and beyond.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import assert_never

import numpy as np

from gnomon.pv.arrays import FloatArray
from gnomon.pv.plant import AshraeIam, Iam, PhysicalIam, ProfileIam


def ashrae(aoi: FloatArray, b: float = 0.05) -> FloatArray:
    """Return 1 - b (1 / cos aoi - 1), not below 0.

    Souka and Safwat (1966), DOI 10.1016/0038-092X(66)90029-X; the form of ASHRAE standard 93-77.
    """
    cosine = np.maximum(np.cos(np.radians(aoi)), 1e-9)
    factor = np.maximum(1.0 - b * (1.0 / cosine - 1.0), 0.0)
    return np.where(np.abs(aoi) < 90.0, factor, 0.0)


def physical(
    aoi: FloatArray,
    n: float = 1.526,
    extinction: float = 4.0,
    thickness: float = 0.002,
    n_ar: float | None = None,
) -> FloatArray:
    """Return the transmittance of a glass cover over that at normal incidence: Snell, Fresnel, Bouguer.

    De Soto, Klein and Beckman (2006), DOI 10.1016/j.solener.2005.06.010; a coat is a second interface, with
    the light that bounces inside it, Duffie and Beckman, Solar Engineering of Thermal Processes, section 5.1.

    Parameters
    ----------
    n, n_ar
        Refractive index of the glass and, if there is one, of its anti-reflective coat.
    extinction, thickness
        Of the glass. [1/m, m]
    """
    layers = (1.0, n) if n_ar is None else (1.0, n_ar, n)
    at_angle = _transmittance(np.maximum(np.cos(np.radians(aoi)), 0.0), layers, extinction * thickness)
    at_normal = _transmittance(np.ones(1), layers, extinction * thickness)[0]
    return np.where(np.abs(aoi) < 90.0, at_angle / at_normal, 0.0)


def profile(aoi: FloatArray, angles: FloatArray, factors: FloatArray) -> FloatArray:
    """Interpolate measured points by a monotone cubic.

    Between the points PVsyst draws a smooth curve that it does not publish. A monotone cubic (Fritsch and
    Butland 1984, DOI 10.1137/0905021) is as smooth as measured points allow and stays between neighbours; an
    ordinary cubic spline overshoots where a profile bends, above 1 or below 0. The curve is level before the
    first point and ends at 0 for 90 degrees.
    """
    if angles[-1] < 90.0:
        angles, factors = np.append(angles, 90.0), np.append(factors, 0.0)
    incidence = np.clip(np.abs(aoi), angles[0], angles[-1])
    width, slope = np.diff(angles), np.diff(factors) / np.diff(angles)
    tangent = _monotone_tangents(width, slope)
    i = np.clip(np.searchsorted(angles, incidence, side="right") - 1, 0, len(width) - 1)
    s = (incidence - angles[i]) / width[i]
    straight = factors[i] + s * width[i] * slope[i]
    bend = s * (1 - s) * width[i]
    factor = straight + bend * ((1 - s) * (tangent[i] - slope[i]) - s * (tangent[i + 1] - slope[i]))
    return np.where(np.abs(aoi) < 90.0, np.maximum(factor, 0.0), 0.0)


def beam(aoi: FloatArray, iam: Iam) -> FloatArray:
    """Return the factor of a module's own curve."""
    match iam:
        case AshraeIam():
            return ashrae(aoi, iam.b)
        case PhysicalIam():
            return physical(aoi, iam.n, iam.extinction, iam.thickness, iam.n_ar)
        case ProfileIam():
            return profile(aoi, np.array(iam.aoi), np.array(iam.iam))
        case _:
            assert_never(iam)


def isotropic(curve: Callable[[FloatArray], FloatArray], surface_tilt: float) -> tuple[float, float]:
    """Return the factors for a uniform sky and for a uniform ground by integrating over directions.

    Marion (2017), DOI 10.1016/j.solener.2017.03.027, integrates over the sky's zenith and azimuth. Seen from
    the plane it is one integral: light at incidence t fills a cone, of which the share
    ``arccos(-cot t cot tilt) / pi`` points above the horizon and the rest at the ground.

    Parameters
    ----------
    curve
        Factor of beam by angle of incidence. [degrees]
    surface_tilt
        Of the plane. [degrees]

    Returns
    -------
    sky, ground : float
        A level plane sees no ground: its ground factor is 0.
    """
    angle, weight = _quadrature(np.radians(90.0 - surface_tilt))
    tilt = np.radians(max(surface_tilt, 1e-9))
    above = np.arccos(np.clip(-1.0 / (np.tan(angle) * np.tan(tilt)), -1.0, 1.0)) / np.pi
    cosine = weight * np.cos(angle) * np.sin(angle)
    passed = curve(np.degrees(angle)) * cosine
    sky, ground = cosine @ above, cosine @ (1.0 - above)
    return float(passed @ above / sky), float(passed @ (1.0 - above) / ground) if ground > 1e-12 else 0.0


@lru_cache(maxsize=1024)
def diffuse(iam: Iam, surface_tilt: float) -> tuple[float, float]:
    """Return the sky's and the ground's factor of a module's own curve at a fixed tilt."""
    return isotropic(lambda aoi: beam(aoi, iam), surface_tilt)


def _quadrature(kink: float) -> tuple[FloatArray, FloatArray]:
    """Return points and weights on 0 to pi/2 that crowd at the ends and where the cone meets the horizon."""
    points, weights = np.polynomial.legendre.leggauss(96)
    edges = [0.0, kink, np.pi / 2] if 0.0 < kink < np.pi / 2 else [0.0, np.pi / 2]
    angle, weight = [], []
    for start, end in pairwise(edges):
        # x -> sin(pi x / 2) flattens the square roots that the visible share has at the ends.
        middle, half = (start + end) / 2, (end - start) / 2
        angle.append(middle + half * np.sin(np.pi * points / 2))
        weight.append(weights * half * np.pi / 2 * np.cos(np.pi * points / 2))
    return np.concatenate(angle), np.concatenate(weight)


def _transmittance(cosine: FloatArray, layers: tuple[float, ...], depth: float) -> FloatArray:
    """Return the mean over both polarisations of what passes all interfaces and the last layer."""
    cosines = [np.sqrt(1.0 - (1.0 - cosine**2) / n**2) for n in layers]
    passed = []
    for swap in (False, True):
        through, back = np.ones_like(cosine), np.zeros_like(cosine)
        for i in range(len(layers) - 1):
            left, right = (i + 1, i) if swap else (i, i + 1)
            a, b = layers[i] * cosines[left], layers[i + 1] * cosines[right]
            reflected = ((a - b) / np.maximum(a + b, 1e-12)) ** 2
            through *= (1.0 - reflected) / (1.0 - reflected * back)
            back = reflected
        passed.append(through)
    return (passed[0] + passed[1]) / 2 * np.exp(-depth / cosines[-1])


def _monotone_tangents(width: FloatArray, slope: FloatArray) -> FloatArray:
    """Return the slopes at the points: a weighted harmonic mean inside, a one-sided parabola at the ends."""
    if len(slope) == 1:
        return np.repeat(slope, 2)
    before, after = slope[:-1], slope[1:]
    near, far = 2 * width[1:] + width[:-1], width[1:] + 2 * width[:-1]
    product = before * after
    mean = np.where(product > 0, near * after + far * before, 1.0)
    inner = np.where(product > 0, (near + far) * product / mean, 0.0)
    first = _end_tangent(width[0], width[1], slope[0], slope[1])
    last = _end_tangent(width[-1], width[-2], slope[-1], slope[-2])
    return np.concatenate(([first], inner, [last]))


def _end_tangent(width: float, next_width: float, slope: float, next_slope: float) -> float:
    tangent = ((2 * width + next_width) * slope - width * next_slope) / (width + next_width)
    if tangent * slope <= 0:
        return 0.0
    if slope * next_slope <= 0 and abs(tangent) > 3 * abs(slope):
        return 3 * slope
    return float(tangent)
