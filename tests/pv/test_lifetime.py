"""Factors by hand, unequal ageing against strings of real curves, and the years in between."""

from dataclasses import replace

import numpy as np
import pvlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv.lifetime import (
    Ageing,
    Law,
    Moment,
    factors,
    knee,
    lid_of_warranty,
    lifetime,
    mismatch,
    years_to_simulate,
)
from gnomon.pv.plant import Module

RATES = st.floats(0, 0.02)


@pytest.mark.parametrize(
    ("law", "moment", "expected"),
    [
        ("linear", "start", [1.0, 0.99, 0.98]),
        ("linear", "middle", [0.995, 0.985, 0.975]),
        ("linear", "end", [0.99, 0.98, 0.97]),
        ("compounding", "start", [1.0, 0.99, 0.9801]),
        ("compounding", "end", [0.99, 0.9801, 0.970299]),
        ("compounding", "middle", [0.99**0.5, 0.99**1.5, 0.99**2.5]),
    ],
)
def test_factors_by_hand(law: Law, moment: Moment, expected: list[float]) -> None:
    assert factors(Ageing(rate=0.01, law=law, moment=moment), 3) == pytest.approx(expected, rel=1e-12)


def test_the_middle_of_a_year_is_its_mean() -> None:
    """PVsyst's own example: 0.4 % per year is 0.2 % in the first year and 0.6 % in the second."""
    assert 1 - factors(Ageing(rate=0.004), 2) == pytest.approx([0.002, 0.006])
    days = (np.arange(3650) + 0.5) / 365
    by_day = (1 - 0.02 * days).reshape(10, 365).mean(axis=1)
    assert factors(Ageing(rate=0.02), 10) == pytest.approx(by_day, rel=1e-12)


@given(rate=RATES, years=st.integers(1, 40))
def test_modules_only_lose_and_compounding_loses_less(rate: float, years: int) -> None:
    linear = factors(Ageing(rate=rate), years)
    compounding = factors(Ageing(rate=rate, law="compounding"), years)
    assert (np.diff(linear) <= 0).all()
    assert (linear[1:] <= compounding[1:] + 1e-12).all()
    assert ((linear > 0) & (linear <= 1)).all()


@pytest.mark.parametrize("deviation", [0.005, 0.01, 0.02, 0.03, 0.05])
def test_unequal_modules_lose_what_a_string_of_their_curves_does(module: Module, deviation: float) -> None:
    """The reference solves 400 strings of 24 modules of one diode each, by pvlib."""
    light, dark, series, shunt, thermal = pvlib.pvsystem.calcparams_pvsyst(
        1000.0,
        25.0,
        module.alpha_sc,
        module.gamma_ref,
        module.mu_gamma,
        *(module.i_sc_ref, _dark_current(module), module.r_sh_ref, module.r_sh_0, module.r_s),
        module.cells_in_series,
    )
    diode = (dark, series, shunt, thermal)
    random = np.random.default_rng(11)
    lights = light * (1.0 + random.normal(0.0, deviation, (400, 24)))
    best = pvlib.pvsystem.singlediode(lights.ravel(), *diode)["p_mp"].to_numpy().reshape(400, 24).sum(axis=1)
    current = np.linspace(0.7, 1.0, 400) * light
    strings = np.zeros((400, 400))
    for place in range(24):
        strings += pvlib.pvsystem.v_from_i(current, lights[:, place, None], *diode)
    lost = 1.0 - (strings * current).max(axis=1) / best
    found = mismatch(Ageing(spread=deviation, moment="end"), 1, 24, module)[0]
    assert found == pytest.approx(lost.mean(), rel=0.2)


def _dark_current(module: Module) -> float:
    """Return the current that makes the module's open circuit [A]."""
    thermal = module.gamma_ref * module.cells_in_series * 8.617e-5 * 298.15
    leak = module.v_oc_ref / module.r_sh_ref
    return float((module.i_sc_ref - leak) / np.expm1(module.v_oc_ref / thermal))


def test_the_knee_is_the_one_of_bucciarelli_s_fill_factor(module: Module) -> None:
    """Without resistances FF = C^2 / ((1 + C) (C + ln(1 + C))); his C of that curve is ours."""
    thermal = module.gamma_ref * module.cells_in_series * 8.617333e-5 * 298.15
    ideal = pvlib.pvsystem.singlediode(module.i_sc_ref, _dark_current(module), 1e-9, 1e12, thermal)
    sharp = replace(module, r_s=1e-9, v_mp_ref=float(ideal["v_mp"]), i_mp_ref=float(ideal["i_mp"]))
    c = knee(sharp)
    fill_factor = ideal["p_mp"] / (ideal["i_sc"] * ideal["v_oc"])
    assert c**2 / ((1 + c) * (c + np.log(1 + c))) == pytest.approx(fill_factor, rel=1e-4)


