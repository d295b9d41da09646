"""What passes the front glass by angle of incidence, relative to normal incidence.

A model is a function of the angle of incidence [degrees] that returns a factor of the same shape: 1 at
0 degrees, 0 at 90 and beyond.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import assert_never

import numpy as np

from gnomon.pv.arrays import FloatArray, FloatLike
from gnomon.pv.plant import AshraeIam, Iam, PhysicalIam, ProfileIam

_CELLS = 50  # of the tables, per degree
_POINTS = 48


def ashrae(aoi: FloatArray, b: float = 0.05) -> FloatArray:
    """Return 1 - b (1 / cos aoi - 1), not below 0.

    Souka and Safwat (1966), DOI 10.1016/0038-092X(66)90029-X; the form of ASHRAE standard 93-77.
    """
    return _ashrae(np.cos(np.radians(aoi)), b)


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
    glass = PhysicalIam(n=n, extinction=extinction, thickness=thickness, n_ar=n_ar)
    return _physical(np.cos(np.radians(aoi)), glass)


def profile(aoi: FloatArray, angles: FloatArray, factors: FloatArray) -> FloatArray:
    """Interpolate measured points by a monotone cubic.

    Between the points PVsyst draws a smooth curve that it does not publish. A monotone cubic (Fritsch and
    Butland 1984, DOI 10.1137/0905021) is as smooth as measured points allow and stays between neighbours; an
    ordinary cubic spline overshoots where a profile bends, above 1 or below 0. The curve is level before the
    first point and ends at 0 for 90 degrees.
    """
    return _profile(aoi, *_cubics(angles, factors))


def beam(aoi: FloatArray, iam: Iam) -> FloatArray:
    """Return the factor of a module's own curve by the angle of incidence [degrees]."""
    if isinstance(iam, ProfileIam):
        return _profile(aoi, *_measured(iam))
    return beam_by_projection(np.cos(np.radians(aoi)), iam)


def beam_by_projection(projection: FloatArray, iam: Iam) -> FloatArray:
    """Return the factor of a module's own curve by the cosine of the angle of incidence.

    The geometry of a plane gives the cosine first, and two of the three curves need no more.
    """
    match iam:
        case AshraeIam():
            return _ashrae(projection, iam.b)
        case PhysicalIam():
            return _physical(projection, iam)
        case ProfileIam():
            return _profile(np.degrees(np.arccos(projection)), *_measured(iam))
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
    angle, weight = _quadrature(np.radians(abs(90.0 - surface_tilt)))
    tilt = np.radians(max(surface_tilt, 1e-9))
    above = np.arccos(np.clip(-1.0 / (np.tan(angle) * np.tan(tilt)), -1.0, 1.0)) / np.pi
    cosine = weight * np.cos(angle) * np.sin(angle)
    passed = curve(np.degrees(angle)) * cosine
    sky, ground = cosine @ above, cosine @ (1.0 - above)
    return float(passed @ above / sky), float(passed @ (1.0 - above) / ground) if ground > 1e-12 else 0.0


def diffuse(iam: Iam, surface_tilt: FloatLike) -> tuple[FloatLike, FloatLike]:
    """Return the sky's and the ground's factor of a module's own curve.

    One tilt has the integral of `isotropic`; tilts that change from row to row are read from a table of it by
    tilt, 0 to 180 degrees, whose error is below 1e-5.

    Parameters
    ----------
    surface_tilt
        One, or shape (m,). [degrees]
    """
    if not isinstance(surface_tilt, np.ndarray):
        return _at_one_tilt(iam, surface_tilt)
    sky, ground = _sky_and_ground(iam)
    return _read(sky, surface_tilt), _read(ground, surface_tilt)


