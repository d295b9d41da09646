"""The one-diode model of a module as PVsyst uses it, and its maximum power point.

A module obeys ``I = I_L - I_0 (exp(V_d / a) - 1) - V_d / R_sh`` with the voltage of its diode
``V_d = V + I R_s`` and ``a = gamma N_s k T / q``. Written in V_d (Bishop 1988,
DOI 10.1016/0379-6787(88)90059-2) both I and V are explicit, so every point of the curve is a plain evaluation
and every search a Newton iteration without the Lambert function.

References
----------
Sauer, Roessler and Hansen (2015), Modeling the irradiance and temperature dependence of photovoltaic modules
in PVsyst, IEEE Journal of Photovoltaics 5, 152-158, DOI 10.1109/JPHOTOV.2014.2364133.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gnomon.pv.arrays import FloatArray
from gnomon.pv.plant import Module

BOLTZMANN_OVER_CHARGE = 1.380649e-23 / 1.602176634e-19
"""k / q [V/K], from the exact constants of the SI."""
_KELVIN = 273.15
_STEPS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Diode:
    """Parameters of the curve at given conditions, arrays of shape (n,); ``r_s`` does not change."""

    i_l: FloatArray
    i_o: FloatArray
    r_s: float
    r_sh: FloatArray
    a: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class MaximumPower:
    """Voltage [V], current [A] and power [W] of one module where the power is largest, shape (n,)."""

    v_mp: FloatArray
    i_mp: FloatArray
    p_mp: FloatArray


@lru_cache(maxsize=1024)
def reference_currents(module: Module) -> tuple[float, float]:
    """Return the photocurrent and the saturation current at the reference [A].

    Both enter linearly, so the short circuit and the open circuit of the data sheet give two equations for
    two unknowns; the curve passes through both points exactly.
    """
    a = module.gamma_ref * module.cells_in_series * BOLTZMANN_OVER_CHARGE * (module.temp_ref + _KELVIN)
    short = module.i_sc_ref * module.r_s
    rise = np.exp(module.v_oc_ref / a) - np.exp(short / a)
    i_o = float((module.i_sc_ref - (module.v_oc_ref - short) / module.r_sh_ref) / rise)
    i_l = i_o * float(np.expm1(module.v_oc_ref / a)) + module.v_oc_ref / module.r_sh_ref
    if i_o <= 0:
        raise ValueError(
            f"module {module.name}: Isc, Voc, Rs and RShunt leave no current for the diode; check the units"
        )
    return i_l, i_o


def calcparams_pvsyst(effective_irradiance: FloatArray, temp_cell: FloatArray, module: Module) -> Diode:
    """Return the parameters of a module's curve at irradiances [W/m2] and cell temperatures [degC].

    Photocurrent: proportional to the irradiance, linear in temperature. Saturation current: with the cube of
    the temperature and the band gap. Shunt: falls exponentially from its dark value. Ideality: linear in
    temperature.
    """
    i_l_ref, i_o_ref = reference_currents(module)
    kelvin, kelvin_ref = temp_cell + _KELVIN, module.temp_ref + _KELVIN
    gamma = module.gamma_ref + module.mu_gamma * (temp_cell - module.temp_ref)
    share = effective_irradiance / module.irrad_ref
    gap = module.eg_ref / (BOLTZMANN_OVER_CHARGE * gamma) * (1.0 / kelvin_ref - 1.0 / kelvin)
    return Diode(
        i_l=share * (i_l_ref + module.alpha_sc * (temp_cell - module.temp_ref)),
        i_o=i_o_ref * (kelvin / kelvin_ref) ** 3 * np.exp(gap),
        r_s=module.r_s,
        r_sh=shunt_resistance(share, module),
        a=gamma * (module.cells_in_series * BOLTZMANN_OVER_CHARGE) * kelvin,
    )


def shunt_resistance(share: FloatArray, module: Module) -> FloatArray:
    """Return the shunt [ohm] at shares of the reference irradiance, exponential between its two values."""
    fade = np.exp(-module.r_sh_exp)
    floor = max((module.r_sh_ref - module.r_sh_0 * fade) / (1.0 - fade), 0.0)
    resistance: FloatArray = floor + (module.r_sh_0 - floor) * np.exp(-module.r_sh_exp * share)
    return resistance


def max_power_point(diode: Diode) -> MaximumPower:
    """Return where the power of a curve is largest: dP/dV_d = 0 by Newton, zero in the dark.

    The iteration starts from the maximum without resistances, or from that of a mere shunt where there is too
    little light for the diode to conduct.
    """
    start = _start(diode, lambda x: x - np.log1p(x), shunt_share=0.5)
    v_d = _newton(start, diode, lambda v_d: _power_slope(diode, v_d))
    current = np.where(diode.i_l > 0, current_at(diode, v_d), 0.0)
    voltage = np.where(diode.i_l > 0, v_d - current * diode.r_s, 0.0)
    return MaximumPower(v_mp=voltage, i_mp=current, p_mp=voltage * current)


def open_circuit_voltage(diode: Diode) -> FloatArray:
    """Return the voltage without current [V], zero in the dark."""

    def residual(v_d: FloatArray) -> tuple[FloatArray, FloatArray]:
        return current_at(diode, v_d), -(diode.i_o / diode.a * np.exp(v_d / diode.a) + 1.0 / diode.r_sh)

    return _newton(_start(diode, lambda x: x, shunt_share=1.0), diode, residual)


def short_circuit_current(diode: Diode) -> FloatArray:
    """Return the current without voltage [A], zero in the dark."""

    def residual(v_d: FloatArray) -> tuple[FloatArray, FloatArray]:
        slope = diode.i_o / diode.a * np.exp(v_d / diode.a) + 1.0 / diode.r_sh
        return v_d - current_at(diode, v_d) * diode.r_s, 1.0 + slope * diode.r_s

    return current_at(diode, _newton(diode.i_l * diode.r_s, diode, residual))


def current_at(diode: Diode, v_d: FloatArray) -> FloatArray:
    """Return the current of the module [A] at a voltage of its diode [V]."""
    return diode.i_l - diode.i_o * np.expm1(v_d / diode.a) - v_d / diode.r_sh


def _power_slope(diode: Diode, v_d: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return dP/dV_d and its derivative."""
    grown = diode.i_o * np.exp(v_d / diode.a)
    current = diode.i_l - (grown - diode.i_o) - v_d / diode.r_sh
    slope = -(grown / diode.a + 1.0 / diode.r_sh)
    bend = -grown / diode.a**2
    voltage, voltage_slope = v_d - current * diode.r_s, 1.0 - slope * diode.r_s
    first = slope * voltage + current * voltage_slope
    return first, bend * (voltage - current * diode.r_s) + 2.0 * slope * voltage_slope


def _start(diode: Diode, of_open: Callable[[FloatArray], FloatArray], shunt_share: float) -> FloatArray:
    """Return a first V_d from the open circuit in units of a, or a share of the shunt's own voltage."""
    by_diode = diode.a * of_open(np.log1p(diode.i_l / diode.i_o))
    return np.minimum(by_diode, shunt_share * diode.i_l * diode.r_sh)


def _newton(
    start: FloatArray, diode: Diode, residual: Callable[[FloatArray], tuple[FloatArray, FloatArray]]
) -> FloatArray:
    """Iterate V_d until no point moves by more than 1e-11 a; the step after that is below rounding.

    No point of the curve that gives power lies above the open circuit without a shunt. Held below it, an
    iteration never has to climb down the exponential one a at a time.
    """
    v_d, ceiling = start, diode.a * np.log1p(diode.i_l / diode.i_o)
    for _ in range(_STEPS):
        value, slope = residual(v_d)
        step = value / slope
        v_d = np.minimum(v_d - step, ceiling)
        if not np.any(np.abs(step) > 1e-11 * diode.a):
            return v_d
    raise ArithmeticError("the one-diode equation did not converge; the module's parameters are not physical")
