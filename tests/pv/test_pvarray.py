"""The one-diode model against pvlib's solvers, against its own data sheet, and in the limits."""

from dataclasses import replace

import numpy as np
import pvlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pv import pvarray
from gnomon.pv.plant import Module

IRRADIANCE = np.array([0.5, 5.0, 20.0, 50.0, 100, 200, 400, 600, 800, 1000, 1200])
TEMPERATURE = np.array([-25.0, 0.0, 25.0, 45.0, 75.0])
GRID = tuple(axis.ravel() for axis in np.meshgrid(IRRADIANCE, TEMPERATURE))


# A cadmium-telluride module of 2011 by its data sheet and the parameters published with pvlib's PVsyst examples.
THIN = Module(
    name="CdTe",
    p_nom=95.0,
    i_sc_ref=1.55,
    v_oc_ref=86.5,
    i_mp_ref=1.4,
    v_mp_ref=67.8,
    alpha_sc=0.00039,
    cells_in_series=108,
    r_s=4.6,
    r_sh_ref=5000.0,
    r_sh_0=12500.0,
    r_sh_exp=3.1,
    gamma_ref=1.48,
    mu_gamma=0.001,
    area=0.72,
    eg_ref=1.5,
    recombination=1.31,
    technology="cdte",
)


def _reference(module: Module, irradiance: np.ndarray, temp_cell: np.ndarray) -> tuple[np.ndarray, ...]:
    """pvlib's five parameters of the same module."""
    i_l_ref, i_o_ref = pvarray.reference_currents(module)
    return pvlib.pvsystem.calcparams_pvsyst(
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


def test_parameters_are_pvlib_s(module: Module) -> None:
    """Two programs with other digits of k and q: 1e-6 in a, and ten times that in the saturation current."""
    expected = _reference(module, *GRID)
    found = pvarray.calcparams_pvsyst(*GRID, module)
    assert found.i_l == pytest.approx(expected[0], rel=1e-12)
    assert found.i_o == pytest.approx(expected[1], rel=1e-5)
    assert found.r_sh == pytest.approx(expected[3], rel=1e-12)
    assert found.a == pytest.approx(expected[4], rel=1e-6)


def test_power_is_pvlib_s_from_module_to_watt(module: Module) -> None:
    """pvlib's own parameters and Brent's search against ours: the digits of k / q leave 1e-6."""
    expected = pvlib.pvsystem.max_power_point(*_reference(module, *GRID), method="brentq")["p_mp"]
    found = pvarray.max_power_point(pvarray.calcparams_pvsyst(*GRID, module)).p_mp
    assert found == pytest.approx(expected, rel=1e-6)


def test_maximum_power_is_that_of_brent_s_search(module: Module) -> None:
    """On the same five parameters both find the same maximum: 1e-9 of the power."""
    diode = pvarray.calcparams_pvsyst(*GRID, module)
    found = pvarray.max_power_point(diode)
    expected = pvlib.pvsystem.max_power_point(
        diode.i_l, diode.i_o, diode.r_s, diode.r_sh, diode.a, method="brentq"
    )
    assert found.p_mp == pytest.approx(expected["p_mp"], rel=1e-9)
    assert found.v_mp == pytest.approx(expected["v_mp"], rel=1e-6)
    assert found.i_mp == pytest.approx(expected["i_mp"], rel=1e-6)


def test_ends_of_the_curve_are_lambert_s(module: Module) -> None:
    """On the same five parameters both are exact: 1e-9."""
    diode = pvarray.calcparams_pvsyst(*GRID, module)
    expected = pvlib.pvsystem.singlediode(
        diode.i_l, diode.i_o, diode.r_s, diode.r_sh, diode.a, method="lambertw"
    )
    assert pvarray.open_circuit_voltage(diode) == pytest.approx(expected["v_oc"], rel=1e-9)
    assert pvarray.short_circuit_current(diode) == pytest.approx(expected["i_sc"], rel=1e-9)


def test_the_curve_passes_the_data_sheet(module: Module) -> None:
    """Open and short circuit exactly; the maximum within 0.5 %, the bar for a consistent c-Si file."""
    diode = pvarray.calcparams_pvsyst(np.array([1000.0]), np.array([25.0]), module)
    assert pvarray.open_circuit_voltage(diode)[0] == pytest.approx(module.v_oc_ref, rel=1e-12)
    assert pvarray.short_circuit_current(diode)[0] == pytest.approx(module.i_sc_ref, rel=1e-12)
    rated = module.v_mp_ref * module.i_mp_ref
    assert pvarray.max_power_point(diode).p_mp[0] == pytest.approx(rated, rel=5e-3)


def test_nothing_in_the_dark(module: Module) -> None:
    diode = pvarray.calcparams_pvsyst(np.array([0.0, 1000.0]), np.array([10.0, 25.0]), module)
    point = pvarray.max_power_point(diode)
    assert (point.p_mp[0], point.v_mp[0], point.i_mp[0]) == (0, 0, 0)
    assert point.p_mp[1] > 300
    assert pvarray.open_circuit_voltage(diode)[0] == pytest.approx(0, abs=1e-12)


def test_no_rows_give_no_rows(module: Module) -> None:
    none = np.zeros(0)
    assert pvarray.max_power_point(pvarray.calcparams_pvsyst(none, none, module)).p_mp.shape == (0,)


@given(
    irradiance=st.floats(1e-3, 1400),
    temp_cell=st.floats(-40, 95),
    r_s=st.floats(0, 0.6),
    r_sh_ref=st.floats(80, 5000),
    dark=st.floats(1, 12),
    gamma=st.floats(0.85, 1.4),
)
def test_the_maximum_is_one(
    module: Module,
    irradiance: float,
    temp_cell: float,
    r_s: float,
    r_sh_ref: float,
    dark: float,
    gamma: float,
) -> None:
    """No point nearby is higher, and the power lies under Isc x Voc."""
    odd = replace(module, r_s=r_s, r_sh_ref=r_sh_ref, r_sh_0=dark * r_sh_ref, gamma_ref=gamma)
    diode = pvarray.calcparams_pvsyst(np.array([irradiance]), np.array([temp_cell]), odd)
    best = pvarray.max_power_point(diode)
    v_d = best.v_mp + best.i_mp * r_s
    near = v_d * np.array([0.9, 0.99, 0.999, 1.001, 1.01, 1.1])
    current = pvarray.current_at(diode, near)
    assert np.all((near - current * r_s) * current <= best.p_mp[0] * (1 + 1e-12))
    limit = pvarray.short_circuit_current(diode) * pvarray.open_circuit_voltage(diode)
    assert 0 < best.p_mp[0] < limit[0]


def test_one_point_equals_many(module: Module) -> None:
    together = pvarray.max_power_point(pvarray.calcparams_pvsyst(*GRID, module)).p_mp
    alone = [
        pvarray.max_power_point(
            pvarray.calcparams_pvsyst(GRID[0][i : i + 1], GRID[1][i : i + 1], module)
        ).p_mp[0]
        for i in range(len(GRID[0]))
    ]
    assert together == pytest.approx(alone, rel=1e-12)


def test_a_sheet_that_contradicts_itself_is_refused(module: Module) -> None:
    with pytest.raises(ValueError, match="no current for the diode"):
        pvarray.reference_currents(replace(module, r_sh_ref=2.0))


def test_units_off_by_a_thousand_are_refused() -> None:
    with pytest.raises(ValueError, match="i_sc_ref"):
        Module(
            p_nom=1,
            i_sc_ref=0,
            v_oc_ref=1,
            i_mp_ref=1,
            v_mp_ref=1,
            alpha_sc=0,
            cells_in_series=1,
            r_s=0,
            r_sh_ref=1,
            r_sh_0=1,
            gamma_ref=1,
            area=1,
        )


def _points(diode: pvarray.Diode, v_d: np.ndarray) -> tuple[np.ndarray, ...]:
    """pvlib's current, voltage and power of the same curve at voltages of the diode."""
    found: tuple[np.ndarray, ...] = pvlib.singlediode.bishop88(
        v_d,
        diode.i_l,
        diode.i_o,
        diode.r_s,
        diode.r_sh,
        diode.a,
        d2mutau=diode.recombination,
        NsVbi=diode.v_built_in,
    )
    return found


def test_recombination_is_pvlib_s() -> None:
    diode = pvarray.calcparams_pvsyst(*GRID, THIN)
    for share in (0.0, 0.5, 0.9):
        v_d = share * pvarray.open_circuit_voltage(diode)
        assert pvarray.current_at(diode, v_d) == pytest.approx(_points(diode, v_d)[0], rel=1e-12)


def test_maximum_power_of_thin_film_is_that_of_brent_s_search() -> None:
    diode = pvarray.calcparams_pvsyst(*GRID, THIN)
    i_mp, v_mp, p_mp = pvlib.singlediode.bishop88_mpp(
        diode.i_l,
        diode.i_o,
        diode.r_s,
        diode.r_sh,
        diode.a,
        d2mutau=THIN.recombination,
        NsVbi=0.9 * THIN.cells_in_series,
        method="brentq",
    )
    found = pvarray.max_power_point(diode)
    assert found.p_mp == pytest.approx(p_mp, rel=1e-9)
    assert found.v_mp == pytest.approx(v_mp, rel=1e-6)
    assert found.i_mp == pytest.approx(i_mp, rel=1e-6)


def test_thin_film_passes_its_data_sheet() -> None:
    diode = pvarray.calcparams_pvsyst(np.array([1000.0]), np.array([25.0]), THIN)
    assert pvarray.open_circuit_voltage(diode)[0] == pytest.approx(THIN.v_oc_ref, rel=1e-12)
    assert pvarray.short_circuit_current(diode)[0] == pytest.approx(THIN.i_sc_ref, rel=1e-12)
    assert pvarray.max_power_point(diode).p_mp[0] == pytest.approx(THIN.p_nom, rel=5e-3)


def test_recombination_beyond_the_built_in_voltage_is_refused() -> None:
    with pytest.raises(ValueError, match=r"recombination 20.0 V; give 0 to 10.7 V"):
        replace(THIN, recombination=20.0)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 0.95, 1.0, 1.05])
