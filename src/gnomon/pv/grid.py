"""From the blocks of a plant to the meter: what the plant itself uses, and what the grid takes.

All powers in W, arrays of shape (n,); a negative power is drawn from the grid.
"""

import numpy as np

from gnomon.pv.arrays import FloatArray
from gnomon.pv.plant import Interconnection


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


def deliver(power: FloatArray, point: Interconnection) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Return the power at the meter and what each step before it took [W].

    Both uses are decided by the power of the blocks, and come before the limit: a plant feeds itself first,
    so what it uses itself is not curtailed.
    """
    taken = {"AuxConst": continuous_use(power, point), "AuxProp": proportional_use(power, point)}
    offered = power - taken["AuxConst"] - taken["AuxProp"]
    p_poi = limited(offered, point)
    taken["EUnused"] = offered - p_poi
    return p_poi, taken
