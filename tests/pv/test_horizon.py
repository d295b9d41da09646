"""Far terrain against closed forms, a brute count of the sky's directions, and a wall without end."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.pv import horizon
from gnomon.pv.horizon import SUN_RADIUS, Horizon
from gnomon.pv.sky import look_up
from gnomon.pv.solarposition import Sun
from gnomon.pv.weather import Weather

FLAT = Horizon(azimuth=(0.0,), elevation=(0.0,))
TILT, AZIMUTH = st.floats(0, 180), st.floats(0, 360)


def _level(height: float) -> Horizon:
    return Horizon(azimuth=(0.0,), elevation=(height,))


def _valley() -> Horizon:
    """Mountains east and west up to 45 degrees with a ragged edge, open to the south."""
    azimuth = np.arange(0, 360, 7.5)
    ragged = 3 * np.random.default_rng(3).standard_normal(len(azimuth))
    height = np.clip(45 * np.sin(np.radians(azimuth)) ** 2 + ragged, 0, 45)
    return Horizon(azimuth=tuple(azimuth.tolist()), elevation=tuple(height.tolist()))


def _wall(angle: float, azimuth: float) -> Horizon:
    """A straight wall without end whose top stands at an angle above the level in its middle."""
    away = np.arange(0, 360, 0.25)
    cosine = np.cos(np.radians(away - azimuth))
    height = np.degrees(np.arctan(np.tan(np.radians(angle)) * np.maximum(cosine, 0)))
    return Horizon(azimuth=tuple(away.tolist()), elevation=tuple(height.tolist()))


def _counted(horizon_: Horizon, tilt: float, azimuth: float) -> float:
    """Add up cos(aoi) over small patches of the sky, a plain sum in place of the module's integrals."""
    e = np.radians(np.arange(0.05, 90, 0.1))[:, None]
    p = np.arange(0.125, 360, 0.25)
    b = np.radians(tilt)
    cosine = np.cos(b) * np.sin(e) + np.sin(b) * np.cos(e) * np.cos(np.radians(p - azimuth))
    received = np.maximum(cosine, 0) * np.cos(e)
    closed = np.interp(p, horizon_.azimuth, horizon_.elevation, period=360)
    return float(received[np.degrees(e) > closed].sum() / received.sum())


def test_the_profile_goes_round() -> None:
    found = horizon.elevation_at(
        Horizon(azimuth=(10.0, 350.0), elevation=(20.0, 10.0)),
        np.array([0.0, 5, 10, 180, 350, 355, 360, -5, 725]),
    )
    assert found == pytest.approx([15, 17.5, 20, 15, 10, 12.5, 15, 12.5, 17.5])


