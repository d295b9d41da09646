"""From the blocks of a plant to the meter: what the plant itself uses, and what the grid takes.

All powers in W, arrays of shape (n,); a negative power is drawn from the grid.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np

from gnomon.pv.arrays import FloatArray, FloatLike
from gnomon.pv.availability import interrupt
from gnomon.pv.plant import Interconnection

Send: TypeAlias = Callable[[FloatArray], FloatArray]
"""What reaches the grid [W] of the AC power of a block's inverters [W], row by row."""

_STEPS = 100
_NEAR = 1e-9  # of the limit: how far below it the plant may end


def continuous_use(power: FloatArray, point: Interconnection) -> FloatArray:
    """Return the constant use of a plant that gives more than its threshold [W]."""
    return np.where(power > point.continuous_threshold, point.continuous_use, 0.0)


def proportional_use(power: FloatArray, point: Interconnection) -> FloatArray:
    """Return the use that goes with the power of a plant that gives more than its threshold [W]."""
    return np.where(
        power > point.proportional_threshold, point.proportional_use * np.maximum(power, 0.0), 0.0
    )


def limited(power: FloatArray, point: Interconnection) -> FloatArray:
    """Return what the grid takes of an offered power [W]: all of it when there is no limit."""
    return power if point.limit is None else np.minimum(power, point.limit)


def deliver(
    power: FloatArray, point: Interconnection, available: FloatLike = 1.0
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Return the power at the meter and what each step before it took [W].

    What stands still gives nothing. Both uses are decided by the power that is left, and come before the limit:
    a plant feeds itself first, so what it uses itself is not curtailed.

    Parameters
    ----------
    available
        Of the plant, from `availability.availability_factor`.
    """
    taken: dict[str, FloatArray] = {}
    if np.any(np.less(available, 1.0)):
        power, taken = interrupt(power, np.broadcast_to(available, power.shape))
    taken |= {"AuxConst": continuous_use(power, point), "AuxProp": proportional_use(power, point)}
    offered = power - taken["AuxConst"] - taken["AuxProp"]
    p_poi = limited(offered, point)
    taken["EUnused"] = offered - p_poi
    return p_poi, taken


def curtail(
    offers: Sequence[FloatArray],
    capacities: Sequence[float],
    send: Sequence[Send],
    point: Interconnection,
    available: FloatLike = 1.0,
) -> list[FloatArray]:
    """Return the inverters' powers [W] that hold a plant at the limit of its grid.

    Where the plant would pass the limit, every inverter is capped at the same share ``u`` of its largest
    power, ``min(offer, u capacity)``: who offers less gives all of it, and the others use the room it leaves.
    ``u`` is found so that what arrives behind all losses and the plant's own use is the limit, within 1e-9
    of it and never above; where a use sets in by a jump, the nearest below.

    Parameters
    ----------
    offers
        AC power of all inverters of each block, before their own use, each of shape (n,).
    capacities
        Largest AC power of all inverters of each block. [W]
    send
        What leads from there to the grid, of each block.
    point
        Limit and own use of the plant.
    available
        Of the plant, from `availability.availability_factor`: what stands still does not reach the limit.
    """
    if point.limit is None:
        return list(offers)
    left = np.broadcast_to(available, offers[0].shape)
    rows = np.flatnonzero(_at_meter(offers, send, point, left) > point.limit)
    if not rows.size:
        return list(offers)
    bound = [offer[rows] for offer in offers]
    meter = partial(_at_meter, send=send, point=point, available=left[rows])
    share = _common_share(bound, capacities, meter, point.limit)
    curtailed = [offer.copy() for offer in offers]
    for whole, offer, capacity in zip(curtailed, bound, capacities, strict=True):
        whole[rows] = np.minimum(offer, share * capacity)
    return curtailed


def _at_meter(
    powers: Sequence[FloatArray], send: Sequence[Send], point: Interconnection, available: FloatArray
) -> FloatArray:
    """Return what a plant would give its meter without a limit [W]."""
    arrived = sum(each(power) for each, power in zip(send, powers, strict=True))
    power, _ = interrupt(np.asarray(arrived, dtype=np.float64), available)
    return power - continuous_use(power, point) - proportional_use(power, point)


def _common_share(
    offers: Sequence[FloatArray],
    capacities: Sequence[float],
    meter: Callable[[Sequence[FloatArray]], FloatArray],
    limit: float,
) -> FloatArray:
    """Return the largest share of capacity that keeps to the limit, by the Illinois false position.

    It aims half the tolerance below the limit, so that what is near enough is also not above.
    """
    slack = 0.5 * _NEAR * limit

    def excess(share: FloatArray) -> FloatArray:
        capped = [np.minimum(offer, share * most) for offer, most in zip(offers, capacities, strict=True)]
        return meter(capped) - (limit - slack)

    high: FloatArray = np.max([offer / most for offer, most in zip(offers, capacities, strict=True)], axis=0)
    low, f_high = np.zeros_like(high), excess(high)
    f_low, result = excess(low), low
    settled, was_above = np.zeros(len(high), dtype=bool), np.ones(len(high), dtype=bool)
    for step in range(_STEPS):
        # Every fifth step halves the bracket, which a jump would otherwise hold open.
        share = (low * f_high - high * f_low) / (f_high - f_low) if step % 5 < 4 else 0.5 * (low + high)
        found = excess(share)
        above = found > 0
        again = above == was_above
        f_low = np.where(above, np.where(again, 0.5 * f_low, f_low), found)
        f_high = np.where(above, found, np.where(again, 0.5 * f_high, f_high))
        low, high, was_above = np.where(above, low, share), np.where(above, share, high), above
        near = np.abs(found) <= slack
        result = np.where(settled, result, np.where(near, share, low))
        settled |= near | (high - low <= 1e-12)
        if settled.all():
            break
    return result
