"""From DC to AC: efficiency by power and voltage, the largest power in warm air, and own use.

All powers are those of one inverter [W]; arrays of shape (n,).
"""

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from gnomon.pv.arrays import FloatArray
from gnomon.pv.plant import EfficiencyCurve, Inverter


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
    bounds, slopes, offsets = _segments(curves)
    cell = np.searchsorted(bounds, p_dc, side="right")
    if len(curves) == 1:
        only: FloatArray = slopes.take(cell) * p_dc + offsets.take(cell)
        return only
    place = _place(v_dc, curves)
    lower = np.minimum(place, len(curves) - 2).astype(np.int64)
    place -= lower
    cell += lower * slopes.shape[1]
    power: FloatArray = slopes.take(cell) * p_dc + offsets.take(cell)
    cell += slopes.shape[1]
    power += place * (slopes.take(cell) * p_dc + offsets.take(cell) - power)
    return power


def _place(v_dc: FloatArray, curves: tuple[EfficiencyCurve, ...]) -> FloatArray:
    """Return where a voltage lies among the curves: 0 at the first, 0.5 halfway to the second, and so on."""
    place = np.zeros(len(v_dc))
    for low, high in pairwise(curves):
        place += np.clip((v_dc - low.v_dc) * (1.0 / (high.v_dc - low.v_dc)), 0.0, 1.0)
    return place


@lru_cache(maxsize=1024)
def _segments(curves: tuple[EfficiencyCurve, ...]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the bounds between the straight pieces of all curves, and slope and offset of each piece.

    Between the points of all together every curve is straight, so one search serves them all.
    """
    points = np.unique([0.0, *(p_dc for curve in curves for p_dc in curve.p_dc)])
    powers = np.stack([on_curve(points, curve) for curve in curves])
    beyond = np.array([[curve.p_ac[-1] / curve.p_dc[-1]] for curve in curves])
    slopes = np.hstack([np.diff(powers) / np.diff(points), beyond])
    return points[1:], slopes, powers - slopes * points


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
