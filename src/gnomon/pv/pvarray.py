"""The one-diode model of a module as PVsyst uses it, and its maximum power point.

A module obeys ``I = I_L - I_0 (exp(V_d / a) - 1) - V_d / R_sh - I_rec`` with the voltage of its diode
``V_d = V + I R_s`` and ``a = gamma N_s k T / q``. Written in V_d (Bishop 1988,
DOI 10.1016/0379-6787(88)90059-2) both I and V are explicit, so every point of the curve is a plain evaluation
and every search a Newton iteration without the Lambert function.

``I_rec = I_L d2mutau / (N_s V_bi - V_d)`` is what recombines in the intrinsic layer of thin film (Merten et
al. 1998, DOI 10.1109/16.658676); it is absent in crystalline modules.

References
----------
Sauer, Roessler and Hansen (2015), Modeling the irradiance and temperature dependence of photovoltaic modules
in PVsyst, IEEE Journal of Photovoltaics 5, 152-158, DOI 10.1109/JPHOTOV.2014.2364133.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gnomon.pv.arrays import FloatArray, IntArray
from gnomon.pv.plant import Module

BOLTZMANN_OVER_CHARGE = 1.380649e-23 / 1.602176634e-19
"""k / q [V/K], from the exact constants of the SI."""
_KELVIN = 273.15
_STEPS = 60
_QUICK_STEPS = 6
_LEFT = 1e-3  # the share of a quick step after which what is left moves the voltage by less than 1e-8
_FEW = 0.05  # of all rows: so few are left to the slow search
_TABLE_END = 1.3  # of the table of the reference temperature, in square roots of the reference irradiance
_TABLE_STEPS = 1300


@dataclass(frozen=True, slots=True, kw_only=True)
class Diode:
    """Parameters of the curve at given conditions, arrays of shape (n,).

    ``r_s`` is one number for a module and an array where wires of several inputs stand behind it.
    ``recombination`` is d2mutau and ``v_built_in`` N_s V_bi of the whole curve [V].
    """

    i_l: FloatArray
    i_o: FloatArray
    r_s: float | FloatArray
    r_sh: FloatArray
    a: FloatArray
    recombination: float = 0.0
    v_built_in: float = np.inf

    def at(self, rows: IntArray) -> "Diode":
        """Return the curves of some rows."""
        return Diode(
            i_l=self.i_l[rows],
            i_o=self.i_o[rows],
            r_s=self.r_s[rows] if isinstance(self.r_s, np.ndarray) else self.r_s,
            r_sh=self.r_sh[rows],
            a=self.a[rows],
            recombination=self.recombination,
            v_built_in=self.v_built_in,
        )


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
    short, v_built_in = module.i_sc_ref * module.r_s, module.v_built_in * module.cells_in_series
    left = 1.0 - module.recombination / (v_built_in - module.v_oc_ref)
    share = (1.0 - module.recombination / (v_built_in - short)) / left
    rise = share * np.expm1(module.v_oc_ref / a) - np.expm1(short / a)
    i_o = float((module.i_sc_ref - (share * module.v_oc_ref - short) / module.r_sh_ref) / rise)
    i_l = (i_o * float(np.expm1(module.v_oc_ref / a)) + module.v_oc_ref / module.r_sh_ref) / left
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
    warmer = temp_cell - module.temp_ref
    gamma = module.gamma_ref + module.mu_gamma * warmer
    if not np.all(gamma > 0):
        raise ArithmeticError(
            "the ideality of the diode falls to nothing at the temperatures of the cells; the module's "
            "parameters are not physical, check muGamma"
        )
    share, hotter = effective_irradiance / module.irrad_ref, kelvin / kelvin_ref
    gap = (module.eg_ref / (BOLTZMANN_OVER_CHARGE * kelvin_ref)) * (1.0 - 1.0 / hotter) / gamma
    return Diode(
        i_l=share * (i_l_ref + module.alpha_sc * warmer),
        i_o=i_o_ref * (hotter * hotter * hotter) * np.exp(gap),
        r_s=module.r_s,
        r_sh=shunt_resistance(share, module),
        a=gamma * (module.cells_in_series * BOLTZMANN_OVER_CHARGE) * kelvin,
        recombination=module.recombination,
        v_built_in=module.v_built_in * module.cells_in_series if module.recombination else np.inf,
    )


def shunt_resistance(share: FloatArray, module: Module) -> FloatArray:
    """Return the shunt [ohm] at shares of the reference irradiance, exponential between its two values."""
    resistance: FloatArray = np.exp(-module.r_sh_exp * share)
    floor = _shunt_floor(module)
    resistance *= module.r_sh_0 - floor
    resistance += floor
    return resistance


def _shunt_floor(module: Module) -> float:
    """Return what the shunt tends to in endless light [ohm]."""
    fade = float(np.exp(-module.r_sh_exp))
    return max((module.r_sh_ref - module.r_sh_0 * fade) / (1.0 - fade), 0.0)


def max_power_point(diode: Diode) -> MaximumPower:
    """Return where the power of a curve is largest, dP/dV_d = 0; zero in the dark.

    In the diode's own current ``y = I_0 exp(V_d / a)`` the condition is nearly a straight line, so that a few
    steps of Newton suffice. Rows with too little light for the diode to conduct, where the shunt alone
    decides, are left to a search in V_d.
    """
    v_d, current, unsettled = _quick_maximum(diode)
    if unsettled.size:
        few = diode.at(unsettled)
        v_d[unsettled] = _slow_maximum(few)
        current[unsettled] = current_at(few, v_d[unsettled])
    voltage = v_d - current * diode.r_s
    return MaximumPower(v_mp=voltage, i_mp=current, p_mp=voltage * current)


def power_at_reference(effective_irradiance: FloatArray, module: Module) -> FloatArray:
    """Return the largest power of a module at its reference temperature [W], over irradiance [W/m2].

    A function of one number, so it is tabled once per module: cubic Hermite in the square root of the
    irradiance, within 1e-9 of the nameplate. Beyond the table it is searched.
    """
    if not effective_irradiance.size:
        return np.zeros(0)
    place = np.sqrt(effective_irradiance / module.irrad_ref)
    place *= _TABLE_STEPS / _TABLE_END
    cell = np.minimum(place, _TABLE_STEPS - 1).astype(np.int64)
    place -= cell
    c_0, c_1, c_2, c_3 = np.take(_reference_table(module), cell, axis=1)
    power: FloatArray = ((c_3 * place + c_2) * place + c_1) * place + c_0
    if place.max() > 1.0:
        beyond = np.flatnonzero(place > 1.0)
        power[beyond] = _at_reference(effective_irradiance[beyond], module).p_mp
    return power


def open_circuit_voltage(diode: Diode) -> FloatArray:
    """Return the voltage without current [V], zero in the dark."""
    start = np.minimum(open_circuit_bound(diode), diode.i_l * diode.r_sh)
    return _newton(start, diode, lambda v_d: _current_and_slope(diode, v_d))


def voltage_at_current(diode: Diode, current: FloatArray) -> FloatArray:
    """Return the voltage of the terminals [V] at a current between none and the photocurrent [A].

    The curve bends down, so from a V_d above the solution, that without a shunt, every step stays above.
    """
    rest = diode.i_l - current
    start: FloatArray = diode.a * np.log1p(rest / diode.i_o)
    if diode.recombination:
        start = np.minimum(start, diode.v_built_in - diode.recombination * diode.i_l / rest)

    def residual(v_d: FloatArray) -> tuple[FloatArray, FloatArray]:
        found, slope = _current_and_slope(diode, v_d)
        return found - current, slope

    return _newton(start, diode, residual) - current * diode.r_s


def open_circuit_bound(diode: Diode) -> FloatArray:
    """Return a voltage [V] that no open circuit passes: that without a shunt."""
    ceiling: FloatArray = diode.a * np.log1p(diode.i_l / diode.i_o)
    return np.minimum(ceiling, diode.v_built_in - diode.recombination)


def short_circuit_current(diode: Diode) -> FloatArray:
    """Return the current without voltage [A], zero in the dark."""
    return current_at_voltage(diode, np.zeros_like(diode.i_l))


def current_at_voltage(diode: Diode, voltage: FloatArray) -> FloatArray:
    """Return the current [A] at a voltage of the terminals [V]; beyond the open circuit it is negative."""
    return current_at(diode, diode_voltage(diode, voltage))


def diode_voltage(diode: Diode, voltage: FloatArray) -> FloatArray:
    """Return V_d at a voltage of the terminals [V]: ``V_d - I(V_d) R_s = V`` by Newton.

    The left side bends upward, so from any point above the solution every step stays above it. Such points
    are given by each part of the current alone: the photocurrent, the diode, the recombination.
    """
    drop = voltage + diode.i_l * diode.r_s
    start = drop
    if np.any(diode.r_s):
        with np.errstate(all="ignore"):
            by_diode = diode.a * np.log1p(np.maximum(drop, 0.0) / (diode.i_o * diode.r_s))
        start = np.where(drop > 0, np.minimum(drop, by_diode), drop)
    if diode.recombination:
        lost = diode.recombination * diode.i_l * diode.r_s
        pole = diode.v_built_in - np.divide(lost, drop, out=np.ones_like(drop), where=drop > 0)
        start = np.minimum(start, np.where(lost > 0, pole, diode.v_built_in * (1 - 1e-9)))

    def residual(v_d: FloatArray) -> tuple[FloatArray, FloatArray]:
        current, slope = _current_and_slope(diode, v_d)
        return v_d - current * diode.r_s - voltage, 1.0 - slope * diode.r_s

    return _newton(start, diode, residual, ceiling=start)


def current_at(diode: Diode, v_d: FloatArray) -> FloatArray:
    """Return the current of the module [A] at a voltage of its diode [V]."""
    current: FloatArray = diode.i_l - diode.i_o * np.expm1(v_d / diode.a) - v_d / diode.r_sh
    if diode.recombination:
        current -= diode.i_l * diode.recombination / (diode.v_built_in - v_d)
    return current


def slope_at(diode: Diode, v_d: FloatArray) -> FloatArray:
    """Return dI / dV_d [A/V] at a voltage of the diode [V]."""
    slope: FloatArray = -(diode.i_o / diode.a * np.exp(v_d / diode.a) + 1.0 / diode.r_sh)
    if diode.recombination:
        slope -= diode.i_l * diode.recombination / (diode.v_built_in - v_d) ** 2
    return slope


def bend_at(diode: Diode, v_d: FloatArray) -> FloatArray:
    """Return d2I / dV_d2 [A/V2] at a voltage of the diode [V]."""
    bend: FloatArray = -diode.i_o / diode.a**2 * np.exp(v_d / diode.a)
    if diode.recombination:
        bend -= 2.0 * diode.i_l * diode.recombination / (diode.v_built_in - v_d) ** 3
    return bend


def _current_and_slope(diode: Diode, v_d: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return I and dI / dV_d out of one exponential."""
    leak, grown = 1.0 / diode.r_sh, np.exp(v_d / diode.a)
    grown *= diode.i_o
    current = diode.i_l + diode.i_o - grown - leak * v_d
    slope = -(grown / diode.a + leak)
    if diode.recombination:
        room = diode.v_built_in - v_d
        lost = diode.i_l * diode.recombination / room
        current, slope = current - lost, slope - lost / room
    return current, slope


