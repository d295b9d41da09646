"""The incidence-angle curves against pvlib and SciPy, and what every curve must obey."""

import numpy as np
import pvlib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from gnomon.pv import iam
from gnomon.pv.plant import AshraeIam, Iam, PhysicalIam, ProfileIam

ANGLES = np.linspace(0.0, 120.0, 481)
POINTS = (
    (0.0, 30.0, 50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 90.0),
    (1, 1, 0.999, 0.987, 0.962, 0.892, 0.816, 0.681, 0),
)
CURVES: list[Iam] = [
    AshraeIam(),
    AshraeIam(b=0.1),
    PhysicalIam(),
    PhysicalIam(n_ar=1.29),
    ProfileIam(aoi=POINTS[0], iam=POINTS[1]),
]


@pytest.mark.parametrize("b", [0.03, 0.05, 0.2])
def test_ashrae_is_pvlib_s(b: float) -> None:
    """The same formula: rounding only."""
    assert iam.ashrae(ANGLES, b) == pytest.approx(pvlib.iam.ashrae(ANGLES, b), abs=1e-9)


@pytest.mark.parametrize("n_ar", [None, 1.29])
def test_physical_is_pvlib_s(n_ar: float | None) -> None:
    """The same optics: rounding only."""
    inside = ANGLES[ANGLES < 90]
    expected = pvlib.iam.physical(inside, n_ar=n_ar)
    assert iam.physical(inside, n_ar=n_ar) == pytest.approx(expected, abs=1e-12)


def test_profile_is_the_monotone_cubic_of_scipy() -> None:
    """The same slopes at the points: rounding only."""
    angles, factors = np.array(POINTS[0]), np.array(POINTS[1], dtype=float)
    inside = ANGLES[ANGLES < 90]
    expected = PchipInterpolator(angles, factors)(inside)
    assert iam.profile(inside, angles, factors) == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_a_profile_stays_between_its_neighbours(below: list[float]) -> None:
    angles = np.linspace(0.0, 85.0, len(below) + 1)
    factors = np.array([1.0, *below])
    found = iam.profile(np.linspace(0, 89.9, 300), angles, factors)
    assert found.max() <= 1 + 1e-12
    assert found.min() >= 0
    at_points = iam.profile(angles, angles, factors)
    assert at_points == pytest.approx(factors, abs=1e-12)


def test_two_points_are_a_line() -> None:
    found = iam.profile(np.array([0.0, 45.0, 90.0]), np.array([0.0, 90.0]), np.array([1.0, 0.0]))
    assert found == pytest.approx([1, 0.5, 0])


@pytest.mark.parametrize("curve", CURVES, ids=str)
def test_every_curve_starts_at_one_falls_and_ends_at_zero(curve: Iam) -> None:
    factors = iam.beam(ANGLES, curve)
    assert factors[0] == pytest.approx(1.0)
    assert np.all(np.diff(factors) < 1e-3)
    assert np.all(factors[ANGLES >= 90] == 0)


@pytest.mark.parametrize("curve", CURVES, ids=str)
def test_one_angle_equals_many(curve: Iam) -> None:
    alone = [iam.beam(np.array([angle]), curve)[0] for angle in ANGLES[::40]]
    assert iam.beam(ANGLES[::40], curve) == pytest.approx(alone, abs=1e-12)


@pytest.mark.parametrize("tilt", [0.0, 10.0, 25.0, 60.0, 90.0])
@pytest.mark.parametrize("curve", CURVES[:4], ids=str)
def test_diffuse_factors_are_marion_s(curve: Iam, tilt: float) -> None:
    """pvlib sums over cells of a quarter of a degree: two careful quadratures then agree to about 1e-4.

    On the ground below a low tilt all light is grazing and few cells count: 1e-3.
    """
    sky, ground = iam.diffuse(curve, tilt)
    expected = {
        region: pvlib.iam.marion_integrate(lambda aoi: iam.beam(aoi, curve), tilt, region, num=720)
        for region in ("sky", "ground")
    }
    assert sky == pytest.approx(expected["sky"], abs=2e-4)
    if tilt > 0:
        assert ground == pytest.approx(expected["ground"], abs=2e-3)


@pytest.mark.parametrize("curve", CURVES, ids=str)
def test_the_cosine_of_incidence_serves_as_well_as_the_angle(curve: Iam) -> None:
    cosine = np.cos(np.radians(ANGLES))
    assert iam.beam_by_projection(cosine, curve) == pytest.approx(iam.beam(ANGLES, curve), abs=1e-11)
    assert iam.beam_by_projection(np.array([-1.0, 0.0]), curve).tolist() == [0, 0]


