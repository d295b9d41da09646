"""Partial shade against whole I-V curves composed cell by cell with pvlib, a published formula, and its limits."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pvlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.pv import pvarray
from gnomon.pv.arrays import FloatArray
from gnomon.pv.partial_shade import (
    BYPASS_DROP,
    PartialShade,
    Wiring,
    row_shade,
    scene_shade,
    wiring,
)
from gnomon.pv.plant import Module, Orientation


def _wired(diodes: int, *, half_cut: bool = False) -> Wiring:
    found = wiring(diodes, half_cut=half_cut)
    assert found is not None
    return found


PORTRAIT = _wired(1)
HALF_CUT = _wired(2, half_cut=True)
TWO_PORTRAIT = _wired(2)
TWO_HALF_CUT = _wired(4, half_cut=True)
LANDSCAPE = _wired(3)
TWO_LANDSCAPE = _wired(6)
FOUR_LANDSCAPE = Wiring(modules=4, lanes=4, groups=3, cells=2)
ALL = (PORTRAIT, HALF_CUT, TWO_PORTRAIT, TWO_HALF_CUT, LANDSCAPE, TWO_LANDSCAPE, FOUR_LANDSCAPE)
FRACTION = np.array([0.004, 0.04, 0.1, 1 / 6, 0.22, 0.3, 1 / 3, 0.36, 0.47, 0.5, 0.62, 0.7, 0.81, 0.9, 0.97])

Bypass = Callable[[FloatArray, FloatArray], FloatArray]
Light = tuple[float, float, float]


def _parameters(module: Module, irradiance: FloatArray | float, temp_cell: float) -> tuple[FloatArray, ...]:
    """pvlib's five parameters of the whole module: I_L, I_0, R_s, R_sh, a."""
    i_l_ref, i_o_ref = pvarray.reference_currents(module)
    found = pvlib.pvsystem.calcparams_pvsyst(
        irradiance,
        temp_cell,
        alpha_sc=module.alpha_sc,
        gamma_ref=module.gamma_ref,
        mu_gamma=module.mu_gamma,
        I_L_ref=i_l_ref,
        I_o_ref=i_o_ref,
        R_sh_ref=module.r_sh_ref,
        R_sh_0=module.r_sh_0,
        R_s=module.r_s,
        cells_in_series=module.cells_in_series,
        R_sh_exp=module.r_sh_exp,
        EgRef=module.eg_ref,
    )
    return tuple(np.asarray(value, dtype=float) for value in found)


def _uniform_power(module: Module, irradiance: FloatArray, temp_cell: float) -> FloatArray:
    return np.asarray(
        pvlib.pvsystem.max_power_point(*_parameters(module, irradiance, temp_cell), method="brentq")["p_mp"]
    )


def _cell_voltage(
    module: Module, irradiance: float, temp_cell: float, current: FloatArray, breakdown: float
) -> FloatArray:
    """Voltage of one cell at currents, far into reverse, from pvlib's points of the curve."""
    i_l, i_o, r_s, r_sh, a = (float(value) for value in _parameters(module, irradiance, temp_cell))
    count = module.cells_in_series
    top = a / count * np.log1p((i_l + np.ptp(current)) / i_o)
    v_d = np.concatenate((np.linspace(-16.0, -0.1, 3000, endpoint=False), np.linspace(-0.1, top, 5000)))
    i, v, _ = pvlib.singlediode.bishop88(
        v_d,
        i_l,
        i_o,
        r_s / count,
        r_sh / count,
        a / count,
        breakdown_factor=breakdown,
        breakdown_voltage=-16.5,
    )
    return np.asarray(np.interp(current, i[::-1], v[::-1]))


def _ideal(current: FloatArray, voltage: FloatArray) -> FloatArray:
    """A diode of constant drop: the group never falls below it."""
    return np.maximum(voltage, -BYPASS_DROP)


def _schottky(current: FloatArray, voltage: FloatArray) -> FloatArray:
    """A diode with its exponential, 0.5 V at 9 A: the currents of group and diode add up at a voltage."""
    thermal = 1.05 * 0.0257
    common = np.linspace(voltage.max(), -0.7, 6000)
    cells = np.interp(common, voltage[::-1], current[::-1])
    through = 9.0 * np.exp((-common - 0.5) / thermal)
    return np.interp(current, cells + through, common)