def horizon(iam: Iam, surface_tilt: FloatLike) -> FloatLike:
    """Return the factor of a module's own curve for light from all along the horizon.

    ``integral of f(arccos(sin(tilt) sin(d))) sin(d) over d from 0 to pi / 2``, d being the azimuth from the
    end of the horizon that is seen: the limit of Marion's (2017) band, DOI 10.1016/j.solener.2017.03.027, as
    it narrows to the line that the horizon term of Perez et al. (1990) stands for. Read from a table as in
    `diffuse`; 0 for a level plane.

    Parameters
    ----------
    surface_tilt
        One, or shape (m,), 0 to 180. [degrees]
    """
    factor = _read(_along_horizon(iam), np.atleast_1d(surface_tilt))
    return factor if isinstance(surface_tilt, np.ndarray) else float(factor[0])


@lru_cache(maxsize=1024)
def _at_one_tilt(iam: Iam, surface_tilt: float) -> tuple[float, float]:
    return isotropic(lambda aoi: beam(aoi, iam), surface_tilt)


@lru_cache(maxsize=256)
def _sky_and_ground(iam: Iam) -> tuple[FloatArray, FloatArray]:
    """Return tables by tilt of the factors for a uniform sky and a uniform ground.

    The integral of `isotropic` over incidence t of ``f(t) sin t cos t (1 - share(t))``, by parts: the ground
    shines in as the mean of what comes from beyond the cones ``arctan(cot(tilt) / sin d)``, d from 0 to pi / 2.
    """
    tilt, sine, weight = _quarter()
    turn, upright = np.sin(tilt)[:, None] * sine, np.cos(tilt)[:, None]
    beyond, cone = _beyond_cones(iam), np.degrees(np.arctan2(upright, turn))
    turn *= turn
    seen = weight * turn / (upright * upright + turn)
    ground = np.full_like(tilt, beyond[-1])
    ground[1:] = np.sum(seen * _read(beyond, cone), axis=1)[1:] / np.sum(seen, axis=1)[1:]
    below = (1.0 - np.cos(tilt)) / 2.0
    sky = (beyond[0] - ground * below) / (1.0 - below)
    return np.concatenate((sky, ground[-2::-1])), np.concatenate((ground, sky[-2::-1]))


@lru_cache(maxsize=256)
def _along_horizon(iam: Iam) -> FloatArray:
    """Return the table by tilt of `horizon`; a plane that leans over sees the same line from below."""
    tilt, sine, weight = _quarter()
    passed = beam_by_projection(np.sin(tilt)[:, None] * sine, iam)
    factor: FloatArray = np.dot(passed, weight * sine)
    return np.concatenate((factor, factor[-2::-1]))


