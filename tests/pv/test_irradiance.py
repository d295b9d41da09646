"""Transposition and decomposition against pvlib, and the limits that hold for every sky."""

import numpy as np
import pvlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv import irradiance
from gnomon.pv.irradiance import SkyDiffuse
from gnomon.pv.solarposition import Sun
from gnomon.pv.weather import Weather

DEGREES = st.floats(0, 89)


@pytest.fixture
def rows(weather: Weather, sun: Sun) -> np.ndarray:
    """The rows of daylight."""
    return np.flatnonzero((sun.apparent_zenith < 90) & (weather.ghi > 0))


@pytest.mark.parametrize(("tilt", "azimuth"), [(0, 180), (25, 180), (60, 95), (90, 300)])
def test_projection_is_pvlib_s(sun: Sun, tilt: float, azimuth: float) -> None:
    """The same formula: rounding only."""
    expected = pvlib.irradiance.aoi_projection(tilt, azimuth, sun.apparent_zenith, sun.azimuth)
    found = irradiance.aoi_projection(tilt, azimuth, sun.apparent_zenith, sun.azimuth)
    assert np.abs(found - expected).max() < 1e-12


def test_airmass_is_pvlib_s() -> None:
    """The same formula: rounding only."""
    zenith = np.linspace(0, 90, 91)
    expected = pvlib.atmosphere.get_relative_airmass(zenith, "kastenyoung1989")
    assert irradiance.relative_airmass(zenith) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("tilt", [0.0, 25.0, 90.0])
def test_perez_is_pvlib_s_in_every_part(weather: Weather, sun: Sun, rows: np.ndarray, tilt: float) -> None:
    """The same coefficients and bins: rounding only."""
    assert weather.dhi is not None
    assert weather.dni is not None
    zenith, azimuth, extra = sun.apparent_zenith[rows], sun.azimuth[rows], sun.dni_extra[rows]
    dhi, dni = weather.dhi[rows], weather.dni[rows]
    airmass = irradiance.relative_airmass(zenith)
    expected = pvlib.irradiance.perez(
        tilt, 160, dhi, dni, extra, zenith, azimuth, airmass, return_components=True
    )
    brightness = irradiance.perez_brightness(dhi, dni, extra, zenith, airmass)
    projection = irradiance.aoi_projection(tilt, 160, zenith, azimuth)
    found = irradiance.perez(tilt, projection, zenith, dhi, brightness)
    lit = dhi > 0
    for part in ("isotropic", "circumsolar", "horizon"):
        assert np.abs(getattr(found, part) - expected[f"poa_{part}"])[lit].max() < 1e-9


def test_erbs_driesse_is_pvlib_s(weather: Weather, sun: Sun, rows: np.ndarray) -> None:
    """The same coefficients: rounding only."""
    ghi, zenith, extra = weather.ghi[rows], sun.apparent_zenith[rows], sun.dni_extra[rows]
    expected = pvlib.irradiance.erbs_driesse(ghi, zenith, dni_extra=extra)["dhi"]
    assert irradiance.erbs_driesse(ghi, zenith, extra) == pytest.approx(expected, abs=1e-9)


def _closed(ghi: float, dhi: float, zenith: float) -> float:
    at = np.array([zenith])
    airmass = irradiance.relative_airmass(at)
    return float(irradiance.closure_dni(np.array([ghi]), np.array([dhi]), at, np.array([1361.0]), airmass)[0])


@given(dni=st.floats(0, 700), dhi=st.floats(0, 300), zenith=st.floats(0, 70))
def test_closure_gives_back_the_beam(dni: float, dhi: float, zenith: float) -> None:
    ghi = dhi + dni * np.cos(np.radians(zenith))
    assert _closed(ghi, dhi, zenith) == pytest.approx(dni, abs=1e-9)


@given(ghi=st.floats(0, 1500), dhi=st.floats(0, 500), zenith=st.floats(0, 110))
def test_the_beam_stays_below_clean_air(ghi: float, dhi: float, zenith: float) -> None:
    dni = _closed(ghi, dhi, zenith)
    assert 0 <= dni <= 1361 * 0.82
    if zenith >= 90:
        assert dni == 0
    if zenith >= 88:
        assert dni < 400


def test_clean_air_passes_what_clear_skies_do() -> None:
    """Two clear-sky beams of the same turbidity differ by up to 10 %; this one and pvlib's Ineichen do."""
    zenith = np.array([10.0, 40.0, 60.0, 75.0])
    airmass = irradiance.relative_airmass(zenith)
    expected = pvlib.clearsky.ineichen(zenith, airmass, 2.0, dni_extra=1361.0)["dni"]
    limit = irradiance.clear_sky_limit(np.full(4, 1361.0), airmass)
    assert limit == pytest.approx(expected, rel=0.1)


def _sky(tilt: float, dhi: float, dni: float, zenith: float, turn: float) -> tuple[SkyDiffuse, np.ndarray]:
    at = np.array([zenith])
    airmass = irradiance.relative_airmass(at)
    projection = irradiance.aoi_projection(tilt, 180.0, at, np.array([180.0 + turn]))
    brightness = irradiance.perez_brightness(
        np.array([dhi]), np.array([dni]), np.array([1361.0]), at, airmass
    )
    return irradiance.perez(tilt, projection, at, np.array([dhi]), brightness), projection


@given(dhi=st.floats(0.1, 500), dni=st.floats(0, 1000), zenith=st.floats(0, 84), turn=st.floats(-180, 180))
def test_a_level_plane_sees_the_diffuse_irradiance(
    dhi: float, dni: float, zenith: float, turn: float
) -> None:
    sky, _ = _sky(0.0, dhi, dni, zenith, turn)
    assert float((sky.isotropic + sky.circumsolar + sky.horizon)[0]) == pytest.approx(dhi)


@given(tilt=st.floats(0, 90), dhi=st.floats(0, 500), dni=st.floats(0, 1000), zenith=DEGREES, turn=DEGREES)
def test_the_sky_never_takes_light(tilt: float, dhi: float, dni: float, zenith: float, turn: float) -> None:
    sky, _ = _sky(tilt, dhi, dni, zenith, turn)
    assert (sky.isotropic + sky.circumsolar + sky.horizon)[0] >= 0


def test_ground_seen_by_level_and_upright_planes() -> None:
    ghi = np.array([500.0])
    assert irradiance.ground_diffuse(0.0, ghi, 0.2)[0] == 0
    assert irradiance.ground_diffuse(90.0, ghi, 0.2)[0] == pytest.approx(50.0)


def test_many_rows_equal_one_by_one(weather: Weather, sun: Sun, rows: np.ndarray) -> None:
    assert weather.dhi is not None
    few = rows[::500]
    dhi, ghi = weather.dhi[few], weather.ghi[few]
    zenith, extra = sun.apparent_zenith[few], sun.dni_extra[few]
    airmass = irradiance.relative_airmass(zenith)
    together = irradiance.closure_dni(ghi, dhi, zenith, extra, airmass)
    alone = [
        irradiance.closure_dni(*(column[i : i + 1] for column in (ghi, dhi, zenith, extra, airmass)))[0]
        for i in range(len(few))
    ]
    assert together == pytest.approx(alone, abs=1e-12)
