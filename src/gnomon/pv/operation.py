"""One inverter at work: from the curves on its inputs to AC power, every limit met and booked apart.

Trackers are on their own up to the DC limits; then they are merged, and the inverter turns their sum into AC
power.

How trackers share the inverter. The limits of power and current are divided by a policy among the trackers
that are in use, and what one leaves unused is not passed on to another: this is PVsyst's inverter with N
trackers that behaves as N inverters of a part of its power.

=====================  ===============================================
independent_equal      the same part for every tracker in use
string_count_weighted  parts by the number of strings
manual_weighted        parts by the inputs' own weights
=====================  ===============================================

References
----------
PVsyst help, "Power sharing" and "Multi-MPPT inverters".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from gnomon.pv.arrays import FloatArray
from gnomon.pv.inverter import ac_limit, ac_power
from gnomon.pv.mppt import (
    DC_STEPS,
    Generator,
    PowerTracker,
    own,
    own_power,
    total,
    wire_loss,
)
from gnomon.pv.plant import Inverter, PowerSharing


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One inverter's year, all arrays of shape (m,).

    Attributes
    ----------
    p_mpp
        At its inputs if every input were at its own maximum (EArrMPP). [W]
    p_dc, v_dc, i_dc
        At its inputs as they are (EArray); where nothing flows the voltage is zero. [W, V, A]
    p_ac
        Before its own use. [W]
    taken
        What each step took, in order, by PVsyst's names where it has one. [W]
        ``OhmLoss`` stands before ``p_mpp``; the steps of `DC_STEPS` between ``p_mpp`` and ``p_dc``; the
        others between ``p_dc`` and ``p_ac``.
    """

    p_mpp: FloatArray
    p_dc: FloatArray
    v_dc: FloatArray
    i_dc: FloatArray
    p_ac: FloatArray
    taken: dict[str, FloatArray]


def operate(
    generators: Sequence[Generator],
    inverter: Inverter,
    temp_air: FloatArray,
    policy: PowerSharing = "independent_equal",
) -> Operation:
    """Return what an inverter makes of what is on its inputs.

    Parameters
    ----------
    generators
        Its inputs; their order does not matter.
    inverter
        The machine, or with `inverter.part_of` the part of it that these inputs have.
    temp_air
        Temperature of the air at the inverter. [degC]
    policy
        How its trackers share its limits.
    """
    trackers = _trackers(generators, policy)
    wires = total([wire_loss(each) for tracker in trackers for each in tracker.inputs])
    alone = total([own_power(each) for tracker in trackers for each in tracker.inputs])
    taken, before = {"OhmLoss": wires}, alone
    for name, step in DC_STEPS.items():
        after = [step(tracker, inverter) for tracker in trackers]
        moved = any(new is not old for new, old in zip(after, trackers, strict=True))
        left = total([tracker.p for tracker in after]) if moved else before
        taken[name] = before - left
        trackers, before = after, left
    return _merge(trackers, alone, taken, inverter, temp_air)


def _trackers(generators: Sequence[Generator], policy: PowerSharing) -> list[PowerTracker]:
    """Return the trackers in order, each with its inputs at their own maximum and its part."""
    ordered = sorted(generators, key=_place)
    groups = [tuple(group) for _, group in groupby(ordered, key=lambda each: each.mppt)]
    loads = [_load(group, policy) for group in groups]
    if not sum(loads) > 0:
        raise ValueError("weight: the inputs of an inverter have none; give at least one above 0")
    return [own(group, load / sum(loads)) for group, load in zip(groups, loads, strict=True)]


def _place(given: Generator) -> tuple[int, str, int, int, float, float]:
    shape = (given.modules_per_string, given.strings)
    return (given.mppt, given.name, *shape, given.weight, float(given.i_mp.sum()))


def _load(group: tuple[Generator, ...], policy: PowerSharing) -> float:
    if policy == "independent_equal":
        return 1.0
    if policy == "string_count_weighted":
        return float(sum(each.strings for each in group))
    return sum(each.weight for each in group)


def _merge(
    trackers: Sequence[PowerTracker],
    p_mpp: FloatArray,
    taken: dict[str, FloatArray],
    inverter: Inverter,
    temp_air: FloatArray,
) -> Operation:
    """Return the operation of merged trackers: threshold, efficiency, AC limits."""
    p_dc, i_dc = total([each.p for each in trackers]), total([each.i for each in trackers])
    v_dc = trackers[0].v
    if len(trackers) > 1:
        v_dc = np.divide(p_dc, i_dc, out=np.zeros_like(p_dc), where=i_dc > 0)
    started = np.where(p_dc >= max(inverter.p_dc_threshold, 1e-9), p_dc, 0.0)
    raw = ac_power(started, v_dc, inverter.curves)
    cool = _within(trackers, started, raw, np.asarray(inverter.p_ac_max))
    p_ac = cool
    if inverter.derating:
        p_ac = np.minimum(cool, _within(trackers, started, raw, ac_limit(temp_air, inverter)))
    ac_side = {
        "IL_Pmin": p_dc - started,
        "IL_Oper": started - raw,
        "IL_Pmax": raw - cool,
        "IL_Temp": cool - p_ac,
    }
    return Operation(p_mpp=p_mpp, p_dc=p_dc, v_dc=v_dc, i_dc=i_dc, p_ac=p_ac, taken=taken | ac_side)


def _within(
    trackers: Sequence[PowerTracker], p_dc: FloatArray, raw: FloatArray, most: FloatArray
) -> FloatArray:
    """Return the AC power that stays within each tracker's part of a limit.

    A tracker's AC power is its share of the sum, as its DC power is.
    """
    if len(trackers) == 1:
        return np.minimum(raw, most)
    ratio = np.divide(raw, p_dc, out=np.zeros_like(raw), where=p_dc > 0)
    return np.minimum(raw, total([np.minimum(each.p * ratio, most * each.part) for each in trackers]))