def test_current_at_a_voltage_is_lambert_s(module: Module, share: float) -> None:
    """pvlib's explicit solution of the same equation, from short circuit to beyond the open one."""
    diode = pvarray.calcparams_pvsyst(*GRID, module)
    voltage = share * pvarray.open_circuit_voltage(diode)
    expected = pvlib.pvsystem.i_from_v(
        voltage, diode.i_l, diode.i_o, diode.r_s, diode.r_sh, diode.a, method="lambertw"
    )
    found = pvarray.current_at_voltage(diode, voltage)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * module.i_sc_ref)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.99])
def test_voltage_at_a_current_is_lambert_s(module: Module, share: float) -> None:
    for each in (module, THIN):
        diode = pvarray.calcparams_pvsyst(*GRID, each)
        current = share * pvarray.short_circuit_current(diode)
        found = pvarray.voltage_at_current(diode, current)
        assert pvarray.current_at_voltage(diode, found) == pytest.approx(current, rel=1e-9, abs=1e-12)
        if each is module:
            expected = pvlib.pvsystem.v_from_i(
                current, diode.i_l, diode.i_o, diode.r_s, diode.r_sh, diode.a, method="lambertw"
            )
            assert found == pytest.approx(expected, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99, 1.1])
def test_current_at_a_voltage_of_thin_film_is_on_the_curve(share: float) -> None:
    diode = pvarray.calcparams_pvsyst(*GRID, THIN)
    voltage = share * pvarray.open_circuit_voltage(diode)
    v_d = pvarray.diode_voltage(diode, voltage)
    assert _points(diode, v_d)[1] == pytest.approx(voltage, rel=1e-9, abs=1e-9)


