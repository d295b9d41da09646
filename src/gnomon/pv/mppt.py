"""Strings on one tracker of an inverter: their common operating point, and the limits of the DC side.

Each input is one curve: modules in series and in parallel, and the wires behind them, give a one-diode
equation again, with its parameters scaled. Inputs on the same tracker share a voltage.

A limit on voltage or current moves the operating point along the curve. A limit on power does so too, in
truth by some volts; here the voltage stays, for the efficiency hardly changes over so little.

References
----------
PVsyst help, "Inverter operating limits" and "Inverter model: input and output".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gnomon.pv import pvarray
from gnomon.pv.arrays import FloatArray, IntArray
from gnomon.pv.plant import Inverter
from gnomon.pv.pvarray import Diode

_STEPS = 60
_SHADED = 1e-9  # least share of the current that keeps a curve a curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """What is on one DC input, all arrays of shape (m,).

    Attributes
    ----------
    name
        Decides the order among the inputs of one tracker.
    diode
        Curve of one of its modules at operating conditions.
    modules_per_string, strings
        How many of them.
    factor
        What remains of their current after electrical shading, quality, mismatch and the like.
    resistance
        Of the DC wires, from the modules to the inverter. [ohm]
    v_mp, i_mp
        Of the whole input where its power is largest, before the wires; the factor is in. [V, A]
    mppt
        PowerTracker it is on.
    weight
        Its part of the inverter under the policy ``manual_weighted``.
    """

    name: str = ""
    diode: Diode
    modules_per_string: int
    strings: int
    factor: FloatArray | float = 1.0
    resistance: float = 0.0
    v_mp: FloatArray
    i_mp: FloatArray
    mppt: int = 1
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerTracker:
    """Inputs that share a voltage: their operating point, and their part of the inverter [0-1]."""

    inputs: tuple[Generator, ...]
    part: float
    v: FloatArray
    i: FloatArray
    p: FloatArray

    def moved(self, rows: IntArray, v: FloatArray, i: FloatArray) -> "PowerTracker":
        """Return the tracker with other operating points in some rows.

        No limit adds power. Wires move the best point by a hair, towards which a limit can push; a tracker
        would have found it without.
        """
        p = np.minimum(v * i, self.p[rows])
        running = p > 0
        return self._with(rows, np.where(running, v, 0.0), np.where(running, p, 0.0))

    def _with(self, rows: IntArray, v: FloatArray, p: FloatArray) -> "PowerTracker":
        new_v, new_i, new_p = self.v.copy(), self.i.copy(), self.p.copy()
        new_v[rows], new_p[rows] = v, p
        new_i[rows] = np.divide(p, v, out=np.zeros_like(p), where=v > 0)
        return replace(self, v=new_v, i=new_i, p=new_p)

    def cut(self, rows: IntArray) -> "PowerTracker":
        """Return the tracker switched off in some rows."""
        return self._with(rows, np.zeros(len(rows)), np.zeros(len(rows)))


def own(group: tuple[Generator, ...], part: float) -> PowerTracker:
    """Return a tracker whose inputs are each at their own maximum; of several the voltage is a mean."""
    i, p = total([each.i_mp for each in group]), total([own_power(each) for each in group])
    v = _own_voltage(group[0])
    if len(group) > 1:
        v = np.divide(p, i, out=np.zeros_like(p), where=i > 0)
    return PowerTracker(inputs=group, part=part, v=v, i=i, p=p)


def wire_loss(given: Generator) -> FloatArray:
    """Return what the wires of an input take at its own maximum [W]: ``R I^2``."""
    return given.resistance * given.i_mp * given.i_mp


def _own_voltage(given: Generator) -> FloatArray:
    return given.v_mp - given.resistance * given.i_mp


def own_power(given: Generator) -> FloatArray:
    """Return what an input gives at its own maximum behind its wires [W]."""
    return _own_voltage(given) * given.i_mp


def total(parts: Sequence[FloatArray]) -> FloatArray:
    """Add arrays in their order; one alone is itself."""
    added = parts[0]
    for part in parts[1:]:
        added = added + part
    return added


def _curve(given: Generator, rows: IntArray) -> Diode:
    """Return one curve for all modules of an input and its wires.

    Currents times strings and factor, voltages times modules in series; wires add to the series resistance.
    """
    diode, series = given.diode.at(rows), given.modules_per_string
    remains = given.factor[rows] if isinstance(given.factor, np.ndarray) else given.factor
    parallel = given.strings * np.maximum(remains, _SHADED)
    return Diode(
        i_l=diode.i_l * parallel,
        i_o=diode.i_o * parallel,
        r_s=diode.r_s * (series / parallel) + given.resistance,
        r_sh=diode.r_sh * (series / parallel),
        a=diode.a * series,
        recombination=diode.recombination * series,
        v_built_in=diode.v_built_in * series,
    )


def _curves(tracker: PowerTracker, rows: IntArray) -> list[Diode]:
    return [_curve(each, rows) for each in tracker.inputs]


def _currents(curves: Sequence[Diode], voltage: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the sum of the currents at a voltage, and its first two derivatives over the voltage."""
    current, slope, bend = np.zeros_like(voltage), np.zeros_like(voltage), np.zeros_like(voltage)
    for curve in curves:
        v_d = pvarray.diode_voltage(curve, voltage)
        by_diode = pvarray.slope_at(curve, v_d)
        stretch = 1.0 - by_diode * curve.r_s
        current += pvarray.current_at(curve, v_d)
        slope += by_diode / stretch
        bend += pvarray.bend_at(curve, v_d) / stretch**3
    return current, slope, bend