def _compose(
    module: Module,
    across: Wiring,
    fraction: float,
    light: Light,
    bypass: Bypass = _ideal,
    breakdown: float = 0.0,
) -> float:
    """Largest power per module [W] from all cells' curves: rows of cells in groups, in lanes, in parallel."""
    g_full, g_low, temp_cell = light
    rows = across.lanes * across.groups * across.cells
    covered = np.clip(fraction * rows - np.arange(rows), 0.0, 1.0)
    i_l = float(_parameters(module, g_full, temp_cell)[0])
    current = np.linspace(-2.0 * i_l, 1.02 * i_l, 4001)
    per_row = module.cells_in_series / (across.groups * across.cells)
    by_cover = {
        c: per_row * _cell_voltage(module, g_full - c * (g_full - g_low), temp_cell, current, breakdown)
        for c in set(covered.tolist())
    }
    lanes = []
    for lane in covered.reshape(across.lanes, across.groups, across.cells):
        groups = [sum((by_cover[c] for c in group.tolist()), np.zeros_like(current)) for group in lane]
        # In portrait the three groups of a module lie side by side: all look the same, none is passed by.
        lanes.append(
            sum((bypass(current, v) for v in groups), np.zeros_like(current))
            if len(groups) > 1
            else groups[0]
        )
    voltage = np.linspace(0.0, max(np.interp(0.0, current, v) for v in lanes), 3001)
    total = np.sum([np.interp(voltage, v[::-1], current[::-1]) for v in lanes], axis=0)
    return float(np.max(voltage * total)) / across.lanes


def _rows(module: Module, across: Wiring | None, fraction: FloatArray, light: Light) -> PartialShade:
    one = np.ones_like(fraction)
    return row_shade(fraction, light[0] * one, light[1] * one, light[2] * one, module, across)


def _power(module: Module, across: Wiring | None, fraction: FloatArray, light: Light) -> FloatArray:
    mean = light[0] - fraction * (light[0] - light[1])
    uniform = pvarray.max_power_point(pvarray.calcparams_pvsyst(mean, np.full_like(mean, light[2]), module))
    return (1.0 - _rows(module, across, fraction, light).loss) * uniform.p_mp


@pytest.mark.parametrize("across", ALL, ids=str)
@pytest.mark.parametrize("g_full", [120.0, 800.0])
@pytest.mark.parametrize("diffuse", [0.05, 0.2, 0.6])
@pytest.mark.parametrize("temp_cell", [-5.0, 50.0])
def test_power_is_that_of_all_curves_composed(
    module: Module, across: Wiring, g_full: float, diffuse: float, temp_cell: float
) -> None:
    """Global maximum of the whole composition; its grid of currents and voltages leaves 0.05 % of the power."""
    light = (g_full, diffuse * g_full, temp_cell)
    mean = _uniform_power(module, g_full - FRACTION * (light[0] - light[1]), temp_cell)
    expected = [_compose(module, across, f, light) for f in FRACTION.tolist()]
    found = _rows(module, across, FRACTION, light).loss
    assert found == pytest.approx(np.maximum(1.0 - np.array(expected) / mean, 0.0), abs=5e-4)


@pytest.mark.parametrize("across", [PORTRAIT, HALF_CUT, LANDSCAPE, TWO_LANDSCAPE], ids=str)
def test_what_the_model_leaves_out_is_small(module: Module, across: Wiring) -> None:
    """A bypass diode's exponential instead of its constant drop: 0.3 %; reverse breakdown of cells: 0.1 %."""
    for diffuse, fraction in product((0.1, 0.3), (1 / 12, 1 / 6, 0.3, 1 / 2, 0.8)):
        light = (900.0, diffuse * 900.0, 45.0)
        found = _power(module, across, np.array([fraction]), light)[0]
        assert found == pytest.approx(_compose(module, across, fraction, light, bypass=_schottky), rel=3e-3)
        assert found == pytest.approx(_compose(module, across, fraction, light, breakdown=2e-3), rel=1e-3)


def test_against_the_published_approximation(module: Module) -> None:
    """Deline et al. (2013), equations 5, 9 and 10, state a typical error of 1 % and 2 to 6 % at most.

    X of the parallel strings hold a share S of shaded submodules, at 1000 W/m2 and 25 degC.
    """
    rated = _uniform_power(module, np.array([1000.0]), 25.0)[0]
    fill = rated / (module.v_oc_ref * module.i_sc_ref)
    off = []
    for modules, diffuse, groups in product((1, 2, 3, 4, 6), (0.05, 0.1, 0.2, 0.4, 0.6, 0.8), (1, 2, 3)):
        across = Wiring(modules=modules, lanes=modules, groups=3, cells=2)
        shaded = np.array([groups / (3 * modules) * (1 - 1e-12)])
        g_full, g_low, temp_cell = (np.full(1, value) for value in (1000.0, 1000.0 * diffuse, 25.0))
        loss = scene_shade(shaded, shaded, g_full, g_low, temp_cell, module, across).loss
        power = (1 - loss) * _uniform_power(module, 1000 * (1 - shaded * (1 - diffuse)), 25.0) / rated
        off.append(power[0] - _published(1 / modules, groups / 3, fill, diffuse, module.v_mp_ref / 3))
    assert np.max(np.abs(off)) < 0.03
    assert np.mean(np.abs(off)) < 0.005