def _quick_maximum(diode: Diode) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return V_d and I of the largest power after a few steps in y, and the rows still on their way.

    In units of a: ``x = V_d / a``, ``S = -a dI/dV_d``, ``B = -a^2 d2I/dV_d2``, ``z = x - 2 I R_s / a``. The
    condition is ``F = I - S z = 0`` and its slope over x is ``-(2 S + B z + 2 S^2 R_s / a)``.
    """
    leak, twice_r = diode.a / diode.r_sh, 2.0 / diode.a * diode.r_s
    all_current = diode.i_l + diode.i_o
    y = _first_y(diode, leak, twice_r)
    most = diode.i_o * np.exp(open_circuit_bound(diode) / diode.a) if diode.recombination else None
    for _ in range(_QUICK_STEPS):
        x = np.log(y / diode.i_o)
        current, s, b = _at_y(diode, all_current, leak, x, y)
        z = x - twice_r * current
        step = current - s * z
        step /= s * (2.0 + twice_r * s) + b * z
        y *= np.maximum(1.0 + step, 0.1)
        y = y if most is None else np.minimum(y, most)
        unsettled = np.flatnonzero(~(np.abs(step) <= _LEFT))
        if unsettled.size <= _FEW * len(y):
            break
    x = np.log(y / diode.i_o)
    return diode.a * x, _at_y(diode, all_current, leak, x, y)[0], unsettled


def _first_y(diode: Diode, leak: FloatArray, twice_r: FloatArray) -> FloatArray:
    """Return a first y: the condition at the V_d that would be the maximum without resistances.

    Where a mere shunt would have its maximum below that, it is there.
    """
    x = np.log1p(diode.i_l / diode.i_o)
    x -= np.log1p(x)
    z = x - twice_r * diode.i_l
    y = diode.i_l - leak * (x + z)
    y /= 1.0 + np.maximum(z, 0.0)
    dim = np.flatnonzero(diode.i_l < 2.0 * leak * x)
    if dim.size:
        y[dim] = diode.i_o[dim] * np.exp(0.5 * diode.i_l[dim] / leak[dim])
    return np.maximum(y, diode.i_o, out=y)


def _at_y(
    diode: Diode, all_current: FloatArray, leak: FloatArray, x: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the current and its first two derivatives in units of a, S and B of `_quick_maximum`."""
    current = all_current - y
    current -= leak * x
    if not diode.recombination:
        return current, y + leak, y
    room = diode.v_built_in / diode.a - x
    lost = diode.i_l * diode.recombination / (diode.a * room)
    return current - lost, y + leak + lost / room, y + 2.0 * lost / (room * room)