@pytest.mark.parametrize(
    ("azimuth", "elevation", "complaint"),
    [
        ((), (), "at least one point"),
        ((0.0, 90.0), (1.0,), "as many"),
        ((0.0, 360.0), (1.0, 1.0), "not including, 360"),
        ((-10.0, 90.0), (1.0, 1.0), "azimuth"),
        ((10.0, 10.0), (1.0, 2.0), "clockwise"),
        ((90.0, 10.0), (1.0, 2.0), "clockwise"),
        ((0.0,), (91.0,), "elevation"),
        ((0.0,), (float("nan"),), "elevation"),
    ],
)
def test_a_bad_profile_is_named(
    azimuth: tuple[float, ...], elevation: tuple[float, ...], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Horizon(azimuth=azimuth, elevation=elevation)


def test_points_of_any_turn_and_order() -> None:
    found = Horizon.around([(180, 3), (-180, 5), (-90, 7), (0, 1), (90, 2), (-1e-20, 0.5)])
    assert found == Horizon(azimuth=(0.0, 90.0, 180.0, 270.0), elevation=(1.0, 2.0, 5.0, 7.0))
    assert hash(found) == hash(Horizon(azimuth=found.azimuth, elevation=found.elevation))


@pytest.mark.parametrize(
    ("radii", "share"),
    # The circular segment, CRC Standard Mathematical Tables: (theta - sin theta) / 2 pi of the disk.
    [(-2, 0), (-1, 0), (-0.5, 0.195501), (0, 0.5), (0.5, 0.804499), (1, 1), (2, 1)],
)
def test_the_disk_rises(radii: float, share: float) -> None:
    zenith = np.array([90 - 12.0 - radii * SUN_RADIUS])
    assert horizon.sun_share(_level(12.0), zenith, np.array([77.0]))[0] == pytest.approx(share, abs=1e-6)


@given(height=st.floats(0, 80), radii=st.floats(-3, 3), step=st.floats(0, 1))
def test_the_disk_rises_smoothly(height: float, radii: float, step: float) -> None:
    """What is below an edge is what would be above it upside down; higher shows more."""
    at = np.array([-radii, radii, radii + step])
    down, up, higher = horizon.sun_share(_level(height), 90 - height - at * SUN_RADIUS, np.zeros(3))
    assert down + up == pytest.approx(1, abs=1e-9)
    assert higher >= up - 1e-9
    assert higher - up <= 2 / np.pi * step + 1e-9


def test_a_mountain_delays_the_sun(sun: Sun) -> None:
    """Only rows with the sun behind the mountain lose, and all rows under an open horizon keep all."""
    up = sun.apparent_zenith < 90 - SUN_RADIUS
    zenith, azimuth = sun.apparent_zenith[up], sun.azimuth[up]
    share = horizon.sun_share(
        Horizon(azimuth=(80.0, 81.0, 120.0, 121.0), elevation=(0, 25, 25, 0)), zenith, azimuth
    )
    behind = (azimuth > 81) & (azimuth < 120) & (zenith > 65 + SUN_RADIUS)
    assert not share[behind].any()
    assert behind.sum() > 100
    assert share[(azimuth < 80) | (azimuth > 121) | (zenith < 65 - SUN_RADIUS)].all()
    assert set(horizon.sun_share(FLAT, zenith, azimuth).tolist()) == {1.0}


@given(tilt=TILT, azimuth=AZIMUTH)
def test_a_flat_horizon_takes_nothing(tilt: float, azimuth: float) -> None:
    """Exactly: a plant without terrain must not change by a rounding."""
    row = np.array([tilt]), np.array([azimuth])
    deep = Horizon(azimuth=(0.0, 120.0), elevation=(-3.0, 0.0))
    for open_ in (FLAT, deep):
        assert horizon.sky_factor(open_, tilt, azimuth) == 1
        assert horizon.sky_factors(open_, *row)[0] == 1
        assert horizon.band_factor(open_, azimuth) == 1
        assert horizon.band_factors(open_, row[1])[0] == 1
    light = np.array([700.0]), np.array([123.4])
    assert horizon.ground_factor(FLAT, *light, visible=np.ones(1))[0] == 1


@given(height=st.floats(0, 90))
def test_one_height_all_round(height: float) -> None:
    """Level: cos(h)^2. Upright: 1 - 2 (h + sin h cos h) / pi. Flatter than h: what reaches the level, tilted."""
    h, around = np.radians(height), _level(height)
    assert horizon.sky_factor(around, 0.0, 10.0) == pytest.approx(np.cos(h) ** 2, abs=1e-12)
    upright = 1 - 2 * (h + np.sin(h) * np.cos(h)) / np.pi
    assert horizon.sky_factor(around, 90.0, 200.0) == pytest.approx(upright, abs=1e-8)
    b = h / 2
    flat = np.cos(b) * np.cos(h) ** 2 / ((1 + np.cos(b)) / 2)
    assert horizon.sky_factor(around, height / 2, 33.0) == pytest.approx(flat, abs=1e-8)


@pytest.mark.parametrize(
    ("tilt", "angle"), [(0.0, 30.0), (25.0, 30.0), (60.0, 20.0), (90.0, 60.0), (30.0, 1.0)]
)
def test_a_wall_without_end(tilt: float, angle: float) -> None:
    """A plane that faces it sees (1 + cos(tilt + angle)) / 2 of sky: crossed strings."""
    b, a = np.radians(tilt), np.radians(angle)
    expected = (1 + np.cos(a + b)) / (1 + np.cos(b))
    assert horizon.sky_factor(_wall(angle, 215.0), tilt, 215.0) == pytest.approx(expected, abs=2e-5)


def test_a_wall_behind_a_plane_is_hidden_by_it() -> None:
    assert horizon.sky_factor(_wall(20.0, 35.0), 25.0, 215.0) == pytest.approx(1, abs=1e-12)
    assert horizon.sky_factor(_wall(20.0, 35.0), 0.0, 215.0) < 0.98


@pytest.mark.parametrize(
    ("tilt", "azimuth"), [(0, 0), (25, 180), (35, 97), (60, 261), (90, 120), (120, 90), (155, 300)]
)
def test_the_integral_is_the_count(tilt: float, azimuth: float) -> None:
    """Planes that face up and down in a valley; the count is good to about 5e-4 of what they see."""
    valley = _valley()
    expected = _counted(valley, tilt, azimuth)
    assert horizon.sky_factor(valley, tilt, azimuth) == pytest.approx(expected, abs=1e-3)
    assert expected < 0.97


@pytest.mark.parametrize(
    "terrain",
    [
        _level(30.0),
        _valley(),
        Horizon(azimuth=(89.9, 90.0, 180.0, 180.1), elevation=(0.0, 45.0, 45.0, 0.0)),
    ],
    ids=["one height", "valley", "corner"],
)
def test_the_table_is_as_good_as_it_says(terrain: Horizon) -> None:
    draw = np.random.default_rng(11)
    tilt, azimuth = draw.uniform(0, 180, 600), draw.uniform(0, 360, 600)
    exact = np.array(
        [horizon.sky_factor(terrain, b, p) for b, p in zip(tilt.tolist(), azimuth.tolist(), strict=True)]
    )
    error = np.abs(horizon.sky_factors(terrain, tilt, azimuth) - exact)
    assert error[tilt <= 90].max() < 0.001
    assert (error * (1 + np.cos(np.radians(tilt))) / 2).max() < 0.0005
    band = np.array([horizon.band_factor(terrain, p) for p in azimuth.tolist()])
    assert np.abs(horizon.band_factors(terrain, azimuth) - band).max() < 0.001


def test_the_table_at_its_own_points_and_beyond_a_turn() -> None:
    valley, tilt, azimuth = _valley(), np.array([0.0, 30.0, 90.0, 90.0]), np.array([0.0, 360.0, 355.0, -5.0])
    exact = [horizon.sky_factor(valley, b, p) for b, p in zip(tilt.tolist(), azimuth.tolist(), strict=True)]
    assert horizon.sky_factors(valley, tilt, azimuth) == pytest.approx(exact, abs=1e-12)


@settings(max_examples=50)
@given(height=st.floats(0, 60), rise=st.floats(0, 20), tilt=TILT, azimuth=AZIMUTH)
def test_higher_terrain_takes_more(height: float, rise: float, tilt: float, azimuth: float) -> None:
    low, high = (
        Horizon(azimuth=(90.0, 200.0, 300.0), elevation=(h, 5.0, h / 2)) for h in (height, height + rise)
    )
    assert 0 <= horizon.sky_factor(high, tilt, azimuth) <= horizon.sky_factor(low, tilt, azimuth) + 1e-12
    assert 0 <= horizon.band_factor(high, azimuth) <= horizon.band_factor(low, azimuth) + 1e-12


@pytest.mark.parametrize(("height", "left"), [(0.0, 1), (1.3, 0.8), (3.25, 0.5), (6.5, 0), (40, 0)])
def test_the_band_is_covered_from_below(height: float, left: float) -> None:
    assert horizon.band_factor(_level(height), 123.0) == pytest.approx(left, abs=1e-7)


@pytest.mark.parametrize(
    ("azimuth", "left"), [(90.0, 0), (270.0, 1), (180.0, 0.5), (0.0, 0.5), (150.0, 0.25)]
)
def test_the_band_before_the_plane_counts(azimuth: float, left: float) -> None:
    """High terrain from north to south in the east: a plane turned by d from it keeps (1 - cos d) / 2."""
    east = Horizon(azimuth=(0.0, 1e-6, 180.0, 180.000001), elevation=(0.0, 30.0, 30.0, 0.0))
    assert horizon.band_factor(east, azimuth) == pytest.approx(left, abs=1e-6)


def test_the_ground_gets_what_sun_and_sky_send(weather: Weather, sun: Sun) -> None:
    """In the mountain's shadow the sky's part alone; with the sun over it the beam whole."""
    sky, around = look_up(weather, sun), _level(20.0)
    visible = horizon.sun_share(around, sky.zenith, sky.azimuth)
    factor = horizon.ground_factor(around, sky.ghi, sky.dhi, visible)
    left = factor * sky.ghi
    kept = np.cos(np.radians(20.0)) ** 2
    assert left[visible == 0] == pytest.approx(sky.dhi[visible == 0] * kept)
    assert left[visible == 1] == pytest.approx((sky.ghi - sky.dhi * (1 - kept))[visible == 1])
    assert ((factor >= 0) & (factor <= 1)).all()


def test_one_row_is_a_year_of_one() -> None:
    valley = _valley()
    tilt, azimuth = np.linspace(0, 179, 50), np.linspace(0, 359, 50)
    together = horizon.sky_factors(valley, tilt, azimuth), horizon.sun_share(valley, tilt / 2, azimuth)
    for i in range(50):
        row = slice(i, i + 1)
        assert horizon.sky_factors(valley, tilt[row], azimuth[row])[0] == together[0][i]
        assert horizon.sun_share(valley, tilt[row] / 2, azimuth[row])[0] == together[1][i]