def test_slopes_are_those_of_small_differences(module: Module) -> None:
    for each in (module, THIN):
        diode = pvarray.calcparams_pvsyst(*GRID, each)
        v_d, h = 0.9 * pvarray.open_circuit_voltage(diode), 1e-4
        low, high = pvarray.current_at(diode, v_d - h), pvarray.current_at(diode, v_d + h)
        assert pvarray.slope_at(diode, v_d) == pytest.approx((high - low) / (2 * h), rel=1e-6)
        low, high = pvarray.slope_at(diode, v_d - h), pvarray.slope_at(diode, v_d + h)
        assert pvarray.bend_at(diode, v_d) == pytest.approx((high - low) / (2 * h), rel=1e-5)


@given(
    irradiance=st.lists(st.floats(0, 2500), min_size=1, max_size=30),
    r_s=st.floats(0, 0.6),
    r_sh_ref=st.floats(80, 5000),
    dark=st.floats(1, 12),
    thin=st.booleans(),
)
def test_the_table_of_the_reference_temperature_is_the_search(
    module: Module, irradiance: list[float], r_s: float, r_sh_ref: float, dark: float, thin: bool
) -> None:
    odd = THIN if thin else replace(module, r_s=r_s, r_sh_ref=r_sh_ref, r_sh_0=dark * r_sh_ref)
    light = np.array(irradiance)
    diode = pvarray.calcparams_pvsyst(light, np.full_like(light, odd.temp_ref), odd)
    expected = pvarray.max_power_point(diode).p_mp
    assert pvarray.power_at_reference(light, odd) == pytest.approx(expected, abs=1e-9 * odd.p_nom)


def test_the_table_takes_no_rows(module: Module) -> None:
    assert pvarray.power_at_reference(np.zeros(0), module).shape == (0,)


@given(
    irradiance=st.floats(1e-3, 1400),
    temp_cell=st.floats(-40, 95),
    recombination=st.floats(0.05, 6),
    r_s=st.floats(0, 8),
    gamma=st.floats(1.0, 2.0),
)
def test_the_maximum_of_thin_film_is_one(
    irradiance: float, temp_cell: float, recombination: float, r_s: float, gamma: float
) -> None:
    odd = replace(THIN, recombination=recombination, r_s=r_s, gamma_ref=gamma)
    diode = pvarray.calcparams_pvsyst(np.array([irradiance]), np.array([temp_cell]), odd)
    best = pvarray.max_power_point(diode)
    v_d = best.v_mp + best.i_mp * r_s
    assert np.all(v_d < 0.9 * odd.cells_in_series)
    for near in v_d * np.array([0.9, 0.99, 0.999]):
        current = pvarray.current_at(diode, near)
        assert ((near - current * r_s) * current <= best.p_mp * (1 + 1e-12)).all()


def test_a_diode_that_ends_when_hot_is_told(module: Module) -> None:
    """An ideality that falls below nothing: no curve is left."""
    bent = replace(module, mu_gamma=-0.02)
    with np.errstate(all="ignore"), pytest.raises(ArithmeticError, match="not physical"):
        pvarray.max_power_point(pvarray.calcparams_pvsyst(np.array([500.0]), np.array([80.0]), bent))