def _published(x: float, s: float, fill: float, diffuse: float, v_submodule: float) -> float:
    limited = min(x, 0.65)
    parallel = 1 - (109 * fill - 54.3) * np.exp(-4.5 * x) * s**2 - (-6 * limited**2 + 5 * limited + 0.28) * s
    bypassed = 1 - s * (1 + BYPASS_DROP / v_submodule) / x
    slope = (-0.05 * diffuse - 0.01) * x + (0.85 * fill - 0.7) * diffuse - 0.085 * fill + 0.05
    held_down = max(slope, diffuse - 1) * (s - 1) + diffuse
    return float(x * max(parallel, bypassed, held_down) + 1 - x)


@pytest.mark.parametrize(
    ("diodes", "half_cut", "orientation", "expected"),
    [
        (1, False, None, (1, 1, 1, 12)),
        (1, True, None, (1, 2, 1, 12)),
        (2, False, None, (2, 2, 1, 12)),
        (2, True, None, (1, 2, 1, 12)),
        (3, False, None, (1, 1, 3, 2)),
        (3, True, None, (1, 1, 3, 2)),
        (3, False, "portrait", (3, 3, 1, 12)),
        (3, True, "portrait", (3, 6, 1, 12)),
        (4, True, None, (2, 4, 1, 12)),
        (6, True, "portrait", (3, 6, 1, 12)),
        (9, False, None, (3, 3, 3, 2)),
        (2, False, "landscape", (1, 1, 2, 3)),
        (10, True, None, (5, 10, 1, 12)),
    ],
)
def test_wiring_follows_the_table(
    diodes: int, half_cut: bool, orientation: Orientation | None, expected: tuple[int, ...]
) -> None:
    found = wiring(diodes, half_cut=half_cut, orientation=orientation)
    assert found is not None
    assert (found.modules, found.lanes, found.groups, found.cells) == expected


def test_a_module_s_rows_of_cells_follow_its_cells() -> None:
    found = wiring(2, half_cut=True, cells_in_series=66)
    assert found is not None
    assert found.cells == 11


def test_impossible_wirings_are_refused() -> None:
    with pytest.raises(ValueError, match="transverse_diodes"):
        wiring(-1)
    with pytest.raises(ValueError, match="lanes"):
        Wiring(modules=1, lanes=0, groups=1, cells=1)


def test_no_diodes_no_effect(module: Module) -> None:
    result = _rows(module, wiring(0), FRACTION, (900.0, 100.0, 40.0))
    assert not result.loss.any()
    assert np.all(result.voltage_factor == 1)


@pytest.mark.parametrize("across", ALL, ids=str)
def test_uniform_light_loses_nothing(module: Module, across: Wiring) -> None:
    """No shade, all shade, no beam to shade, the dark: exactly nothing; next to them: next to nothing."""
    fraction = np.array([0.0, 1.0, 0.5, 0.5])
    g_full, g_low = np.array([900.0, 900.0, 120.0, 0.0]), np.array([200.0, 200.0, 120.0, 0.0])
    result = row_shade(fraction, g_full, g_low, np.full(4, 30.0), module, across)
    assert result.loss.tolist() == [0, 0, 0, 0]
    assert result.voltage_factor.tolist() == [1, 1, 1, 1]
    near = _rows(module, across, np.array([1e-9, 1 - 1e-9]), (900.0, 200.0, 30.0))
    assert near.loss == pytest.approx([0, 0], abs=2e-6)
    assert near.voltage_factor == pytest.approx([1, 1], abs=2e-3)


def test_without_any_diffuse_light_only_lit_lanes_are_left(module: Module) -> None:
    """Half of a half-cut module in full darkness: the other half gives its half, less what the dark one draws."""
    result = _power(module, HALF_CUT, np.array([0.5]), (800.0, 0.0, 25.0))
    alone = 0.5 * _uniform_power(module, np.array([800.0]), 25.0)
    assert 0.85 * alone < result < alone