def dense(curve: Iam, tilt: float) -> tuple[float, float]:
    """The sky's and the ground's factor from small panels of Gauss's rule over the incidence, kinks and all."""
    points, weights = np.polynomial.legendre.leggauss(64)
    kink = np.radians(abs(90.0 - tilt))
    edges = np.concatenate((np.linspace(0, kink, 81)[:-1], np.linspace(kink, np.pi / 2, 81)))
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    angle = (middle[:, None] + half[:, None] * np.sin(np.pi / 2 * points)).ravel()
    weight = (half[:, None] * weights * np.cos(np.pi / 2 * points)).ravel() * np.sin(2 * angle)
    above = np.arccos(np.clip(-1 / (np.tan(angle) * np.tan(np.radians(tilt))), -1, 1)) / np.pi
    passed = weight * iam.beam(np.degrees(angle), curve)
    return float(passed @ above / (weight @ above)), float(passed @ (1 - above) / (weight @ (1 - above)))


@pytest.mark.parametrize("curve", CURVES, ids=str)
def test_tilts_of_many_rows_are_read_to_five_digits(curve: Iam) -> None:
    """The table by tilt against a quadrature of 10240 points, everywhere and where the factors bend most."""
    tilts = np.concatenate(
        (np.linspace(0.013, 12.0, 60), np.linspace(13.03, 85.0, 25), np.linspace(85.7, 179.9, 60))
    )
    sky, ground = iam.diffuse(curve, tilts)
    expected = np.array([dense(curve, float(tilt)) for tilt in tilts])
    assert np.abs(sky - expected[:, 0]).max() < 1e-5
    assert np.abs(ground - expected[:, 1]).max() < 1e-5


@pytest.mark.parametrize("tilt", [3.0, 25.0, 60.0, 89.0, 90.0, 120.0, 170.0])
@pytest.mark.parametrize("curve", CURVES, ids=str)
def test_one_tilt_and_many_agree(curve: Iam, tilt: float) -> None:
    """One tilt is integrated by 192 points; where a curve has a corner these are good to about 2e-4."""
    many = np.stack(iam.diffuse(curve, np.array([tilt, 40.0])))[:, 0]
    corner = isinstance(curve, AshraeIam)
    assert many.tolist() == pytest.approx(iam.diffuse(curve, tilt), abs=2e-4 if corner else 1e-5)


@pytest.mark.parametrize("tilt", [10.0, 40.0, 90.0])
@pytest.mark.parametrize("curve", CURVES, ids=str)
def test_the_horizon_s_factor_is_marion_s(curve: Iam, tilt: float) -> None:
    """pvlib sums over a band of half a degree; ours is its limit, so the less the plane leans the more apart."""
    expected = pvlib.iam.marion_integrate(lambda aoi: iam.beam(aoi, curve), tilt, "horizon", num=1800)
    assert iam.horizon(curve, tilt) == pytest.approx(expected, abs=0.02 if tilt < 30 else 1.5e-3)


@pytest.mark.parametrize("curve", CURVES, ids=str)
def test_the_horizon_s_factor_is_the_mean_along_the_line(curve: Iam) -> None:
    """A plain sum over the azimuths seen; a corner of the curve costs the table at most 5e-4."""
    away = (np.arange(100_000) + 0.5) / 100_000 * np.pi / 2
    tilts = np.array([0.5, 3.0, 5.2, 11.0, 30.0, 75.0, 90.0, 150.0])
    expected = [
        np.mean(iam.beam_by_projection(np.sin(np.radians(tilt)) * np.sin(away), curve) * np.sin(away))
        for tilt in tilts
    ]
    limit = 5e-4 if isinstance(curve, AshraeIam) else 3e-5
    assert iam.horizon(curve, tilts) == pytest.approx(np.array(expected) * np.pi / 2, abs=limit)
    assert iam.horizon(curve, 0.0) == pytest.approx(0.0, abs=1e-12)


def test_the_published_pvsyst_factor() -> None:
    """PVsyst's hourly demo uses 0.96093 for its sky at 25 degrees and b = 0.05."""
    assert iam.diffuse(AshraeIam(b=0.05), 25.0)[0] == pytest.approx(0.96093, abs=1e-4)


def test_glass_that_reflects_nothing_takes_nothing() -> None:
    sky, ground = iam.isotropic(lambda aoi: np.ones_like(aoi), 33.0)
    assert (sky, ground) == pytest.approx((1.0, 1.0))


def test_a_plane_that_leans_over_sees_the_ground_as_its_back_saw_the_sky() -> None:
    for tilt in (95.0, 130.0, 178.0):
        sky, ground = iam.diffuse(PhysicalIam(), tilt)
        assert (ground, sky) == pytest.approx(iam.diffuse(PhysicalIam(), 180.0 - tilt), abs=1e-12)


def test_an_upright_plane_sees_sky_and_ground_alike() -> None:
    sky, ground = iam.diffuse(AshraeIam(), 90.0)
    assert sky == pytest.approx(ground, rel=1e-9)
