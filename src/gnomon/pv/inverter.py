"""From DC to AC: efficiency by power and voltage, and the limits of the machine, each booked apart.

All powers are those of one inverter [W]; arrays of shape (n,).
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from gnomon.pv.arrays import FloatArray
from gnomon.pv.plant import EfficiencyCurve, Inverter


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """AC power of one inverter and what each step took on the way, by PVsyst's names [W]."""

    p_ac: FloatArray
    taken: dict[str, FloatArray]


def convert(p_dc: FloatArray, v_dc: FloatArray, inverter: Inverter) -> Converted:
    """Pass DC power through the limits and the efficiency of an inverter.

    In order: below the threshold the inverter stands still; the current cap and the power cap cut the
    input; the efficiency curve turns the rest into AC power, and what exceeds the largest AC power is
    clipped. A capped input stays at the voltage of the maximum power point, which a real inverter leaves
    for a slightly better point on the curve.

    Clipping is booked in AC power, after the efficiency, which is the order of PVsyst's loss diagram.
    """
    started = np.where(p_dc >= max(inverter.p_dc_threshold, 1e-9), p_dc, 0.0)
    current_cap, power_cap = inverter.i_dc_max, inverter.p_dc_max
    within_current = started if current_cap is None else np.minimum(started, current_cap * v_dc)
    within_power = within_current if power_cap is None else np.minimum(within_current, power_cap)
    raw = ac_power(within_power, v_dc, inverter.curves)
    p_ac = np.minimum(raw, inverter.p_ac_max)
    return Converted(
        p_ac=p_ac,
        taken={
            "IL_Pmin": p_dc - started,
            "IL_Imax": started - within_current,
            "IL_PmaxDC": within_current - within_power,
            "IL_Oper": within_power - raw,
            "IL_Pmax": raw - p_ac,
        },
    )


@lru_cache(maxsize=1024)
def part_of(inverter: Inverter, part: float) -> Inverter:
    """Return a part of an inverter as a machine of its own: every power and current times the part [0-1]."""

    def scaled(values: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(part * value for value in values)

    if part == 1.0:
        return inverter
    return replace(
        inverter,
        p_ac_max=part * inverter.p_ac_max,
        p_dc_threshold=part * inverter.p_dc_threshold,
        curves=tuple(
            replace(curve, p_dc=scaled(curve.p_dc), p_ac=scaled(curve.p_ac)) for curve in inverter.curves
        ),
        i_dc_max=None if inverter.i_dc_max is None else part * inverter.i_dc_max,
        p_dc_max=None if inverter.p_dc_max is None else part * inverter.p_dc_max,
        night_loss=part * inverter.night_loss,
        aux_loss=part * inverter.aux_loss,
        aux_threshold=part * inverter.aux_threshold,
        derating=tuple((temperature, part * power) for temperature, power in inverter.derating),
    )


def ac_limit(temp_air: FloatArray, inverter: Inverter) -> FloatArray:
    """Return the largest AC power [W] at a temperature of the air [degC], never above ``p_ac_max``."""
    if not inverter.derating:
        return np.full_like(temp_air, inverter.p_ac_max)
    temperatures, powers = zip(*inverter.derating, strict=True)
    limit: FloatArray = np.interp(temp_air, temperatures, powers)
    return np.minimum(limit, inverter.p_ac_max)


def ac_power(p_dc: FloatArray, v_dc: FloatArray, curves: tuple[EfficiencyCurve, ...]) -> FloatArray:
    """Interpolate the AC power in DC power on each curve, then between the curves in DC voltage.

    Straight lines in output over input, for a line between two efficiencies would lose most of the power
    just above the threshold. Outside the curves' voltages the nearest curve holds: a parabola through three
    voltages, as some use, has no support there.
    """
    powers = np.stack([on_curve(p_dc, curve) for curve in curves])
    if len(curves) == 1:
        only: FloatArray = powers[0]
        return only
    voltages = np.array([curve.v_dc for curve in curves])
    place: FloatArray = np.interp(v_dc, voltages, np.arange(len(curves), dtype=np.float64))
    lower = np.minimum(place.astype(np.int64), len(curves) - 2)
    rows = np.arange(len(p_dc))
    below, above = powers[lower, rows], powers[lower + 1, rows]
    power: FloatArray = below + (place - lower) * (above - below)
    return power


def on_curve(p_dc: FloatArray, curve: EfficiencyCurve) -> FloatArray:
    """Return the AC power on one curve; beyond its last point the efficiency of that point holds."""
    p_points, last = np.array((0.0, *curve.p_dc)), curve.p_dc[-1]
    inside: FloatArray = np.interp(np.minimum(p_dc, last), p_points, (0.0, *curve.p_ac))
    power: FloatArray = inside * np.maximum(p_dc / last, 1.0)
    return power


def auxiliary_use(p_ac: FloatArray, inverter: Inverter) -> FloatArray:
    """Return what fans and others use while the inverter gives more than their threshold [W]."""
    return np.where((p_ac > inverter.aux_threshold) & (p_ac > 0), inverter.aux_loss, 0.0)


def night_use(p_ac: FloatArray, inverter: Inverter) -> FloatArray:
    """Return what the inverter draws from the grid while it gives nothing [W]."""
    return np.where(p_ac > 0, 0.0, inverter.night_loss)