def test_equal_modules_and_single_ones_lose_nothing(module: Module) -> None:
    assert mismatch(Ageing(), 20, 24, module).tolist() == [0] * 20
    assert mismatch(Ageing(spread=0.004), 20, 1, module).tolist() == [0] * 20


@given(spread=st.floats(0.0005, 0.01), years=st.integers(2, 30))
def test_mismatch_grows_with_the_square_of_the_years(module: Module, spread: float, years: int) -> None:
    loss = mismatch(Ageing(spread=spread, moment="end"), years, 20, module)
    if loss[-1] < 1:
        assert loss[-1] == pytest.approx(loss[0] * years**2, rel=1e-9)


def test_a_warranty_s_first_year_is_light_and_ageing() -> None:
    """98 % after the first year and 0.55 % in each one after it."""
    lid = lid_of_warranty(0.02, 0.0055)
    left = (1 - lid) - (1 - factors(Ageing(rate=0.0055, moment="end"), 25))
    assert left[0] == pytest.approx(0.98)
    assert left[24] == pytest.approx(0.98 - 24 * 0.0055)


@pytest.mark.parametrize(
    ("years", "every", "expected"), [(25, 5, (1, 6, 11, 16, 21, 25)), (1, 5, (1,)), (3, 1, (1, 2, 3))]
)
def test_years_worth_simulating(years: int, every: int, expected: tuple[int, ...]) -> None:
    assert years_to_simulate(years, every) == expected


def _clipped(factor: float) -> float:
    """Energy of a plant that clips a daily arc of power at 80 % of its peak [kWh]."""
    arc = np.maximum(np.sin(np.linspace(0, np.pi, 2000)), 0.0)
    return float(np.minimum(100.0 * factor * arc, 80.0).mean() * 8760)


def test_years_in_between_are_as_if_simulated_though_the_plant_clips() -> None:
    left = factors(Ageing(rate=0.007), 30)
    few = lifetime(left, {year: _clipped(left[year - 1]) for year in years_to_simulate(30)})
    every = lifetime(left, {year: _clipped(left[year - 1]) for year in range(1, 31)})
    assert few.energy == pytest.approx(every.energy, rel=5e-4)
    assert [year.simulated for year in few.years[:6]] == [True, False, False, False, False, True]
    assert all(year.simulated for year in every.years)
    assert every.decline < 1 - left[29] / left[0]  # the limit hides a part of the ageing


def test_totals_are_those_of_the_table() -> None:
    life = lifetime(factors(Ageing(), 3), {1: 100.0, 2: 99.0, 3: 97.0})
    assert life.energy == 296
    assert life.mean == pytest.approx(296 / 3)
    assert life.decline == pytest.approx(0.03)
    assert [(year.year, year.energy) for year in life.years] == [(1, 100), (2, 99), (3, 97)]


def test_nothing_ages_at_a_rate_of_zero() -> None:
    life = lifetime(factors(Ageing(rate=0.0), 10), {1: 50.0, 10: 50.0})
    assert life.energy == pytest.approx(500)
    assert life.decline == 0


def test_a_plant_that_gives_nothing_declines_by_nothing() -> None:
    assert lifetime(factors(Ageing(), 2), {1: 0.0, 2: 0.0}).decline == 0


def test_refuses_what_has_no_answer() -> None:
    with pytest.raises(ValueError, match="rate"):
        Ageing(rate=5.0)
    with pytest.raises(ValueError, match="spread"):
        Ageing(spread=-0.1)
    with pytest.raises(ValueError, match="nothing in year 200"):
        factors(Ageing(rate=0.01), 200)
    with pytest.raises(ValueError, match="at least one"):
        factors(Ageing(), 0)
    with pytest.raises(ValueError, match="year 3 is missing"):
        lifetime(factors(Ageing(), 3), {1: 1.0})
    with pytest.raises(ValueError, match="not within"):
        lifetime(factors(Ageing(), 3), {1: 1.0, 3: 1.0, 4: 1.0})
    with pytest.raises(ValueError, match="first_year"):
        lid_of_warranty(0.001, 0.004)