def _quarter() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the tilts to 90 degrees [radians], and sines and weights of a rule over 0 to pi / 2.

    The points crowd at both ends: at 0 a plane that stands nearly upright turns from all to nothing, at pi / 2
    one that lies nearly level has all its light.
    """
    points, weights = _gauss(_POINTS)
    tilt = np.radians(np.arange(90 * _CELLS + 1) / _CELLS)
    sine = np.sin(np.pi / 4 * (1.0 + np.sin(np.pi / 2 * points)))
    return tilt, sine, weights * np.pi**2 / 8 * np.cos(np.pi / 2 * points)


@lru_cache(maxsize=4)
def _gauss(count: int) -> tuple[FloatArray, FloatArray]:
    points, weights = np.polynomial.legendre.leggauss(count)
    return points, weights


def _beyond_cones(iam: Iam) -> FloatArray:
    """Return the mean factor of uniform light that comes in at more than an angle, by that angle."""
    edges = np.radians(np.arange(90 * _CELLS + 1) / _CELLS)
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    angle = middle[:, None] + half[:, None] * np.array([-1.0, 1.0]) / np.sqrt(3.0)
    light = np.sin(2.0 * angle)
    passed = beam(np.degrees(angle), iam) * light
    mean = np.cumsum(passed.sum(axis=1)[::-1])[::-1] / np.cumsum(light.sum(axis=1)[::-1])[::-1]
    last: float = max(2.0 * mean[-1] - mean[-2], 0.0)
    return np.append(mean, last)


def _read(table: FloatArray, angle: FloatArray) -> FloatArray:
    """Return a straight line between the two nearest of evenly spaced values."""
    place = angle * float(_CELLS)
    i = np.minimum(place.astype(np.intp), len(table) - 2)
    low = table[i]
    value: FloatArray = low + (place - i) * (table[i + 1] - low)
    return value


def _quadrature(kink: float) -> tuple[FloatArray, FloatArray]:
    """Return points and weights on 0 to pi/2 that crowd at the ends and where the cone meets the horizon."""
    points, weights = _gauss(96)
    edges = [0.0, kink, np.pi / 2] if 0.0 < kink < np.pi / 2 else [0.0, np.pi / 2]
    angle, weight = [], []
    for start, end in pairwise(edges):
        # x -> sin(pi x / 2) flattens the square roots that the visible share has at the ends.
        middle, half = (start + end) / 2, (end - start) / 2
        angle.append(middle + half * np.sin(np.pi * points / 2))
        weight.append(weights * half * np.pi / 2 * np.cos(np.pi * points / 2))
    return np.concatenate(angle), np.concatenate(weight)


def _ashrae(cosine: FloatArray, b: float) -> FloatArray:
    factor = (1.0 + b) - b / np.maximum(cosine, 1e-9)
    return np.where(cosine > 1e-12, np.maximum(factor, 0.0), 0.0)


def _physical(cosine: FloatArray, glass: PhysicalIam) -> FloatArray:
    passed = _transmittance(np.maximum(cosine, 0.0), glass)
    return np.where(cosine > 1e-12, passed / _at_normal(glass), 0.0)


@lru_cache(maxsize=256)
def _at_normal(glass: PhysicalIam) -> float:
    return float(_transmittance(np.ones(1), glass)[0])


def _transmittance(cosine: FloatArray, glass: PhysicalIam) -> FloatArray:
    """Return the mean over both polarisations of what passes all interfaces and the last layer."""
    layers = (glass.n,) if glass.n_ar is None else (glass.n_ar, glass.n)
    square, cosines = 1.0 - cosine * cosine, [cosine]
    cosines += [np.sqrt(1.0 - square * n**-2) for n in layers]
    index = (1.0, *layers)
    across, along = [], []
    for i in range(len(layers)):
        across.append(_interface(index[i] * cosines[i], index[i + 1] * cosines[i + 1]))
        along.append(_interface(index[i] * cosines[i + 1], index[i + 1] * cosines[i]))
    depth = glass.extinction * glass.thickness
    return (_stack(across) + _stack(along)) * (0.5 * np.exp(-depth / cosines[-1]))


def _interface(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return what passes an interface: 1 - ((a - b) / (a + b))^2."""
    whole: FloatArray = np.maximum(a + b, 1e-12)
    return 4.0 * a * b / (whole * whole)


def _stack(passed: list[FloatArray]) -> FloatArray:
    """Return what passes one interface, or two with the light that bounces between them."""
    if len(passed) == 1:
        return passed[0]
    first, second = passed
    both = first * second
    return both / np.maximum(first + second - both, 1e-12)


def _profile(aoi: FloatArray, angles: FloatArray, cubics: FloatArray) -> FloatArray:
    incidence = np.abs(aoi)
    i = np.searchsorted(angles[1:-1], incidence, side="right")
    d = np.maximum(incidence, angles[0]) - angles[i]
    zero, one, two, three = cubics
    factor = zero[i] + d * (one[i] + d * (two[i] + d * three[i]))
    return np.where(incidence < 90.0, np.maximum(factor, 0.0), 0.0)


@lru_cache(maxsize=256)
def _measured(iam: ProfileIam) -> tuple[FloatArray, FloatArray]:
    return _cubics(np.array(iam.aoi), np.array(iam.iam))


def _cubics(angles: FloatArray, factors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the angles to 90 degrees, and per interval the coefficients by the angle from its start."""
    if angles[-1] < 90.0:
        angles, factors = np.append(angles, 90.0), np.append(factors, 0.0)
    width, slope = np.diff(angles), np.diff(factors) / np.diff(angles)
    tangent = _monotone_tangents(width, slope)
    first, last = tangent[:-1], tangent[1:]
    second, third = (3.0 * slope - 2.0 * first - last) / width, (first + last - 2.0 * slope) / width**2
    return angles, np.stack((factors[:-1], first, second, third))


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
