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