def test_one_dark_row_of_cells_costs_a_landscape_module_a_third(module: Module) -> None:
    """One group of three is passed by: a third of the power and the drop of one diode."""
    light = (900.0, 135.0, 40.0)
    full = pvarray.max_power_point(pvarray.calcparams_pvsyst(np.array([900.0]), np.array([40.0]), module))
    found = _power(module, LANDSCAPE, np.array([1 / 6]), light)[0]
    assert found == pytest.approx(full.p_mp[0] * 2 / 3 - BYPASS_DROP * full.i_mp[0], rel=2e-4)
    factor = _rows(module, LANDSCAPE, np.array([1 / 6]), light).voltage_factor[0]
    assert factor == pytest.approx(2 / 3 - BYPASS_DROP / full.v_mp[0], rel=0.02)


def test_one_dark_row_of_cells_takes_a_portrait_module_s_beam(module: Module) -> None:
    """What is left lies between the module in diffuse light and that current at the lit cells' voltage."""
    light = (900.0, 135.0, 40.0)
    low = pvarray.calcparams_pvsyst(np.array([135.0]), np.array([40.0]), module)
    high = pvarray.calcparams_pvsyst(np.array([900.0]), np.array([40.0]), module)
    found = _power(module, PORTRAIT, np.array([1 / 12]), light)[0]
    assert pvarray.max_power_point(low).p_mp[0] < found
    assert found < low.i_l[0] * pvarray.open_circuit_voltage(high)[0]


def test_a_half_cut_module_keeps_its_upper_half(module: Module) -> None:
    """The lower half falls to diffuse light, a little above it while its lit cells' voltage helps."""
    light = (900.0, 135.0, 40.0)
    full, low = _uniform_power(module, np.array([900.0, 135.0]), 40.0)
    found = _power(module, HALF_CUT, np.array([1 / 24, 0.25, 0.5]), light)
    halves = 0.5 * (full + low)
    assert found[2] == pytest.approx(halves, rel=5e-3)
    assert np.all((found[:2] > halves) & (found[:2] < 1.03 * halves))
    assert _power(module, PORTRAIT, np.array([0.25]), light)[0] < 0.4 * found[1]


@pytest.mark.parametrize("across", ALL, ids=str)
@pytest.mark.parametrize("g_low", [20.0, 150.0, 500.0])
def test_more_shade_never_gives_more_power(module: Module, across: Wiring, g_low: float) -> None:
    power = _power(module, across, np.linspace(0.0, 1.0, 301), (800.0, g_low, 35.0))
    assert np.all(np.diff(power) <= 1e-5 * power[0])


def test_shade_costs_continuously(module: Module) -> None:
    """No jump at the edges of cells, groups and lanes: a sliver of the width moves no more than it shades."""
    fraction = np.linspace(0.0, 1.0, 2001)
    for across in ALL:
        power = _power(module, across, fraction, (800.0, 160.0, 35.0))
        rows = across.lanes * across.groups * across.cells
        assert np.max(-np.diff(power)) < 2.0 * power[0] * rows / 2000


def test_impact_scales_the_electrical_part_alone(module: Module) -> None:
    g_full, g_low, temp_cell = (np.full_like(FRACTION, value) for value in (800.0, 160.0, 35.0))
    whole = row_shade(FRACTION, g_full, g_low, temp_cell, module, LANDSCAPE)
    half = row_shade(FRACTION, g_full, g_low, temp_cell, module, LANDSCAPE, impact=0.5)
    assert half.loss == pytest.approx(0.5 * whole.loss, rel=1e-12)
    assert 1 - half.voltage_factor == pytest.approx(0.5 * (1 - whole.voltage_factor), rel=1e-12)


def test_a_scene_that_shades_whole_groups_is_a_row_that_does(module: Module) -> None:
    for across in ALL:
        count = across.lanes * across.groups
        shaded = np.arange(1, count) / count
        one = np.ones_like(shaded)
        scene = scene_shade(shaded, shaded, 700 * one, 140 * one, 30 * one, module, across)
        row = _rows(module, across, shaded, (700.0, 140.0, 30.0))
        assert scene.loss == pytest.approx(row.loss, abs=1e-5)


def test_a_scene_lies_between_its_whole_groups(module: Module) -> None:
    """Power is interpolated between 1/3 and 2/3 of the diodes; equal light, so losses compare."""
    affected, beam = np.array([1 / 3, 0.5, 2 / 3]), np.full(3, 0.3)
    one = np.ones(3)
    loss = scene_shade(affected, beam, 700 * one, 140 * one, 30 * one, module, LANDSCAPE).loss
    assert loss[0] < loss[1] < loss[2]