def _share_voltage(tracker: PowerTracker, _inverter: Inverter) -> PowerTracker:
    """Put inputs on one tracker at one voltage: the one where the sum of their powers is largest.

    The sum is concave in the voltage, and its maximum lies between those of the inputs.
    """
    voltages = [_own_voltage(each) for each in tracker.inputs]
    if all(np.allclose(each, voltages[0], rtol=1e-9, atol=0.0) for each in voltages[1:]):
        return tracker
    rows = np.flatnonzero(tracker.p > 0)
    curves = _curves(tracker, rows)
    low = np.min([each[rows] for each in voltages], axis=0)
    high = np.max([each.v_mp[rows] for each in tracker.inputs], axis=0)
    v = _maximum(curves, tracker.v[rows], low, high)
    return tracker.moved(rows, v, _currents(curves, v)[0])


def _maximum(curves: Sequence[Diode], v: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the voltage of the largest sum of powers by Newton, kept between two voltages."""
    for _ in range(_STEPS):
        current, slope, bend = _currents(curves, v)
        rise = current + v * slope
        low, high = np.where(rise > 0, v, low), np.where(rise > 0, high, v)
        new = v - rise / (2.0 * slope + v * bend)
        new = np.where((new >= low) & (new <= high), new, 0.5 * (low + high))
        moved, v = np.abs(new - v), new
        if not np.any(moved > 1e-8 * v):
            break
    return v


def _raise_to_window(tracker: PowerTracker, inverter: Inverter) -> PowerTracker:
    """Hold a tracker at the lower end of its window, or off where even the open circuit is below it."""
    if inverter.v_mppt_min is None:
        return tracker
    return _hold(
        tracker, np.flatnonzero((tracker.v < inverter.v_mppt_min) & (tracker.p > 0)), inverter.v_mppt_min
    )


def _lower_to_window(tracker: PowerTracker, inverter: Inverter) -> PowerTracker:
    """Hold a tracker at the upper end of its window."""
    if inverter.v_mppt_max is None:
        return tracker
    return _hold(tracker, np.flatnonzero(tracker.v > inverter.v_mppt_max), inverter.v_mppt_max)


def _hold(tracker: PowerTracker, rows: IntArray, voltage: float) -> PowerTracker:
    if not rows.size:
        return tracker
    v = np.full(len(rows), voltage)
    return tracker.moved(
        rows, v, total([pvarray.current_at_voltage(curve, v) for curve in _curves(tracker, rows)])
    )


def _stay_off(tracker: PowerTracker, inverter: Inverter) -> PowerTracker:
    """Switch a tracker off where an open circuit on it passes what the inverter bears."""
    if inverter.v_dc_max is None:
        return tracker
    too_high = np.zeros(len(tracker.p), dtype=bool)
    for each in tracker.inputs:
        # A curve bends down, so its open circuit is at most twice the voltage of its maximum.
        rows = np.flatnonzero((2.0 * each.v_mp > inverter.v_dc_max) & (tracker.p > 0))
        bound = each.modules_per_string * pvarray.open_circuit_bound(each.diode.at(rows))
        rows = rows[bound > inverter.v_dc_max]
        if rows.size:
            open_circuit = each.modules_per_string * pvarray.open_circuit_voltage(each.diode.at(rows))
            too_high[rows[open_circuit > inverter.v_dc_max]] = True
    return tracker.cut(np.flatnonzero(too_high)) if too_high.any() else tracker


def _limit_current(tracker: PowerTracker, inverter: Inverter) -> PowerTracker:
    """Move a tracker up in voltage until its current fits.

    A string with bypassed cells stands beside the curve of even light, at more current than that has to give;
    it keeps its voltage.
    """
    if inverter.i_dc_max is None:
        return tracker
    most = inverter.i_dc_max * tracker.part
    rows = np.flatnonzero(tracker.i > most)
    if not rows.size:
        return tracker
    v = tracker.v[rows]
    at_v = total([pvarray.current_at_voltage(curve, v) for curve in _curves(tracker, rows)])
    on_curve = np.flatnonzero(at_v > most)
    v[on_curve] = _voltage_of(_curves(tracker, rows[on_curve]), v[on_curve], most)
    return tracker.moved(rows, v, np.full(len(rows), most))


def _voltage_of(curves: Sequence[Diode], v: FloatArray, current: float) -> FloatArray:
    """Return the voltage of a current: the curve bends down, so Newton ends from above."""
    if len(curves) == 1:
        return pvarray.voltage_at_current(curves[0], np.full(len(v), current))
    most = np.max([pvarray.open_circuit_bound(curve) for curve in curves], axis=0)
    for _ in range(_STEPS):
        found, slope, _ = _currents(curves, v)
        new = np.minimum(v - (found - current) / slope, most)
        moved, v = np.abs(new - v), new
        if not np.any(moved > 1e-9 * v):
            break
    return v


def _limit_power(tracker: PowerTracker, inverter: Inverter) -> PowerTracker:
    """Cut a tracker's power to its part of the DC limit; the voltage stays."""
    if inverter.p_dc_max is None:
        return tracker
    most = inverter.p_dc_max * tracker.part
    rows = np.flatnonzero(tracker.p > most)
    if not rows.size:
        return tracker
    return tracker.moved(rows, tracker.v[rows], most / tracker.v[rows])


DC_STEPS: dict[str, Callable[[PowerTracker, Inverter], PowerTracker]] = {
    "MisParallel": _share_voltage,
    "IL_Vmin": _raise_to_window,
    "IL_Vmax": _lower_to_window,
    "IL_VAbs": _stay_off,
    "IL_Imax": _limit_current,
    "IL_PmaxDC": _limit_power,
}
"""What keeps trackers from their inputs' own maxima, in the order in which it is met."""