def _slow_maximum(diode: Diode) -> FloatArray:
    """Return V_d of the largest power by Newton in V_d.

    The start is the maximum without resistances, or that of a mere shunt.
    """
    open_circuit = np.log1p(diode.i_l / diode.i_o)
    start = np.minimum(diode.a * (open_circuit - np.log1p(open_circuit)), 0.5 * diode.i_l * diode.r_sh)
    return _newton(np.minimum(start, open_circuit_bound(diode)), diode, lambda v_d: _power_slope(diode, v_d))


def _power_slope(diode: Diode, v_d: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return dP/dV_d and its derivative."""
    (current, slope), bend = _current_and_slope(diode, v_d), bend_at(diode, v_d)
    voltage, voltage_slope = v_d - current * diode.r_s, 1.0 - slope * diode.r_s
    first = slope * voltage + current * voltage_slope
    return first, bend * (voltage - current * diode.r_s) + 2.0 * slope * voltage_slope


def _newton(
    start: FloatArray,
    diode: Diode,
    residual: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
    ceiling: FloatArray | None = None,
) -> FloatArray:
    """Iterate V_d until no point moves by more than 1e-7 a; the step after that is below rounding.

    No point of the curve that gives power lies above the open circuit without a shunt. Held below it, an
    iteration never has to climb down the exponential one a at a time.
    """
    v_d, ceiling = start, open_circuit_bound(diode) if ceiling is None else ceiling
    for _ in range(_STEPS):
        value, slope = residual(v_d)
        step = value / slope
        v_d = np.minimum(v_d - step, ceiling)
        if np.all(np.abs(step) <= 1e-7 * diode.a):
            return v_d
    raise ArithmeticError("the one-diode equation did not converge; the module's parameters are not physical")


def _at_reference(effective_irradiance: FloatArray, module: Module) -> MaximumPower:
    at_reference = np.full_like(effective_irradiance, module.temp_ref)
    return max_power_point(calcparams_pvsyst(effective_irradiance, at_reference, module))


@lru_cache(maxsize=256)
def _reference_table(module: Module) -> FloatArray:
    """Return cubic coefficients (4, steps) of power over equal steps of the root of the irradiance.

    The slope needs no difference: at the maximum dP/dG is the partial derivative at constant V_d.
    """
    root = np.linspace(0.0, _TABLE_END, _TABLE_STEPS + 1)
    irradiance = root * root * module.irrad_ref
    point = _at_reference(irradiance, module)
    slope = _power_over_share(point, irradiance, module) * 2.0 * root * (_TABLE_END / _TABLE_STEPS)
    power, rise = point.p_mp, np.diff(point.p_mp)
    table = np.stack(
        [
            power[:-1],
            slope[:-1],
            3.0 * rise - 2.0 * slope[:-1] - slope[1:],
            slope[:-1] + slope[1:] - 2.0 * rise,
        ]
    )
    table.flags.writeable = False
    return table


def _power_over_share(point: MaximumPower, irradiance: FloatArray, module: Module) -> FloatArray:
    """Return dP/dS of the maximum over the share S of the reference irradiance [W]."""
    share, v_d = irradiance / module.irrad_ref, point.v_mp + point.i_mp * module.r_s
    r_sh = shunt_resistance(share, module)
    photocurrent = reference_currents(module)[0] * (
        1.0 - module.recombination / (module.v_built_in * module.cells_in_series - v_d)
    )
    fall = module.r_sh_exp * (r_sh - _shunt_floor(module))
    by_share: FloatArray = photocurrent - v_d * fall / (r_sh * r_sh)
    by_share *= v_d - 2.0 * point.i_mp * module.r_s
    return by_share
