"""Snow on the modules against pvlib, and the winters in which the answer is plain."""

import numpy as np
import pandas as pd
import pvlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.pv import snow
from gnomon.pv.snow import Edge, Slide

# Raised inside pvlib, which asks pandas for the frequency of an index.
pandas_4 = pytest.mark.filterwarnings("ignore:A future version of pandas will return a BaseOffset")
FLAT_DAY = dict.fromkeys(("poa_global", "temp_air"), np.zeros(24))


def _winter(seed: int, n: int, minutes: int) -> dict[str, np.ndarray]:
    """Some snow, some sun, some thaw; the depth comes and goes with them."""
    draw = np.random.default_rng(seed)
    snowfall = np.where(draw.random(n) < 0.03, draw.gamma(1.0, 2.0, n), 0.0) * minutes / 60
    temp_air = 8 * np.sin(np.arange(n) * minutes / 1440) + draw.normal(-2, 4, n)
    depth = np.clip(5 * np.sin(np.arange(n) / 150) + draw.normal(1, 1, n), 0, None)
    poa_global = np.clip(800 * np.sin(np.arange(n) * minutes * np.pi / 720) + draw.normal(0, 50, n), 0, None)
    return {"snowfall": snowfall, "temp_air": temp_air, "depth": depth, "poa_global": poa_global}


@pandas_4
@pytest.mark.parametrize("with_depth", [False, True])
@pytest.mark.parametrize(("minutes", "tilt"), [(60, 25.0), (60, 0.0), (15, 40.0), (60, None)])
def test_coverage_is_pvlib_s(minutes: int, tilt: float | None, with_depth: bool) -> None:
    n = 4000
    now = _winter(minutes, n, minutes)
    depth = now.pop("depth") if with_depth else None
    now.pop("depth", None)
    surface_tilt = np.abs(60 * np.sin(np.arange(n) / 5)) if tilt is None else tilt
    index = pd.date_range("2019-11-01", periods=n, freq=f"{minutes}min")
    columns = {name: pd.Series(values, index) for name, values in now.items()}
    expected = pvlib.snow.coverage_nrel(
        columns["snowfall"],
        columns["poa_global"],
        columns["temp_air"],
        surface_tilt,
        snow_depth=None if depth is None else pd.Series(depth, index),
        initial_coverage=0.4,
    )
    found = snow.coverage(**now, surface_tilt=surface_tilt, step=minutes * 60.0, depth=depth, at_start=0.4)
    assert np.abs(found - expected.to_numpy()).max() < 1e-12
    assert found.max() == 1
    assert (found.min() == 0) == (tilt != 0 or with_depth)
    for strings in (1, 3):
        assert snow.dc_loss(found, strings).tolist() == pvlib.snow.dc_loss_nrel(found, strings).tolist()


@pandas_4
def test_other_coefficients_are_pvlib_s() -> None:
    now = _winter(7, 1000, 60)
    index = pd.date_range("2019-11-01", periods=1000, freq="h")
    columns = [pd.Series(now[name], index) for name in ("snowfall", "poa_global", "temp_air")]
    expected = pvlib.snow.coverage_nrel(
        *columns,
        30.0,
        snow_depth=pd.Series(now["depth"], index),
        threshold_snowfall=0.5,
        threshold_depth=2.0,
        can_slide_coefficient=-40.0,
        slide_amount_coefficient=0.05,
    )
    slide = Slide(min_snowfall=0.5, min_depth=2.0, balance=-40.0, speed=0.05)
    found = snow.coverage(**now, surface_tilt=30.0, step=3600.0, slide=slide)
    assert np.abs(found - expected.to_numpy()).max() < 1e-12


def test_without_snow_nothing_is_covered() -> None:
    assert not snow.coverage(np.zeros(24), **FLAT_DAY, surface_tilt=30.0, step=3600.0).any()


def test_a_snowfall_slides_off_in_five_hours_and_less_at_a_slope() -> None:
    """Warm air: a vertical row loses 0.197 of its height an hour, one at 30 degrees half of that."""
    fall = np.zeros(24)
    fall[3] = 5.0
    warm = {"poa_global": np.zeros(24), "temp_air": np.full(24, 1.0)}
    upright = snow.coverage(fall, **warm, surface_tilt=90.0, step=3600.0)
    sloped = snow.coverage(fall, **warm, surface_tilt=30.0, step=3600.0)
    assert upright[2:6] == pytest.approx([0, 1, 0.803, 0.606])
    assert sloped[5] == pytest.approx(0.803)
    assert np.flatnonzero(upright).tolist() == [3, 4, 5, 6, 7, 8]


def test_snow_stays_in_the_cold_and_on_a_level_row() -> None:
    fall = np.zeros(24)
    fall[3] = 5.0
    cold = snow.coverage(fall, np.zeros(24), np.full(24, -5.0), 30.0, 3600.0)
    level = snow.coverage(fall, np.zeros(24), np.full(24, 5.0), 0.0, 3600.0)
    assert cold[3:].tolist() == level[3:].tolist() == [1.0] * 21