def test_a_scene_without_beam_loss_or_diodes_loses_nothing(module: Module) -> None:
    one = np.ones(3)
    beam = np.array([0.0, 1.0, 0.4])
    low = np.array([100.0, 100.0, 600.0])
    assert not scene_shade(one, beam, 600 * one, low, 30 * one, module, PORTRAIT).loss.any()
    assert not scene_shade(one, 0.4 * one, 600 * one, 100 * one, 30 * one, module, None).loss.any()


def test_one_row_equals_many_and_none_none(module: Module) -> None:
    generator = np.random.default_rng(5)
    fraction = generator.uniform(-0.2, 1.2, 60).clip(0, 1)
    g_full = generator.uniform(1, 1100, 60)
    g_low, temp_cell = g_full * generator.uniform(0, 1, 60), generator.uniform(-20, 70, 60)
    for across in ALL:
        together = row_shade(fraction, g_full, g_low, temp_cell, module, across).loss
        alone = [
            row_shade(
                fraction[i : i + 1], g_full[i : i + 1], g_low[i : i + 1], temp_cell[i : i + 1], module, across
            )
            for i in range(60)
        ]
        assert together == pytest.approx([result.loss[0] for result in alone], abs=1e-12)
        none = np.zeros(0)
        assert row_shade(none, none, none, none, module, across).loss.shape == (0,)


@settings(deadline=None)
@given(
    across=st.sampled_from(ALL),
    fraction=st.floats(0, 1),
    g_full=st.floats(5, 1300),
    diffuse=st.floats(0.01, 1),
    temp_cell=st.floats(-30, 85),
)
def test_power_lies_between_the_darkest_and_every_lane_at_its_best(
    module: Module, across: Wiring, fraction: float, g_full: float, diffuse: float, temp_cell: float
) -> None:
    """A loss is a share, and the power is at least that without any beam."""
    light = (g_full, diffuse * g_full, temp_cell)
    result = _rows(module, across, np.array([fraction]), light)
    assert 0 <= result.loss[0] <= 1
    assert 0 < result.voltage_factor[0] < 1.6
    power = _power(module, across, np.array([fraction]), light)[0]
    ends = _uniform_power(module, np.array([light[0], max(light[1], 1e-6)]), temp_cell)
    assert ends[1] * (1 - 1e-4) <= power <= ends[0] * (1 + 1e-6)


@pytest.mark.parametrize("across", [PORTRAIT, TWO_HALF_CUT, LANDSCAPE], ids=str)
def test_in_the_faintest_light_the_maximum_is_found_too(module: Module, across: Wiring) -> None:
    """Where shunts rule the curve the loss is clipped at none, else it is the composition's."""
    light = (12.0, 4.0, 10.0)
    mean = _uniform_power(module, 12.0 - FRACTION * 8.0, 10.0)
    expected = np.array([_compose(module, across, f, light) for f in FRACTION.tolist()])
    found = _rows(module, across, FRACTION, light).loss
    assert found == pytest.approx(np.maximum(1.0 - expected / mean, 0.0), abs=2e-3)


@pytest.mark.parametrize("across", ALL, ids=str)
def test_odd_modules_in_any_light_settle(module: Module, across: Wiring) -> None:
    """Leaky, resistive, far from ideal, without diffuse light or with almost none at all: always an answer."""
    generator = np.random.default_rng(11)
    fraction, temp_cell = generator.uniform(0, 1, 3000), generator.uniform(-30, 85, 3000)
    g_full = 10 ** generator.uniform(0, 3.1, 3000)
    g_low = g_full * generator.uniform(0, 1, 3000) * generator.integers(0, 2, 3000)
    for r_s, r_sh, gamma in product((0.0, 0.2, 0.6), (90.0, 400.0, 5000.0), (0.85, 1.4)):
        odd = replace(module, r_s=r_s, r_sh_ref=r_sh, r_sh_0=4 * r_sh, gamma_ref=gamma)
        result = row_shade(fraction, g_full, g_low, temp_cell, odd, across)
        assert np.all((result.loss >= 0) & (result.loss <= 1))
        assert np.all(np.isfinite(result.voltage_factor))


def test_recombination_in_thin_film_does_not_hide_the_loss(module: Module) -> None:
    """It takes a like share from both powers: the loss stays within 0.02 of that of the same curve without it."""
    film = replace(module, recombination=1.0, v_built_in=0.9)
    light = (700.0, 140.0, 35.0)
    found, plain = (_rows(m, LANDSCAPE, FRACTION, light).loss for m in (film, module))
    assert found == pytest.approx(plain, abs=0.02)