def test_the_sun_loosens_snow_in_the_cold() -> None:
    """At -5 degrees it takes 400 W/m2."""
    fall = np.array([0.0, 5.0, 0.0])
    freed = [
        snow.coverage(fall, np.full(3, poa), np.full(3, -5.0), 30.0, 3600.0)[2] < 1 for poa in (399.0, 401.0)
    ]
    assert freed == [False, True]


def test_bare_ground_means_bare_modules() -> None:
    fall, depth = np.array([0.0, 5.0, 0.0, 0.0]), np.array([0.0, 5.0, 5.0, 0.5])
    cold = np.full(4, -5.0)
    assert snow.coverage(fall, np.zeros(4), cold, 30.0, 3600.0, depth=depth).tolist() == [0, 1, 1, 0]


def test_a_row_made_free_loses_nothing() -> None:
    """However much slid before: the sums do not leave a trace that would cost a string."""
    fall, depth = np.zeros(2000), np.full(2000, 5.0)
    fall[::20] = 5.0
    depth[7::20] = 0.5
    covered = snow.coverage(fall, np.zeros(2000), np.full(2000, 1.0), 17.0, 3600.0, depth=depth)
    assert not snow.dc_loss(covered, 1)[7::20].any()
    assert snow.dc_loss(covered, 1)[6::20].all()


def test_snowfall_is_what_the_depth_gains() -> None:
    depth = np.array([3.0, 3.0, 5.5, 4.0, 0.0, 2.0])
    assert snow.snowfall_of_depth(depth).tolist() == [0, 0, 2.5, 0, 0, 2]


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), tilt=st.floats(0, 90), strings=st.integers(1, 12))
def test_covered_shares_stay_shares_and_lose_at_least_themselves(
    seed: int, tilt: float, strings: int
) -> None:
    covered = snow.coverage(**_winter(seed, 300, 60), surface_tilt=tilt, step=3600.0)
    lost = snow.dc_loss(covered, strings)
    assert ((covered >= 0) & (covered <= 1)).all()
    assert (lost >= covered - 1e-12).all()
    assert lost.max() <= 1


def test_no_string_is_refused() -> None:
    with pytest.raises(ValueError, match="strings"):
        snow.dc_loss(np.zeros(1), 0)


# A mountain climate: snow from October to May.
MONTHS = {
    "snow_total": np.array([90.0, 80, 60, 30, 5, 0, 0, 0, 0, 8, 40, 70]),
    "snow_events": np.array([9.0, 8, 6, 3, 1, 0, 0, 0, 0, 1, 4, 8]),
    "relative_humidity": np.array([80.0, 78, 70, 62, 55, 45, 40, 42, 48, 60, 72, 80]),
    "temp_air": np.array([-6.0, -5, -1, 4, 9, 14, 18, 17, 13, 7, 0, -5]),
    "poa_global": np.array([80e3, 95e3, 140e3, 160e3, 185e3, 190e3, 200e3, 190e3, 165e3, 130e3, 85e3, 70e3]),
}


@pytest.mark.parametrize("tilt", [0.0, 20.0, 39.0, 60.0, 90.0])
@pytest.mark.parametrize(("lower", "factor"), [(0.0, 1.0), (0.6, 0.75), (2.0, 1.0)])
def test_townsend_is_pvlib_s(tilt: float, lower: float, factor: float) -> None:
    expected = pvlib.snow.loss_townsend(
        **MONTHS,
        surface_tilt=tilt,
        slant_height=2.5,
        lower_edge_height=lower,
        string_factor=factor,
        angle_of_repose=35,
    )
    edge = Edge(slant_height=2.5, lower_height=lower, string_factor=factor, repose=35.0)
    found = snow.townsend(**MONTHS, surface_tilt=tilt, edge=edge)
    assert np.abs(found - expected).max() < 1e-12


def test_townsend_knows_summer_and_december() -> None:
    lost = snow.townsend(**MONTHS, surface_tilt=30.0, edge=Edge(slant_height=2.0, lower_height=1.0))
    assert lost[[6, 7, 8]].tolist() == [0, 0, 0]
    assert lost[5] > 0
    assert lost[0] == lost.max() > 0.05


def test_townsend_in_the_polar_night() -> None:
    """A month without light: all of nothing under snow, none of it without."""
    dark = {**MONTHS, "poa_global": np.where(np.arange(12) < 2, 0.0, MONTHS["poa_global"])}
    edge = Edge(slant_height=2.0, lower_height=1.0)
    assert snow.townsend(**dark, surface_tilt=30.0, edge=edge)[:2].tolist() == [1, 1]
    dark["snow_total"] = dark["snow_events"] = np.zeros(12)
    assert not snow.townsend(**dark, surface_tilt=30.0, edge=edge).any()
